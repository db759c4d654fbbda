"""Dealing: what few draws would leave to chance, dtypes and ranks with their layouts, is dealt out like cards.

A structure in which a fault shows may need a dtype, a rank, a layout and a kind of values at once, a transposed matrix
of float32 say. Drawn each by itself such things meet once in a hundred draws; of what is dealt out each is met once
before any is met again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from conformance.choices import NOTHING, SeededChoices
from conformance.strategies.drawing import EVERY_MODE
from conformance.strategies.layouts import LAYOUTS
from conformance.strategies.shapes import EDGES, WITHOUT_VALUES
from reference.dtypes import STORED_ONLY, DType


@dataclass(frozen=True, slots=True)
class Card:
    """Rank and layout of a first tensor with sizes that tell."""

    ndim: int
    layout: str


CARDS = (
    Card(2, "transposed"),
    Card(2, "transposed"),
    Card(2, "contiguous"),
    Card(1, "contiguous"),
    Card(3, "transposed"),
    Card(2, "stepped by 2"),
    Card(3, "expanded"),
    Card(4, "channels last"),
    Card(5, "transposed"),
)
"""What has no place here, such as a size of zero, is left to drawing. The first is dealt first: most is seen of it."""
LONG_LAYOUTS = ("contiguous", "stepped by 3", "offset by 1", "stepped by 2")
"""Vector instructions have one path for what lies in one piece, and another for what does not."""
MODES = tuple(EVERY_MODE.index(mode) for mode in ("mixed", "special", "small"))
"""The places of the modes in which a few elements tell most; of an operation with fewer modes, these in turn too."""


@dataclass(frozen=True, slots=True)
class Dealt:
    """What was dealt out for one structure: its dtype, and unless all else is drawn, a card and a mode of values.

    ``edge``: the shape is at one of the ends of what there is, in this ``layout`` if one is named. ``plain``: arguments
    are left out that may be.
    """

    dtype: DType
    card: Card | None = None
    mode: int = 0
    edge: str = ""
    layout: str = ""
    plain: bool = False

    @property
    def long(self) -> int:
        """In how many percent of the draws there are many elements."""
        return 0 if self.card is not None else {"long": 100, "": 50}.get(self.edge, 0)

    def choices(self, seed: int, places: Mapping[str, float] = NOTHING) -> SeededChoices:
        """Choices for the rest."""
        if self.card is None:
            edge = {"edge": EDGES.index(self.edge)} if self.edge else {}
            layout = {"layout": LAYOUTS.index(self.layout)} if self.layout else {}
            return SeededChoices(seed, edge | layout, places=places)
        hand = {"ndim": self.card.ndim, "layout": LAYOUTS.index(self.card.layout), "mode": self.mode}
        return SeededChoices(seed, hand, plain=self.plain, places=places)


def places_apart(names: Sequence[str], count: int, seed: int) -> list[dict[str, float]]:
    """So many points whose places under every name lie in as many equal parts of [0, 1), one in each.

    That is a Latin hypercube: what a draw gives in one of so many cases, some point has.
    """
    draw = random.Random(seed).random
    points: list[dict[str, float]] = [{} for _ in range(count)]
    for name in names:
        keys = [draw() for _ in range(count)]
        for part, point in enumerate(sorted(range(count), key=keys.__getitem__)):
            points[point][name] = (part + draw()) / count
    return points


def deal(kinds: Sequence[Sequence[DType]], count: int, seed: int, met: Sequence[DType]) -> Iterator[Dealt]:
    """So many times a dtype: of every kind in turn, of each one after the other; two times in three with a card, else
    mostly at an edge.

    Floating point has the most kinds of values: it comes twice. Where there is an element at most, the dtype is that of
    its kind which was ``met``, which else comes last: of every other, values are seen first.
    """
    choices = SeededChoices(seed)
    orders = [_in_order(kind, met) for kind in kinds]
    dtypes = [cycle(order) for order in orders]
    again = [place for place, (first, *_) in enumerate(kinds) if first.is_floating_point and first not in STORED_ONLY]
    places = [*range(len(kinds)), *again]
    turn, mode = choices.integer(0, len(places) - 1), choices.integer(0, 2)
    left: list[Card] = []
    for number in range(count):
        place = places[(turn + number) % len(places)]
        if number % 3 == 2:
            edge = (*EDGES, "")[number // 3 % 4]
            layout = LONG_LAYOUTS[(seed + number // 12) % len(LONG_LAYOUTS)] if edge == "long" else ""
            yield Dealt(orders[place][-1] if edge in WITHOUT_VALUES else next(dtypes[place]), edge=edge, layout=layout)
            continue
        left = left or list(CARDS)
        mode = (mode + 1) % len(MODES)
        card = left.pop(choices.integer(0, len(left) - 1) if number else 0)
        # The first card comes twice, and first where nothing is asked for.
        plain = number == 0 or choices.flag()
        yield Dealt(next(dtypes[place]), card, MODES[mode], plain=plain)


def any_card(dtype: DType, seed: int) -> Dealt:
    """A dtype with one of the cards and one of the modes, whatever was dealt before."""
    choices = SeededChoices(seed)
    return Dealt(dtype, choices.choose(CARDS), choices.choose(MODES), plain=choices.flag())


def _in_order(kind: Sequence[DType], met: Sequence[DType]) -> list[DType]:
    """The dtypes of a kind, the one that was met last."""
    last = next((place for place, dtype in enumerate(kind) if dtype in met), 0)
    return [*kind[last + 1 :], *kind[: last + 1]]
