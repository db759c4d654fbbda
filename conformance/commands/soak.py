"""Runs the plain seeded driver over everything until its time is over; every turn draws other cases."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from conformance.commands import CommandError
from conformance.commands.display import print_line
from conformance.environment import new_run_id
from conformance.isolation.client import IsolatedSession, IsolationError
from conformance.isolation.jobs import Job
from conformance.isolation.options import add_limits, limits_of, positive
from conformance.isolation.process import supported
from conformance.model.store import RunError, load_run
from conformance.operations import every_operation, find
from conformance.profiles import SOAK
from conformance.soak import Progress as Done
from conformance.soak import Soak, turns
from conformance.targets.registry import TargetError, choose_targets
from conformance.targets.torch.presence import TorchMissing
from reports.summary import summarise
from reports.terminal import print_summary
from reports.write import write_reports_of

HELP = "check everything with ever other cases, for so many minutes"
NOTHING_SHOWN = 5
QUIET_SECONDS = 60.0  # between two lines where there is no terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", nargs="*", metavar="OPERATION", help="only these, and no programs")
    parser.add_argument("--minutes", type=positive, required=True, metavar="M", help="turns begin until then")
    parser.add_argument("-n", "--workers", type=_count, default=1, metavar="N", help="so many at a time; 1 by default")
    parser.add_argument("--target", action="append", default=[], metavar="NAME", help="only this target (repeatable)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same cases, in the same order")
    parser.add_argument("--report-dir", type=Path, default=Path("reports/out"), metavar="DIR", help="where it is kept")
    add_limits(parser.add_argument)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Soak, print the table and where the report is; 1 where something broke, 5 where nothing was checked."""
    if not supported():
        raise CommandError("a soak needs processes that can be isolated, which only Linux has")
    try:
        operations = [find(name).name for name in arguments.operation]
        targets = choose_targets(name for option in arguments.target for name in option.split(","))
    except KeyError as error:
        raise CommandError(str(error.args[0])) from None
    except (TargetError, TorchMissing) as error:
        raise CommandError(str(error)) from None
    everything = [name for name, operation in every_operation().items() if not operation.alias_of]
    jobs = turns(operations or everything, targets, arguments.seed, programs=not operations)
    directory = arguments.report_dir / new_run_id()
    try:
        done = _soak(_sessions(arguments, directory), arguments.minutes * 60, jobs)
        summary = summarise(load_run(directory))
        index = write_reports_of(summary, directory)
    except (RunError, IsolationError) as error:
        raise CommandError(str(error)) from None
    print_summary(summary)
    print_line(_words(done))
    for mistake in done.mistakes:
        print_line(f"the suite failed: {mistake}", "red")
    print_line(f"report: {index}")
    return 1 if done.broke else 0 if done.checks else NOTHING_SHOWN


def _sessions(arguments: argparse.Namespace, directory: Path) -> list[IsolatedSession]:
    limits = limits_of(arguments.timeout_per_case, arguments.memory_per_process)
    return [
        IsolatedSession(directory, f"soak{number}", SOAK, arguments.seed, limits=limits, plain=True)
        for number in range(arguments.workers)
    ]


def _soak(sessions: Sequence[IsolatedSession], seconds: float, jobs: Iterator[Job]) -> Done:
    """Soak in sessions that are opened before anything calls torch; an interrupt only ends it early."""
    with ExitStack() as opened:
        for session in sessions:
            session.open()
            opened.callback(session.close, 0)
        sessions[0].write_environment()
        with _display(seconds) as show:
            return Soak(sessions, jobs, show).run(seconds)


@contextmanager
def _display(seconds: float) -> Iterator[Callable[[Done], None]]:
    """What shows how far a soak is: a bar on a terminal, elsewhere a line every minute."""
    errors, began, shown = Console(stderr=True), time.monotonic(), time.monotonic()
    columns = (BarColumn(), TextColumn("{task.fields[clock]}"), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=seconds, clock="")

        def show(done: Done) -> None:
            nonlocal shown
            passed = time.monotonic() - began
            clock = f"{passed / 60:.1f} of {seconds / 60:g} minutes"
            bar.update(task, completed=passed, clock=clock, description=f"{_words(done)}; {done.now}")
            if not errors.is_terminal and time.monotonic() - shown >= QUIET_SECONDS:
                shown = time.monotonic()
                print(f"{clock}: {_words(done)}", file=sys.stderr, flush=True)

        yield show


def _words(done: Done) -> str:
    """What was done, in one line."""
    crashes = f", {done.crashes} crash{'es' if done.crashes > 1 else ''}" if done.crashes else ""
    return (
        f"{done.turns:,} turns, {done.checks:,} checks, {done.compared:,} elements compared,"
        f" {done.discrepancies} discrepanc{'y' if done.discrepancies == 1 else 'ies'}{crashes}"
    )
