"""What torch says of itself: its build, its devices, and the settings that change numerics."""

from __future__ import annotations

import importlib
import threading
import warnings
from typing import Any

from conformance.targets.torch.presence import require_torch

# Dotted paths below the torch module. One that a build or release does not have is left out.
_SETTINGS = (
    "backends.cuda.matmul.allow_tf32",
    "backends.cuda.matmul.allow_fp16_reduced_precision_reduction",
    "backends.cuda.matmul.allow_bf16_reduced_precision_reduction",
    "backends.cudnn.enabled",
    "backends.cudnn.allow_tf32",
    "backends.cudnn.benchmark",
    "backends.cudnn.deterministic",
    "backends.mkldnn.enabled",
    "backends.mkldnn.allow_tf32",
    "backends.mkldnn.deterministic",
    "backends.nnpack.enabled",
    "backends.cpu.get_cpu_capability",
    "get_float32_matmul_precision",
    "are_deterministic_algorithms_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "get_default_dtype",
    "get_num_threads",
    "get_num_interop_threads",
)


def torch_versions() -> dict[str, str]:
    """Torch and what it was built with."""
    torch = require_torch()
    built = {"cuda": torch.version.cuda, "hip": getattr(torch.version, "hip", None), "git": torch.version.git_version}
    if torch.version.cuda and torch.backends.cudnn.is_available():
        built["cudnn"] = torch.backends.cudnn.version()
    return {"torch": str(torch.__version__)} | {
        f"torch {name}": str(version) for name, version in built.items() if version
    }


def torch_flags() -> dict[str, str]:
    """The settings that change numerics, as they are now."""
    torch = require_torch()
    flags = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some settings are deprecated in favour of others: both are read
        for path in _SETTINGS:
            value = _setting(torch, path)
            if value is not None:
                flags[path.removeprefix("get_")] = value
    return flags | {"flush_denormal": str(_flushes_denormals(torch))}


def _setting(torch: Any, path: str) -> str | None:
    found: Any = torch
    try:
        for name in path.split("."):
            found = getattr(found, name)
        return str(found() if callable(found) else found)
    except (AttributeError, RuntimeError):
        return None


def _flushes_denormals(torch: Any) -> bool:
    """Torch can set this mode and not read it: the smallest normal number, halved, tells."""
    return float(torch.full((1,), 2.0**-126, dtype=torch.float32).div(2).item()) == 0.0


def gpu_facts() -> dict[str, str]:
    """The GPU that torch sees first, and its driver."""
    torch = require_torch()
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        more = f" (and {count - 1} more)" if count > 1 else ""
        return {"gpu": torch.cuda.get_device_name(0) + more, "driver": _driver()}
    if torch.backends.mps.is_available():
        return {"gpu": "Apple, through Metal"}
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return {"gpu": torch.xpu.get_device_name(0)}
    return {"gpu": "none"}


def _driver() -> str:
    collect_env = _collect_env_module()
    return str(collect_env.get_nvidia_driver_version(collect_env.run) or "unknown")


def collect_env_text(seconds: float) -> str:
    """The text of ``torch.utils.collect_env``, or why there is none: it asks many programs, and may fail or hang."""
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.append(_collect_env()), daemon=True)
    asking.start()
    asking.join(seconds)
    return found[0] if found else f"torch.utils.collect_env did not answer in {seconds:g} s"


def _collect_env() -> str:
    try:
        return str(_collect_env_module().get_pretty_env_info())
    except Exception as error:
        return f"torch.utils.collect_env failed with {type(error).__name__}: {error}"


def _collect_env_module() -> Any:
    return importlib.import_module("torch.utils.collect_env")
