"""Tries a function of one tensor on every value of a dtype, or on every so many, and measures its errors in ulp."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from conformance.commands import CommandError
from conformance.commands.display import print_json, print_line, print_table
from conformance.model.codec import encode_sweep
from conformance.model.store import RunError
from conformance.model.sweep import Plan, Sweep
from conformance.operations import every_operation, find
from conformance.sweep.inputs import IN_PLACE, unary
from conformance.sweep.job import CHUNK, FOLDER, MEMORY_PATHS, Job, SweepError, conditions_of, plan, read_sweeps
from conformance.sweep.measure import Unmeasurable
from conformance.targets.registry import TargetError, open_target
from reports.sweeps import which
from reports.words import ulps
from reports.write import write_sweeps

HELP = "try a function on every value of a dtype, and measure its errors"
ALL = "all"
_LONG = 2**26  # inputs: what takes so long tells each tenth, where there is no terminal to draw a bar on


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", nargs="+", metavar="OPERATION", help="functions of one tensor, or all")
    parser.add_argument("--target", default="cpu", metavar="NAME", help="cpu by default")
    parser.add_argument("--dtype", action="append", default=[], metavar="NAME", help="repeatable; float32 by default")
    parser.add_argument(
        "--memory-path",
        action="append",
        default=[],
        choices=(*MEMORY_PATHS, ALL),
        help="how the values lie in memory (repeatable); contiguous by default",
    )
    parser.add_argument("--every", type=_positive, metavar="K", help="only every K-th bit pattern")
    parser.add_argument("--report-dir", type=Path, default=Path("reports/out"), metavar="DIR", help="where it is kept")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Sweep what was asked for, print the table and where the page is; 1 where something is beyond its bound."""
    try:
        target = open_target(arguments.target)
        plans = list(_plans(arguments, target.name))
        swept = [
            _swept(Job(one, target, conditions_of(find(one.operation)), arguments.report_dir), arguments.json)
            for one in plans
        ]
        page = write_sweeps(read_sweeps(arguments.report_dir), arguments.report_dir / FOLDER)
    except (TargetError, SweepError, RunError) as error:
        raise CommandError(str(error)) from None
    found = [one for one in swept if one is not None]
    if arguments.json:
        print_json([_facts(one) for one in found])
    else:
        print_table(_COLUMNS, map(_row, found), numbers=("inputs", "worst ulp", "beyond"))
        print_line(f"report: {page}")
    return 1 if any(one.broke for one in found) or not found else 0


def _plans(arguments: argparse.Namespace, target: str) -> Iterator[Plan]:
    """All sweeps asked for. What was not asked for by name, but as one of all, is left out where there is none."""
    everything = arguments.operation == [ALL]
    paths = MEMORY_PATHS if ALL in arguments.memory_path else arguments.memory_path or ["contiguous"]
    for name in _names(arguments.operation):
        for dtype in arguments.dtype or ["float32"]:
            for path in dict.fromkeys(paths):
                try:
                    yield plan(find(name), dtype, target, path, arguments.every)
                except SweepError:
                    if not everything and (path != IN_PLACE or ALL not in arguments.memory_path):
                        raise


def _names(asked: list[str]) -> list[str]:
    if asked == [ALL]:
        return [name for name, operation in every_operation().items() if unary(operation) and not operation.alias_of]
    try:
        return [find(name).name for name in asked]
    except KeyError as error:
        raise SweepError(str(error.args[0])) from None


def _swept(job: Job, quiet: bool) -> Sweep | None:
    """Go on with a sweep to its end, showing how far it is; None where the target has nothing to measure."""
    wanted, title = job.sweep.plan, _title(job.sweep.plan)
    if job.begun_anew:
        print_line(f"{title}: begun anew, {job.begun_anew}") if not quiet else None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    errors = Console(stderr=True)
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=wanted.total, completed=job.sweep.done)

        def progress(sweep: Sweep) -> None:
            told = f"{title}, worst {ulps(sweep.worst_ulps)} ulp"
            bar.update(task, completed=sweep.done, description=told)
            tenth = 10 * sweep.done // wanted.total
            if bar.disable and wanted.total >= _LONG and tenth > 10 * (sweep.done - CHUNK) // wanted.total:
                print(f"{told}: {10 * tenth} %", file=sys.stderr, flush=True)

        try:
            return job.run(progress)
        except Unmeasurable as error:
            print(error, file=sys.stderr)
            return None


def _title(wanted: Plan) -> str:
    return f"{wanted.operation} {wanted.dtype} {wanted.path}"


_COLUMNS = ("operation", "dtype", "path", "inputs", "which", "worst ulp", "at", "gives", "exactly", "beyond", "bound")


def _row(sweep: Sweep) -> tuple[str, ...]:
    wanted = sweep.plan
    worst = sweep.worst[0] if sweep.worst else None
    at = ("", "", "") if worst is None else (f"{worst.input} ({worst.input_bits})", worst.actual, worst.expected)
    beyond = f"{sweep.wrong:,}" + (f" ({', '.join(sweep.known)})" if sweep.known else "")
    return (
        *(wanted.operation, wanted.dtype, wanted.path, f"{sweep.done:,}", which(wanted), ulps(sweep.worst_ulps), *at),
        *(beyond, sweep.conditions.bound),
    )


def _facts(sweep: Sweep) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(encode_sweep(sweep))["sweep"]
    return facts
