"""Replays recorded cases on a target, against the reference as it is now."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.commands import CommandError
from conformance.commands.display import print_line
from conformance.commands.evidence import Evidence, read_evidence
from conformance.compare import Difference
from conformance.examine import Examined, examine
from conformance.model.verdict import Outcome
from conformance.properties import every_property
from conformance.targets.interpreter import Interpreter
from conformance.targets.registry import TargetError, open_target
from conformance.wording import pattern_of, text_of
from reports.program import program_lines

HELP = "run a recorded case again: 0 it holds, 1 it breaks, 5 nothing could be compared"
INCONCLUSIVE = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a case, a discrepancy, events, or a run's directory")
    parser.add_argument("--target", default="", help="where to run it (default: where it was seen, else cpu)")


def run(arguments: argparse.Namespace) -> int:
    """Replay every case; 1 where one breaks, 5 where none could be compared."""
    found = read_evidence(arguments.file)
    if not found:
        print_line(f"{arguments.file} holds no discrepancy: there is nothing to replay")
        return INCONCLUSIVE
    outcomes = [_replay(evidence, arguments.target, arguments.file) for evidence in found]
    if Outcome.BROKE in outcomes:
        return 1
    return 0 if Outcome.HELD in outcomes else INCONCLUSIVE


def _replay(evidence: Evidence, asked: str, path: Path) -> Outcome:
    target = opened(asked or target_of(evidence))
    recorded = evidence.discrepancy
    print_line(f"on {target.name}" + (f", property {recorded.property}" if recorded else ""), "bold")
    for line in program_lines(evidence.case):
        print_line(f"  {line}")
    if evidence.crashed:
        print_line("it was recorded as a crash: this process may end here", "yellow")
    examined = examined_on(evidence, target, path)
    print_line(f"{examined.outcome.value}{_confirmed(examined)}", "red" if examined.differences else "green")
    for difference in examined.differences:
        for line in difference_lines(difference):
            print_line(f"  {line}")
    print_line()
    return examined.outcome


def target_of(evidence: Evidence) -> str:
    """Where the case was seen to break; the CPU for a case alone."""
    return evidence.discrepancy.target if evidence.discrepancy else evidence.crashed or "cpu"


def opened(name: str) -> Interpreter:
    """The target called ``name``; ``CommandError`` where it cannot be had."""
    try:
        return open_target(name)
    except TargetError as error:
        raise CommandError(str(error)) from None


def examined_on(evidence: Evidence, target: Interpreter, path: Path) -> Examined:
    """The verdict on a case, by the property that it was recorded for."""
    recorded = evidence.discrepancy
    prop = every_property().get(recorded.property) if recorded else None
    try:
        if prop is not None:
            return prop.examine(evidence.case, target)
        return examine(evidence.case, target, every_step=len(evidence.case.steps) > 1)
    except Exception as error:  # a case written by hand, or by another version, can ask for anything
        reason = " ".join(str(error).split())
        raise CommandError(f"{path}: the case cannot be run: {type(error).__name__}: {reason}") from None


def _confirmed(examined: Examined) -> str:
    return f": the worst error is {examined.worst_ulps:.3g} ulp" if examined.worst_ulps else ""


def difference_lines(difference: Difference) -> list[str]:
    """A difference in a few lines: where, expected, actual."""
    where = f" of {difference.variable}" if difference.variable else ""
    found = [f"step {difference.step}: {difference.aspect.value}{where} {pattern_of(difference)}".rstrip()]
    for name, value in (("expected", difference.expected), ("actual", difference.actual)):
        first, *rest = text_of(value, difference.aspect).splitlines() or [""]
        found += [f"  {name:<9}{first}", *(f"           {line}" for line in rest)]
    return found
