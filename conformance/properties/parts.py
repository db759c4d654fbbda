"""Parts: an in-place call on a part of a tensor writes to these elements of the whole, and to its graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined
from conformance.model.case import BACKWARD, Case, Drawn, Input, Ref, Step
from conformance.model.observation import Aspect
from conformance.operation import Effect, Form, Operation
from conformance.properties.base import Property, first_tensor, result_shape, then
from conformance.properties.gradient import tamed
from conformance.properties.programs import PROPERTY as PROGRAMS
from conformance.strategies.cases import with_requires_grad
from conformance.strategies.layouts import geometry
from conformance.strategies.programs import has_exact_numbers, is_exact, is_exact_operation
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME, FLOAT32, FLOAT64, INTEGRAL

Shape = tuple[int, ...]
Part = tuple[Shape, tuple[Step, ...]]
"""The shape of a whole, and the steps that take the part."""
LEAF, WHOLE, COTANGENT = "leaf", "whole", "cotangent"


class Parts(Property):
    name = "parts"
    of_every_dtype = True
    claim = (
        "An in-place call on a view writes to these elements of its base alone, raises the version that both share, and"
        " becomes part of the base's graph; on a view of a leaf, and on one of several views of a call, it is refused."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        writes = Form.IN_PLACE in operation.spellings or operation.effect is Effect.WRITES
        of_elements = writes and operation.effect in (Effect.NEW, Effect.WRITES)
        return of_elements and is_exact_operation(operation) and Aspect.VALUES in target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Small integers, so that every number is exact: what differs is no rounding error. Of a kind of dtypes with
        and one without gradients, of which there are structures in every round."""
        given = first_tensor(base)
        if given is None or given.array or BY_NAME[given.dtype] not in _DTYPES or not isinstance(given.values, Drawn):
            return
        shape = result_shape(base)
        # One that is smaller than the result is only refused.
        shape = given.shape if shape is None else shape
        base = tamed(base)
        given = replace(given, shape=shape, values=base.input(given.name).values)
        step = base.main if Form.IN_PLACE not in operation.spellings else replace(base.main, spelling=Form.IN_PLACE)
        base = replace(base.with_input(given), steps=(step,))
        plain = _on_part(base, given, _inner(given))
        tracked = with_requires_grad(plain)
        is_tracked = tracked.input(WHOLE).requires_grad
        if REFERENCE.run(plain, every_step=not is_tracked).refused is not None:
            return
        if not is_tracked:
            yield from _exact(plain)
            return
        yield from _exact(_pulled(tracked, choices))
        refused = choices.choose((_inner(given), _one_of_several(given)))
        yield from _exact(with_requires_grad(_on_part(base, given, refused)))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        return PROGRAMS.examine(case, target)


def _on_part(base: Case, given: Input, part: Part) -> Case:
    """The call on a part of a larger tensor, which has the name that the tensor itself had."""
    shape, steps = part
    strides, offset, size = geometry("contiguous", shape)
    assert isinstance(given.values, Drawn), "only drawn values can be more"
    values = replace(given.values, mode="small", specials=())
    whole = Input(WHOLE, shape, given.dtype, strides, offset, size, values)
    others = tuple(_small(one) for one in base.inputs if one.name != given.name)
    return replace(base, inputs=(whole, *others), steps=(*steps, *base.steps))


def _small(given: Input) -> Input:
    """An input of small integers, unless its elements were chosen one by one."""
    if not isinstance(given.values, Drawn):
        return given
    return replace(given, values=replace(given.values, mode="small", specials=()))


def _pulled(case: Case, choices: Choices) -> Case:
    """The whole as a copy of a leaf, and a backward pass from it."""
    leaf = case.input(WHOLE)
    strides, offset, size = geometry("contiguous", leaf.shape)
    values = Drawn("small", choices.integer(0, 2**32 - 1))
    cotangent = Input(COTANGENT, leaf.shape, leaf.dtype, strides, offset, size, values)
    inputs = (replace(leaf, name=LEAF), *(one for one in case.inputs if one.name != WHOLE), cotangent)
    copied = Step("clone", Form.METHOD, (Ref(LEAF),), results=(WHOLE,))
    backward = Step(BACKWARD, Form.METHOD, (Ref(WHOLE), Ref(COTANGENT)))
    return then(replace(case, inputs=inputs, steps=(copied, *case.steps)), backward)


def _exact(case: Case) -> Iterable[Case]:
    """The case, if every number is exact."""
    trace = REFERENCE.run(case, every_step=True)
    if all(map(has_exact_numbers, case.steps)) and all(
        is_exact(seen) for one in trace.observations for seen in one.variables.values()
    ):
        yield case


# -- parts: the shape of the whole, and the steps that take the part --------------------------------------------------


def _inner(given: Input) -> Part:
    """Every second element, of all but the first row: the part begins behind the whole, and has gaps."""
    shape = given.shape or (1,)
    rows = Step("narrow", Form.METHOD, (Ref(WHOLE), 0, 1, shape[0] if given.shape else 1), results=("rows",))
    if not given.shape:
        return (2,), (rows, Step("select", Form.METHOD, (Ref("rows"), 0, 0), results=(given.name,)))
    part = Step("select", Form.METHOD, (Ref("rows"), -1, 1), results=(given.name,))
    return (shape[0] + 1, *shape[1:], 2), (rows, part)


def _one_of_several(given: Input) -> Part:
    return (*given.shape, 2), (Step("unbind", Form.METHOD, (Ref(WHOLE), -1), results=(given.name, "beside")),)


_DTYPES = (FLOAT32, FLOAT64, *INTEGRAL)

PROPERTY = Parts()
