"""Parts: an in-place call on a part of a tensor writes to these elements of the whole, and to its graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined
from conformance.model.case import BACKWARD, Case, Drawn, Input, Ref, Step
from conformance.model.observation import Aspect
from conformance.operation import Effect, Form, Operation
from conformance.properties.base import Property, first_tensor, result_seen, then
from conformance.properties.gradient import tamed
from conformance.properties.programs import PROPERTY as PROGRAMS
from conformance.strategies.cases import with_requires_grad
from conformance.strategies.layouts import geometry
from conformance.strategies.programs import is_exact, is_exact_operation
from conformance.targets.interpreter import Interpreter

Shape = tuple[int, ...]
Part = tuple[Shape, Step]
"""The shape of a whole, and how the part is taken of it."""
LEAF, WHOLE, COTANGENT = "leaf", "whole", "cotangent"


class Parts(Property):
    name = "parts"
    claim = (
        "An in-place call on a view writes to these elements of its base alone, raises the version that both share, and"
        " becomes part of the base's graph; on a view of a leaf, and on one of several views of a call, it is refused."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        writes = Form.IN_PLACE in operation.spellings or operation.effect is Effect.WRITES
        of_elements = writes and operation.effect in (Effect.NEW, Effect.WRITES)
        return of_elements and is_exact_operation(operation) and Aspect.VALUES in target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Small integers, so that every number is exact: what differs is no rounding error."""
        base = tamed(base)
        given = first_tensor(base)
        if given is None or not all(isinstance(one.values, Drawn) or not one.requires_grad for one in base.inputs):
            return
        given = _as_large_as_its_result(base, given)
        if given.array or not isinstance(given.values, Drawn):
            return
        step = base.main if Form.IN_PLACE not in operation.spellings else replace(base.main, spelling=Form.IN_PLACE)
        base = replace(base.with_input(given), steps=(step,))
        if REFERENCE.run(_on_part(base, given, _selected(given))).refused is not None:
            return
        for taken in (choices.choose(_ONE_OF), _one_of_several):
            case = _on_part(base, given, taken(given))
            tracked = with_requires_grad(case)
            leaf = tracked.input(WHOLE)
            if not leaf.requires_grad:
                yield from _exact(case)
            elif taken is _one_of_several and choices.flag():
                yield from _exact(tracked)
            else:
                yield from _exact(_pulled(tracked, leaf, choices))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        return PROGRAMS.examine(case, target)


def _as_large_as_its_result(base: Case, given: Input) -> Input:
    """The first argument in the shape to which it is broadcast: a smaller one is only refused."""
    for seen in (result_seen(base) or {}).values():
        if seen.shape is not None:
            return replace(given, shape=seen.shape)
    return given


def _on_part(base: Case, given: Input, part: Part) -> Case:
    """The call on a part of a larger tensor, which has the name that the tensor itself had."""
    shape, step = part
    strides, offset, size = geometry("contiguous", shape)
    values = replace(given.values, mode="small", specials=()) if isinstance(given.values, Drawn) else given.values
    whole = Input(WHOLE, shape, given.dtype, strides, offset, size, values)
    others = tuple(_small(one) for one in base.inputs if one.name != given.name)
    return replace(base, inputs=(whole, *others), steps=(step, *base.steps))


def _small(given: Input) -> Input:
    """An input of small integers, unless its elements were chosen one by one."""
    if not isinstance(given.values, Drawn):
        return given
    return replace(given, values=replace(given.values, mode="small", specials=()))


def _pulled(case: Case, leaf: Input, choices: Choices) -> Case:
    """The whole as a copy of a leaf, and a backward pass from it."""
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
    if all(is_exact(seen) for one in trace.observations for seen in one.variables.values()):
        yield case


# -- parts ----------------------------------------------------------------------------------------------------------


def _selected(given: Input) -> Part:
    return (*given.shape, 2), Step("select", Form.METHOD, (Ref(WHOLE), -1, 1), results=(given.name,))


def _narrowed(given: Input) -> Part:
    """All but the first row; of a tensor without dimensions, the second element."""
    if not given.shape:
        return _selected(given)
    step = Step("narrow", Form.METHOD, (Ref(WHOLE), 0, 1, given.shape[0]), results=(given.name,))
    return (given.shape[0] + 1, *given.shape[1:]), step


def _transposed(given: Input) -> Part:
    """All of it, by columns; of a vector, every second element."""
    if len(given.shape) < 2:
        return _selected(given)
    first, *between, last = given.shape
    return (last, *between, first), Step("transpose", Form.METHOD, (Ref(WHOLE), 0, -1), results=(given.name,))


def _one_of_several(given: Input) -> Part:
    return (*given.shape, 2), Step("unbind", Form.METHOD, (Ref(WHOLE), -1), results=(given.name, "beside"))


_ONE_OF: tuple[Callable[[Input], Part], ...] = (_selected, _narrowed, _transposed)

PROPERTY = Parts()
