"""CUDA devices, and AMD's, which torch shows as CUDA."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter, Traits
from conformance.targets.kind import TargetKind


class Cuda(TargetKind):
    name = "cuda"
    numbered = True

    def look(self, torch: Any) -> list[TargetInfo]:
        if not torch.version.cuda and not getattr(torch.version, "hip", None):
            return self.missing("torch was built without CUDA")
        if not torch.cuda.is_available() or not torch.cuda.device_count():
            return self.missing("torch was built with CUDA, but finds no driver or no device")
        return [self._describe(torch, index) for index in range(torch.cuda.device_count())]

    def _describe(self, torch: Any, index: int) -> TargetInfo:
        device = torch.cuda.get_device_properties(index)
        return TargetInfo(f"{self.name}:{index}", True, f"{device.name}, capability {device.major}.{device.minor}")

    def open(self, name: str) -> Interpreter:
        import torch

        from conformance.targets.torch.eager import TorchTarget

        return TorchTarget(name, traits=Traits(column="cuda", tf32=torch.backends.cuda.matmul.allow_tf32))


KIND = Cuda()
