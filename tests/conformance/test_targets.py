"""The targets by name: which are found, which are not and why, with torch, without it, and with an old one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.environment import ROOT
from conformance.targets.kind import TargetKind
from conformance.targets.registry import TargetError, available_targets, every_kind, kind_of, look, open_target

CASE = '{"schema":1,"case":{"inputs":[],"steps":[{"operation":"exp","spelling":"function"}],"seed":0}}'


def test_every_kind_is_looked_for_and_says_what_it_is_or_why_not() -> None:
    found = available_targets()
    assert [info.name for info in found][:1] == ["cpu"]
    assert {kind.first for kind in every_kind().values()} <= {info.name for info in found}
    assert all(info.detail for info in found)


def test_a_target_that_was_found_opens_under_its_name() -> None:
    for name in ("cpu", "meta"):
        assert open_target(name).name == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cup", "did you mean cpu?"),
        ("cdua:0", "did you mean cuda:0?"),
        ("cpu:1", "no target is called 'cpu:1'"),
        ("cuda:x", "no target is called 'cuda:x'"),
        ("", "known: cpu, cpu+compile"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(TargetError) as refused:
        open_target(name)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def _cuda(devices: int, available: bool = True, built: str | None = "12.8") -> Any:
    def properties(index: int) -> Any:
        return SimpleNamespace(name=f"Device {index}", major=9, minor=0)

    cuda = SimpleNamespace(
        is_available=lambda: available, device_count=lambda: devices, get_device_properties=properties
    )
    return SimpleNamespace(version=SimpleNamespace(cuda=built, hip=None), cuda=cuda)


def test_cuda_devices_are_found_one_by_one() -> None:
    found = look(kind_of("cuda"), _cuda(2))
    assert [info.name for info in found] == ["cuda:0", "cuda:1"]
    assert found[1].detail == "Device 1, capability 9.0"


@pytest.mark.parametrize(
    ("torch", "why"),
    [(_cuda(0, built=None), "built without CUDA"), (_cuda(0, available=False), "no driver or no device")],
)
def test_cuda_that_is_not_here_says_why(torch: Any, why: str) -> None:
    (info,) = look(kind_of("cuda"), torch)
    assert not info.available
    assert info.name == "cuda:0"
    assert why in info.detail


def test_a_driver_that_fails_while_it_is_asked_is_a_reason() -> None:
    torch = _cuda(1)
    torch.cuda.get_device_properties = lambda index: 1 / 0
    (info,) = look(kind_of("cuda"), torch)
    assert not info.available
    assert "ZeroDivisionError" in info.detail


def test_compiling_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = SimpleNamespace(compile=lambda **settings: None)
    monkeypatch.setenv("CXX", "no-such-compiler")
    (info,) = look(kind_of("cpu+compile"), torch)
    assert not info.available
    assert "no-such-compiler is not on the path" in info.detail


def test_compiling_needs_a_python_that_torch_supports() -> None:
    def refuse(**settings: str) -> None:
        raise RuntimeError("torch.compile is not supported on Python 3.99+")

    (info,) = look(kind_of("cpu+compile"), SimpleNamespace(compile=refuse))
    assert info.detail == "torch.compile is not supported on Python 3.99+"


def test_the_kinds_are_named_for_what_a_user_types() -> None:
    for name, kind in every_kind().items():
        assert isinstance(kind, TargetKind)
        assert kind_of(kind.first) is kind
        assert kind.name == name


def _python(modules: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python that finds ``modules`` before anything that is installed."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(modules), str(ROOT)))}
    command = [sys.executable, *argv]
    return subprocess.run(command, env=environment, cwd=modules, capture_output=True, text=True, check=False)


@pytest.fixture
def without_torch(tmp_path: Path) -> Path:
    """A folder of modules that hides torch, as if it were not installed."""
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n")
    return tmp_path


@pytest.fixture
def old_torch(tmp_path: Path) -> Path:
    """A folder of modules with a torch from before the suite's time."""
    (tmp_path / "torch.py").write_text("__version__ = '2.0.1+cu118'\n")
    return tmp_path


def test_without_torch_the_targets_are_named_all_the_same(without_torch: Path) -> None:
    done = _python(without_torch, "-m", "conformance", "targets")
    assert done.returncode == 1
    assert done.stderr == ""
    assert "torch is not installed" in done.stdout
    assert all(name in done.stdout for name in every_kind())


@pytest.mark.parametrize("argv", [["list"], ["explain-op", "exp"], ["--help"]])
def test_what_needs_no_torch_works_without(without_torch: Path, argv: list[str]) -> None:
    done = _python(without_torch, "-m", "conformance", *argv)
    assert (done.returncode, done.stderr) == (0, "")


def test_replay_without_torch_is_one_line(without_torch: Path) -> None:
    (without_torch / "case.json").write_text(CASE)
    done = _python(without_torch, "-m", "conformance", "replay", "case.json")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "torch is not installed" in done.stderr


def test_replay_with_an_old_torch_is_one_line(old_torch: Path) -> None:
    (old_torch / "case.json").write_text(CASE)
    done = _python(old_torch, "-m", "conformance", "replay", "case.json")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "torch 2.0.1+cu118 is too old: the suite needs 2.1 or later" in done.stderr


def test_a_module_that_is_not_pytorch_is_named(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("")
    done = _python(tmp_path, "-m", "conformance", "targets")
    assert done.returncode == 1
    assert "is not PyTorch" in done.stdout


def test_a_torch_that_does_not_load_says_why(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libcudart.so.12: cannot open shared object file')\n")
    done = _python(tmp_path, "-m", "conformance", "targets")
    assert done.returncode == 1
    assert "libcudart.so.12" in done.stdout


SUITE = ("-m", "pytest", str(ROOT / "suites"), "--profile", "smoke", "-p", "no:cacheprovider", "-k", "exp")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--target", "cup"), 4, "cup"),
        (("--profile", "huge"), 4, "huge"),
        (("--report-dir", "file/below"), 4, "cannot write"),
        (("--report-dir", "file/below", "-n", "2"), 4, "cannot write"),
        (("--target", "cup", "-n", "2"), 4, "did you mean cpu?"),
    ],
)
def test_a_wrong_option_of_the_suite_is_a_line_and_a_usage_error(
    options: tuple[str, ...], status: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = _python(tmp_path, *SUITE, *options)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_the_suite_without_torch_is_a_line_and_a_usage_error(without_torch: Path) -> None:
    done = _python(without_torch, *SUITE)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "torch is not installed" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_suite_with_an_old_torch_is_a_line_and_a_usage_error(old_torch: Path) -> None:
    done = _python(old_torch, *SUITE)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "2.0.1+cu118 is too old" in done.stdout + done.stderr
