"""In place: the ``op_`` spelling writes what the functional one returns, into the same storage."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.model.case import Case
from conformance.operation import Form, Operation
from conformance.properties.base import Property, first_tensor, in_form
from conformance.targets.interpreter import Interpreter


class InPlace(Property):
    name = "in place"
    claim = (
        "The in-place form returns its first argument, holding the values of the functional form, in the same storage"
        " and a higher version; it refuses when the result does not fit."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return bool(operation.functional) and Form.IN_PLACE in operation.spellings

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        if first_tensor(base) is None:
            return
        yield in_form(base, Form.IN_PLACE)
        step = base.steps[0]
        if Form.IN_PLACE_OPERATOR in operation.spellings and len(step.args) == 2 and not step.kwargs:
            yield in_form(base, Form.IN_PLACE_OPERATOR)


PROPERTY = InPlace()
