"""What ran where: versions, machine, flags that change numerics, and a hash of the suite itself."""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import secrets
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from conformance.model.run import Environment, TargetInfo
from conformance.targets.registry import available_targets
from conformance.targets.torch.presence import TorchMissing, require_torch

ROOT = Path(__file__).resolve().parents[1]
# What decides which cases are seen and how they are judged. Deviations do not: they are compared across runs.
HASHED = ("conformance", "reference", "suites")
PROJECT = "torch-conformance"
COLLECT_ENV_SECONDS = 4.0
_PACKAGES = ("numpy", "ml_dtypes", "hypothesis", "pytest")
_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "NVIDIA_TF32_OVERRIDE",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)

__all__ = ["TorchMissing", "collect_environment", "new_run_id", "require_torch", "suite_hash"]


def collect_environment(
    profile: str,
    seed: int,
    targets: Iterable[TargetInfo] | None = None,
    *,
    run_id: str = "",
    collect_env: bool = True,
) -> Environment:
    """The environment of a run that starts now; ``TorchMissing`` where there is no torch to run.

    ``targets`` are those that were looked for, all of them by default. ``collect_env`` asks torch for its own
    description of the machine, which takes seconds.
    """
    require_torch()
    torch_side = importlib.import_module("conformance.targets.torch.environment")
    started = datetime.now(UTC)
    return Environment(
        run_id=run_id or new_run_id(started),
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        profile=profile,
        seed=seed,
        versions=torch_side.torch_versions() | _versions(),
        machine=_machine() | torch_side.gpu_facts(),
        flags=torch_side.torch_flags() | {name: os.environ[name] for name in _VARIABLES if name in os.environ},
        targets=tuple(available_targets() if targets is None else targets),
        suite_hash=suite_hash(),
        collect_env=torch_side.collect_env_text(COLLECT_ENV_SECONDS) if collect_env else "",
    )


def new_run_id(now: datetime | None = None) -> str:
    """A name for a run that sorts by time and that no other run has.

    >>> len(new_run_id(datetime(2026, 11, 21, 1, 45)).removeprefix("20261121-014500-"))
    4
    """
    now = now or datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


@cache
def suite_hash() -> str:
    """Twelve hex digits over the sources that decide what is checked: two runs are comparable if they have the same."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in HASHED for path in (ROOT / folder).rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in _PACKAGES}
    return found | {"python": platform.python_version(), "suite": suite_version()}


def suite_version() -> str:
    """The version of this project: of the checkout if this is one, else as it was installed."""
    declared = ROOT / "pyproject.toml"
    if declared.is_file():
        return str(tomllib.loads(declared.read_text("utf-8"))["project"]["version"])
    return version(PROJECT)


def _machine() -> dict[str, str]:
    return {
        "cpu": cpu_model(),
        "architecture": platform.machine(),
        "cores": str(usable_cores()),
        "os": platform.platform(),
        "implementation": platform.python_implementation(),
    }


def usable_cores() -> int:
    """The logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_model() -> str:
    """The CPU by its maker's name for it, where the system tells."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "unknown"
