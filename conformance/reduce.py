"""Reduces a failing case to a small one that still fails: greedy, deterministic, on data alone.

Every simplification goes towards fewer steps, fewer arguments, fewer elements and plainer values, and is kept
only if the case still fails; the rounds end when none helps, or when the budget of trials is spent.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.model.case import Case
from conformance.reduce_inputs import (
    fewer_dims,
    literal_values,
    one_dtype,
    plain_elements,
    plain_layouts,
    smaller_sizes,
    without_tracking,
)
from conformance.reduce_steps import (
    fewer_arguments,
    fewer_inputs,
    fewer_steps,
    plain_forms,
    plain_modes,
    simple_numbers,
)

Simplification = Callable[[Case, Callable[[Case], bool]], Case]

SIMPLIFICATIONS: tuple[Simplification, ...] = (
    fewer_steps,
    fewer_inputs,
    literal_values,
    plain_layouts,
    smaller_sizes,
    fewer_arguments,
    fewer_dims,
    plain_forms,
    plain_modes,
    without_tracking,
    plain_elements,
    simple_numbers,
    one_dtype,
)


def reduce(case: Case, still_fails: Callable[[Case], bool], *, budget: int = 200) -> Case:
    """The smallest case found for which ``still_fails`` is true; the case itself where nothing smaller fails.

    ``still_fails`` is asked at most ``budget`` times, never twice about one case. A case on which it raises
    does not fail: one that cannot be judged is no example.

    >>> from conformance.model.case import Step
    >>> steps = tuple(Step(name, "function") for name in ("zeros", "ones", "rand"))
    >>> [step.operation for step in reduce(Case((), steps), lambda case: "ones" in str(case)).steps]
    ['ones']
    """
    trials = _Trials(still_fails, budget)
    while True:
        before = case
        for simplify in SIMPLIFICATIONS:
            case = _simplified(case, simplify, trials)
        if case == before or trials.left <= 0:
            return case


def _simplified(case: Case, simplify: Simplification, trials: _Trials) -> Case:
    trials.smallest = case
    try:
        simplify(case, trials.fail)
    except Exception:
        # An input whose values or layout make no sense cannot be simplified this way, and need not be.
        return trials.smallest
    return trials.smallest


class _Trials:
    """Asks whether a case fails: within a budget, and never about one that is known."""

    def __init__(self, still_fails: Callable[[Case], bool], budget: int) -> None:
        self.still_fails = still_fails
        self.left = budget
        self.smallest: Case
        self._tried: set[int] = set()

    def fail(self, case: Case) -> bool:
        """Whether the case fails; if it does, it is the smallest so far."""
        key = hash(repr(case))
        if self.left <= 0 or case == self.smallest or key in self._tried:
            return False
        self._tried.add(key)
        self.left -= 1
        try:
            failed = self.still_fails(case)
        except Exception:
            return False
        if failed:
            self.smallest = case
        return failed
