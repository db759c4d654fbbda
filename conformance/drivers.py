"""Drivers: who draws the structures. Hypothesis in the suites; a plain seeded loop where speed counts."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conformance.choices import Choices, HypothesisChoices, SeededChoices


def with_hypothesis(body: Callable[[Choices], None], count: int, seed_number: int) -> None:
    """Call ``body`` with ``count`` sources of choices drawn by Hypothesis, the same for the same seed.

    Only its generation is used: a broken case is pure data and is reduced as such (``reduce``), and nothing that
    Hypothesis remembers from an earlier run may change what this one sees.
    """
    for start in range(0, count, _UNMUTATED):
        _generate(body, min(count - start, _UNMUTATED), seed_number + start)


# From the tenth example on, Hypothesis mutates what it drew: a third of what it then gives was there before.
_UNMUTATED = 9


@st.composite
def _drawn(draw: DrawFn, body: Callable[[Choices], None], seed_number: int) -> None:
    """All of it is one strategy: Hypothesis keeps books of every strategy that a test draws from, at 0.2 ms each."""
    body(HypothesisChoices(draw, seed_number))


def _generate(body: Callable[[Choices], None], count: int, seed_number: int) -> None:
    @seed(seed_number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(_drawn(body, seed_number))
    def run(_: None) -> None:
        pass

    # Hypothesis keeps no examples here: without this, it would look for our source to know them by, at 3 ms a call.
    vars(run)["_hypothesis_internal_database_key"] = b""
    run()


def with_seeds(body: Callable[[Choices], None], count: int, seed_number: int) -> None:
    """Call ``body`` with ``count`` sources of choices from consecutive seeds."""
    for number in range(count):
        body(SeededChoices(seed_number * 1_000_003 + number))


def seed_of(name: str, seed_number: int) -> int:
    """The seed of what is called ``name``: of the operation and the run's seed alone, never of the target."""
    return zlib.crc32(name.encode()) ^ (seed_number * 2_654_435_761 % 2**32)
