"""Operands as they seldom meet: one tensor in two places, one without dimensions, one that is broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Case, Drawn, Input, Ref, references
from conformance.operation import DIFFERENTIABLE, Operation
from conformance.parameters import Operand
from conformance.strategies.layouts import geometry
from conformance.strategies.shapes import Shape
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NAME

OTHER = "another"
_SEVERAL = (3, 2)


def rare_operands(base: Case, operation: Operation, choices: Choices) -> Iterator[Case]:
    """The case with one operand in the place of the next too, and with one of fewer dimensions there.

    The derivative for an operand is the sum over its places: over both where it is given twice, over all where it is
    broadcast. Each is a way of its own, which most draws at random do not take.
    """
    place, given = next(_operands(base, operation), (0, None))
    shape = _shape_of_several(base, operation)
    if given is None or shape is None or not isinstance(given.values, Drawn):
        return
    others = (one for one in range(place + 1, len(base.main.args)) if _takes(operation, one, given.dtype))
    other = next(others, None)
    if other is None:
        return
    whole = _of_shape(given, shape)
    yield _with(base.with_input(whole), other, Ref(given.name))
    short = shape[choices.integer(1, len(shape)) :]
    fewer = () if choices.flag() else choices.choose((short, (1, *shape[1:]), (*shape[:-1], 1)))
    values = replace(given.values, seed=choices.integer(0, 2**32 - 1))
    small = replace(_of_shape(whole, fewer), name=OTHER, values=values)
    together = replace(base.with_input(whole), inputs=(*base.with_input(whole).inputs, small))
    yield _with(together, other, Ref(OTHER))


def _operands(base: Case, operation: Operation) -> Iterator[tuple[int, Input]]:
    """The operands of any values that have a gradient, and their places."""
    for place, argument in enumerate(base.main.args):
        if isinstance(argument, Ref):
            given = base.input(argument.name)
            if BY_NAME[given.dtype] in DIFFERENTIABLE and _takes(operation, place, given.dtype):
                yield place, given


def _takes(operation: Operation, place: int, dtype: str) -> bool:
    """Whether there is an operand at a place that takes tensors of a dtype, of any values."""
    parameter = operation.parameters[place]
    if not isinstance(parameter, Operand) or parameter.mode:
        return False
    return BY_NAME[dtype] in (parameter.dtypes or operation.dtypes)


def _shape_of_several(base: Case, operation: Operation) -> Shape | None:
    """The shape that the operands have together: of several elements, if all have one; None if they have none."""
    arguments = zip(operation.parameters, base.main.args, strict=False)
    names = [one.name for parameter, one in arguments if isinstance(parameter, Operand) and isinstance(one, Ref)]
    shape = broadcast_shapes(*(base.input(name).shape for name in names))
    if 0 in shape:
        return None
    return shape if any(size > 1 for size in shape) else _SEVERAL


def _of_shape(given: Input, shape: Shape) -> Input:
    strides, offset, size = geometry("contiguous", shape)
    return replace(given, shape=shape, strides=strides, offset=offset, size=size)


def _with(case: Case, place: int, argument: Ref) -> Case:
    """The case with this at a place, and without what is read no more."""
    args = tuple(argument if number == place else one for number, one in enumerate(case.main.args))
    read = {name for one in (*args, *dict(case.main.kwargs).values()) for name in references(one)}
    inputs = tuple(given for given in case.inputs if given.name in read)
    return replace(case, inputs=inputs, steps=(replace(case.main, args=args),))
