"""Torch's meta device, which knows everything of a tensor but its values."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter
from conformance.targets.kind import TargetKind


class Meta(TargetKind):
    name = "meta"
    has_values = False

    def look(self, torch: Any) -> list[TargetInfo]:
        return [TargetInfo(self.name, True, "shapes, dtypes and strides, no values")]

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.eager import MetaTarget

        return MetaTarget()


KIND = Meta()
