"""Verifies random programs on one target, in lock step with the reference."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import takewhile

from conformance.choices import Choices
from conformance.discrepancy import Cause, Failure, cause_of, is_known, prove
from conformance.examine import Examined
from conformance.model.case import Case, Step
from conformance.model.codec import encode_case, fingerprint
from conformance.model.inflight import InFlight
from conformance.model.run import Cell, CellEvent, DiscrepancyEvent, Event
from conformance.model.verdict import Discrepancy, Outcome, Tally
from conformance.operations import find
from conformance.properties.base import within_reach
from conformance.properties.programs import PROPERTY
from conformance.strategies.programs import draw_program
from conformance.targets.interpreter import Interpreter

PROGRAMS = "programs"
MIXED = "mixed"


@dataclass
class ProgramVerification:
    """The programs of one chunk on one target."""

    target: Interpreter
    record: Callable[[Event], None]
    chunk: int
    in_flight: InFlight | None = None
    tally: Tally = field(default_factory=Tally)
    failures: dict[tuple[Cause, str], Failure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256()
        self._started = time.perf_counter()

    def program(self, choices: Choices) -> None:
        """Draw a program and run it on the target, every variable compared after every step."""
        program = draw_program(choices)
        case = program.case
        self._digest.update(fingerprint(case).encode())
        if not case.steps:
            self.tally.add(Outcome.VACUOUS)
            return
        adapted = self.target.adapted(case)
        case = reachable(adapted, self.target)
        if not case.steps:
            self.tally.add(Outcome.INAPPLICABLE)
            return
        if self.in_flight is not None and not self.in_flight.begin(
            PROGRAMS, self.target.name, encode_case(case), part=PROGRAMS
        ):
            return
        if adapted is program.case:
            examined = PROPERTY.examine_against(program.trace, case, self.target)
        else:
            examined = PROPERTY.examine(case, self.target)
        if self.in_flight is not None:
            self.in_flight.end()
        self.tally.add(self._outcome(examined))

    def _outcome(self, examined: Examined) -> Outcome:
        if examined.outcome is not Outcome.BROKE:
            return examined.outcome
        difference = examined.differences[0]
        operation = examined.case.steps[difference.step].operation
        failure = Failure(PROPERTY, examined, MIXED, operation)
        if is_known(failure, examined, self.target):
            return Outcome.KNOWN
        self.failures.setdefault((cause_of(PROPERTY, difference), operation), failure)
        return Outcome.BROKE

    def finish(self) -> list[Discrepancy]:
        """Reduce, confirm and record what broke, one case for each cause."""
        found = prove(self.failures.values(), self.target, self.in_flight)
        for one in found:
            self.record(DiscrepancyEvent(one))
        seconds = round(time.perf_counter() - self._started, 4)
        digest = self._digest.hexdigest()[:16]
        name = f"{PROGRAMS} {self.chunk}"
        cell = Cell(name, PROGRAMS, PROGRAMS, self.target.name, MIXED, self.tally, digest, seconds)
        self.record(CellEvent(cell))
        return found


def reachable(case: Case, target: Interpreter) -> Case:
    """The program up to the first step that the target cannot take: without data, that of sharing it with NumPy; of an
    older torch, one that calls what it lacks."""

    def taken(step: Step) -> bool:
        return within_reach(find(step.operation), target) and not target.lacks(replace(case, steps=(step,)))

    return replace(case, steps=tuple(takewhile(taken, case.steps)))
