"""Confirms scripts: each is run several times in fresh processes before anyone is shown it.

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
_DEVICES = re.compile(r'"(cuda|xla|mps|xpu|hpu)\b')
_OUR_OWN = ("PYTEST_CURRENT_TEST", "TMPDIR")


def confirm(scripts: Sequence[str], times: int = 3, timeout: float = 60) -> list[tuple[int, int]]:
    """How often each script reproduced, and how often it was tried.

    An execution that takes longer than ``timeout`` seconds, or ends by a signal, did not reproduce: a script about a
    crash runs the crash in a child and reports it.
    """
    with tempfile.TemporaryDirectory(prefix="confirm-") as directory:
        paths = [Path(directory) / f"script{number}.py" for number in range(len(scripts))]
        for path, script in zip(paths, scripts, strict=True):
            path.write_text(script, "utf-8")
        forkable = [path for path, script in zip(paths, scripts, strict=True) if can_fork(script)]
        statuses = {path: _forked(path, times, timeout) for path in forkable}
        for path in paths:
            if set(statuses.get(path) or [HELD]) == {HELD}:
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

    def statuses(self, path: Path, times: int, timeout: float) -> list[int]:
        """The exit statuses of a script; none where the process that forks was lost."""
        self.process.send((path, times, timeout))
        try:
            # What hangs in spite of its alarm is ended together with who started it.
            while self.process.channel.poll(IMPORT_SECONDS + timeout * times):
                asked, statuses = self.process.channel.recv()
                if asked == path:  # and no answer to one who did not live to read it
                    return list(statuses)
        except (EOFError, OSError):
            pass
        _end()
        return []


def _serve(channel: Connection) -> None:
    """Run each script as often as asked, and answer with its exit statuses, negative where a signal ended it."""
    load_torch()
    while True:
        path, times, timeout = channel.recv()
        if '"meta"' in path.read_text("utf-8"):
            kind_of("meta").preload()  # 800 modules, which no fork has to import again
        channel.send((path, [_forked_once(path, timeout) for _ in range(times)]))


def _forked_once(path: Path, timeout: float) -> int:
    child = os.fork()
    if child == 0:
        _execute(path, timeout)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _execute(path: Path, timeout: float) -> None:
    """Run a script in silence, and end as it does."""
    os.chdir(path.parent)
    sys.argv = [str(path)]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    signal.setitimer(signal.ITIMER_REAL, timeout)  # SIGALRM ends the process
    status = 0
    try:
        load_torch().set_num_threads(1)
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    except BaseException:
        status = 2  # what no script should do: neither right nor wrong
    os._exit(status)


_supervisors: list[_Supervisor] = []


@atexit.register
def _end() -> None:
    while _supervisors:
        _supervisors.pop().process.abandon()


def _forked(path: Path, times: int, timeout: float) -> list[int]:
    """The exit statuses of a script in forks; none where who forks was lost."""
    if not (_supervisors and _supervisors[0].is_of_now()):
        _end()
        _supervisors.append(_Supervisor())
    return _supervisors[0].statuses(path, times, timeout)


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
