"""Torch's meta device, which knows everything of a tensor but its values."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter
from conformance.targets.kind import TargetKind


class Meta(TargetKind):
    name = "meta"
    survives_fork = True
    has_values = False

    def look(self, torch: Any) -> list[TargetInfo]:
        return [TargetInfo(self.name, True, "shapes, dtypes and strides, no values")]

    def preload(self) -> None:
        import torch
        import torch.fx.experimental.symbolic_shapes

        torch.empty(0, device="meta").add(1)  # imports the 800 modules of the meta kernels, and has nothing to add

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.eager import MetaTarget

        return MetaTarget()


KIND = Meta()
