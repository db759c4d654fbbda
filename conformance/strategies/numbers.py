"""Python numbers as arguments: small ones that every dtype holds, those that take every bit of one, the last that it
holds, and those beyond."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from conformance.choices import Choices
from conformance.strategies.drawing import Drawing
from reference.dtypes import BFLOAT16, BOOL, FLOAT8, FLOAT16, FLOAT32, INTEGRAL, Category, DType, real_of, round_to
from reference.scalars import largest_float

NUMBERS = (1, 2, 0, -1, 3, 0.5, -2.5, 2.0, 10, -7)
BEYOND = (float("nan"), float("inf"), float("-inf"))
ENDS = (2**63 - 1, -(2**63))
"""The last integers that an argument can be: one more, or a size added to one, is out of range."""


def draw_number(choices: Choices, drawing: Drawing) -> bool | int | float | complex:
    """A Python number that the dtype holds exactly, at times the last that it holds; or one of a higher category."""
    dtype = drawing.dtype
    if dtype is BOOL and choices.flag(70):
        return choices.flag()
    # What a float8 makes of infinity, releases differ in.
    ends = dtype.category in (Category.INTEGRAL, Category.FLOATING) and dtype not in FLOAT8
    if drawing.extremes and ends and choices.flag(12):
        return choices.choose(extremes_of(dtype))
    if choices.flag(50 if dtype.is_differentiable else 10):
        tenth, other = precise_of(dtype)
        return choices.choose((tenth, other, complex(tenth, other))[: 2 + dtype.is_complex])
    options: Sequence[bool | int | float | complex] = NUMBERS
    if dtype.category < Category.FLOATING and choices.flag(70):
        options = [number for number in NUMBERS if isinstance(number, int)]
    if not dtype.is_signed:
        options = [number for number in options if isinstance(number, float) or int(abs(number)) == number]
    if dtype.is_complex and choices.flag(25):
        return complex(choices.choose((1, 2, -1, 0.5)), choices.choose((0, 1, -2)))
    return choices.choose(options)


@cache
def precise_of(dtype: DType) -> tuple[float, float]:
    """Numbers that take every bit of a floating dtype: where one is narrowed on its way, it is another.

    Of a dtype without fractions, those of the default dtype, to which it is promoted.

    >>> precise_of(FLOAT16), precise_of(INTEGRAL[0]) == precise_of(FLOAT32)
    ((0.0999755859375, -1.7001953125), True)
    """
    held = real_of(dtype) if dtype.is_differentiable else FLOAT32
    return float(round_to(np.array(0.1), held)), float(round_to(np.array(-1.7), held))


def draw_wide_number(choices: Choices, drawing: Drawing) -> bool | int | float | complex:
    """The same, but at times one that an integral dtype cannot hold."""
    wide = draw_beyond(choices, drawing, 50)
    return draw_number(choices, drawing) if wide is None else wide


def draw_beyond(choices: Choices, drawing: Drawing, percent: int) -> int | None:
    """In so many percent of the draws, an integer that an integral dtype cannot hold."""
    options = beyond(drawing.dtype) if drawing.extremes else ()
    return choices.choose(options) if options and choices.flag(percent) else None


def beyond(dtype: DType) -> tuple[int, ...]:
    """Integers that an integral dtype cannot hold: such as wrap around to small ones, and one next to the last.

    None is a multiple of what they wrap around at, and none takes more than 64 bits.
    """
    if dtype not in INTEGRAL or dtype.itemsize == 8:
        return ()
    whole = 2 ** (8 * dtype.itemsize)
    return whole + 1, 2 - whole, whole + 3, (-whole // 2 if dtype.is_signed else 0) - 1


def not_held_by(dtype: DType) -> tuple[int | float, ...]:
    """Numbers that an integral dtype is refused as elements, floats among them; an unsigned one takes negative ones,
    as far as they fit without their sign."""
    if dtype not in INTEGRAL:
        return ()
    after = 2 ** (8 * dtype.itemsize - dtype.is_signed)
    whole = tuple(number for number in beyond(dtype) if number > 0 or dtype.is_signed)
    # What 64 bits cannot hold, meta refuses as the Python integer that it makes of it.
    return (*whole, float(after), -2.0 * after if whole else 1.5 * after)


def telling_numbers(dtype: DType) -> tuple[int | float | complex, ...]:
    """Numbers that a dtype holds, and that are another where they are narrowed on their way; none of a bool."""
    if dtype.is_complex:
        return (complex(*precise_of(dtype)),)
    if dtype.is_differentiable:
        return precise_of(dtype)
    return extremes_of(dtype) if dtype in INTEGRAL else ()


def filling_extremes_of(dtype: DType) -> tuple[int | float, ...]:
    """The same for what only fills: of a float of 16 bits, too, numbers that it holds as its largest or as infinity."""
    if dtype not in (FLOAT16, BFLOAT16):
        return extremes_of(dtype)
    largest = largest_float(dtype)
    return (*BEYOND, largest, -largest, largest * (1 + 2.0**-14), -2 * largest)


def extremes_of(dtype: DType) -> tuple[int | float, ...]:
    """The last integers of a dtype, and one that no floating dtype of its size holds; of a floating one what is no
    number, or none that is finite."""
    if dtype.category is not Category.INTEGRAL:
        return BEYOND
    bits = 8 * dtype.itemsize
    return (-(2 ** (bits - 1)) if dtype.is_signed else 0, 2 ** (bits - dtype.is_signed) - 1, 2 ** (bits - 2) + 1)
