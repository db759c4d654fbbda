"""Verifies the known deviations on one target: each witness must still break as described, and no entry be too old."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from conformance.deviations import Deviation
from conformance.discrepancy import Failure, confirmed, described
from conformance.model.case import Case
from conformance.model.codec import encode_case
from conformance.model.inflight import InFlight
from conformance.model.run import DiscrepancyEvent, Event, NoteEvent
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.properties import every_property
from conformance.targets.interpreter import Interpreter

PROGRAMS = "programs"
WARNED = timedelta(days=14)


@dataclass
class DeviationVerification:
    """The deviations about one target. ``record`` receives the known discrepancies that their witnesses still are."""

    target: Interpreter
    today: date
    record: Callable[[Event], None]
    in_flight: InFlight | None = None
    failures: dict[str, Failure] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def check(self, deviation: Deviation) -> None:
        """Replay the witness, and look at the date until which the entry was to be kept."""
        if self.in_flight is not None:
            self.in_flight.begin(operation_of(deviation.witness), self.target.name, encode_case(deviation.witness))
        failure = replay(deviation, self.target)
        if self.in_flight is not None:
            self.in_flight.end()
        if failure is None:
            self.problems.append(unexpected_pass(deviation, self.target.name))
            return
        self.failures[deviation.name] = failure
        if deviation.expires < self.today:
            when = deviation.expires
            self.problems.append(f"{place(deviation)} expired on {when}: renew it with a reason, or delete it")
        elif deviation.expires - self.today <= WARNED:
            self.record(NoteEvent("warning", f"deviation {place(deviation)} expires on {deviation.expires}"))

    def finish(self) -> list[str]:
        """Confirm and record what is known; what is wrong with the entries."""
        found = [described(failure, failure.examined, self.target) for failure in self.failures.values()]
        for name, one in zip(self.failures, confirmed(found), strict=True):
            self.record(DiscrepancyEvent(replace(one, deviation=name)))
        return self.problems


def about(target: str, deviations: Iterable[Deviation]) -> list[Deviation]:
    """Those in force that are about a target."""
    return [deviation for deviation in deviations if deviation.concerns(target) and deviation.in_force()]


def replay(deviation: Deviation, target: Interpreter) -> Failure | None:
    """The failure that the witness still is, under the first property by which it is as described, or None."""
    case = deviation.witness
    for prop in every_property().values():
        if not (prop.applies(find(operation_of(case)), target) or prop.name == PROGRAMS):
            continue
        examined = prop.examine(case, target)
        if examined.outcome is not Outcome.BROKE:
            continue
        difference = examined.differences[0]
        operation = case.steps[difference.step].operation if prop.name == PROGRAMS else operation_of(case)
        if deviation.covers(operation, prop.name, target.name, dtype_of(case), difference):
            return Failure(prop, examined, dtype_of(case), operation)
    return None


def operation_of(case: Case) -> str:
    """The operation under test."""
    return case.main.operation


def dtype_of(case: Case) -> str:
    """The dtype that a case is counted under: that of its first input, or that which a creation is asked for."""
    return case.inputs[0].dtype if case.inputs else "mixed"


def unexpected_pass(deviation: Deviation, target: str) -> str:
    """What to do about an entry whose witness does not break any more."""
    return (
        f"{place(deviation)} passed unexpectedly: its witness does not break on {target} as described. If it is"
        f" mended, delete the entry:\n{deviation.text}"
    )


def place(deviation: Deviation) -> str:
    """Where the entry stands."""
    return f"conformance/deviations/{deviation.file} [{deviation.name}]"
