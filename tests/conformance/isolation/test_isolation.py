"""Whatever an operation does to its process becomes a discrepancy, and everything else is checked all the same."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest

from conformance import discrepancy
from conformance.drivers import seed_of, with_seeds
from conformance.isolation import investigate, supervisor
from conformance.isolation.client import IsolatedSession, IsolationError
from conformance.isolation.ending import GIB, Limits
from conformance.model.case import Case
from conformance.model.verdict import Outcome, Severity
from conformance.profiles import PROFILES
from conformance.recorder import load_run
from conformance.session import failure_text
from conformance.strategies.programs import draw_program
from tests.conformance.isolation.ends import allocate, faulty, hang, killed, on_float32, read_nowhere
from tests.conformance.planted.planting import Plant
from tests.reports.builders import ENVIRONMENT

LIMITS = Limits(seconds=20.0, memory=GIB)
OpenSession = Callable[..., IsolatedSession]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSession]:
    """A session on a CPU whose ``neg`` is at fault; scripts count as confirmed."""
    monkeypatch.setattr(discrepancy, "confirm", lambda scripts, times: [(times, times) for _ in scripts])
    monkeypatch.setattr(investigate, "SECONDS", 2.0)
    made: list[IsolatedSession] = []

    def open_session(plant: Plant, operation: str = "neg", limits: Limits = LIMITS) -> IsolatedSession:
        session = IsolatedSession(tmp_path, "main", PROFILES["smoke"], 0, limits=limits)
        session.targets["cpu"] = faulty(plant, operation)
        session.open()
        session.recorder.write_environment(ENVIRONMENT)
        made.append(session)
        return session

    yield open_session
    for session in made:
        session.close(0)


def test_an_end_is_a_discrepancy_and_the_run_goes_on(opened: OpenSession, tmp_path: Path) -> None:
    session = opened(on_float32(read_nowhere))
    every = session.verify("neg", "cpu")
    assert len(every) == 1, failure_text(every)
    (found,) = every
    assert (found.property, found.aspect, found.pattern, found.operation) == ("survives", "process", "SIGSEGV", "neg")
    assert found.severity is Severity.CRASH
    assert found.actual.startswith("killed by SIGSEGV")
    assert size(found.case) <= (1, 1)
    assert "child" in found.script
    assert session.verify("abs", "cpu") == [], "the next operation is checked"
    run = load_run(tmp_path)
    assert run.discrepancies == [found]
    assert not run.crashes
    cells = {(cell.operation, cell.property, cell.dtype): cell.tally for cell in run.cells}
    ended = [tally.outcomes for (name, prop, _), tally in cells.items() if (name, prop) == ("neg", "survives")]
    assert ended == [{Outcome.BROKE: 1}]
    others = [tally for (name, prop, dtype), tally in cells.items() if name == "neg" and dtype != "float32"]
    assert any(tally.outcome is Outcome.HELD for tally in others), "the cases that do not end it are checked"
    assert any(name == "abs" for name, _, _ in cells)


def size(case: Case) -> tuple[int, int]:
    return len(case.steps), max((prod(given.shape) for given in case.inputs), default=0)


@pytest.mark.parametrize(
    ("plant", "limits", "pattern", "actual"),
    [
        (hang, Limits(1.5, GIB), "hang", "no end after 1.5 s"),
        (allocate, LIMITS, "memory", "takes more than 1 GiB of memory"),
    ],
    ids=["hang", "memory"],
)
def test_what_does_not_end_by_itself_is_ended(
    plant: Plant, limits: Limits, pattern: str, actual: str, opened: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MOST_ENDED", 1)
    session = opened(plant, limits=limits)
    (found,) = session.verify("neg", "cpu")
    assert (found.property, found.pattern, found.actual) == ("survives", pattern, actual)
    assert session.verify("abs", "cpu") == []


def rare_in_programs(count: int) -> str:
    """An operation that few of the programs of chunk 0 call."""
    called: Counter[str] = Counter()
    with_seeds(
        lambda choices: called.update({step.operation for step in draw_program(choices).case.steps}),
        count,
        seed_of("programs 0", 0),
    )
    return min(called, key=lambda name: (called[name], name))


def test_an_end_in_a_program_is_its_last_call(opened: OpenSession, tmp_path: Path) -> None:
    rare = rare_in_programs(PROFILES["smoke"].programs // 5)
    session = opened(killed(signal.SIGFPE), rare)
    (found,) = [one for one in session.programs(0, 5, "cpu") if one.property == "survives"]
    assert (found.operation, found.pattern, found.case.steps[-1].operation) == (rare, "SIGFPE", rare)
    assert len(found.case.steps) <= 3
    (programs,) = [cell for cell in load_run(tmp_path).cells if cell.property == "programs"]
    assert programs.tally.outcomes[Outcome.HELD] > 5


def test_one_that_always_ends_is_given_up(opened: OpenSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MOST_ENDED", 2)
    session = opened(killed(signal.SIGSEGV))
    assert [one.pattern for one in session.verify("neg", "cpu")] == ["SIGSEGV"]
    notes = [note for note in load_run(tmp_path).notes if "ended 2 processes" in note.text]
    given_up = [note.text.split(" of neg")[0] for note in notes]
    assert given_up == ["agrees", "in place", "gradient", "out", "lengths"], "each property once"
    assert {note.level for note in notes} == {"warning"}


def test_an_end_that_does_not_come_again_is_a_crash(opened: OpenSession, tmp_path: Path) -> None:
    once = tmp_path / "once"

    def plant(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        return real(*args, **kwargs)

    with pytest.raises(IsolationError, match="neg on cpu: killed by SIGSEGV; not again when the target ran it"):
        opened(plant).verify("neg", "cpu")
    (crash,) = load_run(tmp_path).crashes
    assert crash.operation == "neg"


def test_our_own_mistake_ends_nothing(opened: OpenSession) -> None:
    session = opened(lambda real, *args, **kwargs: real(*args, **kwargs))
    with pytest.raises(IsolationError, match="KeyError"):
        session.verify("no such operation", "cpu")
    assert session.verify("abs", "cpu") == []


@pytest.mark.parametrize(("holds", "workers"), [(0, 1), (400 << 20, 2)], ids=["little", "much"])
def test_a_worker_that_holds_much_is_replaced(holds: int, workers: int, opened: OpenSession, tmp_path: Path) -> None:
    held: list[bytearray] = []

    def plant(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not held:
            held.append(bytearray(b"x") * holds)
            (tmp_path / f"pid-{os.getpid()}").touch()
        return real(*args, **kwargs)

    session = opened(plant)
    for _ in range(2):
        assert session.verify("neg", "cpu") == []
    assert len(list(tmp_path.glob("pid-*"))) == workers
