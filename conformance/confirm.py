"""Confirms scripts: each is run in fresh processes before anyone is shown it, once where it is known already.

Importing torch takes seconds, a fork of a process that has imported it milliseconds. So one process imports torch,
lives as long as the one that asks it, and forks for every execution. A session begins it as a copy of itself, before it
calls torch: then nothing is imported twice. A device that does not survive a fork gets a new process each time, and so
does a script that held in every fork: forks are single-threaded, and a user's process is not.
"""

from __future__ import annotations

import atexit
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from conformance.isolation.process import Process
from conformance.targets.registry import kind_of
from conformance.targets.torch.presence import load_torch

REPRODUCED, HELD = 1, 0
IMPORT_SECONDS = 60  # what importing torch may take is no part of the time allowed
_DEVICES = re.compile(r'"(cuda|mps|xpu|hpu)\b')
_SLOW_TO_IMPORT = ("meta", "xla")
_OUR_OWN = ("PYTEST_CURRENT_TEST", "TMPDIR")


def confirm(scripts: Sequence[str], times: int = 3, timeout: float = 60) -> list[tuple[int, int]]:
    """How often each script reproduced, and how often it was tried.

    Those that are tried but once share a process, one after the other, until one ends it.
    An execution that takes longer than ``timeout`` seconds, or ends by a signal, did not reproduce: a script about a
    crash runs the crash in a child and reports it.
    """
    with tempfile.TemporaryDirectory(prefix="confirm-") as directory:
        paths = [Path(directory) / f"script{number}.py" for number in range(len(scripts))]
        for path, script in zip(paths, scripts, strict=True):
            path.write_text(script, "utf-8")
        forkable = [path for path, script in zip(paths, scripts, strict=True) if can_fork(script)]
        together = [forkable] if times == 1 else [[path] for path in forkable for _ in range(times)]
        statuses: dict[Path, list[int]] = {}
        for some in together:
            for path, status in zip(some, _forked(some, timeout), strict=False):
                statuses.setdefault(path, []).append(status)
        for path in paths:
            if set(statuses.get(path, [HELD])) == {HELD}:
                statuses[path] = [_fresh(path, timeout) for _ in range(times)]
    return [(statuses[path].count(REPRODUCED), len(statuses[path])) for path in paths]


def can_fork(script: str) -> bool:
    """Whether the script may run in a fork: not where a context on an accelerator would have to survive it."""
    return hasattr(os, "fork") and not _DEVICES.search(script)


def prepare() -> Process:
    """Begin the process that forks as a copy of this one, which must not have called torch yet; the caller ends it.

    It is asked from here, and from the copies of this process that are made later.
    """
    _supervisors[:] = [_Supervisor(copied=True)]
    return _supervisors[0].process


def _environment() -> dict[str, str]:
    """What a user's process would inherit: not pytest's word on the test that runs, nor where a session keeps files."""
    return {name: value for name, value in os.environ.items() if name not in _OUR_OWN}


class _Supervisor:
    """The process that forks, in the environment of the moment when it began.

    Copies of the process that began it ask it too, one at a time.
    """

    def __init__(self, *, copied: bool = False) -> None:
        self.environment = _environment()
        self.process = Process(_serve, copied=copied)

    def is_of_now(self) -> bool:
        """Whether nobody ended it, and it began in an environment like today's."""
        return not self.process.channel.closed and self.environment == _environment()

    def statuses(self, paths: Sequence[Path], timeout: float) -> list[int]:
        """The exit statuses of scripts, up to one that ended their process; none where the one that forks was lost."""
        self.process.send((paths, timeout))
        try:
            # What hangs in spite of its alarm is ended together with who started it.
            while self.process.channel.poll(IMPORT_SECONDS + timeout * len(paths)):
                asked, statuses = self.process.channel.recv()
                if asked == paths:  # and no answer to one who did not live to read it
                    return list(statuses)
        except (EOFError, OSError):
            pass
        _end()
        return []


def _serve(channel: Connection) -> None:
    """Run the scripts that are asked for in a fork, and answer with their exit statuses, until nobody asks any more."""
    load_torch()
    while True:
        try:
            paths, timeout = channel.recv()
        except EOFError:
            return
        for name in _SLOW_TO_IMPORT:
            if any(f'"{name}' in path.read_text("utf-8") for path in paths):
                kind_of(name).preload()  # hundreds of modules, which no fork has to import again
        channel.send((paths, _statuses(paths, timeout)))


def _statuses(paths: Sequence[Path], timeout: float) -> list[int]:
    """The exit statuses of scripts, one after the other in one fork; the last is negative where a signal ended it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = silence = open(os.devnull, "w")  # noqa: SIM115 - until the end of the process
        os.dup2(silence.fileno(), 1)
        os.dup2(silence.fileno(), 2)
        for path in paths:
            os.write(write, bytes([_execute(path, timeout)]))
        os._exit(0)
    os.close(write)
    with open(read, "rb") as told:
        statuses = list(told.read())
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return [*statuses, ended] if len(statuses) < len(paths) else statuses


def _execute(path: Path, timeout: float) -> int:
    """The exit status of a script."""
    here = os.getpid()
    os.chdir(path.parent)
    sys.argv = [str(path)]
    signal.setitimer(signal.ITIMER_REAL, timeout)  # SIGALRM ends the process
    status = 0
    try:
        load_torch().set_num_threads(1)
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    except BaseException:
        status = 2  # what no script should do: neither right nor wrong
    if os.getpid() != here:  # a fork that the script made
        os._exit(status)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return status & 0xFF


_supervisors: list[_Supervisor] = []


@atexit.register
def _end() -> None:
    while _supervisors:
        _supervisors.pop().process.abandon()


def _forked(paths: Sequence[Path], timeout: float) -> list[int]:
    """The exit statuses of scripts in forks, as few as can be; fewer where the process that forks was lost."""
    found: list[int] = []
    while len(found) < len(paths):
        if not (_supervisors and _supervisors[0].is_of_now()):
            _end()
            _supervisors.append(_Supervisor())
        more = _supervisors[0].statuses(paths[len(found) :], timeout)
        if not more:
            break
        found += more
    return found


def _fresh(path: Path, timeout: float) -> int:
    """The exit status of a script in a process of its own; that of a kill where it takes too long."""
    try:
        return subprocess.run(
            [sys.executable, str(path)],
            cwd=path.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout + IMPORT_SECONDS,
        ).returncode
    except subprocess.TimeoutExpired:
        return -9
