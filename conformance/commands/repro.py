"""Prints or writes the stand-alone scripts of recorded cases."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.commands import CommandError
from conformance.commands.evidence import Evidence, read_evidence
from conformance.commands.replay import INCONCLUSIVE, examined_on, opened, target_of
from conformance.discrepancy import Failure, describe, script_of
from conformance.model.case import Case
from conformance.model.codec import fingerprint
from conformance.model.observation import Aspect
from conformance.model.verdict import Discrepancy
from conformance.operations import find
from conformance.properties import every_property
from conformance.repro import script
from reports.words import readable

HELP = "print or write the stand-alone script of a case, or of every discrepancy of a run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a case, a discrepancy, events, or a run's directory")
    parser.add_argument("--target", default="", help="where it shall break (default: where it was seen, else cpu)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write one file for each (default: print)")


def run(arguments: argparse.Namespace) -> int:
    """Print or write the scripts; 5 where no case breaks, so that there is nothing to show."""
    found = [(evidence, script_for(evidence, arguments)) for evidence in read_evidence(arguments.file)]
    scripts = [(evidence, program) for evidence, program in found if program]
    for evidence, _ in (pair for pair in found if not pair[1]):
        print(f"case {fingerprint(evidence.case)} breaks nothing here: it has no script", file=sys.stderr)
    for evidence, program in scripts:
        if arguments.output is None:
            sys.stdout.write(program if program.endswith("\n") else program + "\n")
        else:
            _write(arguments.output / f"{name_of(evidence)}.py", program)
    if not found:
        print(f"{arguments.file} holds no discrepancy", file=sys.stderr)
    return 0 if scripts else INCONCLUSIVE


def script_for(evidence: Evidence, arguments: argparse.Namespace) -> str:
    """The script that was recorded and run, or one made now; empty where the case breaks nothing on the target."""
    recorded = evidence.discrepancy
    if recorded is not None and recorded.script and arguments.target in ("", recorded.target):
        return recorded.script
    if evidence.crashed:
        return crash_script(evidence.case, arguments.target or evidence.crashed)
    target = opened(arguments.target or target_of(evidence))
    examined = examined_on(evidence, target, arguments.file)
    if not examined.differences:
        return ""
    agrees = every_property()["agrees"]
    prop = every_property().get(recorded.property, agrees) if recorded else agrees
    operation = recorded.operation if recorded else evidence.case.steps[0].operation
    failure = Failure(prop, examined, recorded.dtype if recorded else "", operation)
    return script_of(describe(failure, examined, target), examined.differences[0], examined)


def crash_script(case: Case, target: str) -> str:
    """The script of a case that took its process down: made without running it here."""
    name = case.steps[0].operation
    return script(
        case,
        target=target,
        aspect=Aspect.REFUSAL,
        step=len(case.steps) - 1,
        variable="",
        expected=None,
        allowed=None,
        title=f"{name} on {target}: the process ended inside the call",
        basis=find(name).basis,
        ending="signal",
    )


def name_of(evidence: Evidence) -> str:
    """A name for the script's file: what it shows, and the case's fingerprint."""
    found = evidence.discrepancy
    label = _label(found) if found is not None else evidence.case.steps[0].operation
    return f"{readable(label)}-{fingerprint(evidence.case)}"


def _label(found: Discrepancy) -> str:
    return f"{found.operation} {found.property} {found.target} {found.dtype}"


def _write(path: Path, program: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program, "utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror or error}") from None
    print(path)
