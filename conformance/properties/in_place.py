"""In place: the ``op_`` spelling writes what the functional one returns, into the same storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Case
from conformance.operation import Form, Operation
from conformance.properties.base import Property, first_tensor, in_form, relaid
from conformance.strategies.cases import with_requires_grad
from conformance.targets.interpreter import Interpreter


class InPlace(Property):
    name = "in place"
    claim = (
        "The in-place form returns its first argument, holding the values of the functional form, in the same storage"
        " and a higher version; it refuses a result that does not fit, and a leaf that requires a gradient."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return bool(operation.functional) and Form.IN_PLACE in operation.spellings

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        given = first_tensor(base)
        if given is None:
            return
        yield in_form(base, Form.IN_PLACE)
        yield in_form(base.with_input(relaid(given, "transposed", 0)), Form.IN_PLACE)
        step = base.steps[0]
        if Form.IN_PLACE_OPERATOR in operation.spellings and len(step.args) == 2 and not step.kwargs:
            yield in_form(base, Form.IN_PLACE_OPERATOR)
        if operation.pointwise:
            yield from _too_small(in_form(base, Form.IN_PLACE), choices)
            if choices.flag(40):
                yield from _shared(in_form(base, Form.IN_PLACE), choices)
        if operation.gradient is not None:
            yield with_requires_grad(in_form(base, Form.IN_PLACE))


def _too_small(case: Case, choices: Choices) -> Iterable[Case]:
    """The first argument without all but the first of a dimension, to which the result of broadcasting does not fit."""
    given = first_tensor(case)
    assert given is not None, "a case in place has a tensor to write to"
    dims = [dim for dim, size in enumerate(given.shape) if size > 1]
    if dims:
        dim = choices.choose(dims)
        yield case.with_input(replace(given, shape=(*given.shape[:dim], 1, *given.shape[dim + 1 :])))


def _shared(case: Case, choices: Choices) -> Iterable[Case]:
    """The first argument expanded, so that several elements share the memory that would be written to."""
    given = first_tensor(case)
    assert given is not None, "a case in place has a tensor to write to"
    if given.shape:
        yield case.with_input(relaid(given, "expanded", choices.integer(0, len(given.shape) - 1)))


PROPERTY = InPlace()
