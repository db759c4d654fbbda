"""Dealing: what few draws would leave to chance, dtypes and ranks with their layouts, is dealt out like cards.

A structure in which a fault shows may need a dtype, a rank, a layout and a kind of values at once, a transposed matrix
of float32 say. Drawn each by itself such things meet once in a hundred draws; of what is dealt out each is met once
before any is met again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.choices import NOTHING, SeededChoices
from conformance.strategies.drawing import EVERY_MODE
from conformance.strategies.layouts import LAYOUTS
from conformance.strategies.shapes import EDGES
from reference.dtypes import STORED_ONLY, DType


@dataclass(frozen=True, slots=True)
class Card:
    """Rank and layout of a first tensor with sizes that tell; ``plain``: arguments are left out that may be."""

    ndim: int
    layout: str
    plain: bool = False


CARDS = (
    Card(2, "transposed", plain=True),
    Card(2, "transposed"),
    Card(2, "contiguous", plain=True),
    Card(1, "contiguous"),
    Card(3, "transposed"),
    Card(2, "stepped by 2", plain=True),
    Card(3, "expanded"),
    Card(4, "channels last", plain=True),
)
"""What has no place here, such as a size of zero, is left to drawing. The first is dealt first: most is seen of it."""
MODES = tuple(EVERY_MODE.index(mode) for mode in ("mixed", "special", "small"))
"""The places of the modes in which a few elements tell most; of an operation with fewer modes, these in turn too."""


@dataclass(frozen=True, slots=True)
class Dealt:
    """What was dealt out for one structure: its dtype, and unless all else is drawn, a card and a mode of values.

    ``edge``: the shape is at one of the ends of what there is.
    """

    dtype: DType
    card: Card | None = None
    mode: int = 0
    edge: str = ""

    @property
    def plain(self) -> bool:
        """Whether arguments are left out that may be."""
        return self.card is not None and self.card.plain

    def choices(self, seed: int, places: Mapping[str, float] = NOTHING) -> SeededChoices:
        """Choices for the rest."""
        if self.card is None:
            return SeededChoices(seed, {"edge": EDGES.index(self.edge)} if self.edge else NOTHING, places=places)
        hand = {"ndim": self.card.ndim, "layout": LAYOUTS.index(self.card.layout), "mode": self.mode}
        return SeededChoices(seed, hand, plain=self.card.plain, places=places)


def places_apart(names: Sequence[str], count: int, seed: int) -> list[dict[str, float]]:
    """So many points whose places under every name lie in as many equal parts of [0, 1), one in each.

    That is a Latin hypercube: what a draw gives in one of so many cases, some point has.
    """
    draw = random.Random(seed).random
    points: list[dict[str, float]] = [{} for _ in range(count)]
    for name in names:
        for part, (_, point) in enumerate(sorted((draw(), number) for number in range(count))):
            points[point][name] = (part + draw()) / count
    return points


def deal(kinds: Sequence[Sequence[DType]], count: int, seed: int, met: Sequence[DType]) -> Iterator[Dealt]:
    """So many times a dtype: of every kind in turn, of each one after the other; two times in three with a card, else
    mostly at an edge.

    That of its kind which was ``met`` comes last. Floating point has the most kinds of values: it comes twice.
    """
    choices = SeededChoices(seed)
    again = [kind for kind in kinds if kind[0].is_floating_point and kind[0] not in STORED_ONLY]
    last = [next((place for place, dtype in enumerate(kind) if dtype in met), 0) for kind in (*kinds, *again)]
    starts = [place + (number < len(kinds)) for number, place in enumerate(last)]
    kinds = [*kinds, *again]
    turn, mode = choices.integer(0, len(kinds) - 1), choices.integer(0, 2)
    left: list[Card] = []
    for number in range(count):
        times, place = number // len(kinds), (turn + number) % len(kinds)
        dtype = kinds[place][(starts[place] + times) % len(kinds[place])]
        if number % 3 == 2:
            yield Dealt(dtype, edge=(*EDGES, "")[number // 3 % 4])
            continue
        left = left or list(CARDS)
        mode = (mode + 1) % len(MODES)
        yield Dealt(dtype, left.pop(choices.integer(0, len(left) - 1) if number else 0), MODES[mode])
