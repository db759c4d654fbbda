"""A soak: every turn draws other cases, what breaks is proven once and counted on, and a wrong call is one line."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from conformance import discrepancy  # noqa: E402 - needs torch
from conformance.cli import main  # noqa: E402
from conformance.isolation.client import IsolatedSession  # noqa: E402
from conformance.isolation.jobs import Job  # noqa: E402
from conformance.model.verdict import Outcome  # noqa: E402
from conformance.profiles import Profile  # noqa: E402
from conformance.recorder import load_run  # noqa: E402
from conformance.soak import Soak, turns  # noqa: E402
from tests.conformance.isolation.ends import faulty, killed  # noqa: E402
from tests.conformance.planted.planting import Plant  # noqa: E402
from tests.reports.builders import ENVIRONMENT  # noqa: E402

SHORT = Profile("soak", structures=1, every_dtype=0, rows=4, others=0, glances=0, largest=4096, programs=3, compiled=0)
TIME = 60.0

OpenSession = Callable[[Plant], IsolatedSession]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSession]:
    """A session on a CPU whose ``neg`` is at fault; scripts count as confirmed."""
    monkeypatch.setattr(discrepancy, "confirm", lambda scripts, times: [(times, times) for _ in scripts])
    made: list[IsolatedSession] = []

    def open_session(plant: Plant) -> IsolatedSession:
        session = IsolatedSession(tmp_path, "soak0", SHORT, 0, plain=True)
        session.targets["cpu"] = faulty(plant)
        session.open()
        session.recorder.write_environment(ENVIRONMENT)
        made.append(session)
        return session

    yield open_session
    for session in made:
        session.close(0)


def rounds(count: int) -> Iterator[Job]:
    return islice(turns(["neg"], ["cpu"], 0, programs=False), count)


def test_a_round_is_everything_and_the_next_is_other_cases() -> None:
    operations, targets = ["add", "neg", "view"], ["cpu", "meta", "cpu+compile"]
    length = 3 * 2 + 2 + 16
    jobs = list(islice(turns(operations, targets, 7), 2 * length))
    first, second = jobs[:length], jobs[length:]
    verified = {job.arguments for job in first if job.method == "verify"}
    assert verified == {(name, target) for name in operations for target in ("cpu", "meta")}
    assert {job.targets for job in first if job.method == "programs"} == {("cpu",), ("meta",)}
    assert {job.arguments[0] for job in first if job.method == "modes"} == set(range(16))
    assert not {job.seed for job in first} & {job.seed for job in second}
    assert jobs == list(islice(turns(operations, targets, 7), 2 * length)), "the same seed gives the same turns"


def test_without_programs_there_are_no_turns_for_what_is_compiled_in_bulk() -> None:
    assert not list(turns(["add"], ["cpu+compile"], 0, programs=False))


def test_every_turn_draws_other_cases(opened: OpenSession, tmp_path: Path) -> None:
    session = opened(lambda real, *args, **kwargs: real(*args, **kwargs))
    done = Soak([session], rounds(2), lambda progress: None).run(TIME)
    assert (done.turns, done.discrepancies, done.broke) == (2, 0, False)
    assert done.checks > 50
    assert done.compared > 100
    recorded = [line for line in (tmp_path / "events-soak0.jsonl").read_text().splitlines() if "agrees" in line]
    digests = {line.split('"cases":')[1][:20] for line in recorded}
    assert len(digests) == 2


@pytest.mark.parametrize("ends", [False, True], ids=["a wrong value", "a crash"])
def test_what_breaks_in_every_turn_is_proven_once(ends: bool, opened: OpenSession, tmp_path: Path) -> None:
    session = opened(killed(signal.SIGSEGV) if ends else lambda real, input, **kwargs: real(input, **kwargs) * 2)
    shown: list[int] = []
    done = Soak([session], rounds(3), lambda progress: shown.append(progress.discrepancies)).run(TIME)
    run = load_run(tmp_path)
    causes = [(one.property, one.aspect, one.pattern) for one in run.discrepancies]
    assert causes
    assert len(causes) == len(set(causes)) == done.discrepancies
    assert done.broke
    assert shown[-1] == done.discrepancies
    (tally, *_) = [cell.tally for cell in run.cells if cell.property == ("survives" if ends else "agrees")]
    assert tally.outcomes[Outcome.BROKE] >= 1


def test_our_own_mistake_is_told_and_the_soak_goes_on(opened: OpenSession, tmp_path: Path) -> None:
    session = opened(lambda real, *args, **kwargs: real(*args, **kwargs))
    jobs = [Job("verify", ("no such operation", "cpu"), ("cpu",), 0), *rounds(1)]
    done = Soak([session], iter(jobs), lambda progress: None).run(TIME)
    assert done.turns == 2
    assert done.checks
    assert done.broke
    assert ["no such operation on cpu" in mistake for mistake in done.mistakes] == [True]
    assert sum("the suite failed" in note.text for note in load_run(tmp_path).notes) == 1


def test_no_turn_begins_when_the_time_is_over(opened: OpenSession) -> None:
    session = opened(lambda real, *args, **kwargs: real(*args, **kwargs))
    assert Soak([session], rounds(1), lambda progress: None).run(0.0).turns == 0


def test_the_command_soaks_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["soak", "abs", "--minutes", "0.01", "-n", "2", "--target", "cpu", "--report-dir", str(tmp_path)]
    assert main(call) == 0
    out = capsys.readouterr().out
    assert "elements compared, 0 discrepancies" in out
    (directory,) = tmp_path.iterdir()
    run = load_run(directory)
    assert not run.unfinished
    assert sorted(one.worker for one in run.finished) == ["soak0", "soak1"]
    assert {cell.operation for cell in run.cells} == {"abs"}
    assert (directory / "index.html").is_file()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--minutes", "0"], "'0' is no positive number"),
        (["--minutes", "soon"], "'soon' is no positive number"),
        ([], "--minutes"),
        (["--minutes", "1", "-n", "0"], "'0' is no number of processes"),
        (["--minutes", "1", "--target", "gpu"], "no target is called 'gpu'"),
        (["--minutes", "1", "ads"], "add"),
        (["--minutes", "1", "--memory-per-process", "nan"], "'nan' is no positive number"),
        (["--minutes", "1", "--report-dir", os.devnull], "cannot write /dev/null"),
    ],
)
def test_a_wrong_call_is_one_line(changes: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    def status(call: Any) -> Any:
        try:
            return main(call)
        except SystemExit as end:
            return end.code

    assert status(["soak", *changes]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
