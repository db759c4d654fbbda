"""The worker: does jobs, one after another, until one ends it."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from conformance.counting import COMPARED
from conformance.isolation.ending import LOST
from conformance.isolation.investigate import investigate
from conformance.isolation.jobs import Answer, Died, Job
from conformance.model.inflight import InFlight
from conformance.model.run import Event
from conformance.model.verdict import Discrepancy
from conformance.session import Session


@dataclass
class WorkerSession(Session):
    """The session of a worker: its events go to who asked, and what is under way is noted for who watches.

    ``parallel``: a worker can start threads of its own.
    """

    noted: InFlight | None = None
    parallel: bool = False
    events: list[Event] = field(default_factory=list)

    @property
    def in_flight(self) -> InFlight:
        assert self.noted is not None, "a worker is given it"
        return self.noted

    def record(self, event: Event) -> None:
        self.events.append(event)

    def investigate(self, died: Died) -> list[Discrepancy]:
        """What ended another worker, shown again."""
        return investigate(died, self.target(died.running.target), self.profile, self.limits, self.record)


def serve(channel: Connection, session: WorkerSession) -> None:
    """Do the jobs that the channel gives."""
    while True:
        job: Job = channel.recv()
        session.in_flight.leave_out(job.left_out)
        session.seed, session.proven = job.seed, job.proven
        channel.send(_do(job, session))


def serve_anew(channel: Connection, session: WorkerSession, path: Path) -> None:
    """The same in a new process, where the note of what is under way must be opened again."""
    session.noted = InFlight(path)
    serve(channel, session)


def _do(job: Job, session: WorkerSession) -> Answer:
    """Do a job; what the suite itself does wrong is told and ends nothing."""
    answer, before = Answer(), COMPARED.elements
    try:
        for name in job.targets:  # whoever was copied, now or before that, may have had other threads
            session.target(name).after_fork()
            session.target(name).parallel = session.parallel
        answer.found = getattr(session, job.method)(*job.arguments)
    except Exception:
        if any(target.is_lost() for target in session.targets.values()):
            os._exit(LOST)
        session.in_flight.end()
        answer.error = traceback.format_exc()
    answer.compared = COMPARED.elements - before
    answer.events, session.events = session.events, []
    return answer
