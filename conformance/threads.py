"""Threads: a call on many elements is computed in several, as a user's would be, and any other in one.

Torch divides what has more elements than a grain, of most kernels 32,768, among the threads of OpenMP. A copy of a
process has none of the threads that it had, and would wait for them for ever: only a process that can start its own
computes in several.
"""

from __future__ import annotations

from math import prod

from conformance.model.case import Case

MANY = 2**15
"""So many elements are given to more than one thread."""
SEVERAL = 4
"""The threads in which a call on many elements is computed, however many the processor has."""


def has_many_elements(case: Case) -> bool:
    """Whether an input of a case has so many elements that several threads compute."""
    return any(prod(given.shape) >= MANY for given in case.inputs)
