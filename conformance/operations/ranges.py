"""Ranges and the identity matrix. https://docs.pytorch.org/docs/stable/torch.html#creation-ops"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from conformance.accuracy import Spaced
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, OMITTED, REAL_NUMERIC, Effect, Omitted, Operation, spelled
from conformance.operations.creation import DTYPE, MANUAL, TRACKED
from conformance.parameters import Choice, Computed, Number
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import ENDS, precise_of
from conformance.strategies.shapes import draw_length
from reference import ranges
from reference.dtypes import FLOAT64, INT32, INT64, Category

Draw: TypeAlias = "Callable[[Choices, Drawing], Argument | Omitted]"
BOUNDS = (0, 1, -3, 5, 10, 17)
FAR = (2**24 + 1, -(2**24) - 3, 2**30 + 7)
MANY_STEPS = 2**40
LONG_STEPS = (2**62, 2**62 + 3, ENDS[0])
"""Of these, few lead from one end of int64 to the other."""
BASE = Choice("base", (10.0, 2.0), required=False)


def _step(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A step that leads from start to end; left out at times where that is 1."""
    start, end = drawing.arguments["start"], drawing.arguments["end"]
    assert isinstance(start, int), "start is drawn before step"
    assert isinstance(end, int), "end is drawn before step"
    if start <= end <= start + MANY_STEPS and choices.flag(20):
        return OMITTED
    if abs(end - start) > MANY_STEPS:
        return choices.choose(LONG_STEPS) * (1 if start <= end else -1)
    size = choices.choose((1, 2, 3) if drawing.dtype.category is Category.INTEGRAL else (1, 2, 0.5, 0.25))
    return size if start <= end else -size


def _fraction(choices: Choices, drawing: Drawing) -> Argument:
    numbers = (0, 0.5, 4.5, 2, 5, 2.25, -0.5, -2.5, -3)
    return choices.choose(numbers if drawing.dtype.is_signed else numbers[:6])


def _first(choices: Choices, drawing: Drawing) -> Argument:
    """The same, or a number that takes every bit of a floating dtype."""
    if drawing.dtype.category is Category.FLOATING and choices.flag(35):
        return choices.choose(precise_of(drawing.dtype))
    return _fraction(choices, drawing)


def _fractional_step(choices: Choices, drawing: Drawing) -> Argument:
    """The same between fractions; one of less than 1 counts in integers too."""
    start, end = (float(str(drawing.arguments[name])) for name in ("start", "end"))
    size = choices.choose((0.5, 1.5, 1, 0.25, 2.5))
    return size if start <= end else -size


def _no_step(choices: Choices, drawing: Drawing) -> Argument:
    return 0


def _steps(choices: Choices, drawing: Drawing) -> Argument:
    return draw_length(choices, 40)


def _columns(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """As many as there are rows, where none are named."""
    return OMITTED if choices.flag(20) else choices.integer(0, 5)


def _negative(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return -1


def _bound(choices: Choices, drawing: Drawing) -> Argument:
    """A small number; mostly one that float32 does not hold, of a dtype that does; of int64 one of the last."""
    if drawing.extremes and drawing.dtype is INT64 and choices.flag(30):
        return choices.choose((*ENDS, 2**62))
    far = drawing.extremes and drawing.dtype in (INT32, INT64, FLOAT64) and choices.flag(75)
    return choices.choose(FAR if far else BOUNDS)


def _near(choices: Choices, drawing: Drawing) -> Argument:
    """An end that few steps lead to, or many of a dtype that has so many numbers; from one of the last integers, the
    other last, or one near."""
    start = drawing.arguments["start"]
    if isinstance(start, int) and abs(start) > MANY_STEPS and start not in FAR:
        return choices.choose((-start - 1, start // 2, start - choices.integer(0, 5) * (1 if start > 0 else -1)))
    if isinstance(start, int) and drawing.dtype.itemsize >= 4:
        many = choices.dealt("large")
        if many is not None:
            return start + many
    return choices.choose(BOUNDS) + (start if start in FAR else 0)


STEPS = Computed("steps", _steps, _negative)


def _arange(name: str, start: Draw, end: Draw, step: Draw) -> Operation:
    """torch.arange with bounds and steps of a kind."""
    return Operation(
        name=name,
        reference=ranges.arange,
        spellings=spelled("torch.arange", out=True),
        parameters=(Computed("start", start), Computed("end", end), Computed("step", step, _no_step), DTYPE, TRACKED),
        dtypes=REAL_NUMERIC,
        accuracy=Spaced(),
        effect=Effect.CREATES,
        basis=Documented(
            MANUAL.format("arange"),
            "Returns a 1-D tensor of size ceil((end - start) / step) with values from the interval [start, end).",
        ),
    )


OPERATIONS = [
    _arange("arange", _bound, _near, _step),
    _arange("arange_of_fractions", _first, _fraction, _fractional_step),
    Operation(
        name="linspace",
        reference=ranges.linspace,
        spellings=spelled("torch.linspace", out=True),
        parameters=(Computed("start", _bound), Computed("end", _bound), STEPS, DTYPE, TRACKED),
        dtypes=NUMERIC,
        accuracy=Spaced(),
        effect=Effect.CREATES,
        basis=Documented(
            MANUAL.format("linspace"),
            "a one-dimensional tensor of size steps whose values are evenly spaced from start to end, inclusive",
        ),
    ),
    Operation(
        name="logspace",
        reference=ranges.logspace,
        spellings=spelled("torch.logspace", out=True),
        parameters=(Number("start", (0, 1, -1, 2)), Number("end", (0, 1, -1, 2)), STEPS, BASE, DTYPE, TRACKED),
        dtypes=NUMERIC,
        accuracy=Spaced(24),
        effect=Effect.CREATES,
        basis=Documented(
            MANUAL.format("logspace"),
            "values are evenly spaced from base^start to base^end, inclusive, on a logarithmic scale with base base",
        ),
    ),
    Operation(
        name="eye",
        reference=ranges.eye,
        spellings=spelled("torch.eye", out=True),
        parameters=(
            Computed("n", lambda choices, drawing: choices.integer(0, 5), _negative),
            Computed("m", _columns, _negative, by_place=True),
            DTYPE,
            TRACKED,
        ),
        dtypes=ALL,
        effect=Effect.CREATES,
        basis=Documented(MANUAL.format("eye"), "Returns a 2-D tensor with ones on the diagonal and zeros elsewhere."),
    ),
]
