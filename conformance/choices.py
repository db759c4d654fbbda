"""Where choices come from: Hypothesis in the suites, a seeded generator in the plain driver."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

T = TypeVar("T")


class Choices(Protocol):
    """A source of choices. Simpler options come first: a source that shrinks goes towards them."""

    def integer(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        ...

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        ...

    def flag(self, percent: int = 50) -> bool:
        """True in about ``percent`` of a hundred draws."""
        ...

    def dealt(self, what: str) -> int | None:
        """What was dealt out under this name for the first tensor, once; None where it is to be drawn."""
        ...

    @property
    def plain(self) -> bool:
        """Whether all arguments are left out that may be."""
        ...

    @property
    def ample(self) -> bool:
        """Whether sizes are drawn that tell: several dimensions, none of them empty or single."""
        ...


class SeededChoices:
    """Choices of the plain driver: the same seed, the same choices, on every machine and Python.

    ``hand`` is what was dealt out before (``strategies.deal``).
    """

    def __init__(self, seed: int, hand: Mapping[str, int] = MappingProxyType({}), *, plain: bool = False) -> None:
        self._random = random.Random(seed)
        self._hand = dict(hand)
        self.ample = "ndim" in hand
        self.plain = plain

    def dealt(self, what: str) -> int | None:
        return self._hand.pop(what, None)

    def integer(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def choose(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def flag(self, percent: int = 50) -> bool:
        return self.integer(1, 100) > 100 - percent


class HypothesisChoices:
    """Choices drawn by Hypothesis, each turned by a number that depends on the seed and on how many went before.

    Hypothesis always begins with the simplest example and comes back to it often. Turned, that is an example like
    any other: where few are drawn, none is spent on the first option of everything.

    It takes as long over one of a few options as over many bytes. So it is asked for bytes: together they are a number,
    of which every choice takes a digit, in as many options as it has.
    """

    plain = ample = False

    def __init__(self, draw: DrawFn, seed: int) -> None:
        self._draw = draw
        self._turns = random.Random(seed)
        self._number, self._size = 0, 1

    def integer(self, low: int, high: int) -> int:
        if low >= high:
            return low
        count = high - low + 1
        if self._size < count << _UNEVEN:
            self._number, self._size = int.from_bytes(self._draw(_BYTES), "big"), 1 << 8 * _AT_ONCE
        self._number, digit = divmod(self._number, count)
        self._size //= count
        return low + (digit + int(self._turns.random() * count)) % count

    def dealt(self, what: str) -> int | None:
        return None

    def choose(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def flag(self, percent: int = 50) -> bool:
        return self.integer(1, 100) > 100 - percent


_AT_ONCE = 64
_BYTES = st.binary(min_size=_AT_ONCE, max_size=_AT_ONCE)
_UNEVEN = 16
"""Some options may be as likely as others up to one part in so many powers of two."""
