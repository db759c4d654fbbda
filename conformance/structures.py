"""Structures: cases of an operation from which the properties derive all others, the same for every target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from conformance.choices import Choices, SeededChoices
from conformance.drivers import seed_of
from conformance.model.case import Case
from conformance.model.codec import encode_case
from conformance.operation import Operation
from conformance.profiles import Profile
from conformance.properties import every_property
from conformance.properties.base import Property
from conformance.strategies.cases import draw_case, dtypes_of, one_of_every_kind
from reference.dtypes import DType

Driver = Callable[[Callable[[Choices], None], int, int], None]
"""Who calls a body with so many sources of choices, from a seed on."""
TOGETHER = 9
"""The times that structures are drawn at once, and kept until the next are."""


@dataclass(eq=False)
class Structure:
    """A valid case of an operation whose first tensor has ``dtype``, and the seed of what is derived from it.

    What was derived is kept: the next target is given the same objects, of which the reference knows the traces.
    ``place``, of so many ``turns``, says which of the properties that take turns are examined of it. ``telling``: one
    of those dtypes that tell what an operation does with all.
    """

    operation: Operation
    dtype: DType
    base: Case
    seed: int
    place: int = 0
    turns: int = 1
    telling: bool = True
    _derived: dict[str, list[Case]] = field(default_factory=dict)
    _others: list[Structure] = field(default_factory=list)

    @cached_property
    def text(self) -> str:
        """The case in words: what is noted before it is run."""
        return encode_case(self.base)

    def in_turn(self, properties: Iterable[Property]) -> list[Property]:
        """Those of the properties that are examined of this structure."""
        return [prop for prop in properties if is_in_turn(prop, self.place, self.turns)]

    def derived(self, prop: Property) -> list[Case]:
        """The cases that a property derives from this one."""
        if prop.name not in self._derived:
            self._derived[prop.name] = list(derived(prop, self.base, self.operation, self.seed))
        return self._derived[prop.name]

    def others(self, count: int) -> list[Structure]:
        """Further structures of the same dtype."""
        for number in range(len(self._others), count):
            seed = seed_of(f"structure {number}", self.seed)
            base = draw_base(SeededChoices(seed), self.operation, self.dtype)
            self._others.append(Structure(self.operation, self.dtype, base, seed))
        return self._others[:count]


def is_in_turn(prop: Property, place: int, turns: int) -> bool:
    """Whether a property is examined of the dtype at a place, of so many that take turns."""
    return prop.of_every_dtype or list(every_property()).index(prop.name) % turns == place


def derived(prop: Property, base: Case, operation: Operation, seed: int) -> Iterable[Case]:
    """The cases that a property derives from a case: the same for the same seed.

    They are drawn from a seed of their own: neither the target nor what it does may change what is drawn next.
    """
    return prop.derive(base, operation, SeededChoices(seed_of(prop.name, seed)))


def draw_base(choices: Choices, operation: Operation, dtype: DType) -> Case:
    """A valid case, of many elements in a third of the draws where that may matter."""
    long = (operation.pointwise or operation.accumulates) and choices.flag(33)
    return draw_case(choices, operation, dtype, long=long)


def draw_structure(
    choices: Choices, operation: Operation, dtype: DType, place: int = 0, turns: int = 1, *, telling: bool = True
) -> Structure:
    """One structure of a dtype."""
    base = draw_base(choices, operation, dtype)
    return Structure(operation, dtype, base, choices.integer(0, 2**32 - 1), place, turns, telling)


def draw_structures(choices: Choices, operation: Operation, *, every_dtype: bool) -> list[Structure]:
    """One structure of each of several dtypes: of one of every kind there is, or of all.

    What a property says of one dtype it mostly says of all: unless it is about dtypes, it is examined of one in turn.
    """
    dtypes: Sequence[DType] = dtypes_of(operation)
    telling = [choices.choose(dtypes)] if operation.alias_of else one_of_every_kind(choices, dtypes)
    turn, turns = choices.integer(0, len(telling) - 1), len(telling)
    drawn = dtypes if every_dtype and not operation.alias_of else telling
    return [
        draw_structure(choices, operation, dtype, (turn + number) % turns, turns, telling=dtype in telling)
        for number, dtype in enumerate(drawn)
    ]


def structures(operation: Operation, profile: Profile, seed: int, draw: Driver) -> Iterator[Structure]:
    """The structures of an operation that a profile asks for.

    The latest are kept: targets take turns with an operation, and the next is given the same objects.
    """
    for start in range(0, profile.structures, TOGETHER):
        count = min(TOGETHER, profile.structures - start)
        yield from _drawn(operation, count, max(profile.every_dtype - start, 0), seed + start, draw)


@lru_cache(maxsize=1)
def _drawn(operation: Operation, count: int, every_dtype: int, seed: int, draw: Driver) -> list[Structure]:
    times: list[list[Structure]] = []

    def body(choices: Choices) -> None:
        times.append(draw_structures(choices, operation, every_dtype=len(times) < every_dtype))

    draw(body, count, seed)
    return [structure for time in times for structure in time]
