"""Values from seeds: a block of rows, one row a derived seed, from random bits."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from conformance.model.case import Drawn, Input, Literal
from conformance.random_bits import random_bits
from conformance.value_modes import EVERY, draw, special_pool
from reference.dtypes import BY_NAME, DType, real_of

IN_TURN = "|"
_IN_CACHE = 1 << 14  # words


def fill(given: Input) -> np.ndarray:
    """All elements of the storage of an input, flat, in its dtype, read-only."""
    dtype = BY_NAME[given.dtype]
    if isinstance(given.values, Literal):
        return np.frombuffer(given.values.data, dtype=dtype.numpy)
    return _row(given.values, dtype, given.size)


def held(given: Input) -> np.ndarray:
    """What torch holds: the same elements, unless its values are late."""
    if not given.late:
        return fill(given)
    return np.conj(fill(given)) if given.late == "conj" else -fill(given)


# Every property of a structure asks for the same few inputs again, for the reference and for each target.
@lru_cache(maxsize=256)
def _row(drawn: Drawn, dtype: DType, size: int) -> np.ndarray:
    elements = block(drawn, dtype, size, 1)[0]
    elements.flags.writeable = False
    return elements


def block(drawn: Drawn, dtype: DType, size: int, rows: int) -> np.ndarray:
    """``rows`` rows of ``size`` elements, from row ``drawn.row`` on; a row is the same however many are asked for."""
    length = size * (2 if dtype.is_complex else 1)
    values = _rows(drawn, range(drawn.row, drawn.row + rows), length, real_of(dtype))
    if dtype.is_complex:
        values = values.view(dtype.numpy)
    if drawn.specials and size:
        pool = special_pool(dtype)
        for position, which in drawn.specials:
            values[:, position % size] = pool[which % len(pool)]
    return values


def _rows(drawn: Drawn, rows: range, length: int, dtype: DType) -> np.ndarray:
    """Each row in its mode: of ``a|b`` in one of both in turn, so that few rows see many kinds of values."""
    modes = drawn.mode.split(IN_TURN)
    if len(rows) == 1:
        return _alike(drawn, modes[(drawn.seed + rows.start) % len(modes)], rows, length, dtype)
    values = np.empty((len(rows), length), dtype.numpy)
    at_once = max(_IN_CACHE // max(length, 1), 1)
    for number in range(min(len(modes), len(rows))):
        mode = modes[(drawn.seed + rows.start + number) % len(modes)]
        own, made = rows[number :: len(modes)], values[number :: len(modes)]
        for start in range(0, len(own), at_once):
            some = slice(start, start + at_once)
            made[some] = _alike(drawn, mode, own[some], length, dtype)
    return values


def _alike(drawn: Drawn, mode: str, rows: range, length: int, dtype: DType) -> np.ndarray:
    words = _counted if mode == EVERY else random_bits
    return draw(mode, partial(words, drawn.seed, rows), length, dtype)


def _counted(start: int, rows: range, length: int) -> np.ndarray:
    firsts = np.arange(rows.start, rows.stop, rows.step, dtype=np.uint64) * np.uint64(length) + np.uint64(start)
    return firsts[:, None] + np.arange(length, dtype=np.uint64)


def literal(array: np.ndarray) -> Literal:
    """The bits of a flat array as values of an input."""
    return Literal(np.ascontiguousarray(array).tobytes())
