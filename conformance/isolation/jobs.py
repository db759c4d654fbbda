"""What a session asks of a worker, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from conformance.isolation.ending import Ending
from conformance.model.inflight import InFlightRecord
from conformance.model.run import Event
from conformance.session import Proven


@dataclass(frozen=True, slots=True)
class Job:
    """A method of the session and its arguments; ``targets`` are those that it needs.

    ``left_out`` are names of what ended earlier workers (``InFlight.leave_out``). ``seed`` and ``proven`` are those of
    the session, for this job.
    """

    method: str
    arguments: tuple[Any, ...]
    targets: tuple[str, ...]
    seed: int
    proven: frozenset[Proven] = frozenset()
    left_out: tuple[str, ...] = ()

    def knowing(self, proven: frozenset[Proven]) -> Job:
        """The job where this is proven already."""
        return replace(self, proven=proven)

    def without(self, name: str) -> Job:
        """The job without what ended a worker, or without a whole part."""
        return replace(self, left_out=(*self.left_out, name))


@dataclass(slots=True)
class Answer:
    """The events of a job, and what its method returned: what it ``found``.

    ``compared`` elements were compared. ``error`` is what the suite itself did wrong.
    """

    events: list[Event] = field(default_factory=list)
    found: list[Any] = field(default_factory=list)
    compared: int = 0
    error: str = ""

    def add(self, other: Answer) -> None:
        """Take over what another answer says."""
        self.events += other.events
        self.found += other.found
        self.compared += other.compared
        self.error = self.error or other.error


@dataclass(frozen=True, slots=True)
class Died:
    """A call that ended its worker, and how."""

    running: InFlightRecord
    ending: Ending
