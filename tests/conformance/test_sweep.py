"""Sweeps: a planted fault is found and placed, a job goes on where it stopped, a wrong call is one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.cli import main
from conformance.commands import sweep as command
from conformance.commands.accuracy import PAGE, read_record
from conformance.model.case import Case, Step
from conformance.model.codec import CodecError, decode_sweep, encode_sweep
from conformance.model.sweep import EDGES, Plan, Sweep, Worst
from conformance.operations import find
from conformance.sweep import job
from conformance.sweep.inputs import IN_PLACE, PATHS
from conformance.sweep.job import Job, SweepError, conditions_of, plan, read_sweep, read_sweeps
from conformance.sweep.measure import Chunks, Unmeasurable, values_at
from conformance.targets.torch.eager import TorchTarget
from reference.dtypes import COMPLEX64, FLOAT16, FLOAT32, FLOAT64

torch = pytest.importorskip("torch")

AT = 0x3C55  # a bit pattern of 16 bits like any other


class Torch(TorchTarget):
    """Torch on the CPU, but for what is planted in one call."""

    def __init__(self, plant: Callable[..., Any] | None = None) -> None:
        super().__init__("cpu")
        self.plant = plant
        self.calls = 0

    def called(self, step: Step) -> Callable[..., Any]:
        real = super().called(step)
        return real if self.plant is None else partial(self.plant, real)

    def run_rows(self, case: Case, blocks: dict[str, np.ndarray]) -> np.ndarray | None:
        self.calls += 1
        return super().run_rows(case, blocks)


def three_ulps_off(real: Callable[..., Any], input: Any) -> Any:
    at = input.view(torch.int16) == AT
    result = real(input)
    return torch.where(at, (result.view(torch.int16) + 3).view(result.dtype), result)


def swept(wanted: Plan, target: TorchTarget, directory: Path) -> Sweep:
    return Job(wanted, target, conditions_of(find(wanted.operation)), directory).run(lambda sweep: None)


@pytest.mark.parametrize("path", [*PATHS, IN_PLACE])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_one_value_that_is_three_ulp_off_is_found(dtype: str, path: str, tmp_path: Path) -> None:
    found = swept(plan(find("exp"), dtype, "cpu", path, None), Torch(three_ulps_off), tmp_path)
    assert found.finished
    assert (found.wrong, found.broke) == (1, 1)
    assert found.worst[0].input_bits == "0x3c55"
    assert 2.4 < found.worst_ulps < 3.6
    assert sum(found.bins) == 2**16
    assert swept(plan(find("exp"), dtype, "cpu", path, 3), Torch(), tmp_path).wrong == 0


def test_a_sample_of_float32_finds_what_is_wrong_in_a_range(tmp_path: Path) -> None:
    def truncated(real: Callable[..., Any], input: Any) -> Any:
        result = real(input)
        return torch.where((input > 1) & (input < 2), result.to(torch.bfloat16).to(torch.float32), result)

    found = swept(plan(find("log"), "float32", "cpu", "contiguous", 65537), Torch(truncated), tmp_path)
    assert found.wrong > 0
    assert 1 < float(found.worst[0].input) < 2
    assert found.worst_ulps > 1000


def test_a_nan_that_is_lost_counts_as_infinitely_far_off(tmp_path: Path) -> None:
    found = swept(
        plan(find("exp"), "float16", "cpu", "contiguous", None),
        Torch(lambda real, x: real(x).nan_to_num(1.0, float("inf"))),
        tmp_path,
    )
    assert found.worst_ulps == float("inf")
    assert found.bins[-1] == found.wrong == 2 * (2**10 - 1)
    assert decode_sweep(encode_sweep(found)) == found


def test_an_operation_that_rounds_nothing_has_no_error(tmp_path: Path) -> None:
    assert swept(plan(find("floor"), "bfloat16", "cpu", "strided", None), Torch(), tmp_path).worst_ulps == 0


def test_a_job_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "CHUNK", 2**12)
    wanted, conditions = plan(find("exp"), "float16", "cpu", "contiguous", None), conditions_of(find("exp"))
    stopped, resumed = Torch(three_ulps_off), Torch(three_ulps_off)

    def stop(sweep: Sweep) -> None:
        if sweep.done == 5 * 2**12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Job(wanted, stopped, conditions, tmp_path / "a").run(stop)
    going_on = Job(wanted, resumed, conditions, tmp_path / "a")
    assert going_on.sweep.done == 5 * 2**12
    whole = swept(wanted, Torch(three_ulps_off), tmp_path / "b")
    assert replace(going_on.run(lambda sweep: None), seconds=0) == replace(whole, seconds=0)
    assert resumed.calls == 1 + 11, "the first call warms up"
    again = Torch()
    assert Job(wanted, again, conditions, tmp_path / "a").run(lambda sweep: None).finished
    assert again.calls == 0


def test_what_was_begun_under_other_conditions_is_begun_anew(tmp_path: Path) -> None:
    wanted, conditions = plan(find("exp"), "float16", "cpu", "contiguous", None), conditions_of(find("exp"))
    swept(wanted, Torch(), tmp_path)
    other = Job(wanted, Torch(), replace(conditions, torch="2.12.0"), tmp_path)
    assert other.sweep.done == 0
    assert conditions.torch in other.begun_anew
    assert Job(wanted, Torch(), replace(conditions, bound="1 ulp"), tmp_path).begun_anew
    assert Job(wanted, Torch(), conditions, tmp_path).sweep.finished


def test_a_state_that_does_not_read_is_one_line(tmp_path: Path) -> None:
    wanted = plan(find("exp"), "float16", "cpu", "contiguous", None)
    made = Job(wanted, Torch(), conditions_of(find("exp")), tmp_path)
    made.path.parent.mkdir()
    made.path.write_text('{"schema":1,"sweep":{}}')
    with pytest.raises(SweepError, match="delete it to begin anew"):
        Job(wanted, Torch(), conditions_of(find("exp")), tmp_path)
    with pytest.raises(SweepError):
        read_sweep(tmp_path)


def test_a_target_that_refuses_says_so() -> None:
    def refusing(real: Callable[..., Any], input: Any) -> Any:
        raise RuntimeError('"exp" not implemented for "Half"')

    with pytest.raises(Unmeasurable, match="not implemented"):
        Chunks(plan(find("exp"), "float16", "cpu", "contiguous", None), Torch(refusing))


def test_the_inputs_are_bit_patterns_in_turn_and_complex_ones_are_drawn() -> None:
    assert values_at(FLOAT16, 0, 3, 1).view(np.uint16).tolist() == [0, 1, 2]
    assert values_at(FLOAT32, 2**24, 2, 257).view(np.uint32).tolist() == [2**24, 2**24 + 257]
    assert np.unique(values_at(FLOAT64, 0, 1000, job.SAMPLED).view(np.uint64)).size == 1000
    chunks = [values_at(COMPLEX64, start, 100, 0) for start in (0, 100)]
    assert np.abs(chunks[0]).max() < 10 < np.abs(chunks[1]).max()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exq"], "did you mean"),
        (["add"], "no function of the elements of one tensor"),
        (["exp", "--dtype", "int7"], "takes no int7"),
        (["exp", "--every", "4294967296"], "has 4,294,967,296 values"),
        (["exp", "--dtype", "complex64", "--every", "3"], "no order"),
        (["isnan", "--memory-path", "in-place"], "no in-place form"),
        (["exp", "--target", "abacus"], "no target is called"),
        (["exp", "--every", "0"], "positive"),
        (["exp", "--dtype", "float16", "--report-dir", "/dev/null/x"], "cannot write"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["sweep", *arguments])
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_long_job_tells_each_tenth_where_there_is_no_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (job, command):
        monkeypatch.setattr(module, "CHUNK", 2**12)
    monkeypatch.setattr(command, "_LONG", 2**16)
    assert main(["sweep", "exp", "--dtype", "float16", "--report-dir", str(tmp_path)]) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in told] == [f"{tenth}0 %" for tenth in range(1, 11)]
    assert told[-1].startswith("exp float16 contiguous, worst 0.50 ulp")


def test_the_command_leaves_json_a_table_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["sweep", "tanh", "--dtype", "bfloat16", "--memory-path", "all", "--report-dir", str(tmp_path)]
    assert main(call) == 0
    shown = capsys.readouterr().out
    assert all(path in shown for path in (*PATHS, IN_PLACE))
    assert len(read_sweeps(tmp_path)) == 4
    page = (tmp_path / "sweeps" / "index.html").read_text("utf-8")
    assert "tanh" in page
    assert "correctly rounded" in page
    assert main([*call, "--json"]) == 0
    (first, *_) = json.loads(capsys.readouterr().out)
    assert first["plan"]["operation"] == "tanh"
    assert first["done"] == 2**16


def test_a_sweep_survives_being_written_and_read() -> None:
    made = Sweep(
        Plan("exp", "float32", "cpu", "contiguous", 257, 100),
        conditions_of(find("exp")),
        worst=(Worst("nan", "0x7fc00000", "nan", "0.0", "0x00000000", float("inf")),),
    )
    assert decode_sweep(encode_sweep(made)) == made
    assert len(made.bins) == len(EDGES) + 1
    with pytest.raises(CodecError):
        decode_sweep(encode_sweep(made).replace('"every":257', '"every":"257"'))


def test_finished_sweeps_are_taken_into_the_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = tmp_path / "accuracy.jsonl"
    for path in ("contiguous", "strided"):
        swept(plan(find("exp"), "float16", "cpu", path, None), Torch(three_ulps_off), tmp_path)
    assert main(["accuracy", str(tmp_path), "--recorded", str(recorded)]) == 0
    both = read_record(recorded)
    assert [(one.plan.path, len(one.worst)) for one in both] == [("contiguous", 1), ("strided", 1)]
    assert "| `exp` | 2.78 ✕ |" in (tmp_path / PAGE).read_text("utf-8")
    assert main(["accuracy", "--recorded", str(recorded)]) == 0
    capsys.readouterr()
    assert main(["accuracy", str(tmp_path / "nothing"), "--recorded", str(recorded)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
