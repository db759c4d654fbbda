"""Verifies many operations at once on a target that prepares what it runs: many cases in one graph.

A graph that is refused is halved until the cases are found that the target cannot take. A case that breaks in
company is examined alone, and that is what is reported.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from conformance.choices import Choices
from conformance.deviations import matching
from conformance.discrepancy import Cause, Failure, cause_of, prove
from conformance.drivers import seed_of, with_seeds
from conformance.examine import REFERENCE, Examined
from conformance.model.case import BACKWARD, Case
from conformance.model.codec import encode_case, fingerprint
from conformance.model.inflight import InFlight
from conformance.model.observation import Trace
from conformance.model.run import Cell, CellEvent, DiscrepancyEvent, Event, NoteEvent
from conformance.model.verdict import Discrepancy, Outcome, Tally
from conformance.operation import Operation
from conformance.operations import families
from conformance.properties.modes import PROPERTY
from conformance.strategies.cases import LARGEST_SEED, draw_case, draw_large, dtypes_of
from conformance.strategies.shapes import LARGER, Shape
from conformance.targets.interpreter import Interpreter
from conformance.together import apart, together

GRAPH = 40  # cases in a graph: more are no cheaper each
ROWS = 4  # of values for each graph, which is compiled once
_LARGE_PERCENT = 10
"""So many cases have many elements: loops over these are divided among threads when they are compiled."""
AT_ONCE = ("agrees", "metadata", "in place", "aliasing", "gradient")  # whose cases are those of this property


@dataclass(frozen=True, slots=True)
class Member:
    """A case, and what it is a case of."""

    operation: str
    dtype: str
    case: Case


@dataclass
class ModesVerification:
    """The property ``modes`` of some operations on one target."""

    target: Interpreter
    record: Callable[[Event], None]
    in_flight: InFlight | None = None
    members: list[Member] = field(default_factory=list)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    broken: dict[tuple[str, Cause], Failure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._started = time.perf_counter()
        self._settings = self.target.settings()

    def draw(self, operation: Operation, cases: int, seed: int) -> None:
        """Draw cases of one operation, each in a dtype and a form of its own, unless no graph can hold it."""
        if not PROPERTY.applies(operation, self.target):
            self._tally(operation.name, dtypes_of(operation)[0].name).add(Outcome.INAPPLICABLE)
            return
        with_seeds(partial(self._structure, operation=operation), cases, seed_of(f"modes {operation.name}", seed))

    def _structure(self, choices: Choices, operation: Operation) -> None:
        dtype = choices.choose(dtypes_of(operation))
        seed = choices.integer(0, LARGEST_SEED)
        large = draw_large(seed, operation, dtype, LARGER) if choices.flag(_LARGE_PERCENT) else None
        base = large or draw_case(choices, operation, dtype)
        cases = list(PROPERTY.derive(base, operation, choices))
        if not cases:
            return
        case = choices.choose(cases)
        if self.target.lacks(case):
            self._tally(operation.name, dtype.name).add(Outcome.INAPPLICABLE)
        else:
            self.members.append(Member(operation.name, dtype.name, case))

    def run(self) -> None:
        """Run all that was drawn."""
        for graph in graphs(self.members):
            self._run(graph)

    def finish(self) -> list[Discrepancy]:
        """Prove and record what broke; record every cell."""
        found = prove(self.broken.values(), self.target, self.in_flight)
        for one in found:
            self.record(DiscrepancyEvent(one))
        changed = {name for name, value in self.target.settings().items() if self._settings.get(name) != value}
        if changed:
            # What is checked later in this process would run under other settings than a user's.
            self.record(
                NoteEvent("warning", f"{self.target.name} changed settings of torch: {', '.join(sorted(changed))}")
            )
        seconds = (time.perf_counter() - self._started) / max(len(self.tallies), 1)
        for (operation, dtype), tally in self.tallies.items():
            self.record(CellEvent(self._cell(operation, dtype, tally, seconds)))
        return found

    def _run(self, members: Sequence[Member]) -> None:
        """Run a graph; where it is refused, run what refuses alone and the others without it."""
        cases = [member.case for member in members]
        whole = self._graph(cases)
        if whole is None:
            self._halves(members)
        elif whole.refused is None:
            self._judge(members, cases, apart(whole, cases))
            for row in range(1, ROWS):
                self._row(members, row)
        elif len(members) == 1:
            self._judge(members, cases, [whole])
        else:
            refused = self._refused(members)
            if not refused:
                self._halves(members)  # what only the code generator refuses
                return
            others = [member for member in members if member not in refused]
            for part in filter(None, [*([member] for member in refused), others]):
                self._run(part)

    def _halves(self, members: Sequence[Member]) -> None:
        """Run two halves; a single member that no process survives is left out."""
        middle = len(members) // 2
        for part in (members[:middle], members[middle:]) if middle else ():
            self._run(part)

    def _refused(self, members: Sequence[Member]) -> list[Member]:
        """The members that keep the others from being one graph."""
        if self._accepts(together([member.case for member in members])):
            return []
        if len(members) == 1:
            return list(members)
        middle = len(members) // 2
        return self._refused(members[:middle]) + self._refused(members[middle:])

    def _row(self, members: Sequence[Member], row: int) -> None:
        """Run the same graph on other values; a case that is another kind of case with them keeps those that it had."""
        others = [replace(member, case=member.case.at_row(row)) for member in members]
        members = [
            other if shapes(other.case) == shapes(member.case) else member
            for other, member in zip(others, members, strict=True)
        ]
        cases = [member.case for member in members]
        whole = self._graph(cases)
        if whole is not None and whole.refused is None:
            self._judge(members, cases, apart(whole, cases))
        elif whole is not None:
            self._halves(members)

    def _judge(self, members: Sequence[Member], cases: Sequence[Case], traces: Sequence[Trace]) -> None:
        for member, case, actual in zip(members, cases, traces, strict=True):
            self._count(member, PROPERTY.relate(case, actual, self.target))

    def _graph(self, cases: Sequence[Case]) -> Trace | None:
        """What the target does with a graph; None where it ended an earlier process."""
        graph = together(cases)
        if not self._begins(graph):
            return None
        trace = self.target.run(graph)
        self._ends()
        return trace

    def _accepts(self, graph: Case) -> bool:
        if not self._begins(graph):
            return False
        accepted = self.target.accepts(graph)
        self._ends()
        return accepted

    def _begins(self, graph: Case) -> bool:
        if self.in_flight is None:
            return True
        return self.in_flight.begin(PROPERTY.name, self.target.name, encode_case(graph), part=PROPERTY.name)

    def _ends(self) -> None:
        if self.in_flight is not None:
            self.in_flight.end()

    def _count(self, member: Member, examined: Examined) -> None:
        outcome = examined.outcome
        if outcome is Outcome.BROKE:
            outcome = self._broke(member, examined)
        tally = self._tally(member.operation, member.dtype)
        tally.add(outcome)
        if outcome is Outcome.HELD:
            tally.worst_ulps = max(tally.worst_ulps, examined.worst_ulps)

    def _broke(self, member: Member, examined: Examined) -> Outcome:
        """Keep the first case of each cause; what a deviation describes is known."""
        difference = examined.differences[0]
        if self._is_known(member, examined):
            return Outcome.KNOWN
        failure = Failure(PROPERTY, examined, member.dtype, member.operation)
        self.broken.setdefault((member.operation, cause_of(PROPERTY, difference)), failure)
        return Outcome.BROKE

    def _is_known(self, member: Member, examined: Examined) -> bool:
        """Whether a deviation describes what differs, or what differs there on one of the target's sources."""
        difference, name = examined.differences[0], self.target.name
        if matching(member.operation, PROPERTY.name, name, member.dtype, difference, examined.case) is not None:
            return True
        return any(
            (other.aspect, other.variable) == (difference.aspect, difference.variable)
            and matching(member.operation, prop, source.name, member.dtype, other, examined.case) is not None
            for source in self.target.sources
            for other in PROPERTY.examine(examined.case, source).differences[:1]
            for prop in AT_ONCE
        )

    def _tally(self, operation: str, dtype: str) -> Tally:
        return self.tallies.setdefault((operation, dtype), Tally())

    def _cell(self, operation: str, dtype: str, tally: Tally, seconds: float) -> Cell:
        digest = hashlib.sha256()
        for member in self.members:
            if (member.operation, member.dtype) == (operation, dtype):
                digest.update(fingerprint(member.case).encode())
        family, name = families()[operation], self.target.name
        return Cell(operation, family, PROPERTY.name, name, dtype, tally, digest.hexdigest()[:16], round(seconds, 4))


def shapes(case: Case) -> dict[str, Shape | None] | None:
    """The shapes of all variables at the end of a case; None where it is refused."""
    trace = REFERENCE.run(case)
    return {name: seen.shape for name, seen in trace.last.variables.items()} if trace.refused is None else None


def graphs(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    """The graphs to compile, the calls and their backward passes apart.

    A case that must be refused has no place among others: it would end them all.
    """
    accepted = [member for member in members if shapes(member.case) is not None]
    for backward in (False, True):
        alike = [member for member in accepted if (member.case.steps[-1].operation == BACKWARD) is backward]
        for start in range(0, len(alike), GRAPH):
            yield alike[start : start + GRAPH]
