"""Agrees: the target does what the reference does, in every aspect that it can show."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.model.case import Case
from conformance.model.observation import Aspect
from conformance.operation import Operation
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter


class Agrees(Property):
    name = "agrees"
    of_every_dtype = True
    claim = "The call gives the values, dtype, shape, strides and storage that the manual specifies."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES in target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        yield base


PROPERTY = Agrees()
