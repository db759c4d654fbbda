"""The command line: what each command prints, and that every bad input is one line and an exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.cli import every_command, main
from conformance.model.case import Case, Drawn, Input, Literal, Ref, Step
from conformance.model.codec import encode_case, encode_event
from conformance.model.run import CellEvent, CrashEvent, DiscrepancyEvent, Event, FinishEvent
from conformance.model.verdict import Outcome
from conformance.recorder import Recorder
from tests.reports.builders import ENVIRONMENT, cell, discrepancy

VALUES = Literal(bytes.fromhex("0000803f000000400000404000008040"))
HOLDS = Case(
    (Input("x", (4,), "float32", (1,), 0, 4, VALUES),), (Step("exp", "function", (Ref("x"),), (), ("result",)),)
)


def recorded(directory: Path, *events: Event) -> Path:
    with Recorder(directory) as recorder:
        recorder.write_environment(ENVIRONMENT)
        for event in (*events, FinishEvent("main", 0, 1.0)):
            recorder.record(event)
    return directory


def one_line(error: str) -> str:
    """The single line that a wrong call is answered with."""
    assert error.count("\n") == 1, error
    assert "Traceback" not in error
    return error


def test_every_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for name in ("targets", "list", "explain-op", "replay", "repro", "report", "compare"):
        assert name in every_command()
        assert name in shown


def test_targets_gives_a_reason_for_each_that_is_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["targets", "--json"]) == 0
    found = {info["name"]: info for info in json.loads(capsys.readouterr().out)}
    assert found["cpu"]["available"]
    assert found["meta"]["available"]
    assert all(info["detail"] for info in found.values())
    assert main(["targets"]) == 0
    assert "cpu" in capsys.readouterr().out


def test_list_and_explain_op_say_what_is_declared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json", "--family", "transcendental"]) == 0
    listed = {operation["name"]: operation for operation in json.loads(capsys.readouterr().out)}
    assert listed["exp"]["spellings"]["in place"] == "Tensor.exp_"
    assert main(["explain-op", "exp"]) == 0
    page = capsys.readouterr().out
    for part in (
        "torch.exp",
        "Tensor.exp_",
        "2 ulp",
        "https://docs.pytorch.org",
        "reference/transcendental.py:",
        "vjp",
    ):
        assert part in page
    assert main(["list", "--properties"]) == 0
    assert "aliasing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["explain-op", "ad"], "did you mean add?"),
        (["list", "--family", "views_"], "no family is called 'views_'"),
        (["replay", "nowhere.json"], "cannot read nowhere.json: No such file or directory"),
        (["repro", "nowhere.json"], "cannot read nowhere.json: No such file or directory"),
        (["report", "nowhere"], "nowhere is no run: it has no run.json"),
        (["compare", "nowhere", "nowhere"], "nowhere is no run: it has no run.json"),
    ],
)
def test_a_wrong_name_is_one_line_and_status_two(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    assert said in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("argv", [[], ["unheard"], ["compare", "one"], ["list", "--unheard"]])
def test_a_wrong_call_is_one_line_and_status_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "--help shows how" in one_line(capsys.readouterr().err)


CORRUPT = {
    "nothing": ("", "not JSON"),
    "no JSON": ("{", "not JSON"),
    "another JSON": ("[1, 2]", "not a case"),
    "another schema": (encode_case(HOLDS).replace('"schema":1', '"schema":99'), "schema 99 is unknown"),
    "a field too many": (
        encode_case(HOLDS).replace('"seed"', '"unheard":1,"seed"').replace('"inputs"', '"unheard":1,"inputs"', 1),
        "unknown field 'unheard'",
    ),
    "another mode": (
        encode_case(HOLDS.with_input(replace(HOLDS.input("x"), values=Drawn("small|mix", 1)))),
        "the unknown mode 'mix'",
    ),
    "another operation": (encode_case(HOLDS).replace('"exp"', '"expp"'), "did you mean exp?"),
    "another form": (encode_case(HOLDS).replace('"function"', '"reflected operator"'), "exp has no form"),
    "another dtype": (encode_case(HOLDS).replace('"float32"', '"float33"'), "unknown dtype 'float33'"),
    "values that do not fill": (encode_case(HOLDS).replace('"size":4', '"size":5'), "do not fill its storage of 5"),
    "values outside": (encode_case(HOLDS).replace('"offset":0', '"offset":1'), "outside its storage of 4"),
    "an argument from nowhere": (encode_case(HOLDS).replace('{"ref":"x"}', '{"ref":"y"}'), "the case cannot be run"),
}


@pytest.mark.parametrize("command", ["replay", "repro"])
@pytest.mark.parametrize("kind", CORRUPT)
def test_a_corrupt_case_is_one_line_and_status_two(
    command: str, kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text, said = CORRUPT[kind]
    path = tmp_path / "case.json"
    path.write_text(text, "utf-8")
    assert main([command, str(path)]) == 2
    error = one_line(capsys.readouterr().err)
    assert said in error
    assert str(path) in error


def test_a_corrupt_line_of_events_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(encode_event(DiscrepancyEvent(discrepancy())) + "\n{torn", "utf-8")
    assert main(["replay", str(path)]) == 2
    assert "line 2 is corrupt" in one_line(capsys.readouterr().err)


def test_bytes_that_are_no_text_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert main(["replay", str(path)]) == 2
    assert "not UTF-8 text" in one_line(capsys.readouterr().err)


def test_an_unknown_target_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(encode_case(HOLDS), "utf-8")
    assert main(["replay", str(path), "--target", "cup"]) == 2
    assert "did you mean cpu?" in one_line(capsys.readouterr().err)


def test_replay_of_a_case_that_holds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(json.loads(encode_case(HOLDS)), indent=2), "utf-8")
    assert main(["replay", str(path)]) == 0
    assert "held" in capsys.readouterr().out
    assert main(["repro", str(path)]) == 5
    assert "breaks nothing here" in capsys.readouterr().err


def test_replay_of_a_case_that_breaks_shows_expected_and_actual(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    exp = torch.exp
    monkeypatch.setattr("conformance.targets.torch.eager.resolve", lambda path: lambda x: exp(x) * 1.5)
    path = tmp_path / "events.jsonl"
    path.write_text(encode_event(DiscrepancyEvent(replace(discrepancy(case=HOLDS), script=""))), "utf-8")
    assert main(["replay", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "broke" in shown
    assert "expected" in shown
    assert "2.718" in shown  # what exp(1) is
    assert "4.077" in shown  # and what the planted fault makes of it
    assert main(["repro", str(path), "--target", "cpu", "--output", str(tmp_path / "scripts")]) == 0
    (script,) = (tmp_path / "scripts").glob("exp-*.py")
    # The script knows nothing of the planted fault: torch's own exp does not reproduce it.
    assert subprocess.run([sys.executable, script], check=False, capture_output=True).returncode == 0


def test_repro_gives_the_recorded_script_and_one_for_a_crash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shown = replace(discrepancy(case=HOLDS), script="print('recorded')\n")
    run = recorded(tmp_path / "run", DiscrepancyEvent(shown), CrashEvent("exp", "cpu", "killed", encode_case(HOLDS)))
    assert main(["repro", str(run)]) == 0
    printed = capsys.readouterr().out
    assert "print('recorded')" in printed
    assert "torch.exp(x)" in printed
    assert main(["repro", str(run), "--output", str(tmp_path / "scripts")]) == 0
    assert len(list((tmp_path / "scripts").iterdir())) == 2


def test_an_unwritable_directory_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = recorded(tmp_path / "run", DiscrepancyEvent(replace(discrepancy(case=HOLDS), script="print()\n")))
    (tmp_path / "file").write_text("")
    assert main(["repro", str(run), "--output", str(tmp_path / "file" / "below")]) == 2
    assert "cannot write" in one_line(capsys.readouterr().err)
    (run / "summary.json").mkdir()
    assert main(["report", str(run)]) == 2
    assert "cannot write" in one_line(capsys.readouterr().err)


def test_report_writes_the_page_and_prints_its_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = recorded(tmp_path / "run", CellEvent(cell()), DiscrepancyEvent(discrepancy()))
    assert main(["report", str(run)]) == 0
    assert (run / "index.html").is_file()
    assert str(run / "index.html") in capsys.readouterr().out


def test_a_corrupt_run_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = recorded(tmp_path / "run", CellEvent(cell()))
    (run / "run.json").write_text("{}", "utf-8")
    for argv in (["report", str(run)], ["compare", str(run), str(run)], ["replay", str(run)]):
        assert main(argv) == 2
        assert "run.json is corrupt" in one_line(capsys.readouterr().err)


def test_compare_exits_as_the_gate_says(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = str(recorded(tmp_path / "good", CellEvent(cell())))
    bad = str(recorded(tmp_path / "bad", CellEvent(cell(outcome=Outcome.BROKE)), DiscrepancyEvent(discrepancy("add"))))
    empty = str(recorded(tmp_path / "empty"))
    other = recorded(tmp_path / "other", CellEvent(cell()))
    (other / "run.json").write_text((other / "run.json").read_text().replace('"standard"', '"thorough"'))
    assert main(["compare", good, good]) == 0
    assert "Clean" in (Path(good) / "compare.html").read_text("utf-8")
    assert main(["compare", good, bad]) == 1
    page = Path(bad) / "compare.html"
    said = capsys.readouterr().out
    assert "regressed" in said
    assert f"report: {page}" in said
    assert "Regression" in page.read_text("utf-8")
    assert main(["compare", bad, good]) == 0
    assert main(["compare", good, str(other)]) == 4
    assert main(["compare", good, empty]) == 5
    capsys.readouterr()
    assert main(["compare", good, bad, "--json"]) == 1
    written = json.loads(capsys.readouterr().out)
    assert written["exit_status"] == 1
    assert written["counts"]["regressed"] == 1
    assert [entry["operation"] for entry in written["cells"]] == ["add"]
