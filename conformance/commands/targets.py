"""Which targets were found, which were not, and why."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from conformance.commands.display import print_json, print_table
from conformance.targets.registry import available_targets

HELP = "the targets that were found, and why the others were not"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print every target; 1 where none is here."""
    found = available_targets()
    if arguments.json:
        print_json([asdict(info) for info in found])
    else:
        rows = [(info.name, "found" if info.available else "not found", info.detail) for info in found]
        print_table(("target", "", "what, or why not"), rows)
    return 0 if any(info.available for info in found) else 1
