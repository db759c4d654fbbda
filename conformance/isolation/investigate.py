"""Investigates a call that ended its worker: which case it was, how small it can be, and whether it does so again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.bulk import rows_apply
from conformance.deviations import matching
from conformance.discrepancy import Failure, cause_of, confirmed, described, still_breaks
from conformance.examine import Examined
from conformance.isolation.ending import Limits
from conformance.isolation.endure import endure
from conformance.isolation.jobs import Died
from conformance.model.case import Case
from conformance.model.codec import CodecError, decode_case, fingerprint
from conformance.model.inflight import AS_IT_IS
from conformance.model.run import Cell, CellEvent, CrashEvent, DiscrepancyEvent, Event
from conformance.model.verdict import Discrepancy, Outcome, Tally
from conformance.operations import families, find
from conformance.profiles import Profile
from conformance.properties import every_property
from conformance.properties.survives import Survives, ended
from conformance.reduce import reduce
from conformance.structures import derived
from conformance.targets.interpreter import Interpreter
from conformance.verify import AGREES
from conformance.verify_deviations import dtype_of

PROGRAMS, MODES = "programs", "modes"
SECONDS = 30.0  # that a reduction may take: a hang costs all its time each time


def investigate(
    died: Died, target: Interpreter, profile: Profile, limits: Limits, record: Callable[[Event], None]
) -> list[Discrepancy]:
    """Record what ended a worker, or that it could not be shown again; the discrepancies that are not known."""
    prop, running = Survives(limits.for_proof()), died.running
    failure = _failure(died, target, profile, prop)
    if failure is None:
        told = f"{died.ending.words}; not again when the target ran it in a process of its own"
        record(CrashEvent(running.operation, running.target, told, running.text))
        return []
    if not _known(failure, target.name):
        failure = _reduced(failure, target, prop)
    known = _known(failure, target.name)  # of a program, only now the operation at fault
    record(CellEvent(_cell(failure, target.name, Outcome.KNOWN if known else Outcome.BROKE)))
    if known:
        return []
    found = confirmed([described(failure, failure.examined, target)])
    for one in found:
        record(DiscrepancyEvent(one))
    return found


def _failure(died: Died, target: Interpreter, profile: Profile, prop: Survives) -> Failure | None:
    """The first case that ends a process of its own, or None where none does."""
    running = died.running
    try:
        base = decode_case(running.text)
    except CodecError:
        return None
    cases = [base] if running.seed == AS_IT_IS else list(map(target.adapted, _candidates(base, died, target, profile)))
    limits = prop.limits.for_many() if target.in_bulk else prop.limits
    found = endure(cases, target, limits)
    if found is None:
        return None
    index, ending = found
    examined = Examined(cases[index], Outcome.BROKE, [ended(cases[index], ending)])
    return Failure(prop, examined, dtype_of(base), running.operation)


def _candidates(base: Case, died: Died, target: Interpreter, profile: Profile) -> Iterator[Case]:
    """What was derived from a structure for the property that was examined."""
    operation = find(died.running.operation)
    yield from derived(every_property()[died.running.part], base, operation, died.running.seed)
    if died.running.part == AGREES and rows_apply(base, operation, target):
        yield from map(base.at_row, range(1, profile.rows))


def _known(failure: Failure, target: str) -> bool:
    """Whether a deviation describes it."""
    if failure.operation in (PROGRAMS, MODES):
        return False
    examined = failure.examined
    described = (failure.operation, failure.prop.name, target, failure.dtype, examined.differences[0])
    return matching(*described, examined.case) is not None


def _reduced(failure: Failure, target: Interpreter, prop: Survives) -> Failure:
    """The failure of the smallest case found that ends in the same way."""
    cause = cause_of(prop, failure.examined.differences[0])
    until = time.monotonic() + SECONDS
    breaks = still_breaks(prop, target, cause)
    case = reduce(failure.examined.case, lambda case: time.monotonic() < until and breaks(case), budget=target.trials)
    examined = prop.examine(case, target)
    if not examined.differences:
        examined = failure.examined
    operation = failure.operation
    if operation in (PROGRAMS, MODES):  # of steps that are as few as can be, the last is at fault
        operation = examined.case.steps[-1].operation
    return replace(failure, examined=examined, operation=operation)


def _cell(failure: Failure, target: str, outcome: Outcome) -> Cell:
    """The cell of a call that was watched and did not return."""
    tally = Tally()
    tally.add(outcome)
    operation, dtype, name = failure.operation, failure.dtype, Survives.name
    return Cell(operation, families()[operation], name, target, dtype, tally, fingerprint(failure.examined.case))
