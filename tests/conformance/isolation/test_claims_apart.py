"""Claims are made in a copy of the session: what they say comes back, and its end is a claim that does not hold."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.claims import Claims
from conformance.isolation.client import IsolatedSession, IsolationError
from conformance.isolation.ending import Limits
from conformance.model.run import Event
from conformance.model.verdict import Documented, Outcome, Severity
from conformance.profiles import PROFILES

events: list[Event] = []


@pytest.fixture
def claims() -> Claims:
    return Claims("Net", "networks", "cpu", Documented("https://docs.pytorch.org"), events.append)


def make(claims: Claims, tmp_path: Path, body: Callable[[], object]) -> None:
    limits = Limits(seconds=20.0)
    IsolatedSession(tmp_path, "main", PROFILES["smoke"], 0, limits=limits).claim(claims, body, "test_net")


def test_what_they_say_comes_back(claims: Claims, tmp_path: Path) -> None:
    here = os.getpid()

    def body() -> None:
        claims.same("agrees", "it is elsewhere", True, os.getpid() != here)
        claims.same("agrees", "one is two", 1, 2)

    make(claims, tmp_path, body)
    (found,) = claims.finish()
    assert found.variable == "one is two"
    assert claims.tallies["agrees", "float32"].outcomes == {Outcome.HELD: 1, Outcome.BROKE: 1}


def test_an_end_is_a_claim_that_breaks(claims: Claims, tmp_path: Path) -> None:
    make(claims, tmp_path, lambda: os.kill(os.getpid(), signal.SIGSEGV))
    (found,) = claims.finish()
    assert (found.property, found.severity, found.variable) == ("survives", Severity.CRASH, "test_net")
    assert found.actual == "killed by SIGSEGV"


def test_what_raises_is_the_suite_failing(claims: Claims, tmp_path: Path) -> None:
    with pytest.raises(IsolationError, match="no such thing"):
        make(claims, tmp_path, lambda: pytest.fail("no such thing"))
