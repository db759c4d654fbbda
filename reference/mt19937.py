"""The Mersenne Twister MT19937, seeded by one 32-bit word.

M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom number
generator", ACM TOMACS 8 (1998), with the initialisation of their 2002 revision. NumPy's ``MT19937`` does the twisting:
only the raw words are taken from it, never one of its distributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

WORDS = 624


class MersenneTwister:
    """A stream of 32-bit words.

    Its state is 624 words and a position, the number of them already given out: 624 means that the next word needs a
    twist first. ``fresh`` holds from seeding to the first draw.

    >>> int(MersenneTwister(5489).draw(10_000)[-1])  # the check value of the C++ standard
    4123659995
    """

    __slots__ = ("_engine", "_seeding", "fresh")

    def __init__(self, seed: int) -> None:
        # Whatever NumPy seeds it with is overwritten at once.
        self._engine = np.random.MT19937(0)
        # The legacy interface is the one that seeds by a single word, as Matsumoto and Nishimura do.
        self._seeding = np.random.RandomState(self._engine)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start over, a hundred times faster than another twister; of the seed only the low 32 bits count."""
        self._seeding.seed(seed & 0xFFFFFFFF)
        self.fresh = True

    def get(self) -> tuple[np.ndarray, int]:
        """The words of the state, and the position."""
        state = self._engine.state["state"]
        return state["key"], int(state["pos"])

    def set(self, words: Sequence[int], position: int, *, fresh: bool = False) -> None:
        """Continue from another state."""
        state: Any = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}
        self._engine.state = state
        self.fresh = fresh

    def draw(self, n: int) -> np.ndarray:
        """The next ``n`` words, as uint64 so that arithmetic on them has room."""
        self.fresh = self.fresh and n == 0
        return self._engine.random_raw(n)
