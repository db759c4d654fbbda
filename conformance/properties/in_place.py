"""In place: the ``op_`` spelling writes what the functional one returns, into the same storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.examine import REFERENCE
from conformance.model.case import Case, Drawn, Input, Ref, references
from conformance.operation import DIFFERENTIABLE, Form, Operation
from conformance.properties.base import Property, first_tensor, in_form, relaid, result_shape
from conformance.properties.promotion import NUMBERS, promoted_operands, without_dtype
from conformance.strategies.cases import with_requires_grad
from conformance.strategies.layouts import geometry
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME, COMPLEX64, FLOAT32


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
        if operation.pointwise:
            yield from _as_large_as_its_result(base, given)
        yield in_form(base.with_input(relaid(given, "transposed", 0)), Form.IN_PLACE)
        # One that is too small would be refused for that.
        fitting = next(iter(_as_large_as_its_result(base, given)), base) if operation.pointwise else base
        step = base.steps[0]
        operator = Form.IN_PLACE_OPERATOR in operation.spellings and len(step.args) == 2 and not step.kwargs
        if operator:
            yield in_form(base, Form.IN_PLACE_OPERATOR)
        if operation.pointwise:
            yield from _too_small(in_form(base, Form.IN_PLACE), choices)
            for form in (Form.IN_PLACE, Form.IN_PLACE_OPERATOR) if operator else (Form.IN_PLACE,):
                yield from _of_a_higher_category(in_form(fitting, form), operation)
            if choices.flag(40):
                yield from _shared(in_form(base, Form.IN_PLACE), choices)
        if operation.gradient is not None:
            yield from _on_a_leaf(in_form(fitting, Form.IN_PLACE), given, operation)


def _as_large_as_its_result(base: Case, given: Input) -> Iterable[Case]:
    """The first argument in the shape to which it is broadcast, where it is smaller and the call as it is refused."""
    shape = result_shape(base)
    if shape is not None and shape != given.shape and isinstance(given.values, Drawn):
        strides, offset, size = geometry("contiguous", shape)
        larger = replace(given, shape=shape, strides=strides, offset=offset, size=size)
        yield in_form(base.with_input(larger), Form.IN_PLACE)


def _too_small(case: Case, choices: Choices) -> Iterable[Case]:
    """The first argument without all but the first of a dimension, to which the result of broadcasting does not fit."""
    given = first_tensor(case)
    assert given is not None, "a case in place has a tensor to write to"
    dims = [dim for dim, size in enumerate(given.shape) if size > 1]
    if dims:
        dim = choices.choose(dims)
        yield case.with_input(replace(given, shape=(*given.shape[:dim], 1, *given.shape[dim + 1 :])))


def _of_a_higher_category(case: Case, operation: Operation) -> Iterable[Case]:
    """The second operand of a kind whose promotion the first cannot hold: of floating point, or complex."""
    given, places = first_tensor(case), promoted_operands(operation)[1:2]
    assert given is not None, "a case in place has a tensor to write to"
    if BY_NAME[given.dtype].is_complex and FLOAT32 in operation.dtypes:
        given = replace(given, dtype=FLOAT32.name, values=Drawn("positive", 1))
        case = case.with_input(given)
    higher = (dtype for dtype in (FLOAT32, COMPLEX64) if dtype.category > BY_NAME[given.dtype].category)
    dtype = next((dtype for dtype in higher if dtype in operation.dtypes), None)
    if dtype is None:
        return
    for place in places:
        other = case.main.args[place] if place < len(case.main.args) else None
        if isinstance(other, Ref):  # which may be the first once more, or be given once more
            higher_one = replace(case.input(other.name), name="higher", dtype=dtype.name, values=Drawn("positive", 1))
            args = (*case.main.args[:place], Ref("higher"), *case.main.args[place + 1 :])
            read = {name for argument in args for name in references(argument)}
            inputs = tuple(one for one in case.inputs if one.name in read or one.name != other.name)
            yield replace(case, inputs=(*inputs, higher_one), steps=(replace(case.main, args=args),))
        elif isinstance(other, (int, float, complex)):
            args = (*case.main.args[:place], NUMBERS[dtype.category], *case.main.args[place + 1 :])
            yield replace(case, steps=(replace(case.main, args=args),))


def _on_a_leaf(case: Case, given: Input, operation: Operation) -> Iterable[Case]:
    """The first argument a leaf that requires a gradient: in float32, where its own dtype has none.

    A dtype that is asked for would be refused for itself.
    """
    case = replace(case, steps=(without_dtype(case.steps[0], operation),))
    if BY_NAME[given.dtype] in DIFFERENTIABLE:
        yield with_requires_grad(case)
        return
    of_own_dtype = {
        name
        for parameter, argument in zip(operation.parameters, case.main.args, strict=False)
        if getattr(parameter, "dtypes", ())
        for name in references(argument)
    }
    changed = tuple(
        replace(one, dtype=FLOAT32.name, values=Drawn("positive", 1))
        if one.dtype == given.dtype and isinstance(one.values, Drawn) and one.name not in of_own_dtype
        else one
        for one in case.inputs
    )
    floating = replace(case, inputs=changed)
    # What is refused for its dtypes would be refused for these.
    if FLOAT32 in operation.dtypes and REFERENCE.run(floating).refused is None:
        yield with_requires_grad(floating)


def _shared(case: Case, choices: Choices) -> Iterable[Case]:
    """The first argument expanded, so that several elements share the memory that would be written to."""
    given = first_tensor(case)
    assert given is not None, "a case in place has a tensor to write to"
    if given.shape:
        yield case.with_input(relaid(given, "expanded", choices.integer(0, len(given.shape) - 1)))


PROPERTY = InPlace()
