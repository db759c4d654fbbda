"""Exhaustive: a function of one tensor is right for every value of a small dtype, however they lie in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from conformance.bulk import first_failing_row, rows_apply
from conformance.choices import Choices
from conformance.examine import Examined, examine
from conformance.model.case import Case, Ref
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import Operation
from conformance.operations import find
from conformance.properties.base import Property, first_tensor
from conformance.sweep.inputs import PATHS, every_value, unary
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME

SMALL = 2  # bytes: all values of such a dtype are one tensor


class Exhaustive(Property):
    name = "exhaustive"
    claim = (
        "Each of the 65,536 values of 16 bits, and of the 256 of 8, gives what the manual specifies: in one piece of"
        " memory, in every third place, and in rows of seven, which leave a vector instruction nothing but ends."
    )
    once: ClassVar[bool] = True

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES in target.aspects and not target.in_bulk and unary(operation) and not operation.alias_of

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Every value of the dtype of the first tensor, along each path; other arguments keep their defaults."""
        given = first_tensor(base)
        if given is None or BY_NAME[given.dtype].itemsize > SMALL:
            return
        step = replace(base.steps[0], spelling=operation.functional[0], args=(Ref(given.name),), kwargs=())
        for path in PATHS:
            yield Case((every_value(given.name, BY_NAME[given.dtype], path),), (step,))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        operation = find(case.main.operation)
        if rows_apply(case, operation, target):
            found = first_failing_row(case, operation, target, rows=1)
            if found.row is None:
                return Examined(case, Outcome.HELD, worst_ulps=found.worst_ulps)
        return examine(case, target)


PROPERTY = Exhaustive()
