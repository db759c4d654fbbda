"""Apple's GPU through Metal."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter, Traits
from conformance.targets.kind import TargetKind


class Mps(TargetKind):
    name = "mps"

    def look(self, torch: Any) -> list[TargetInfo]:
        if not torch.backends.mps.is_built():
            return self.missing("torch was built without MPS")
        if not torch.backends.mps.is_available():
            return self.missing("torch was built with MPS, but finds no Metal device")
        return [TargetInfo(self.name, True, "Metal")]

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.eager import TorchTarget

        return TorchTarget(name, traits=Traits(column="other", flushes_subnormals=True))


KIND = Mps()
