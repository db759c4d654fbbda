"""A session: the targets, the profile and the recorder of one worker of a run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from conformance.deviations import every_deviation
from conformance.discrepancy import Failure, cause_of
from conformance.drivers import seed_of, with_hypothesis, with_seeds
from conformance.environment import collect_environment
from conformance.isolation.ending import Limits
from conformance.model.inflight import InFlight
from conformance.model.run import Event, FinishEvent
from conformance.model.verdict import Discrepancy
from conformance.operations import every_operation, find
from conformance.profiles import PARTS, Profile
from conformance.properties import every_property
from conformance.recorder import Recorder
from conformance.structures import structures
from conformance.targets.interpreter import Interpreter
from conformance.targets.registry import open_target
from conformance.verify import Verification
from conformance.verify_deviations import DeviationVerification
from conformance.verify_modes import ModesVerification
from conformance.verify_programs import ProgramVerification

Proven: TypeAlias = tuple[str, str, str, str]
"""Operation, property, aspect and pattern of what is recorded already."""


@dataclass
class Session:
    """What every suite needs: ``record`` for what it found, ``target`` for what it tests.

    ``plain``: structures come from the plain seeded driver, turn after turn. ``proven`` causes are counted, and not
    proven again.
    """

    directory: Path
    worker: str
    profile: Profile
    seed: int
    only: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    started: float = field(default_factory=time.perf_counter)
    targets: dict[str, Interpreter] = field(default_factory=dict)
    plain: bool = False
    proven: frozenset[Proven] = frozenset()

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(self.directory, self.worker)

    @property
    def in_flight(self) -> InFlight:
        """Where it is noted what runs now."""
        return self.recorder.in_flight

    def open(self) -> None:
        """Open the files, so that a directory that cannot be written is known before the first check."""
        _ = self.recorder

    def record(self, event: Event) -> None:
        self.recorder.record(event)

    def target(self, name: str) -> Interpreter:
        """The target called ``name``, opened once."""
        if name not in self.targets:
            self.targets[name] = open_target(name)
        return self.targets[name]

    def verify(self, operation: str, target: str) -> list[Discrepancy]:
        """Check one operation on one target; what broke and is not known."""
        only = self.only
        if self.plain:  # what needs no more than one structure, the suites have seen
            only = only or frozenset(name for name, prop in every_property().items() if not prop.once)
        check = Verification(find(operation), self.target(target), self.profile, self.record, self.in_flight, only)
        draw = with_seeds if self.plain else with_hypothesis
        check.structures(structures(check.operation, self.profile, seed_of(operation, self.seed), draw))
        self._leave_out(check.failures)
        return check.finish()

    def programs(self, chunk: int, chunks: int, target: str) -> list[Discrepancy]:
        """Run one of ``chunks`` equal parts of the random programs; what broke and is not known."""
        check = ProgramVerification(self.target(target), self.record, chunk, self.in_flight)
        with_seeds(check.program, self.profile.programs // chunks, seed_of(f"programs {chunk}", self.seed))
        self._leave_out(check.failures)
        return check.finish()

    def modes(self, chunk: int, chunks: int, target: str) -> list[Discrepancy]:
        """Check one of ``chunks`` parts of the operations on a target that runs many cases as one."""
        check = ModesVerification(self.target(target), self.record, self.in_flight)
        operations = [operation for operation in every_operation().values() if not operation.alias_of]
        for operation in operations[chunk::chunks]:
            check.draw(operation, self.profile.compiled, self.seed)
        check.run()
        self._leave_out(check.broken)
        return check.finish()

    def deviations(self, targets: list[str]) -> list[str]:
        """Replay the witnesses of the known deviations about these targets; what is wrong with their entries."""
        opened = [self.target(name) for name in targets]
        compiles = self.profile.parts == PARTS
        check = DeviationVerification(opened, date.today(), self.record, self.in_flight, compiles)
        for deviation in every_deviation():
            if deviation.in_force():
                check.check(deviation)
        return check.finish()

    def _leave_out(self, failures: dict[Any, Failure]) -> None:
        """Leave out what was proven before."""
        for key, failure in list(failures.items()):
            if (failure.operation, *cause_of(failure.prop, failure.examined.differences[0])) in self.proven:
                del failures[key]

    def write_environment(self) -> None:
        """Write what ran where; once for the whole run is enough."""
        self.recorder.write_environment(collect_environment(self.profile.name, self.seed, run_id=self.directory.name))

    def close(self, exit_status: int) -> None:
        """Note the end of the worker: without it, the run counts as cut short."""
        self.record(FinishEvent(self.worker, exit_status, round(time.perf_counter() - self.started, 1)))
        self.recorder.close()


def failure_text(found: list[Discrepancy]) -> str:
    """What pytest prints of the discrepancies of one item."""
    lines = [f"{len(found)} discrepanc{'y' if len(found) == 1 else 'ies'}"]
    for one in found:
        lines.append(f"  {one.property} / {one.dtype} / {one.aspect} {one.pattern}".rstrip())
        lines.append(f"    expected {one.expected}")
        lines.append(f"    actual   {one.actual}")
        lines.append(f"    reproduced {one.confirmed[0]} of {one.confirmed[1]} times in a fresh process")
    return "\n".join(lines)
