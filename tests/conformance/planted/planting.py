"""Faults planted in torch: a target that is torch, but for one call that does something wrong."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance.model.case import Step
from conformance.model.observation import EVERY_ASPECT, METADATA
from conformance.operation import FUNCTIONAL, Form
from conformance.targets.torch.eager import TorchTarget

IN_PLACE = (Form.IN_PLACE, Form.IN_PLACE_OPERATOR)
OUT = (Form.OUT,)
EVERY_FORM = tuple(Form)

Plant = Callable[..., Any]
"""What is called in the place of torch's own: a function of torch's own and of the arguments."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which operation and forms, and the property that is meant to see it.

    ``through`` is the operation whose verification meets it, where that is another one.
    ``elements`` and ``steps`` are how large the proof may be once it is reduced: a fault that needs more says so.
    """

    name: str
    wrong: str
    operation: str
    property: str
    plant: Plant
    forms: tuple[Form, ...] = FUNCTIONAL
    through: str = ""
    device: str = "cpu"
    elements: int = 8
    steps: int = 3

    @builtins.property
    def verified(self) -> str:
        """The operation that is verified."""
        return self.through or self.operation


class FaultyTarget(TorchTarget):
    """Torch on its device, with one fault planted."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.device, METADATA if fault.device == "meta" else EVERY_ASPECT)
        self.fault = fault

    def called(self, step: Step) -> Callable[..., Any]:
        real = super().called(step)
        if step.operation == self.fault.operation and step.spelling in self.fault.forms:
            return partial(self.fault.plant, real)
        return real
