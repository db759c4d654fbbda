"""The generator behind every random function on the CPU: a Mersenne Twister, its seed, one spare normal deviate.

https://docs.pytorch.org/docs/stable/generated/torch.Generator.html
"""

from __future__ import annotations

import secrets

import numpy as np

from reference.errors import refuse
from reference.mt19937 import WORDS, MersenneTwister

DEFAULT_SEED = 67280421310721

# The bytes of torch.Generator.get_state(): the fields left out are zero unless another library wrote them.
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "spare", "has_spare"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", WORDS), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 24 + 8 * WORDS + 8, 24 + 8 * WORDS + 24],
        "itemsize": 5056,
    }
)


class Generator:
    """A source of random words that ``manual_seed`` makes repeatable.

    ``spare_normal`` is the second deviate of the last Box-Muller pair drawn one at a time, kept for the next draw.

    >>> Generator(5489).random()
    3499211612
    >>> Generator(7).manual_seed(-1).initial_seed()
    18446744073709551615
    """

    __slots__ = ("_seed", "_stale", "_twister", "spare_normal")

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._twister: MersenneTwister | None = None
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start over from ``seed``, and return the generator itself.

        Negative seeds are taken modulo 2^64 (the manual's formula, ``0xffff_ffff_ffff_ffff + seed``, is one less
        than what torch does); the twister uses the low 32 bits alone. Refuses a seed outside [-2^63, 2^64), as
        https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html says.
        """
        if not -(2**63) <= seed < 2**64:
            refuse("Overflow when unpacking long long")
        self._seed = seed % 2**64
        self._stale = True
        self.spare_normal: float | None = None
        return self

    def seed(self) -> int:
        """Start over from a seed that nobody can know, and return it."""
        return self.manual_seed(secrets.randbits(64)).initial_seed()

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return self._seed

    @property
    def twister(self) -> MersenneTwister:
        # Made when first asked: it costs more than many a case, and most draw nothing.
        if self._twister is None:
            self._twister = MersenneTwister(self._seed)
        elif self._stale:
            self._twister.seed(self._seed)
        self._stale = False
        return self._twister

    def random(self) -> int:
        """The next 32-bit word."""
        return int(self.words(1)[0])

    def random64(self) -> int:
        """The next 64 bits: two words, the first of them the high one."""
        return int(self.words64(1)[0])

    def words(self, n: int) -> np.ndarray:
        """The next ``n`` words of 32 bits, as uint64."""
        return self.twister.draw(n)

    def words64(self, n: int) -> np.ndarray:
        """The next ``n`` words of 64 bits, as uint64."""
        halves = self.twister.draw(2 * n)
        return np.asarray((halves[0::2] << np.uint64(32)) | halves[1::2])

    def clone_state(self) -> Generator:
        """Another generator that will give the same stream, independent of this one."""
        return Generator().set_state(self.get_state())

    def get_state(self) -> np.ndarray:
        """The state as bytes, the very bytes that torch gives: uint8, shape (5056,)."""
        words, position = self.twister.get()
        state = np.zeros(1, dtype=_STATE)
        state["seed"] = self._seed
        state["seeded"] = 1
        state["left"] = WORDS + 1 - position
        state["next"] = 0 if self.twister.fresh else position
        state["words"] = words
        if self.spare_normal is not None:
            state["spare"] = self.spare_normal
            state["has_spare"] = 1
        return state.view(np.uint8)

    def set_state(self, state: np.ndarray) -> Generator:
        """Continue from the bytes that ``get_state`` gave, and return the generator itself; refuses another size."""
        if state.size != _STATE.itemsize:
            refuse(f"Expected a state of {_STATE.itemsize} bytes, but found {state.size}")
        fields = np.ascontiguousarray(state, dtype=np.uint8).view(_STATE)[0]
        self.manual_seed(int(fields["seed"]))
        position = WORDS + 1 - int(fields["left"])
        self.twister.set(fields["words"].tolist(), position, fresh=int(fields["next"]) == 0)
        self.spare_normal = float(fields["spare"]) if fields["has_spare"] else None
        return self
