"""Verifies one operation on one target: structures are drawn, every property is examined, outcomes are counted."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from conformance.bulk import first_failing_row, rows_apply
from conformance.deviations import matching
from conformance.discrepancy import Cause, Failure, cause_of, prove
from conformance.examine import Examined
from conformance.model.case import Case
from conformance.model.inflight import InFlight
from conformance.model.observation import Aspect
from conformance.model.run import Cell, CellEvent, DiscrepancyEvent, Event
from conformance.model.verdict import Discrepancy, Outcome, Tally
from conformance.operation import Operation
from conformance.operations import families
from conformance.profiles import Profile
from conformance.properties import every_property
from conformance.properties.base import Property, within_reach
from conformance.structures import Structure
from conformance.targets.interpreter import Interpreter

AGREES = "agrees"
FIRST = (AGREES, "metadata")
CellKey = tuple[str, str]
"""Property and dtype."""


@dataclass
class Verification:
    """The checks of one operation on one target. ``record`` receives the events of what was found."""

    operation: Operation
    target: Interpreter
    profile: Profile
    record: Callable[[Event], None]
    in_flight: InFlight | None = None
    only: frozenset[str] = frozenset()
    tallies: dict[CellKey, Tally] = field(default_factory=dict)
    failures: dict[Cause, Failure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256()
        self.drawn = 0
        self._started = time.perf_counter()
        self._properties = properties_of(self.operation, self.target, self.only)

    def structures(self, drawn: Iterable[Structure]) -> None:
        """Examine of each structure the properties whose turn it is.

        A target without data computes nothing: one dtype of every kind tells what it does with dtypes.
        """
        has_values = Aspect.VALUES in self.target.aspects
        for structure in drawn:
            self._digest.update(structure.text.encode("ascii"))
            if has_values or structure.telling:
                self.check(structure, structure.in_turn(self._properties))
                self._others(structure)

    def check(self, structure: Structure, properties: Sequence[Property] | None = None) -> None:
        """Examine properties of a structure, all unless some are named."""
        self.drawn += 1
        base_broke, dtype = False, structure.dtype.name
        for prop in self._properties if properties is None else properties:
            # What is already wrong in itself would only be found wrong again in every variation.
            if base_broke:
                break
            if prop.once and (prop.name, dtype) in self.tallies:
                continue
            if not self._begin(prop, structure):
                base_broke = prop.name in FIRST
                continue
            for case in structure.derived(prop):
                self._count(prop, self._examine(prop, case), dtype)
            if prop.name == AGREES:
                base_broke = bool(self.failures) and self._last_broke
                if not base_broke:
                    self._rows(prop, structure.base, dtype)
            self._end()

    def _begin(self, prop: Property, structure: Structure) -> bool:
        """Note what is under way; whether it may be run, as what ended a process before may not."""
        if self.in_flight is None:
            return True
        return self.in_flight.begin(self.operation.name, self.target.name, structure.text, structure.seed, prop.name)

    def _end(self) -> None:
        if self.in_flight is not None:
            self.in_flight.end()

    def _others(self, structure: Structure) -> None:
        """Further structures, of which the first property alone is examined: it finds most and costs least.

        A third of them where there are no values, by which many of them differ.
        """
        first = next((prop for prop in self._properties if prop.name in FIRST), None)
        if first is None:
            return
        count = self.profile.others
        for other in structure.others(count if Aspect.VALUES in self.target.aspects else (count + 2) // 3):
            self.drawn += 1
            if self._begin(first, other):
                self._count(first, self._examine(first, other.base), other.dtype.name)
                self._end()

    def _examine(self, prop: Property, case: Case) -> Examined:
        if self.target.lacks(case):
            return Examined(case, Outcome.INAPPLICABLE)
        return prop.examine(case, self.target)

    def _rows(self, prop: Property, base: Case, dtype: str) -> None:
        """Further derived seeds of the same structure; only the first that fails is examined in full."""
        if self.target.lacks(base) or not rows_apply(base, self.operation, self.target):
            return
        rows = self.profile.rows
        found = first_failing_row(base, self.operation, self.target, rows)
        tally = self._tally(prop, dtype)
        tally.add(Outcome.HELD, rows - 1 - (found.row is not None))
        if found.worst_ulps > tally.worst_ulps:
            tally.worst_ulps, tally.worst_input = found.worst_ulps, found.worst_input
        if found.row is not None:
            self._count(prop, prop.examine(base.at_row(found.row), self.target), dtype)

    def _tally(self, prop: Property, dtype: str) -> Tally:
        return self.tallies.setdefault((prop.name, dtype), Tally())

    def _count(self, prop: Property, examined: Examined, dtype: str) -> None:
        outcome = examined.outcome
        self._last_broke = outcome is Outcome.BROKE
        if outcome is Outcome.BROKE:
            outcome = self._broke(prop, examined, dtype)
        tally = self._tally(prop, dtype)
        tally.add(outcome)
        if outcome is Outcome.HELD:
            tally.worst_ulps = max(tally.worst_ulps, examined.worst_ulps)

    def _broke(self, prop: Property, examined: Examined, dtype: str) -> Outcome:
        """Keep the first case of each cause; what a deviation describes is known."""
        difference = examined.differences[0]
        known = matching(self.operation.name, prop.name, self.target.name, dtype, difference, examined.case)
        if known is not None:
            return Outcome.KNOWN
        self.failures.setdefault(cause_of(prop, difference), Failure(prop, examined, dtype, self.operation.name))
        return Outcome.BROKE

    def finish(self) -> list[Discrepancy]:
        """Reduce, confirm and record what broke; record every cell."""
        found = prove(self.failures.values(), self.target, self.in_flight)
        for one in found:
            self.record(DiscrepancyEvent(one))
        seconds = time.perf_counter() - self._started
        for (prop, dtype), tally in self.tallies.items():
            self.record(CellEvent(self._cell(prop, dtype, tally, seconds / max(len(self.tallies), 1))))
        return found

    def _cell(self, prop: str, dtype: str, tally: Tally, seconds: float) -> Cell:
        family = families()[self.operation.name]
        digest = self._digest.hexdigest()[:16]
        return Cell(self.operation.name, family, prop, self.target.name, dtype, tally, digest, round(seconds, 4))


def properties_of(operation: Operation, target: Interpreter, only: frozenset[str] = frozenset()) -> list[Property]:
    """The properties that are examined of an operation on a target; ``only`` these, where it names some."""
    return [
        prop
        for prop in every_property().values()
        if within_reach(operation, target) and prop.applies(operation, target) and (not only or prop.name in only)
    ]
