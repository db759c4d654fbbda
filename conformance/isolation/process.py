"""Processes that are watched: copies of this one, or new ones, with objects in and out."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess, SpawnProcess
from pathlib import Path
from typing import Any

from conformance.isolation.ending import NO_LIMITS, Ending, Limits

TICK = 0.05  # seconds between two looks at a silent process
_PARENT_DEATH = 1  # prctl's PR_SET_PDEATHSIG
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
_KEPT, _FROM_HEAP = 2**28, 2**25  # bytes
_MADE_BETWEEN_COLLECTIONS = 10_000  # objects
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

Serve = Callable[..., None]
"""What a process does, and nothing else: it is given its end of the channel, and its arguments."""


def supported() -> bool:
    """Whether processes can be isolated here: what is used of ``fork``, ``prctl`` and ``/proc`` is Linux's."""
    return sys.platform == "linux"


class Process:
    """A child of this process, and the channel to it.

    ``copied``: it begins as a copy of this one, as it is now; otherwise anew, given what can be pickled.
    """

    def __init__(self, serve: Serve, *arguments: Any, copied: bool = True) -> None:
        self.channel, theirs = Pipe()
        kind = ForkProcess if copied else SpawnProcess
        self._child = kind(target=_settled, args=(serve, theirs, *arguments))
        gc.freeze()  # what is there by now is shared for longer if the copy's collector leaves it alone
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of forking beside other threads: of those, none holds a lock for long
            self._child.start()
        gc.unfreeze()
        theirs.close()

    def send(self, message: object) -> None:
        """Send a message; one that nobody reads any more is lost, as ``receive`` will tell."""
        try:
            self.channel.send(message)
        except OSError:
            return

    def receive(self, limits: Limits = NO_LIMITS, progress: Callable[[], object | None] = lambda: None) -> Any:
        """The next message, or the ``Ending`` of the process, by itself or since it broke a limit.

        Between two messages its time runs as long as ``progress`` gives the same answer, and stands still where that
        is None.
        """
        seen, since = progress(), time.monotonic()
        tick = None if limits is NO_LIMITS else TICK
        while True:
            try:
                if self.channel.poll(tick):
                    return self.channel.recv()
            except (EOFError, OSError):
                return self.end()
            now = progress()
            if now is None or now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since > limits.seconds:
                self.kill()
                return Ending.of_hang(limits.seconds)
            if self.memory() > limits.memory:
                self.kill()
                return Ending.of_memory(limits.memory)

    def end(self) -> Ending:
        """How the process ended; it is waited for."""
        self._child.join()
        self.channel.close()
        status = self._child.exitcode
        assert status is not None, "it was waited for"
        return Ending.of_status(status)

    def kill(self) -> None:
        """End it now."""
        self._child.kill()
        self.end()

    def abandon(self) -> None:
        """End it now, and wait for nothing: a copy of the process that began it may do so too."""
        self._child.kill()
        self.channel.close()

    def memory(self) -> int:
        """The bytes that the process holds in memory; 0 where it has ended."""
        try:
            return int(Path(f"/proc/{self._child.pid}/statm").read_text("ascii").split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0


def _settled(serve: Serve, channel: Connection, *arguments: Any) -> None:
    """Serve as a child: end with the parent, leave interrupts to it, die quietly, let warnings pass."""
    if supported():
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)
        settle_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    faulthandler.disable()
    warnings.resetwarnings()
    warnings.simplefilter("ignore")  # as an error, a warning would look like a refusal
    serve(channel, *arguments)


def settle_memory() -> None:
    """Have malloc, where it is glibc's, keep what is freed: to ask the system anew for each array takes long.

    What a check makes is mostly freed as soon as it is done with: the collector has to come round less often.
    """
    gc.set_threshold(_MADE_BETWEEN_COLLECTIONS)
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(_TRIM_THRESHOLD, _KEPT)
        tune(_MMAP_THRESHOLD, _FROM_HEAP)


def threads_here() -> int:
    """The threads of this process: in a copy of one with several, a library may wait for those that it started."""
    return len(os.listdir("/proc/self/task"))
