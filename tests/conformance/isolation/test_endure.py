"""However a case ends its process, it is told which one it was and how."""

from __future__ import annotations

import signal

import pytest

from conformance.isolation.ending import GIB, Ending, Limits
from conformance.isolation.endure import endure
from conformance.properties.survives import PROPERTY
from conformance.targets.interpreter import DeviceLost, Interpreter
from tests.conformance.isolation.ends import abort, allocate, called, faulty, hang, killed, leave, read_nowhere
from tests.conformance.planted.planting import Plant

LIMITS = Limits(seconds=20.0, memory=GIB)


@pytest.mark.parametrize(
    ("plant", "pattern", "words"),
    [
        (abort, "SIGABRT", "killed by SIGABRT: no such kernel"),
        (read_nowhere, "SIGSEGV", "killed by SIGSEGV"),
        (killed(signal.SIGFPE), "SIGFPE", "killed by SIGFPE"),
        (killed(signal.SIGILL), "SIGILL", "killed by SIGILL"),
        (killed(signal.SIGBUS), "SIGBUS", "killed by SIGBUS"),
        (killed(signal.SIGKILL), "SIGKILL", "killed by SIGKILL (as the system does when its memory is short)"),
        (hang, "hang", "no end after 1 s"),
        (allocate, "memory", "takes more than 1 GiB of memory"),
        (leave, "exit status 3", "the process exits with status 3"),
    ],
    ids=["abort", "segv", "fpe", "ill", "bus", "kill", "hang", "memory", "exit"],
)
def test_an_end_is_told_with_its_case(plant: Plant, pattern: str, words: str) -> None:
    cases = [called("abs"), called("abs", "neg"), called("neg")]
    limits = Limits(1.0, GIB) if plant is hang else LIMITS
    assert endure(cases, faulty(plant), limits) == (1, Ending(pattern, words))


def test_what_raises_survives() -> None:
    def refuse(real: object, *args: object, **kwargs: object) -> None:
        raise RuntimeError("no")

    target = faulty(refuse)
    assert endure([called("abs"), called("neg")], target, LIMITS) is None
    assert PROPERTY.examine(called("neg"), target).differences == []


def test_a_lost_device_is_an_end() -> None:
    class Lost(type(faulty(abort))):  # type: ignore[misc]  # a class made by a call
        def is_lost(self) -> bool:
            return True

    def assertion(real: object, *args: object, **kwargs: object) -> None:
        raise RuntimeError("device-side assert triggered")

    target: Interpreter = faulty(assertion)
    target.__class__ = Lost
    with pytest.raises(DeviceLost):
        target.run(called("neg"))
    ended = endure([called("neg")], target, LIMITS)
    assert ended is not None
    assert ended[1].pattern == "device lost"
    assert "device-side assert" in ended[1].words
