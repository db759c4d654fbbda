"""Where choices come from: Hypothesis in the suites, a seeded generator in the plain driver."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

T = TypeVar("T")
NOTHING: Mapping[str, Any] = MappingProxyType({})
_NARROW = 2.0**-20


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

    def about(self, what: str) -> None:
        """What is drawn from now on decides this: the argument of this name, or the form of the call."""
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

    ``hand`` is what was dealt out before, and ``places`` where in [0, 1) each argument lies (``strategies.deal``): the
    first draw that decides one divides this into as many parts as it has options, the next divides the part, and so
    on, until too little is left to divide.
    """

    def __init__(
        self,
        seed: int | random.Random,
        hand: Mapping[str, int] = NOTHING,
        *,
        plain: bool = False,
        places: Mapping[str, float] = NOTHING,
    ) -> None:
        self._random = seed if isinstance(seed, random.Random) else random.Random(seed)
        self._hand = dict(hand)
        self._places = dict(places)
        self._part, self._width = 0.0, 0.0
        self.ample = "ndim" in hand
        self.plain = plain

    def anew(self, places: Mapping[str, float]) -> SeededChoices:
        """Choices with what is left of the hand that leave nothing out: the same generator goes on, at other places."""
        other = SeededChoices(self._random, self._hand, places=places)
        other.ample = self.ample
        return other

    def dealt(self, what: str) -> int | None:
        return self._hand.pop(what, None)

    def about(self, what: str) -> None:
        self._width = 1.0 if what in self._places else 0.0
        self._part = self._places.pop(what, 0.0)

    def integer(self, low: int, high: int) -> int:
        count = high - low + 1
        if self._width < _NARROW or count < 2:
            return low + int(self._random.random() * count)
        place = min(int(self._part * count), count - 1)
        self._part, self._width = self._part * count - place, self._width / count
        return low + place

    def choose(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def flag(self, percent: int = 50) -> bool:
        if self._width < _NARROW:
            return self._random.random() * 100 >= 100 - percent
        false = 1 - percent / 100
        if self._part < false:
            self._part, self._width = self._part / false, self._width * false
            return False
        self._part, self._width = (self._part - false) / (1 - false), self._width * (1 - false)
        return True


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

    def about(self, what: str) -> None:
        return

    def choose(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def flag(self, percent: int = 50) -> bool:
        return self.integer(1, 100) > 100 - percent


_AT_ONCE = 64
_BYTES = st.binary(min_size=_AT_ONCE, max_size=_AT_ONCE)
_UNEVEN = 16
"""Some options may be as likely as others up to one part in so many powers of two."""
