"""The supervisor: gives jobs to workers, watches them, and goes on when one ends.

It calls nothing of torch itself: a copy of it can start threads of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from multiprocessing.connection import Connection

from conformance.isolation.ending import HANG, Ending, Limits
from conformance.isolation.jobs import Answer, Died, Job
from conformance.isolation.process import Process
from conformance.isolation.worker import WorkerSession, serve, serve_anew
from conformance.model.inflight import InFlightRecord
from conformance.model.observation import Aspect
from conformance.model.run import CrashEvent, Event, NoteEvent
from conformance.targets.registry import kind_of

MOST_ENDED = 8
"""The workers that one part of a job, such as a property, may end before the rest of that is left out."""
MOST_PROVEN = 3
"""The ends of one job that are investigated: the others are counted."""
TRIAL_SECONDS = 5.0
"""What takes that long waits for threads that are not there."""
COPY = ""
"""The name of the worker that has all targets that survive a fork."""


class Supervisor:
    """Does jobs in workers: one for all targets that survive a fork, and one for each other."""

    def __init__(self, session: WorkerSession) -> None:
        self.session, self.limits, self.in_flight = session, session.limits, session.in_flight
        self.workers: dict[str, Process] = {}
        self.notes: list[Event] = []

    def serve(self, channel: Connection) -> None:
        """Do the jobs that the channel gives."""
        while True:
            answer = self.perform(channel.recv())
            answer.events += self.notes
            self.notes = []
            channel.send(answer)

    def perform(self, job: Job) -> Answer:
        """The answer to a job, whatever happens to who does it."""
        whole, between, ended, investigated = Answer(), 0, Counter[str](), 0
        proven = {(subject, pattern) for subject, _, aspect, pattern in job.proven if aspect == Aspect.PROCESS}
        limits = self.limits.for_proof() if any(pattern == HANG for _, pattern in proven) else self.limits
        while True:
            answer = self._ask(job, limits)
            if isinstance(answer, Answer):
                whole.add(answer)
                return whole
            running = self.in_flight.read()
            self.in_flight.end()
            if running is None:
                between += 1
                whole.events.append(_ended_between_calls(job, answer))
                if between > 1:
                    return whole
                continue
            cause = (running.operation, answer.pattern)
            if cause not in proven and investigated < MOST_PROVEN:
                whole.add(self._investigate(Died(running, answer), job.seed))
                proven.add(cause)
                investigated += 1
            if answer.pattern == HANG:
                limits = self.limits.for_proof()  # others like it shall not take all that time again
            job = job.without(running.name)
            ended[running.part] += 1
            if ended[running.part] == MOST_ENDED:
                job = job.without(running.part)
                whole.events.append(_gave_up(running))

    def _ask(self, job: Job, limits: Limits) -> Answer | Ending:
        """The answer of the worker whose job it is, or how that ended."""
        name = _place(job)
        worker = self.workers.pop(name, None) or self._start(job)
        answer = self._answer(worker, job, limits)
        if isinstance(answer, Answer):
            if worker.memory() > self.limits.memory / 2:
                worker.kill()  # what earlier calls have left behind is not the fault of a later one
            else:
                self.workers[name] = worker
        return answer

    def _answer(self, worker: Process, job: Job, limits: Limits) -> Answer | Ending:
        if any(kind_of(one).in_bulk for one in job.targets):
            limits = limits.for_many()
        worker.send(job)
        answer: Answer | Ending = worker.receive(limits, self.in_flight.written)
        return answer

    def _investigate(self, died: Died, seed: int) -> Answer:
        """Have a worker of its own show again what ended one."""
        running = died.running
        asked = Job("investigate", (died,), (running.target,), seed)
        worker = self._start(asked)
        answer = self._answer(worker, asked, self.limits)
        worker.kill()
        self.in_flight.end()
        if isinstance(answer, Answer) and not answer.error:
            return answer
        why, error = (answer.words, "") if isinstance(answer, Ending) else ("our mistake", answer.error)
        told = f"{died.ending.words}; it could not be investigated: {why}"
        return Answer([CrashEvent(running.operation, running.target, told, running.text)], error=error)

    @cached_property
    def starts_threads(self) -> bool:
        """Whether a copy of this process can compute in several threads, as is tried in one."""
        trial = Process(_try_threads)
        answer = trial.receive(Limits(TRIAL_SECONDS), lambda: 0)
        trial.kill()
        if answer is not True:
            told = "no copy of this process could start threads: what has many elements is computed in one thread"
            self.notes.append(NoteEvent("warning", told))
        return answer is True

    def _start(self, job: Job) -> Process:
        place, kinds = _place(job), [kind_of(target) for target in job.targets]
        if place != COPY and not kind_of(place).survives_import:
            anew = replace(self.session, targets={}, noted=None)
            return Process(serve_anew, anew, self.in_flight.path, copied=False)
        for kind in kinds:
            kind.preload()
        self.session.parallel = self.starts_threads
        return Process(serve, self.session if place == COPY else replace(self.session, targets={}))


def _try_threads(channel: Connection) -> None:
    kind_of("cpu").compute_in_several()
    channel.send(True)


def _place(job: Job) -> str:
    """Which worker does a job: the copy, or that of a target that does not survive to be copied."""
    return next((name for name in job.targets if not kind_of(name).survives_fork), COPY)


def _ended_between_calls(job: Job, ending: Ending) -> CrashEvent:
    subject = str(job.arguments[0]) if job.method == "verify" else f"{job.method} {job.arguments[0]}"
    return CrashEvent(subject, job.targets[0] if job.targets else "", f"{ending.words}, between two calls")


def _gave_up(running: InFlightRecord) -> NoteEvent:
    what = f"{running.part} of {running.operation} on {running.target}"
    told = f"{what} ended {MOST_ENDED} processes: the rest of it was not checked"
    return NoteEvent("warning", told)
