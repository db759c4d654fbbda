"""The upgrade gate: compares two runs of the same cases."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.commands import CommandError
from conformance.commands.display import print_line
from conformance.model.store import RunError, load_run
from reports.comparison import render_json, render_text
from reports.gate import compare_runs
from reports.write import write_comparison

HELP = "compare two runs: 0 clean, 1 regression, 4 not comparable, 5 empty or inconclusive"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", type=Path, metavar="BASE", help="the run that is good enough")
    parser.add_argument("candidate", type=Path, metavar="CANDIDATE", help="the run that must be no worse")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what changed and write the page of it into the candidate's directory; the exit status is the gate's."""
    try:
        comparison = compare_runs(load_run(arguments.base), load_run(arguments.candidate))
        # The verdict is told first: it is not lost where the page cannot be written.
        sys.stdout.write(render_json(comparison) + "\n" if arguments.json else render_text(comparison))
        page = write_comparison(comparison, arguments.candidate)
    except RunError as error:
        raise CommandError(str(error)) from None
    if not arguments.json:
        print_line(f"report: {page}")
    return int(comparison.exit_status)
