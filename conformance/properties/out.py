"""Out: ``out=`` receives the values of the functional form, whatever its layout, and is the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Case, Input, Ref, Step
from conformance.model.observation import Seen
from conformance.operation import Form, Operation
from conformance.properties.base import Property, first_tensor, in_form, result_seen, with_kwarg
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME

OTHER_DTYPES = ("float64", "float32", "int64", "bool", "complex64")


class Out(Property):
    name = "out"
    claim = (
        "out= is the result and holds the values of the functional form: in its own strides if its shape is right,"
        " resized if not; a lower category and overlapping memory are refused."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Form.OUT in operation.spellings and operation.results == 1

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        seen = result_seen(base)
        if not seen:
            return
        (result,) = seen.values()
        called = in_form(base, Form.OUT)
        yield _with_out(called, _out_like(choices, result, "contiguous", operation))
        layout = choices.choose(("stepped by 2", "transposed", "stepped by 3", "offset by 1", "expanded"))
        yield _with_out(called, _out_like(choices, result, layout, operation))
        yield _with_out(called, _resized(choices, result, operation))
        other = replace(_out_like(choices, result, "contiguous", operation), dtype=choices.choose(OTHER_DTYPES))
        yield _with_out(called, other)
        given = first_tensor(base)
        if given is not None:
            yield _overlapping(called, given, choices)


def _with_out(case: Case, out: Input) -> Case:
    case = with_kwarg(case, "out", Ref("out"))
    return replace(case, inputs=(*case.inputs, out))


def _out_like(choices: Choices, result: Seen, layout: str, operation: Operation) -> Input:
    assert result.shape is not None, "a result without a shape has no out="
    assert result.dtype is not None, "a result without a dtype has no out="
    strides, offset, size = geometry(layout, result.shape, choices.integer(0, max(len(result.shape) - 1, 0)))
    values = Drawing(choices, operation, BY_NAME[result.dtype]).values(size, "small")
    return Input("out", result.shape, result.dtype, strides, offset, size, values)


def _resized(choices: Choices, result: Seen, operation: Operation) -> Input:
    """An ``out`` that is empty, too small or too large."""
    assert result.shape is not None, "a result without a shape has no out="
    shape = choices.choose(((0,), (3,), (*result.shape, 2), result.shape[1:]))
    return _out_like(choices, replace_shape(result, shape), "contiguous", operation)


def replace_shape(seen: Seen, shape: tuple[int, ...]) -> Seen:
    """The same with another shape."""
    return replace(seen, shape=shape)


def _overlapping(case: Case, given: Input, choices: Choices) -> Case:
    """``out`` is the first argument itself, or a part of it."""
    if not given.shape or choices.flag(40):
        return with_kwarg(case, "out", Ref(given.name))
    size = given.shape[0]
    start = choices.integer(0, min(1, size))
    step = Step("narrow", Form.METHOD, (Ref(given.name), 0, start, size - start), (), ("out",))
    case = with_kwarg(case, "out", Ref("out"))
    return replace(case, steps=(step, *case.steps))


PROPERTY = Out()
