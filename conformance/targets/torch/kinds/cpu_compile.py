"""Torch on the CPU through ``torch.compile``: here where Inductor finds what it needs to build its kernels."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter
from conformance.targets.kind import TargetKind

_DEFAULT_COMPILERS = {"darwin": "clang++", "win32": "cl"}


class CpuCompile(TargetKind):
    name = "cpu+compile"
    survives_fork = True
    in_bulk = True

    def look(self, torch: Any) -> list[TargetInfo]:
        why_not = _unsupported(torch)
        if why_not:
            return self.missing(why_not)
        wanted = os.environ.get("CXX") or _DEFAULT_COMPILERS.get(sys.platform, "g++")
        compiler = shutil.which(wanted)
        if compiler is None:
            return self.missing(f"no C++ compiler: {wanted} is not on the path (CXX names another)")
        if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
            return self.missing("Python.h is missing: install this Python's development headers")
        return [TargetInfo(self.name, True, f"inductor with {compiler}")]

    def preload(self) -> None:
        import torch._dynamo
        import torch._inductor.compile_fx  # noqa: F401 - by the first compiled call

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.compiled import CompiledTarget

        return CompiledTarget()


def _unsupported(torch: Any) -> str:
    """Why torch.compile does not work on this Python, or nothing. Without a function it only checks that."""
    if not hasattr(torch, "compile"):
        return "this torch has no torch.compile"
    try:
        torch.compile(backend="inductor")
    except RuntimeError as error:
        return " ".join(str(error).split())
    return ""


KIND = CpuCompile()
