"""A sweep: what became of every value of a dtype, or of every so many, in one function of one tensor."""

from __future__ import annotations

from dataclasses import dataclass, field

EDGES = (0.5, 0.505, 0.55, 0.6, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0, 64.0, 1024.0)
"""Where the bins of a histogram end, in ulp: the first holds what is correctly rounded, one more all that is beyond."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is swept. ``path`` is the way in which the values lie in memory.

    ``every`` is the step from one bit pattern to the next: 1 tries all of them. Complex numbers have no such order;
    theirs is 0, and ``total`` of them are drawn.
    """

    operation: str
    dtype: str
    target: str
    path: str
    every: int
    total: int

    @property
    def exhaustive(self) -> bool:
        return self.every == 1


@dataclass(frozen=True, slots=True)
class Worst:
    """One input, what it must give before rounding and what it gave; the error in ulp, infinite where it is none."""

    input: str
    input_bits: str
    expected: str
    actual: str
    actual_bits: str
    ulps: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """By what was judged: torch and the machine, this suite, the bound in words and where it comes from.

    ``exact``: nothing is rounded, so that every bit is determined.
    """

    torch: str
    machine: str
    suite: str
    bound: str
    basis: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep so far: ``done`` of ``plan.total`` inputs.

    ``bins`` counts results by their error (``EDGES``); ``unjudged`` are those for which nothing is promised. ``wrong``
    ones are beyond the bound: ``known`` names the deviations that describe them, ``broke`` counts the rest.
    """

    plan: Plan
    conditions: Conditions
    done: int = 0
    bins: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    unjudged: int = 0
    wrong: int = 0
    broke: int = 0
    known: tuple[str, ...] = ()
    worst: tuple[Worst, ...] = field(default_factory=tuple)
    seconds: float = 0.0

    @property
    def finished(self) -> bool:
        return self.done >= self.plan.total

    @property
    def worst_ulps(self) -> float:
        """The largest error; half an ulp at most where all results are correctly rounded."""
        if self.worst:
            return self.worst[0].ulps
        return 0.0 if self.conditions.exact else EDGES[0]
