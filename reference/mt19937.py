"""The Mersenne Twister MT19937, seeded by one 32-bit word.

M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom number
generator", ACM TOMACS 8 (1998), with the initialisation of their 2002 revision. NumPy's ``MT19937`` does the twisting:
only the raw words are taken from it, never one of its distributions, and its state is always set explicitly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

WORDS = 624
_INITIALISER = 1812433253


@lru_cache(maxsize=256)
def _initial_words(seed: int) -> tuple[int, ...]:
    word = seed & 0xFFFFFFFF
    words = [word]
    for index in range(1, WORDS):
        word = (_INITIALISER * (word ^ (word >> 30)) + index) & 0xFFFFFFFF
        words.append(word)
    return tuple(words)


def seeded_words(seed: int) -> np.ndarray:
    """The 624 words of the state after seeding; of the seed only the low 32 bits count."""
    return np.array(_initial_words(seed & 0xFFFFFFFF), dtype=np.uint32)


class MersenneTwister:
    """A stream of 32-bit words.

    ``words`` is the state and ``position`` the number of its words already given out: 624 means that the next
    word needs a twist first, as right after seeding.

    >>> int(MersenneTwister(5489).draw(10_000)[-1])  # the check value of the C++ standard
    4123659995
    """

    __slots__ = ("_engine",)

    def __init__(self, seed: int) -> None:
        self._engine = np.random.MT19937(0)
        self.set(seeded_words(seed), WORDS)

    def set(self, words: np.ndarray, position: int) -> None:
        """Continue from another state."""
        state = {"key": np.asarray(words, dtype=np.uint32), "pos": position}
        self._engine.state = {"bit_generator": "MT19937", "state": state}

    @property
    def words(self) -> np.ndarray:
        return np.array(self._engine.state["state"]["key"], dtype=np.uint32)

    @property
    def position(self) -> int:
        return int(self._engine.state["state"]["pos"])

    def draw(self, n: int) -> np.ndarray:
        """The next ``n`` words, as uint64 so that arithmetic on them has room."""
        return self._engine.random_raw(n)
