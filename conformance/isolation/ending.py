"""How a process ended that should have gone on, and when one is ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass

HANG, MEMORY, DEVICE_LOST = "hang", "memory", "device lost"
LOST = 70
"""The exit status of a process whose device does not work any more: an assertion in a kernel ends its context."""
GIB = 1 << 30
_WHAT = "what():"  # begins what an exception of C++ says that nobody caught


@dataclass(frozen=True, slots=True)
class Limits:
    """The seconds that one case may take, and the bytes of memory that its process may hold."""

    seconds: float = 60.0
    memory: float = 4.0 * GIB

    def for_many(self) -> Limits:
        """Those of many cases compiled as one."""
        return Limits(10 * self.seconds, 2 * self.memory)

    def for_proof(self) -> Limits:
        """Those of a small case that is run many times: what took all its time once takes it every time."""
        return Limits(min(self.seconds, max(2.0, self.seconds / 6)), self.memory)


NO_LIMITS = Limits(float("inf"), float("inf"))


@dataclass(frozen=True, slots=True)
class Ending:
    """An end in one word by which ends are grouped, and in words for people."""

    pattern: str
    words: str

    @staticmethod
    def of_status(status: int) -> Ending:
        """The end that an exit status tells, negative where it was a signal.

        >>> Ending.of_status(-11)
        Ending(pattern='SIGSEGV', words='killed by SIGSEGV')
        """
        if status == LOST:
            return Ending(DEVICE_LOST, "the device does not work any more")
        if status >= 0:
            return Ending(f"exit status {status}", f"the process exits with status {status}")
        name = _signal_name(-status)
        told = " (as the system does when its memory is short)" if name == "SIGKILL" else ""
        return Ending(name, f"killed by {name}{told}")

    @staticmethod
    def of_hang(seconds: float) -> Ending:
        return Ending(HANG, f"no end after {seconds:g} s")

    @staticmethod
    def of_memory(limit: float) -> Ending:
        return Ending(MEMORY, f"takes more than {limit / GIB:g} GiB of memory")

    def telling(self, message: str) -> Ending:
        """The same with what the process said last."""
        lines = [" ".join(line.split()) for line in message.splitlines() if line.strip()]
        what = next((line for line in lines if line.startswith(_WHAT)), lines[-1] if lines else "")
        return Ending(self.pattern, f"{self.words}: {what.removeprefix(_WHAT).strip()[:200]}") if lines else self


SURVIVED = Ending("", "the call returns or raises an exception")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
