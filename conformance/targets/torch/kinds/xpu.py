"""Intel GPUs."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter, Traits
from conformance.targets.kind import TargetKind


class Xpu(TargetKind):
    name = "xpu"
    numbered = True

    def look(self, torch: Any) -> list[TargetInfo]:
        if not hasattr(torch, "xpu") or not torch.xpu._is_compiled():
            return self.missing("torch was built without XPU")
        if not torch.xpu.is_available() or not torch.xpu.device_count():
            return self.missing("torch was built with XPU, but finds no driver or no device")
        names = [torch.xpu.get_device_properties(index).name for index in range(torch.xpu.device_count())]
        return [TargetInfo(f"{self.name}:{index}", True, device) for index, device in enumerate(names)]

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.eager import TorchTarget

        return TorchTarget(name, traits=Traits(column="other"))


KIND = Xpu()
