"""Eager torch on the CPU."""

from __future__ import annotations

from typing import Any

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter
from conformance.targets.kind import TargetKind


class Cpu(TargetKind):
    name = "cpu"

    def look(self, torch: Any) -> list[TargetInfo]:
        capability = torch.backends.cpu.get_cpu_capability()
        threads = torch.get_num_threads()
        return [TargetInfo(self.name, True, f"{capability}, {threads} thread{'s' if threads != 1 else ''}")]

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.eager import TorchTarget

        return TorchTarget(name)


KIND = Cpu()
