"""Confirms scripts: each is run several times in fresh processes before anyone is shown it.

Importing torch takes seconds, a fork of a process that has imported it milliseconds. So one supervisor imports torch,
lives as long as the process that asks it, and forks for every execution. A device that does not survive a fork gets a
new process each time, and so does a script that held in every fork: forks are single-threaded, and a user's process is
not.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Timer

REPRODUCED, HELD = 1, 0
IMPORT_SECONDS = 60  # what importing torch may take is no part of the time allowed
_DEVICES = re.compile(r'"(cuda|xla|mps|xpu|hpu)\b')

# Reads one line a script, and prints one: its exit statuses, negative where a signal ended it.
_SUPERVISOR = """
import json, os, runpy, signal, sys
import torch
torch.set_num_threads(1)  # a fork after OpenMP has started its threads hangs

def execute(path, timeout):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    signal.setitimer(signal.ITIMER_REAL, timeout)  # SIGALRM ends the process
    status = 0
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    except BaseException:
        status = 2  # what no script should do: neither right nor wrong
    os._exit(status)

imported = False
for line in sys.stdin:
    request = json.loads(line)
    path = request["path"]
    if not imported and '"meta"' in open(path).read():
        torch.empty(0, device="meta").add(1)  # imports 800 modules, which no fork has to import again
        imported = True
    statuses = []
    for _ in range(request["times"]):
        sys.argv = [path]
        child = os.fork()
        if child == 0:
            os.chdir(os.path.dirname(path))
            execute(path, request["timeout"])
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(json.dumps(statuses), flush=True)
"""


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


def _environment() -> dict[str, str]:
    """What a user's process would inherit: pytest's word on the test that runs changes with every test."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


class _Supervisor:
    """The process that forks: started at the first script, in the environment of that moment."""

    def __init__(self) -> None:
        self.environment = _environment()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SUPERVISOR],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def statuses(self, path: Path, times: int, timeout: float) -> list[int]:
        """The exit statuses of a script; none where the supervisor itself was lost."""
        assert self.process.stdin is not None, "a pipe was asked for"
        assert self.process.stdout is not None, "a pipe was asked for"
        request = {"path": str(path), "times": times, "timeout": timeout}
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except OSError:
            return []
        # What hangs in spite of its alarm is ended with the supervisor: then the line read is empty.
        guard = Timer(IMPORT_SECONDS + timeout * times, self.process.kill)
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        found: list[int] = json.loads(line) if line.startswith("[") else []
        return found

    def is_of_now(self) -> bool:
        """Whether it lives, and was started in an environment like today's."""
        return self.process.poll() is None and self.environment == _environment()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


_supervisors: list[_Supervisor] = []


@atexit.register
def _end() -> None:
    while _supervisors:
        _supervisors.pop().end()


def _forked(path: Path, times: int, timeout: float) -> list[int]:
    """The exit statuses of a script under the supervisor; none where the supervisor itself was lost."""
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
