"""Verifies one operation on one target: structures are drawn, every property is examined, outcomes are counted."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from conformance.bulk import first_failing_row, rows_apply
from conformance.discrepancy import Cause, Failure, cause_of, is_known, prove
from conformance.examine import Examined, holds_at_a_glance
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
from conformance.structures import FIRST, Structure
from conformance.targets.interpreter import Interpreter

AGREES = "agrees"
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
            if not structure.brief:
                self._digest.update(structure.text.encode("ascii"))
            if not has_values and not structure.telling:
                continue
            if structure.brief:
                self._check_briefly(structure)
            else:
                self.check(structure, structure.in_turn(self._properties, has_values=has_values))

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
                base_broke = not self._rows(prop, structure, self.profile.rows)
            self._end()

    def _check_briefly(self, structure: Structure) -> None:
        """Examine the first cases of the few properties that a structure names; several calls at once, else each."""
        if structure.calls:
            if not self._hold_at_once(structure):
                for alone in structure.calls:
                    self._check_briefly(alone)
            return
        self.drawn += 1
        for prop in self._properties:
            if prop.name not in structure.brief or (case := structure.first(prop)) is None:
                continue
            if self._begin(prop, structure):
                self._count(prop, self._examine(prop, case), structure.dtype.name)
                if prop.name == AGREES:
                    self._rows(prop, structure, structure.rows)
                self._end()

    def _hold_at_once(self, structure: Structure) -> bool:
        """Whether all calls of a structure hold, as a glance at all of them together shows.

        Where they ended a process together, one of them did, and it is found alone.
        """
        base = self.target.adapted(structure.base)
        if self.target.lacks(base):
            return False
        for prop in self._properties:
            if prop.name in structure.brief:
                if not self._begin(prop, structure):
                    return False
                held = holds_at_a_glance(base, self.target)
                self._end()
                if not held:
                    return False
                self._tally(prop, structure.dtype.name).add(Outcome.HELD, len(structure.calls))
        self.drawn += len(structure.calls)
        return True

    def _begin(self, prop: Property, structure: Structure) -> bool:
        """Note what is under way; whether it may be run, as what ended a process before may not."""
        if self.in_flight is None:
            return True
        return self.in_flight.begin(self.operation.name, self.target.name, structure.text, structure.seed, prop.name)

    def _end(self) -> None:
        if self.in_flight is not None:
            self.in_flight.end()

    def _examine(self, prop: Property, case: Case) -> Examined:
        case = self.target.adapted(case)
        if self.target.lacks(case):
            return Examined(case, Outcome.INAPPLICABLE)
        return prop.examine(case, self.target)

    def _rows(self, prop: Property, structure: Structure, rows: int) -> bool:
        """Whether the structure held, and so its further seeds are tried; the first that fails is examined in full."""
        if self._last_broke:
            return False
        base, dtype = self.target.adapted(structure.base), structure.dtype.name
        if rows < 2 or self.target.lacks(base) or not rows_apply(base, self.operation, self.target):
            return True
        found = first_failing_row(base, self.operation, self.target, rows)
        tally = self._tally(prop, dtype)
        tally.add(Outcome.HELD, rows - 1 - (found.row is not None))
        if found.worst_ulps > tally.worst_ulps:
            tally.worst_ulps, tally.worst_input = found.worst_ulps, found.worst_input
        if found.row is not None:
            self._count(prop, self._examine(prop, base.at_row(found.row)), dtype)
        return True

    def _tally(self, prop: Property, dtype: str) -> Tally:
        return self.tallies.setdefault((prop.name, dtype), Tally())

    def _count(self, prop: Property, examined: Examined, dtype: str) -> None:
        outcome = examined.outcome
        if outcome is Outcome.BROKE:
            outcome = self._broke(prop, examined, dtype)
        self._last_broke = outcome is Outcome.BROKE
        tally = self._tally(prop, dtype)
        tally.add(outcome)
        if outcome is Outcome.HELD:
            tally.worst_ulps = max(tally.worst_ulps, examined.worst_ulps)

    def _broke(self, prop: Property, examined: Examined, dtype: str) -> Outcome:
        """Keep the first case of each cause; what a deviation describes is known."""
        failure = Failure(prop, examined, dtype, self.operation.name)
        if is_known(failure, examined, self.target):
            return Outcome.KNOWN
        self.failures.setdefault(cause_of(prop, examined.differences[0]), failure)
        return Outcome.BROKE

    def finish(self) -> list[Discrepancy]:
        """Reduce, confirm and record what broke; record every cell."""
        found = prove(self.failures.values(), self.target, self.in_flight)
        for one in found:
            self.record(DiscrepancyEvent(one))
        seconds = time.perf_counter() - self._started
        for (prop, dtype), tally in self.tallies.items():
            self.record(CellEvent(self._cell(prop, dtype, tally, seconds / len(self.tallies))))
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
