"""Factors of a product: numbers near one in modulus, and in one line of them no zero, one, or two.

The derivative by a factor is the product of all others: where one of these is zero, it is zero too, and by the zero
itself it is no quotient. Of numbers drawn at random, lines without a zero are met, and long ones with many.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Case, Drawn, Input

MODE = "factors"
_ZERO = 0
"""The first of the special values of every dtype."""


def with_zeros(case: Case, choices: Choices) -> Case:
    """The case with factors in the place of every tracked input that is drawn, and a zero or two in a few lines."""
    arguments = (*case.main.args, *dict(case.main.kwargs).values())
    dim = next((one for one in arguments if type(one) is int), None)
    return replace(case, inputs=tuple(_with_zeros(given, dim, choices) for given in case.inputs))


def _with_zeros(given: Input, dim: int | None, choices: Choices) -> Input:
    """Of what is multiplied as a whole, all is one line."""
    if not given.requires_grad or not isinstance(given.values, Drawn):
        return given
    ndim, zeros = len(given.shape), list[tuple[int, int]]()
    lines = 0 if not ndim or 0 in given.shape else 1 if dim is None else 3
    for _ in range(lines):
        place = [choices.integer(0, size - 1) for size in given.shape]
        count = choices.choose((1, 2, 1, 0))
        along = dim if dim is not None and -ndim <= dim < ndim else choices.integer(0, ndim - 1)
        for _ in range(count):
            zeros.append((_address(given, place), _ZERO))
            place[along] = choices.integer(0, given.shape[along] - 1)
    return replace(given, values=replace(given.values, mode=MODE, specials=tuple(zeros)))


def _address(given: Input, place: list[int]) -> int:
    """Where in its storage an element lies."""
    return given.offset + sum(at * stride for at, stride in zip(place, given.strides, strict=True))
