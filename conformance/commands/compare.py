"""The upgrade gate: compares two runs of the same cases."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from conformance.commands import CommandError
from conformance.commands.display import print_json, print_line, print_table
from conformance.model.run import Cell, Run
from conformance.model.store import RunError, load_run
from reports.gate import CellChange, Change, Comparison, Exit, compare_runs
from reports.words import plural, ulps

HELP = "compare two runs: 0 clean, 1 regression, 4 not comparable, 5 empty or inconclusive"
SHOWN = 40
_QUIET = (Change.UNCHANGED_PASS, Change.UNCHANGED_FAIL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", type=Path, metavar="BASE", help="the run that is good enough")
    parser.add_argument("candidate", type=Path, metavar="CANDIDATE", help="the run that must be no worse")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what changed; the exit status is the gate's."""
    comparison = compare_runs(_load(arguments.base), _load(arguments.candidate))
    if arguments.json:
        print_json(as_json(comparison))
    else:
        _print(comparison)
    return int(comparison.exit_status)


def _load(directory: Path) -> Run:
    try:
        return load_run(directory)
    except RunError as error:
        raise CommandError(str(error)) from None


def _print(comparison: Comparison) -> None:
    base, candidate = comparison.base, comparison.candidate
    print_line(f"base       {base.run_id}, torch {base.versions.get('torch', 'unknown')}")
    print_line(f"candidate  {candidate.run_id}, torch {candidate.versions.get('torch', 'unknown')}")
    print_line()
    counts = comparison.counts
    print_table(("cells", ""), [(f"{counts[change]:,}", change.value) for change in Change if counts[change]])
    changed = [cell for cell in comparison.cells if cell.change not in _QUIET]
    if changed and comparison.exit_status not in (Exit.NOT_COMPARABLE, Exit.INCONCLUSIVE):
        print_line()
        columns = ("change", "operation", "property", "target", "dtype", "base", "candidate")
        print_table(columns, [_row(cell) for cell in changed[:SHOWN]])
        if len(changed) > SHOWN:
            print_line(f"and {plural(len(changed) - SHOWN, 'cell')} more (--json has them all)")
    for crash in comparison.crashes:
        print_line(f"{crash.change.value}: {crash.crash.operation} crashes on {crash.crash.target}")
    print_line()
    for reason in comparison.reasons:
        print_line(f"{comparison.exit_status.name.lower().replace('_', ' ')}: {reason}", "bold")


def _row(cell: CellChange) -> tuple[str, ...]:
    return (cell.change.value, *cell.key, _standing(cell.base), _standing(cell.candidate))


def _standing(cell: Cell | None) -> str:
    if cell is None:
        return "not there"
    error = ulps(cell.tally.worst_ulps) if cell.tally.worst_ulps else ""
    return f"{cell.tally.outcome.value}{f', {error} ulp' if error else ''}"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON has it; cells that are as they were are counted and not listed."""
    return {
        "exit_status": int(comparison.exit_status),
        "verdict": comparison.exit_status.name.lower(),
        "reasons": comparison.reasons,
        "base": comparison.base.run_id,
        "candidate": comparison.candidate.run_id,
        "counts": {change.value: comparison.counts[change] for change in Change},
        "cells": [
            {
                "change": cell.change.value,
                **dict(zip(("operation", "property", "target", "dtype"), cell.key, strict=True)),
                "base": _standing(cell.base),
                "candidate": _standing(cell.candidate),
            }
            for cell in comparison.cells
            if cell.change not in _QUIET
        ],
        "causes": [
            {"change": cause.change.value, "cause": cause.cause, "target": cause.target} for cause in comparison.causes
        ],
        "crashes": [
            {"change": crash.change.value, "operation": crash.crash.operation, "target": crash.crash.target}
            for crash in comparison.crashes
        ],
    }
