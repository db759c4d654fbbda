"""A kind of target: how to look for its devices, and how to open one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from conformance.model.run import TargetInfo
from conformance.targets.interpreter import Interpreter


class TargetKind(ABC):
    """One way to run torch. ``look`` is given the torch module, so that a kind can be named where there is none.

    ``name`` is what a user types; with ``numbered``, targets are called ``name:0``, ``name:1`` and so on. ``in_bulk``:
    its targets run many cases as one, and no operation on its own. ``survives_fork``: a copy of a process that looked
    for its targets can open them; ``survives_import``: at least one of a process that has only imported what they need.
    """

    name: ClassVar[str]
    numbered: ClassVar[bool] = False
    has_values: ClassVar[bool] = True
    in_bulk: ClassVar[bool] = False
    survives_fork: ClassVar[bool] = False
    survives_import: ClassVar[bool] = False

    @abstractmethod
    def look(self, torch: Any) -> list[TargetInfo]:
        """Every target of this kind that is here; if none is, one that says why."""

    @abstractmethod
    def open(self, name: str) -> Interpreter:
        """The target called ``name``, which ``look`` found to be available."""

    def preload(self) -> None:
        """Import what torch imports at a first call, so that no copy of this process has to; call no kernel."""
        return

    def compute_in_several(self) -> None:
        """Compute in several threads: in a copy of a process that had some, that may never end."""
        return

    @property
    def first(self) -> str:
        """The name of the first target of this kind, whether it is here or not."""
        return f"{self.name}:0" if self.numbered else self.name

    def missing(self, why: str) -> list[TargetInfo]:
        """The answer of ``look`` where there is none."""
        return [TargetInfo(self.first, False, why)]
