"""A soak: the plain seeded driver over everything, turn after turn, until its time is over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from threading import Event as Flag
from threading import Lock

from conformance.drivers import seed_of
from conformance.isolation.client import IsolatedSession
from conformance.isolation.jobs import Answer, Job
from conformance.model.run import CellEvent, CrashEvent, NoteEvent
from conformance.model.verdict import Outcome
from conformance.session import Proven
from conformance.targets.registry import kind_of

PROGRAMS, MODES = "programs", "modes"
OPERATIONS_A_PROGRAM_TURN = 10
CHUNKS = 16  # of the operations, for a target that compiles many as one


def turns(operations: Sequence[str], targets: Sequence[str], seed: int, *, programs: bool = True) -> Iterator[Job]:
    """The jobs of a soak, without end: round after round of all operations on all targets, each with other cases.

    The order is another in each round. The seed of a round depends on nothing but ``seed``: every torch sees the same.
    Without programs nothing is compiled in bulk either, so that for targets that do there are none.
    """
    single = [name for name in targets if not kind_of(name).in_bulk]
    for number in count():
        round_seed = seed_of(f"round {number}", seed)
        jobs = [Job("verify", (name, target), (target,), round_seed) for name in operations for target in single]
        if programs:
            parts = max(len(operations) // OPERATIONS_A_PROGRAM_TURN, 1)
            jobs += [
                Job(PROGRAMS, (0, 1, target), (target,), seed_of(f"part {part}", round_seed))
                for part in range(parts)
                for target in single
            ]
            jobs += [
                Job(MODES, (part, CHUNKS, target), (target,), round_seed)
                for part in range(CHUNKS)
                for target in targets
                if target not in single
            ]
        if not jobs:
            return
        random.Random(round_seed).shuffle(jobs)
        yield from jobs


@dataclass(slots=True)
class Progress:
    """What a soak has done so far."""

    checks: int = 0
    compared: int = 0
    turns: int = 0
    discrepancies: int = 0
    crashes: int = 0
    mistakes: list[str] = field(default_factory=list)
    now: str = ""

    @property
    def broke(self) -> bool:
        return bool(self.discrepancies or self.crashes or self.mistakes)

    def take(self, job: Job, answer: Answer) -> None:
        """Count what came back."""
        self.turns += 1
        self.compared += answer.compared
        self.discrepancies += len(answer.found)
        for event in answer.events:
            if isinstance(event, CellEvent):
                self.checks += sum(
                    number for outcome, number in event.cell.tally.outcomes.items() if outcome in _CHECKED
                )
            self.crashes += isinstance(event, CrashEvent)
        if answer.error:
            self.mistakes.append(f"{subject(job)}: {answer.error.strip().splitlines()[-1]}")


_CHECKED = (Outcome.HELD, Outcome.BROKE, Outcome.KNOWN)


def subject(job: Job) -> str:
    """What a job is about, in words."""
    what = job.arguments[0] if job.method == "verify" else job.method
    return f"{what} on {job.targets[0]}"


class Soak:
    """Gives turns to sessions that are open, each in a thread of its own, which waits for its processes."""

    def __init__(
        self, sessions: Sequence[IsolatedSession], jobs: Iterator[Job], show: Callable[[Progress], None]
    ) -> None:
        self.sessions, self.jobs, self.show = sessions, jobs, show
        self.progress = Progress()
        self._proven: dict[str, frozenset[Proven]] = {}
        self._lock, self._over = Lock(), Flag()

    def run(self, seconds: float) -> Progress:
        """Begin turns until the time is over or an interrupt, and wait for those that are under way."""
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(len(self.sessions)) as pool:
            running = [pool.submit(self._serve, session, until) for session in self.sessions]
            try:
                for one in running:
                    one.result()
            except KeyboardInterrupt:
                self.progress.now = "interrupted: the turns under way are finished"
                self.show(self.progress)
            finally:
                self._over.set()
        return self.progress

    def _serve(self, session: IsolatedSession, until: float) -> None:
        while time.monotonic() < until and not self._over.is_set():
            with self._lock:
                job = next(self.jobs, None)
                if job is None:
                    return
                self.progress.now = subject(job)
                self.show(self.progress)
                job = job.knowing(self._proven.get(subject(job), frozenset()))
            answer = session.ask(job)
            if answer.error:
                session.record(NoteEvent("error", f"the suite failed, {subject(job)}: {answer.error}"))
            with self._lock:
                self._learn(job, answer)
                self.progress.take(job, answer)
                self.show(self.progress)

    def _learn(self, job: Job, answer: Answer) -> None:
        """Remember what is proven: the next time it is counted alone."""
        found = {(one.operation, one.property, one.aspect, one.pattern) for one in answer.found}
        if job.method in (PROGRAMS, MODES):  # by these names runs what may end a process
            found |= {(job.method, *cause) for _, *cause in found}
        self._proven[subject(job)] = job.proven | found
