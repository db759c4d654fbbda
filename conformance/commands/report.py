"""Renders the reports of a recorded run again."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands import CommandError
from conformance.commands.display import print_line
from conformance.model.store import RunError, load_run
from reports.summary import summarise
from reports.terminal import print_summary
from reports.write import write_reports_of

HELP = "write the reports of a recorded run again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's directory")


def run(arguments: argparse.Namespace) -> int:
    """Write the reports, print the summary and the path of the page."""
    try:
        summary = summarise(load_run(arguments.run))
        index = write_reports_of(summary, arguments.run)
    except RunError as error:
        raise CommandError(str(error)) from None
    print_summary(summary)
    print_line(f"report: {index}")
    return 0
