"""Eager torch on the CPU."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter
from conformance.targets.kind import TargetKind
from conformance.threads import MANY, SEVERAL


class Cpu(TargetKind):
    name = "cpu"
    survives_fork = True

    def look(self, torch: Any) -> list[TargetInfo]:
        capability = torch.backends.cpu.get_cpu_capability()
        return [TargetInfo(self.name, True, f"{capability}, up to {SEVERAL} threads")]

    def preload(self) -> None:
        import torch.fx.experimental.symbolic_shapes  # noqa: F401 - by the first backward pass

    def compute_in_several(self) -> None:
        import torch

        torch.set_num_threads(SEVERAL)
        torch.ones(SEVERAL * MANY).sum()

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.eager import TorchTarget

        return TorchTarget(name)


KIND = Cpu()
