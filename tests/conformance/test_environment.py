"""What a run says of where it ran."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from conformance import environment
from conformance.environment import ROOT, collect_environment, new_run_id
from conformance.model.codec import decode_environment, encode_environment
from conformance.targets.torch import environment as torch_side


def test_it_names_versions_machine_flags_and_targets_and_reads_back() -> None:
    found = collect_environment("smoke", 7, collect_env=False)
    assert {"torch", "numpy", "python", "hypothesis", "ml_dtypes", "suite"} <= found.versions.keys()
    assert {"cpu", "cores", "os", "gpu"} <= found.machine.keys()
    assert found.flags["float32_matmul_precision"] == "highest"
    assert found.flags["default_dtype"] == "torch.float32"
    assert found.flags["flush_denormal"] == "False"
    assert "backends.cudnn.allow_tf32" in found.flags
    assert found.targets[0].name == "cpu"
    assert decode_environment(encode_environment(found)) == found


def test_a_setting_that_changes_numerics_shows() -> None:
    import torch

    if not torch.set_flush_denormal(True):
        pytest.skip("this CPU cannot flush subnormals")
    try:
        assert collect_environment("smoke", 0, collect_env=False).flags["flush_denormal"] == "True"
    finally:
        torch.set_flush_denormal(False)


def test_variables_that_change_numerics_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    assert collect_environment("smoke", 0, collect_env=False).flags["ATEN_CPU_CAPABILITY"] == "default"


def test_run_names_sort_by_time_and_differ() -> None:
    first, later = (new_run_id(datetime(2026, 11, 21, 1, minute)) for minute in (45, 46))
    assert first < later
    assert first.startswith("20261121-014500-")
    assert len({new_run_id() for _ in range(20)}) > 1


def _hash_of(root: Path) -> str:
    command = [sys.executable, "-c", "from conformance.environment import suite_hash; print(suite_hash())"]
    inside = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run(command, env=inside, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def test_the_hash_knows_every_source_of_the_suite_and_nothing_else(tmp_path: Path) -> None:
    for folder in (*environment.HASHED, "reports"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "out"))
    before = _hash_of(tmp_path)
    assert before == environment.suite_hash()
    (tmp_path / "reports" / "words.py").write_text("")
    assert _hash_of(tmp_path) == before
    (tmp_path / "suites" / "test_more.py").write_text("")
    assert _hash_of(tmp_path) != before


def test_collect_env_that_hangs_or_fails_costs_nothing_but_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_side, "_collect_env_module", lambda: time.sleep(0.5))
    assert torch_side.collect_env_text(0.05) == "torch.utils.collect_env did not answer in 0.05 s"
    monkeypatch.setattr(torch_side, "_collect_env_module", lambda: 1 / 0)
    assert torch_side.collect_env_text(5).startswith("torch.utils.collect_env failed with ZeroDivisionError")


def test_collect_env_is_torchs_own_text() -> None:
    assert "PyTorch version" in torch_side.collect_env_text(30)
