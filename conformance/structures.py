"""Structures: cases of an operation from which the properties derive all others, the same for every target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from itertools import groupby, islice
from typing import TypeAlias

from conformance.accuracy import Exact, Selected
from conformance.choices import NOTHING, Choices, SeededChoices
from conformance.drivers import seed_of
from conformance.lengths import in_vectors
from conformance.model.case import Case
from conformance.model.codec import encode_case
from conformance.operation import Effect, Operation
from conformance.profiles import Profile
from conformance.properties import every_property
from conformance.properties.base import Property
from conformance.strategies.cases import FORM, LARGEST_SEED, draw_calls, draw_case, draw_large, dtypes_of, kinds_of
from conformance.strategies.deal import Dealt, any_card, deal, places_apart
from conformance.strategies.drawing import EVERY_MODE
from conformance.strategies.grids import draw_grid, has_grid, numbers_to_meet
from conformance.together import together
from reference.dtypes import DType

Driver = Callable[[Callable[[Choices], None], int, int], None]
"""Who calls a body with so many sources of choices, from a seed on."""
TOGETHER = 9
"""The times that structures are drawn at once, and kept until the next are."""
FIRST = ("agrees", "metadata")
"""The properties that find most, and of which all others are variations."""
WRITING = ("in place", "out")
"""What is written where it is told may go wrong where arguments, values and sizes are rare."""
ROWS = len(EVERY_MODE)
"""As many rows of values as there are modes."""
OF_EVERY_KERNEL = (FIRST[0], "lengths", "vectors", "stream")
"""The properties that are about the kernels of every dtype."""
CALLS = 6
"""So many calls are looked at together, where they can be: all that leave it alone get the same first argument."""


@dataclass(eq=False)
class Structure:
    """A valid case of an operation whose first tensor has ``dtype``, and the seed of what is derived from it.

    What was derived is kept: the next target is given the same objects, of which the reference knows the traces.
    ``place``, of so many ``turns``, says which of the properties that take turns are examined of it. ``telling``: one
    of those that a target without values needs. Where ``brief`` names properties, only these are
    examined, of each only the first case, and ``rows`` seeds of values. A structure of several ``calls`` does
    what all of them do: only where that is not seen to hold at a glance, each is examined alone.
    """

    operation: Operation
    dtype: DType
    base: Case
    seed: int
    place: int = 0
    turns: int = 1
    telling: bool = True
    brief: tuple[str, ...] = ()
    rows: int = 0
    calls: tuple[Structure, ...] = ()
    _derived: dict[str, list[Case]] = field(default_factory=dict)
    _firsts: dict[str, Case | None] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """The case in words: what is noted before it is run."""
        return encode_case(self.base)

    def in_turn(self, properties: Iterable[Property], *, has_values: bool = True) -> list[Property]:
        """Those of the properties that are examined of this structure.

        Without values all dtypes are promoted by the same lines: one tells as much as every one.
        """
        return [
            prop
            for prop in properties
            if (prop.of_every_dtype and (has_values or not prop.once)) or is_in_turn(prop, self.place, self.turns)
        ]

    def derived(self, prop: Property) -> list[Case]:
        """The cases that a property derives from this one; where it says nothing but that all agrees, this one."""
        if prop.name in FIRST:
            return [self.base]
        if prop.name not in self._derived:
            self._derived[prop.name] = list(derived(prop, self.base, self.operation, self.seed))
        return self._derived[prop.name]

    def first(self, prop: Property) -> Case | None:
        """The first of them, for which the others need not be derived; None where there is none."""
        if prop.name in FIRST:
            return self.base
        if prop.name not in self._firsts:
            self._firsts[prop.name] = next(iter(derived(prop, self.base, self.operation, self.seed)), None)
        return self._firsts[prop.name]


def is_in_turn(prop: Property, place: int, turns: int) -> bool:
    """Whether it is a property's turn at a place, of so many."""
    names = takes_turns()
    return prop.name in names and names.index(prop.name) % turns == place


@cache
def takes_turns() -> tuple[str, ...]:
    """The properties that take turns: those that are examined of every dtype anyway need no place among them, unless a
    target without values has them examined once."""
    return tuple(name for name, prop in every_property().items() if not prop.of_every_dtype or prop.once)


def derived(prop: Property, base: Case, operation: Operation, seed: int) -> Iterable[Case]:
    """The cases that a property derives from a case: the same for the same seed.

    They are drawn from a seed of their own: neither the target nor what it does may change what is drawn next.
    """
    return prop.derive(base, operation, SeededChoices(seed_of(prop.name, seed)))


def draw_base(choices: Choices, operation: Operation, dtype: DType, *, long: int = 33) -> Case:
    """A valid case, of many elements in so many percent of the draws where that may matter."""
    return draw_case(choices, operation, dtype, long=_is_long(choices, operation, long))


def draw_structure(
    choices: Choices, operation: Operation, dtype: DType, place: int = 0, turns: int = 1, *, telling: bool = True
) -> Structure:
    """One structure of a dtype."""
    base = draw_base(choices, operation, dtype)
    return Structure(operation, dtype, base, choices.integer(0, 2**32 - 1), place, turns, telling)


def draw_structures(
    choices: Choices, operation: Operation, profile: Profile, *, first: bool, every_dtype: bool
) -> list[Structure]:
    """One structure of each of several dtypes, of one of every kind there is or of all; and others of every kind.

    What a property says of one dtype it mostly says of all: unless it is about dtypes, it is examined of one in turn.
    """
    dtypes: Sequence[DType] = dtypes_of(operation)
    kinds = kinds_of([choices.choose(dtypes)] if operation.alias_of else dtypes)
    telling = [choices.choose(kind) for kind in kinds]
    # What is made from no tensor depends on little but the dtype that is asked for.
    every_dtype = every_dtype or operation.effect is Effect.CREATES
    drawn = dtypes if every_dtype and not operation.alias_of else telling
    count = profile.others // 4 if operation.alias_of else profile.others
    others = list(deal(kinds, count, choices.integer(0, 2**32 - 1), telling))
    free = len(drawn) * first + sum(not one.plain for one in others)
    names = [*(parameter.name for parameter in operation.parameters), FORM]
    points = iter(places_apart(names, free, choices.integer(0, 2**32 - 1)))
    turns = _ample_in_turn(choices, points, len(drawn)) if first else _in_turn(choices, len(drawn), len(telling))
    full = [
        draw_structure(source, operation, dtype, place, of, telling=dtype in telling)
        for dtype, (source, place, of) in zip(drawn, turns, strict=True)
    ]
    briefly = _others(operation, others, points, choices.integer(0, 2**32 - 1), telling)
    glances = 0 if operation.alias_of else profile.glances * len(operation.parameters)
    looked_at = _glances(operation, kinds, glances, choices.integer(0, 2**32 - 1), telling)
    grids = _grids(operation, telling, choices.integer(0, 2**32 - 1))
    beside = _beside_numbers(operation, dtypes if first else [])
    large = _large(operation, telling, profile, choices.integer(0, 2**32 - 1))
    left = [dtype for dtype in dtypes if dtype not in drawn] if first else []
    parts = _of_other_dtypes(operation, left, choices.integer(0, 2**32 - 1))
    return [*full, *briefly, *looked_at, *grids, *beside, *large, *parts]


Point: TypeAlias = "Mapping[str, float]"
"""Where each argument lies among all that it may be."""
Turn: TypeAlias = "tuple[Choices, int, int]"
"""What a structure is drawn from, and the place, of so many, of the properties that are examined of it."""


def _in_turn(choices: Choices, count: int, turns: int) -> list[Turn]:
    """So many turns, from one that is drawn on."""
    start = choices.integer(0, turns - 1)
    return [(choices, (start + number) % turns, turns) for number in range(count)]


def _ample_in_turn(choices: Choices, points: Iterator[Point], count: int) -> list[Turn]:
    """Every second structure has sizes that tell, so that each property is examined of one of these.

    Of those between, which are drawn like any other, at most one property is.
    """
    turns = (count + 1) // 2
    start, properties = choices.integer(0, turns - 1), len(takes_turns())
    found: list[Turn] = []
    for number in range(count):
        ample = number % 2 == 0
        hand = {"ndim": choices.choose((2, 3, 2, 4, 2))} if ample else {}
        source = SeededChoices(choices.integer(0, 2**32 - 1), hand, places=next(points))
        place = (start + number // 2) % turns if ample else choices.integer(0, properties - 1)
        found.append((source, place, turns if ample else properties))
    return found


def _others(
    operation: Operation, others: Sequence[Dealt], points: Iterator[Point], seed: int, met: Sequence[DType]
) -> Iterator[Structure]:
    """Structures of which little is examined: what finds most and costs least.

    Of those with a card, every second brings more rows of values and the call in place, and the others the gradient; of
    an operation that chooses among elements all bring it, since which of several equal ones was meant shows there
    alone. At an edge, the call in place and out= are seen. A dtype that was not ``met`` brings more rows too.
    """
    chooses, seen = isinstance(operation.accuracy, Selected), set(met)
    for number, dealt in enumerate(others):
        own_seed, has_card = seed_of(f"structure {number}", seed), dealt.card is not None
        base = draw_base(_dealt(dealt, own_seed, points), operation, dealt.dtype, long=dealt.long)
        rows = ROWS if dealt.dtype not in seen or (has_card and number % 2 == 0) else 1
        seen.add(dealt.dtype)
        brief = [*FIRST, "gradient"] if chooses or (has_card and number % 2) else [*FIRST]
        brief += WRITING[: 1 if has_card else 2] if number % 2 == 0 or not has_card else []
        # By their values many differ: where there are none, a third of them tells as much.
        yield Structure(operation, dealt.dtype, base, own_seed, telling=number % 3 == 0, brief=tuple(brief), rows=rows)


def _glances(
    operation: Operation, kinds: Sequence[Sequence[DType]], count: int, seed: int, met: Sequence[DType]
) -> Iterator[Structure]:
    """Structures of which the call alone is compared, in one row of values: for the arguments, of which many differ.

    Where calls can be looked at together, each is of several.
    """
    names = [*(parameter.name for parameter in operation.parameters), FORM]
    calls = CALLS if takes_company(operation) else 1
    points = iter(places_apart(names, count * calls, seed))
    for number, dealt in enumerate(deal(kinds, count, seed, met)):
        own_seed = seed_of(f"glance {number}", seed)
        choices, others = _dealt(dealt, own_seed, points), [*islice(points, calls - 1)]
        cases = draw_calls(choices, others, operation, dealt.dtype, long=_is_long(choices, operation, dealt.long))
        glance = partial(Structure, operation, dealt.dtype, seed=own_seed, telling=number % 3 == 0, brief=FIRST, rows=1)
        alone = tuple(glance(case) for case in cases)
        yield alone[0] if calls == 1 else glance(together(cases, next(iter(cases[0].inputs), None)), calls=alone)


def _grids(operation: Operation, dtypes: Sequence[DType], seed: int) -> Iterator[Structure]:
    """Structures in which every special value of an operand is met beside every one of the others."""
    for number, dtype in enumerate(dtypes):
        if has_grid(operation, dtype) and not operation.alias_of:
            base = draw_grid(SeededChoices(seed + number), operation, dtype)
            yield Structure(operation, dtype, base, seed + number, telling=False, brief=FIRST, rows=1)


def _beside_numbers(operation: Operation, dtypes: Sequence[DType]) -> Iterator[Structure]:
    """Structures in which a number meets elements that are equal to it: the same each time, for they hold them all."""
    for dtype in () if operation.alias_of else dtypes:
        for case in numbers_to_meet(operation, dtype):
            yield Structure(operation, dtype, case, 0, telling=False, brief=FIRST[:1], rows=1)


def _of_other_dtypes(operation: Operation, dtypes: Sequence[DType], seed: int) -> Iterator[Structure]:
    """Structures of the dtypes of which there is no full one, for the lengths at which each has another kernel, and for
    what one alone gets wrong."""
    if operation.alias_of:
        return
    for number, dtype in enumerate(dtypes):
        source = SeededChoices(seed + number)
        if operation.pointwise:
            # An operand may be a number, or of another dtype: of three draws, that of the most tensors of this one.
            drawn = max((draw_case(source, operation, dtype) for _ in range(3)), key=partial(_count_of, dtype))
            base = in_vectors(drawn) or drawn
        else:
            base = draw_case(any_card(dtype, seed + number).choices(seed + number), operation, dtype)
        yield Structure(operation, dtype, base, seed + number, telling=False, brief=OF_EVERY_KERNEL, rows=ROWS)


def _count_of(dtype: DType, case: Case) -> int:
    """How many inputs are of a dtype."""
    return [given.dtype for given in case.inputs].count(dtype.name)


def _large(operation: Operation, dtypes: Sequence[DType], profile: Profile, seed: int) -> Iterator[Structure]:
    """A structure of many elements: none of what always has few."""
    if operation.alias_of:
        return
    choices = SeededChoices(seed)
    base_seed, dtype = choices.integer(0, LARGEST_SEED), choices.choose(dtypes)
    base = draw_large(base_seed, operation, dtype, profile.largest)
    if base is not None:
        yield Structure(operation, dtype, base, seed, telling=False, brief=(*FIRST, *WRITING), rows=1)


def takes_company(operation: Operation) -> bool:
    """Whether calls can be looked at together: each is right to the last bit, and changes nothing that another sees."""
    alone = operation.effect in (Effect.SHARES, Effect.RECORDS) or operation.random
    return isinstance(operation.accuracy, Exact) and len(operation.parameters) > 1 and not alone


def _is_long(choices: Choices, operation: Operation, percent: int) -> bool:
    """Whether a case has many elements: in so many percent of the draws where that may matter."""
    return (operation.pointwise or operation.accumulates) and not choices.ample and choices.flag(percent)


def _dealt(dealt: Dealt, seed: int, points: Iterator[Point]) -> SeededChoices:
    """Choices with what was dealt, and where nothing is left out, the places of all arguments."""
    return dealt.choices(seed, NOTHING if dealt.plain else next(points))


def structures(operation: Operation, profile: Profile, seed: int, draw: Driver) -> Iterator[Structure]:
    """The structures of an operation that a profile asks for.

    The latest are kept: targets take turns with an operation, and the next is given the same objects.
    """
    for start in range(0, profile.structures, TOGETHER):
        yield from _drawn(operation, profile, start, seed, draw)


@lru_cache(maxsize=1)
def _drawn(operation: Operation, profile: Profile, start: int, seed: int, draw: Driver) -> list[Structure]:
    times: list[list[Structure]] = []
    numbers = range(start, min(start + TOGETHER, profile.structures))
    # Each kind of time for itself: Hypothesis wants examples that are drawn alike from the same choices.
    for (first, every_dtype), alike in groupby(numbers, lambda number: (number == 0, number < profile.every_dtype)):
        body = partial(_one_time, times, operation, profile, first, every_dtype)
        draw(body, len(list(alike)), seed + start + len(times))
    found = [structure for time in times for structure in time]
    times.clear()  # Hypothesis holds it until the collector comes round: what was drawn shall not wait for that
    return found


def _one_time(
    times: list[list[Structure]],
    operation: Operation,
    profile: Profile,
    first: bool,
    every_dtype: bool,
    choices: Choices,
) -> None:
    times.append(draw_structures(choices, operation, profile, first=first, every_dtype=every_dtype))
