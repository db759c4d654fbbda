"""Random bits: each word a hash of a seed, a row and a place, so that any row can be had without those before it."""

from __future__ import annotations

import numpy as np

_HALF = np.uint64(32)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_OF_A_SEED, _OF_A_ROW = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95
_WORDS = 2**64


def random_bits(seed: int, rows: range, length: int) -> np.ndarray:
    """Words of 64 random bits, ``length`` to a row: the same on every machine and with every NumPy.

    Each is a number that seed and row give and a random word of the place, the same for all, mixed as the finalizer of
    SplitMix64 does (Steele, Lea, Flood 2014).

    >>> [hex(word) for word in random_bits(7, range(2, 4), 1).ravel().tolist()]
    ['0xec2f4cd8cdd54fc7', '0x7f86c975a14536d7']
    >>> bool((random_bits(7, range(5), 9)[3] == random_bits(7, range(3, 4), 9)).all())
    True
    """
    words: np.ndarray = _of_places(length) ^ _keys(seed, rows)
    words *= _FIRST
    words ^= words >> _HALF
    words *= _SECOND
    return words


def _keys(seed: int, rows: range) -> np.ndarray:
    """A word for each row, in a column."""
    keys = [(seed * _OF_A_SEED + row * _OF_A_ROW) % _WORDS for row in rows]
    return np.array([key ^ key >> 32 for key in keys], np.uint64)[:, None]


def _of_places(length: int) -> np.ndarray:
    """The words of the first places, drawn once: NumPy promises the raw stream of Philox."""
    global _PLACES
    if length > len(_PLACES):
        _PLACES = np.random.Philox(key=0).random_raw(2 * length)
    return _PLACES[:length]


_PLACES = np.random.Philox(key=0).random_raw(1 << 12)
