"""Programs: sequences of steps on the same few tensors, the effect of each step drawn first.

The reference runs while the program is drawn, so that every step is valid where it stands; a step whose values are
not exact is not taken, so that whatever differs later is no rounding error passed on.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from conformance.choices import Choices
from conformance.model.case import Argument, Case, Drawn, Input, Ref, Step
from conformance.model.observation import Seen, Trace
from conformance.operation import Effect, Form, Omitted, Operation
from conformance.operations import every_operation
from conformance.strategies.cases import arrange, possible_forms, result_names
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import draw_geometry
from conformance.strategies.shapes import Shape, draw_shape
from conformance.targets.reference import ReferenceTarget
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NAME, FLOAT32, FLOAT64, INT64, Category, DType
from reference.errors import Refusal

MOST_STEPS = 12
ATTEMPTS_A_STEP = 4
DTYPES = (FLOAT32, FLOAT64, INT64)
_KINDS: dict[str, tuple[Effect, ...]] = {
    "view": (Effect.VIEW, Effect.MAY_VIEW),
    "write": (Effect.WRITES,),
    "compute": (Effect.NEW,),
    "backward": (Effect.RECORDS,),
    "track": (Effect.RECORDS,),
    "share": (Effect.SHARES,),
}
_EXACT_SCALE = 1024.0
_EXACT_REACH = 2.0**20
_reference = ReferenceTarget()


class ProgramDrawing(Drawing):
    """A drawing whose tensors are, where one fits, variables that the program already has."""

    def __init__(self, choices: Choices, operation: Operation, seen: dict[str, Seen], fresh: str) -> None:
        super().__init__(choices, operation, FLOAT32)
        self.seen = seen
        self.fresh = fresh

    def tensor(
        self,
        name: str,
        shape: Shape,
        dtype: DType | None = None,
        *,
        mode: str = "",
        writeable: bool = False,
        requires_grad: bool = False,
    ) -> Ref:
        first = not self.arguments
        fitting = [known for known, one in self.seen.items() if one.kind == "tensor" and (first or _fits(one, shape))]
        if fitting and not mode and dtype is None and (first or self.choices.flag(80)):
            chosen = self.choices.choose(fitting)
            one = self.seen[chosen]
            assert one.shape is not None, "a tensor has a shape"
            assert one.dtype is not None, "a tensor has a dtype"
            self.dtype = BY_NAME[one.dtype]
            self.fix_shape(one.shape)
            return Ref(chosen)
        made = super().tensor(f"{self.fresh}{name}", shape, dtype, mode=mode or "small", writeable=writeable)
        return made

    def given(self, name: str) -> Input | None:
        argument = self.arguments.get(name)
        if isinstance(argument, Ref) and argument.name in self.seen:
            one = self.seen[argument.name]
            assert one.shape is not None, "a tensor has a shape"
            return Input(argument.name, one.shape, one.dtype or "float32", one.strides or (), 0, 0, Drawn("small", 0))
        return super().given(name)


def _fits(one: Seen, shape: Shape) -> bool:
    try:
        return one.shape is not None and broadcast_shapes(one.shape, shape) == shape
    except Refusal:
        return False


def draw_program(choices: Choices) -> Case:
    """A program of up to twelve steps on one or two input tensors."""
    case = Case(tuple(_input(choices, name) for name in ("x", "y")[: choices.integer(1, 2)]), ())
    trace: Trace | None = None
    for number in range(choices.integer(3, MOST_STEPS)):
        for _ in range(ATTEMPTS_A_STEP):
            grown = _with_step(choices, case, trace, number)
            if grown is None:
                continue
            ran = _reference.run(grown)
            if ran.refused is None and not _is_exact(ran):
                continue
            case, trace = grown, ran
            break
        if trace is not None and trace.refused is not None:
            break
    return case


def _input(choices: Choices, name: str) -> Input:
    shape = draw_shape(choices, min_ndim=1, max_ndim=3, numel=24)
    dtype = choices.choose(DTYPES)
    strides, offset, size = draw_geometry(choices, shape, writeable=True)
    tracked = dtype.is_differentiable and choices.flag(40)
    return Input(name, shape, dtype.name, strides, offset, size, Drawn("small", choices.integer(0, 2**32 - 1)), tracked)


def _with_step(choices: Choices, case: Case, trace: Trace | None, number: int) -> Case | None:
    """The case with one more step: an effect, then an operation that has it, then its operands."""
    seen = trace.last.variables if trace is not None else _inputs_seen(case)
    effect = choices.choose([effect for effect in _KINDS if _with_effect(effect)])
    operation, form = _operation_with(choices, effect)
    drawing = ProgramDrawing(choices, operation, seen, f"n{number}_")
    pairs: list[tuple[Any, Argument | Omitted]] = []
    for parameter in operation.parameters:
        try:
            value = parameter.draw(choices, drawing)
        except (IndexError, AssertionError, ValueError):
            return None
        pairs.append((parameter, value))
        if not isinstance(value, Omitted):
            drawing.arguments[parameter.name] = value
    args, kwargs = arrange(pairs)
    if not args or not isinstance(args[0], Ref):
        return None
    form = form or choices.choose(possible_forms(operation, pairs))
    names = result_names(operation, f"v{number}")
    grad = not (effect == "write" and choices.flag(30))
    step = Step(operation.name, form, args, kwargs, names, grad)
    return replace(case, inputs=(*case.inputs, *drawing.inputs), steps=(*case.steps, step))


def _inputs_seen(case: Case) -> dict[str, Seen]:
    return {given.name: Seen("tensor", None, given.dtype, given.shape, given.strides) for given in case.inputs}


def _operation_with(choices: Choices, effect: str) -> tuple[Operation, Form | None]:
    """An operation with the effect, and the form in which it has it where that is no free choice."""
    if effect == "backward":
        return every_operation()["backward"], Form.METHOD
    if effect == "write" and choices.flag(50):
        return choices.choose(_with_form(Form.IN_PLACE)), Form.IN_PLACE
    operation = choices.choose(_with_effect(effect))
    return operation, None if operation.functional else Form.IN_PLACE


@cache
def _with_effect(effect: str) -> list[Operation]:
    return [
        one for one in every_operation().values() if one.effect in _KINDS[effect] and one.parameters and not one.random
    ]


@cache
def _with_form(form: Form) -> list[Operation]:
    return [one for one in every_operation().values() if form in one.spellings and not one.random]


def _is_exact(trace: Trace) -> bool:
    """Whether every number seen is one that no order of the same additions and products could round."""
    for one in trace.last.variables.values():
        if isinstance(one.specified, np.ndarray) or one.specified is False:
            return False
        for array in (one.values, one.grad):
            if isinstance(array, np.ndarray) and not _small_numbers(array):
                return False
    return True


def _small_numbers(array: np.ndarray) -> bool:
    dtype = BY_NAME.get(array.dtype.name)
    if dtype is None or dtype.category < Category.FLOATING:
        return True
    wide = np.abs(array.astype(np.complex128 if array.dtype.kind == "c" else np.float64))
    reach = _EXACT_REACH if dtype.itemsize >= 4 else 2.0**6
    scaled = wide * (_EXACT_SCALE if dtype.itemsize >= 4 else 1.0)
    return bool(np.isfinite(wide).all() and (wide <= reach / _EXACT_SCALE * 64).all() and (scaled == np.round(scaled)).all())
