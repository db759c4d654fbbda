"""Metadata: a target without data (meta, fake tensors) gives the shape, dtype and strides that the CPU gives."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.model.case import Case
from conformance.model.observation import Aspect
from conformance.operation import Operation
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter


class Metadata(Property):
    name = "metadata"
    of_every_dtype = True
    claim = (
        "Without data, the call gives the shape, dtype, storage and refusals that it gives with data, and the strides"
        " by which its elements are addressed."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES not in target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        yield base


PROPERTY = Metadata()
