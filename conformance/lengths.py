"""Windows: parts of one vector, of every length up to two vector instructions and more, in several layouts.

What is computed of a part must be that part of what is computed of all: a kernel takes so many elements at once, and
has another way for those that are left, for those that lie apart, and for rows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import prod

import numpy as np

from conformance.model.case import Case, Drawn
from conformance.strategies.layouts import Shape

ELEMENTS = 272
LENGTHS = (*range(1, 36), 47, 48, 49, 63, 64, 65, 66, 97, 128, 129)
ROWS = (1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33)
Window = tuple[Shape, tuple[int, ...], int]
"""Shape, strides and offset."""


def in_vectors(case: Case) -> Case | None:
    """The case with a vector of so many other values, of the same modes, in the place of every tensor; None where the
    values of one are given."""
    if not case.inputs or not all(isinstance(given.values, Drawn) and not given.array for given in case.inputs):
        return None
    vectors = (replace(one, shape=(ELEMENTS,), strides=(1,), offset=0, size=ELEMENTS) for one in case.inputs)
    return replace(case, inputs=tuple(vectors))


def through(case: Case, window: Window) -> Case:
    """The case with all that is seen of its vectors through a window."""
    shape, strides, offset = window
    inputs = (replace(given, shape=shape, strides=strides, offset=offset) for given in case.inputs)
    return replace(case, inputs=tuple(inputs))


@cache
def windows() -> tuple[Window, ...]:
    """All of the vector, then its parts: in one piece, in every second place, in two rows apart, in three columns."""
    found: list[Window] = [((ELEMENTS,), (1,), 0), ((ELEMENTS - 16,), (1,), 0)]
    for length in LENGTHS:
        found += [((length,), (1,), length % 5), ((length,), (2,), length % 3)]
    for length in ROWS:
        found += [((2, length), (length + 5, 1), 1), ((length, 3), (1, length + 4), 0)]
    return tuple(found)


@cache
def places() -> tuple[np.ndarray, np.ndarray]:
    """The place in the vector of every element of all windows, one after the other, and where each window ends."""
    parts = []
    for shape, strides, offset in windows():
        steps = np.indices(shape).reshape(len(shape), -1)
        parts.append(offset + np.array(strides) @ steps)
    return np.concatenate(parts), np.cumsum([prod(shape) for shape, _, _ in windows()])
