"""Verifies the known deviations: each witness must still break as described, and no entry be too old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from conformance.deviations import Deviation, patterns_of
from conformance.discrepancy import Failure, confirmed, described
from conformance.model.case import Case, DTypeName
from conformance.model.codec import encode_case
from conformance.model.inflight import InFlight
from conformance.model.observation import Aspect
from conformance.model.run import DiscrepancyEvent, Event, NoteEvent
from conformance.model.verdict import Discrepancy, Outcome
from conformance.operation import Form, Operation
from conformance.operations import find
from conformance.properties import every_property
from conformance.properties.base import Property
from conformance.properties.survives import PROPERTY as SURVIVES
from conformance.strategies.programs import is_exact_operation
from conformance.targets.interpreter import Interpreter

PROGRAMS = "programs"
PLAIN = {str(Form.IN_PLACE): "in place", str(Form.OUT): "out"}
WARNED = timedelta(days=14)


@dataclass
class DeviationVerification:
    """The deviations about some targets. ``record`` receives the known discrepancies that their witnesses still are.

    Without ``compiles``, no witness is run where each has to be compiled.
    """

    targets: list[Interpreter]
    today: date
    record: Callable[[Event], None]
    in_flight: InFlight | None = None
    compiles: bool = False
    found: list[Discrepancy] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def check(self, deviation: Deviation) -> None:
        """Replay the witness, and look at the date until which the entry is kept."""
        concerned = self._concerned(deviation)
        broken = [target.name for target in concerned if self._breaks(deviation, target)]
        if concerned and not broken and deviation.processors == "some":
            self.record(NoteEvent("info", f"deviation {place(deviation)} does not show on this processor"))
        elif concerned and not broken and not any(decides(deviation, target) for target in concerned):
            names = ", ".join(target.name for target in concerned)
            self.record(NoteEvent("info", f"deviation {place(deviation)} does not show on {names}"))
        elif concerned and not broken:
            self._fails(unexpected_pass(deviation, [target.name for target in concerned]))
        elif deviation.expires < self.today:
            when = deviation.expires
            self._fails(f"{place(deviation)} expired on {when}: renew it with a reason, or delete it")
        elif deviation.expires - self.today <= WARNED:
            self.record(NoteEvent("warning", f"deviation {place(deviation)} expires on {deviation.expires}"))

    def _fails(self, problem: str) -> None:
        """Keep what is wrong with an entry, for the run to fail and for the report to say."""
        self.problems.append(problem)
        self.record(NoteEvent("error", problem.splitlines()[0]))

    def finish(self) -> list[str]:
        """Confirm and record what is known; what is wrong with the entries."""
        # That it is not chance was seen when it was recorded.
        for one in confirmed(self.found, times=1):
            self.record(DiscrepancyEvent(one))
            if one.confirmed[1] and not one.confirmed[0]:
                self.record(NoteEvent("warning", f"deviation {one.deviation}: its script does not show it"))
        return self.problems

    def _concerned(self, deviation: Deviation) -> list[Interpreter]:
        """The targets that the entry is about; those that have to compile it only where there is no other."""
        named = [target for target in self.targets if deviation.concerns(target.name)]
        concerned = [target for target in named if properties_of(deviation, target)]
        at_once = [target for target in concerned if not target.in_bulk]
        return at_once or (concerned if self.compiles else [])

    def _breaks(self, deviation: Deviation, target: Interpreter) -> bool:
        operation, text = operation_of(deviation.witness), encode_case(deviation.witness)
        if self.in_flight is not None and not self.in_flight.begin(operation, target.name, text, part="deviation"):
            return False
        failure = replay(deviation, target)
        if self.in_flight is not None:
            self.in_flight.end()
        if failure is not None:
            found = described(failure, failure.examined, target)
            self.found.append(replace(found, deviation=deviation.name, known_because=because(deviation)))
        return failure is not None


def decides(deviation: Deviation, target: Interpreter) -> bool:
    """Whether an entry that does not show on a target is mended: what is about every device was seen on the CPU."""
    return target.name == "cpu" or target.name in patterns_of(deviation.target)


def properties_of(deviation: Deviation, target: Interpreter) -> list[Property]:
    """The properties under which the entry may be seen on a target; those that the witness is a plain case of first."""
    operation = find(operation_of(deviation.witness))
    if deviation.aspect == Aspect.PROCESS:
        return [SURVIVES]  # what ends a process is run in one of its own
    spelling = deviation.witness.main.spelling
    plain = (PLAIN.get(spelling, ""), "agrees", "metadata")
    found = [
        prop
        for prop in every_property().values()
        if deviation.is_of(prop.name)
        and (prop.name != PLAIN[Form.OUT] or spelling == Form.OUT)
        and (_is_in_programs(deviation, operation) if prop.name == PROGRAMS else prop.applies(operation, target))
    ]
    return sorted(found, key=lambda prop: prop.name not in plain)


def _is_in_programs(deviation: Deviation, operation: Operation) -> bool:
    """In programs every bit counts, so values are compared of those operations alone that have no other."""
    return deviation.aspect not in (Aspect.VALUES, Aspect.GRAD) or is_exact_operation(operation)


def replay(deviation: Deviation, target: Interpreter) -> Failure | None:
    """The failure that the witness still is, under the first property by which it is as described, or None."""
    case = deviation.witness
    for prop in properties_of(deviation, target):
        examined = prop.examine(case, target)
        if examined.outcome is not Outcome.BROKE:
            continue
        difference = examined.differences[0]
        operation = case.steps[difference.step].operation if prop.name == PROGRAMS else operation_of(case)
        if deviation.covers(operation, prop.name, target.name, dtype_of(case), difference, case):
            return Failure(prop, examined, dtype_of(case), operation)
    return None


def operation_of(case: Case) -> str:
    """The operation under test."""
    return case.main.operation


def dtype_of(case: Case) -> str:
    """The dtype that a case is counted under: that of its first input, or that which a creation is asked for."""
    asked = dict(case.main.kwargs).get("dtype")
    made = asked.name if isinstance(asked, DTypeName) else "mixed"
    return case.inputs[0].dtype if case.inputs else made


def unexpected_pass(deviation: Deviation, targets: list[str]) -> str:
    """What to do about an entry whose witness does not break any more."""
    return (
        f"{place(deviation)} passed unexpectedly: its witness does not break as described on {', '.join(targets)}."
        f" If that is mended, delete the entry:\n{deviation.text}"
    )


def because(deviation: Deviation) -> str:
    """Why a discrepancy is known, whose it is, and until when."""
    issue = f" {deviation.issue}" if deviation.issue else ""
    return f"{deviation.reason}: {deviation.why}{issue} Owned by {deviation.owner}, until {deviation.expires}."


def place(deviation: Deviation) -> str:
    """Where the entry stands."""
    return f"conformance/deviations/{deviation.file} [{deviation.name}]"
