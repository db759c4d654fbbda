"""The session's side of isolation: the same methods, done by a supervisor and its workers."""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterable
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any

from conformance import confirm
from conformance.claims import Claims
from conformance.deviations import by_operation
from conformance.isolation.ending import Ending
from conformance.isolation.jobs import Answer, Job
from conformance.isolation.process import Process, threads_here
from conformance.isolation.supervisor import Supervisor
from conformance.isolation.worker import WorkerSession
from conformance.model.run import CrashEvent
from conformance.model.verdict import Discrepancy
from conformance.session import Session
from conformance.targets.interpreter import Interpreter
from conformance.targets.registry import available_targets, kind_of


class IsolationError(Exception):
    """The suite itself failed in another process, or a process ended and could not be made to end again."""


class IsolatedSession(Session):
    """A session whose checks run elsewhere. It must be opened before this process calls torch."""

    _supervisor: Process | None = None
    _confirming: Process | None = None
    _scratch: str = ""

    def open(self) -> None:
        """Open the files, and start the processes that check and confirm."""
        super().open()
        self._confirming = confirm.prepare()
        self._scratch = tempfile.mkdtemp(prefix="conformance-")
        self._supervisor = Process(self._supervise)

    def _supervise(self, channel: Connection) -> None:
        # What a process that is killed leaves behind is removed with the session.
        tempfile.tempdir = os.environ["TMPDIR"] = self._scratch
        own = (self.directory, self.worker, self.profile, self.seed, self.only, self.limits)
        by_operation()  # read once, before workers are copied
        session = WorkerSession(*own, targets=self.targets, plain=self.plain, noted=self.in_flight)
        Supervisor(session).serve(channel)

    def verify(self, operation: str, target: str) -> list[Discrepancy]:
        return self._found(Job("verify", (operation, target), (target,), self.seed))

    def programs(self, chunk: int, chunks: int, target: str) -> list[Discrepancy]:
        return self._found(Job("programs", (chunk, chunks, target), (target,), self.seed))

    def modes(self, chunk: int, chunks: int, target: str) -> list[Discrepancy]:
        return self._found(Job("modes", (chunk, chunks, target), (target,), self.seed))

    def deviations(self, targets: list[str]) -> list[str]:
        found: list[str] = []
        for together in _parts(targets):
            for one in self._found(Job("deviations", (together,), tuple(together), self.seed)):
                found.append(one if isinstance(one, str) else f"{one.operation} on {one.target}: {one.actual}")
        return found

    @cached_property
    def isolates_claims(self) -> bool:
        """Whether claims can be made in copies of this process: only an accelerator makes it call torch itself."""
        return all(kind_of(info.name).survives_fork for info in available_targets() if info.available)

    def claim(self, claims: Claims, body: Callable[[], object], name: str) -> None:
        """Make the claims of a test called ``name`` in a copy of this process, whose end is a claim that breaks."""
        kind_of(claims.target).preload()
        process = Process(_claim, claims, body, self.target(claims.target), threads_here() == 1)
        made = process.receive(self.limits, lambda: 0)
        process.kill()
        if isinstance(made, Ending):
            claims.ended(name, made)
        elif isinstance(made, str):
            raise IsolationError(made)
        else:
            claims.found, claims.tallies, claims.claimed = made

    def close(self, exit_status: int) -> None:
        """End the processes, and note the end of the session."""
        if self._confirming is not None:
            self._confirming.kill()
        if self._supervisor is not None:
            self._supervisor.kill()
            shutil.rmtree(self._scratch, ignore_errors=True)
        super().close(exit_status)

    def ask(self, job: Job) -> Answer:
        """The answer to a job, its events recorded."""
        assert self._supervisor is not None, "the session is not open"
        self._supervisor.send(job)
        answer = self._supervisor.receive()
        if isinstance(answer, Ending):
            raise IsolationError(f"the supervisor ended: {answer.words}")
        for event in answer.events:
            self.record(event)
        return answer

    def _found(self, job: Job) -> list[Any]:
        """What a job found; what the suite itself did wrong, or cannot show again, is an error."""
        answer = self.ask(job)
        if answer.error:
            raise IsolationError(answer.error)
        crashes = [event for event in answer.events if isinstance(event, CrashEvent)]
        if crashes and not answer.found:
            raise IsolationError("\n".join(f"{one.operation} on {one.target}: {one.detail}" for one in crashes))
        return answer.found


def _claim(channel: Connection, claims: Claims, body: Callable[[], object], target: Interpreter, alone: bool) -> None:
    if not alone:
        target.after_fork()
    try:
        body()
    except BaseException:  # also what pytest raises to fail a test
        channel.send(traceback.format_exc())
    else:
        channel.send((claims.found, claims.tallies, claims.claimed))


def _parts(targets: Iterable[str]) -> list[list[str]]:
    """The targets that one worker can have together, and each other alone."""
    together: list[str] = []
    alone: list[list[str]] = []
    for name in targets:
        if kind_of(name).survives_fork:
            together.append(name)
        else:
            alone.append([name])
    return [part for part in (together, *alone) if part]
