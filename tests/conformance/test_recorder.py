"""Nothing recorded is lost, whatever ends the run, and what cannot be read is refused in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.model.inflight import CAPACITY
from conformance.model.run import Cell, CellEvent, CrashEvent, Environment, FinishEvent, NoteEvent, TargetInfo
from conformance.model.verdict import Outcome, Tally
from conformance.recorder import Recorder, RunError, load_run, read_in_flight

ENVIRONMENT = Environment("r1", "2026-01-01T00:00:00Z", "smoke", 1, {}, {}, {}, (TargetInfo("cpu", True, ""),), "abc")


def cell(operation: str = "add", held: int = 3, worst: float = 0.5, cases: str = "c1") -> CellEvent:
    tally = Tally({Outcome.HELD: held}, worst, f"x={worst}")
    return CellEvent(Cell(operation, "pointwise", "agrees", "cpu", "float32", tally, cases, 0.25))


def recorder(directory: Path, worker: str = "main") -> Recorder:
    made = Recorder(directory, worker)
    made.write_environment(ENVIRONMENT)
    return made


def refusal(directory: Path) -> str:
    with pytest.raises(RunError) as refused:
        load_run(directory)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_run_reads_back_with_all_workers_merged(tmp_path: Path) -> None:
    for worker in ("main", "gw0"):
        with recorder(tmp_path, worker) as made:
            made.record(cell(f"op of {worker}"))
            made.record(NoteEvent("info", worker))
            made.record(FinishEvent(worker, 0, 1.0))
    run = load_run(tmp_path)
    assert run.environment == ENVIRONMENT
    assert {c.operation for c in run.cells} == {"op of main", "op of gw0"}
    assert {n.text for n in run.notes} == {"main", "gw0"}
    assert {f.worker for f in run.finished} == {"main", "gw0"}
    assert not run.crashes
    assert not run.unfinished


def test_the_same_cell_from_two_workers_is_one_cell_whoever_is_read_first(tmp_path: Path) -> None:
    events = [cell(held=3, worst=0.5, cases="c1"), cell(held=4, worst=2.0, cases="c2")]
    digests = set()
    for name, order in (("a", events), ("b", events[::-1])):
        for worker, event in zip(("gw0", "gw1"), order, strict=True):
            with recorder(tmp_path / name, worker) as made:
                made.record(event)
        (merged,) = load_run(tmp_path / name).cells
        assert merged.tally == Tally({Outcome.HELD: 7}, 2.0, "x=2.0")
        assert merged.seconds == 0.5
        digests.add(merged.cases)
    assert len(digests) == 1
    assert digests.isdisjoint({"c1", "c2"})


def test_a_worst_error_that_is_nan_stays_the_worst(tmp_path: Path) -> None:
    with recorder(tmp_path) as made:
        made.record(cell(worst=float("nan")))
        made.record(cell(worst=3.0))
    (merged,) = load_run(tmp_path).cells
    assert merged.tally.worst_ulps != merged.tally.worst_ulps


@pytest.mark.parametrize("lost", [1, 10, 60])
def test_a_torn_last_line_becomes_a_note_and_all_before_it_is_there(tmp_path: Path, lost: int) -> None:
    with recorder(tmp_path) as made:
        made.record(cell("add"))
        made.record(cell("mul"))
    path = tmp_path / "events-main.jsonl"
    path.write_bytes(path.read_bytes()[: -1 - lost])
    run = load_run(tmp_path)
    assert [c.operation for c in run.cells] == ["add"]
    assert [n.text for n in run.notes] == [
        "events-main.jsonl: line 2 was being written when the process ended, and is lost"
    ]


def test_a_worker_that_comes_back_goes_on_after_its_torn_line(tmp_path: Path) -> None:
    with recorder(tmp_path) as made:
        made.record(cell("add"))
    with (tmp_path / "events-main.jsonl").open("ab") as torn:
        torn.write(b'{"schema":1,"ev')
    with recorder(tmp_path) as made:
        made.record(cell("mul"))
    run = load_run(tmp_path)
    assert [c.operation for c in run.cells] == ["add", "mul"]
    assert len(run.notes) == 1


def test_a_corrupt_line_in_the_middle_is_refused_with_its_place(tmp_path: Path) -> None:
    with recorder(tmp_path) as made:
        made.record(cell("add"))
        made.record(cell("mul"))
    path = tmp_path / "events-main.jsonl"
    path.write_text(path.read_text().replace('"operation":"add"', '"operation":5'))
    assert refusal(tmp_path) == f"{path}, line 1 is corrupt: event.cell.operation: expected str, got 5"
    path.write_bytes(b"\xff\xfe\n")
    assert refusal(tmp_path).startswith(f"{path}, line 1 is corrupt: ")


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == f"{tmp_path / 'none'} is no run: it has no run.json"
    (tmp_path / "run.json").write_text("{")
    assert refusal(tmp_path).startswith(f"{tmp_path / 'run.json'} is corrupt: not JSON: ")
    (tmp_path / "run.json").write_bytes(b"\xff")
    assert refusal(tmp_path) == f"cannot read {tmp_path / 'run.json'}: not UTF-8 text"
    (tmp_path / "run.json").unlink()
    (tmp_path / "run.json").mkdir()
    assert refusal(tmp_path) == f"cannot read {tmp_path / 'run.json'}: Is a directory"


def test_an_unwritable_directory_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"^cannot write .*/file/run: Not a directory$"):
        Recorder(tmp_path / "file" / "run")
    (tmp_path / "events-main.jsonl").mkdir()
    with pytest.raises(RunError, match=r"^cannot write .*: Is a directory$"):
        Recorder(tmp_path)


def test_a_full_disk_is_one_line_too(tmp_path: Path) -> None:
    (tmp_path / "events-main.jsonl").symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"^cannot write .*events-main\.jsonl: No space left on device$"):
        Recorder(tmp_path).record(cell())


def test_a_worker_name_that_leaves_the_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="names no worker"):
        Recorder(tmp_path, "../gw0")


KILLED = """
import os, signal, sys
from tests.conformance.test_recorder import cell, recorder
from pathlib import Path
made = recorder(Path(sys.argv[1]), "gw3")
made.in_flight.begin("mul", "cpu", "earlier case"); made.in_flight.end()
for number in range(100):
    made.record(cell(f"op{number}"))
made.in_flight.begin("add", "cpu", "the case")
if sys.argv[2] == "returned":
    made.in_flight.end()
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(directory: Path, when: str) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(directory), when], env={**os.environ, "PYTHONPATH": "."})
    assert ended.returncode == -signal.SIGKILL


def test_a_killed_process_loses_no_event_and_leaves_what_it_was_running(tmp_path: Path) -> None:
    killed(tmp_path, "inside")
    run = load_run(tmp_path)
    assert [c.operation for c in run.cells] == [f"op{number}" for number in range(100)]
    (crash,) = run.crashes
    assert (crash.operation, crash.target, crash.case_json) == ("add", "cpu", "the case")
    assert crash.detail.startswith("worker gw3 (process ")
    assert not run.finished
    assert not run.unfinished


def test_a_process_killed_between_calls_is_no_crash_of_an_operation(tmp_path: Path) -> None:
    killed(tmp_path, "returned")
    run = load_run(tmp_path)
    assert not run.crashes
    assert not run.finished
    assert run.unfinished == ["gw3"]


def test_a_worker_that_finished_crashed_nowhere(tmp_path: Path) -> None:
    with recorder(tmp_path) as made:
        made.in_flight.begin("add", "cpu", "case")
        made.record(FinishEvent("main", 0, 1.0))
    assert [r.operation for r in read_in_flight(tmp_path)] == ["add"]
    assert not load_run(tmp_path).crashes


def test_a_worker_that_comes_back_after_a_crash_records_it_first(tmp_path: Path) -> None:
    recorder(tmp_path).in_flight.begin("add", "cpu", "case")
    with recorder(tmp_path) as made:
        made.record(FinishEvent("main", 0, 1.0))
    assert [c.operation for c in load_run(tmp_path).crashes] == ["add"]


def test_a_crash_that_the_supervisor_recorded_is_shown_once_with_its_words(tmp_path: Path) -> None:
    recorder(tmp_path, "gw0").in_flight.begin("add", "cpu", "case")
    with recorder(tmp_path) as made:
        made.record(CrashEvent("add", "cpu", "killed by SIGSEGV", "case"))
    assert [c.detail for c in load_run(tmp_path).crashes] == ["killed by SIGSEGV"]


def test_a_case_too_long_to_keep_in_flight_still_leaves_its_operation(tmp_path: Path) -> None:
    recorder(tmp_path).in_flight.begin("add", "cpu", "x" * CAPACITY)
    (record,) = read_in_flight(tmp_path)
    assert record.operation == "add"
    assert record.text == f"a case of {CAPACITY} bytes, too long to keep"


def test_a_file_in_flight_that_is_damaged_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "inflight-gw0.bin").write_bytes(b"short")
    (tmp_path / "inflight-gw1.bin").write_bytes(b"inflight" + b"\xff" * 64)
    assert read_in_flight(tmp_path) == []
