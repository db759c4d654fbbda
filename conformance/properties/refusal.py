"""Refusal: what the manual forbids is refused with the right kind of error, and leaves the inputs as they were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod

from conformance.choices import Choices
from conformance.model.case import Case, Drawn, DTypeName, Input
from conformance.operation import Operation
from conformance.properties.base import Property, first_tensor, result_seen
from conformance.properties.promotion import without_dtype
from conformance.strategies.cases import spoiled_cases
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BOOL, BY_NAME, TORCH_DTYPES


class Refusal(Property):
    name = "refusal"
    claim = "Forbidden arguments are refused with the right kind of error; the inputs are unchanged afterwards."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return True

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        given = first_tensor(base)
        dtype = BY_NAME[given.dtype] if given is not None else choices.choose(operation.dtypes)
        # Of two faults at once, either may be named: only what is valid is spoiled.
        yield from (spoiled for valid, spoiled in spoiled_cases(choices, operation, dtype) if result_seen(valid))
        refused = [dtype for dtype in TORCH_DTYPES if dtype not in operation.dtypes]
        if BOOL in refused and operation.pointwise and _has_integer(base):
            refused.remove(BOOL)
        if given is None and refused and _makes_elements(base):
            name = choices.choose(refused).name
            step = base.steps[0]
            asked = tuple((key, DTypeName(name) if key == "dtype" else value) for key, value in step.kwargs)
            yield replace(base, steps=(replace(step, kwargs=asked),))
        if given is not None and refused and _is_of_one_dtype(base) and result_seen(base):
            name = choices.choose(refused).name
            changed = tuple(replace(one, dtype=name) if _is_drawn(one) else one for one in base.inputs)
            # Cast to another first, a dtype may well be accepted.
            yield replace(base, inputs=changed, steps=(without_dtype(base.steps[0], operation),))


def _makes_elements(base: Case) -> bool:
    """Whether a call that names the dtype of what it makes makes several elements.

    Nothing is of any dtype, and a range of one element is only filled.
    """
    seen = result_seen(base)
    return _names_dtype(base) and seen is not None and all(prod(one.shape or ()) > 1 for one in seen.values())


def _names_dtype(base: Case) -> bool:
    return isinstance(dict(base.steps[0].kwargs).get("dtype"), DTypeName)


def _is_of_one_dtype(base: Case) -> bool:
    """Whether the dtype alone decides: all tensors have it, none is empty, no number is of a higher category."""
    numbers = any(isinstance(argument, (float, complex)) for argument in base.steps[0].args)
    if any(0 in given.shape for given in base.inputs):
        return False
    dtypes = {given.dtype for given in base.inputs if _is_drawn(given)}
    return len(dtypes) == 1 and not numbers and not base.inputs[0].array


def _is_drawn(given: Input) -> bool:
    """Whether the values were drawn: those that were chosen one by one are indices, whose dtype is their own affair."""
    return isinstance(given.values, Drawn)


def _has_integer(base: Case) -> bool:
    """Whether a Python integer is among the operands, with which a bool tensor would be promoted."""
    return any(isinstance(argument, int) and not isinstance(argument, bool) for argument in base.steps[0].args)


PROPERTY = Refusal()
