"""XLA devices through ``torch_xla``."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from conformance.model.observation import EVERY_ASPECT, Aspect
from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter, Traits
from conformance.targets.kind import TargetKind

# An XLA tensor is a value in a graph: it has no address, and no strides of its own. Where a base was written to, the
# nodes of its views are made by calling what made them again, since as_strided is what there is no memory for.
HIDDEN = frozenset({Aspect.STORAGE, Aspect.OFFSET, Aspect.STRIDES, Aspect.VERSION, Aspect.GRAD_FN})


class Xla(TargetKind):
    name = "xla"
    numbered = True
    survives_import = True

    def look(self, torch: Any) -> list[TargetInfo]:
        if importlib.util.find_spec("torch_xla") is None:
            return self.missing("torch_xla is not installed")
        version = importlib.import_module("torch_xla").__version__
        return [TargetInfo(self.first, True, f"torch_xla {version}")]

    def preload(self) -> None:
        importlib.import_module("torch_xla")  # which starts no thread and looks for no device

    def open(self, name: str) -> Interpreter:
        from conformance.targets.torch.xla import XlaTarget

        return XlaTarget(name, EVERY_ASPECT - HIDDEN, Traits(column="xla", flushes_subnormals=True))


KIND = Xla()
