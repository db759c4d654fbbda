"""Lengths: what is computed of a part of a vector is that part of what is computed of all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from conformance.bulk import call_reference, judge_rows, make_blocks, stacked_arguments, stacked_inputs
from conformance.choices import Choices
from conformance.counting import COMPARED
from conformance.examine import Examined, examine
from conformance.lengths import ELEMENTS, in_vectors, places, through, windows
from conformance.model.case import Case
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import Operation
from conformance.operations import find
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter
from conformance.ulp import same_bits
from reference.errors import Refusal
from reference.tensor import Tensor

TRIED = 2


class Lengths(Property):
    name = "lengths"
    of_every_dtype = True
    once: ClassVar[bool] = True
    claim = (
        "Of a vector of any length, in one piece, in every second place, or in rows or columns apart, each element is"
        " what it is among others."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        computes = (
            operation.pointwise and operation.results == 1 and not operation.random and bool(operation.functional)
        )
        sees = {Aspect.VALUES, Aspect.STRIDES} <= target.aspects and not target.in_bulk
        return computes and sees and not operation.alias_of

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """The call on vectors of other values of the same modes."""
        if (vectors := in_vectors(base)) is not None:
            yield vectors

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """Examine all windows at once; of those through which an element is wrong that is right through others, one."""
        if any(given.shape != (ELEMENTS,) for given in case.inputs):
            return examine(case, target)
        for number in _wrong_windows(case, target)[:TRIED]:
            examined = examine(through(case, windows()[number]), target)
            if examined.outcome is Outcome.BROKE:
                return examined
        return Examined(case, Outcome.HELD)


def _wrong_windows(case: Case, target: Interpreter) -> list[int]:
    """The numbers of the windows through which an element is wrong that is right through others."""
    found, operation = target.run_windows(case, windows()), find(case.main.operation)
    at, ends = places()
    stacked = stacked_inputs(case, make_blocks(case, 1))
    try:
        expected = call_reference(operation, *stacked_arguments(case, stacked))
    except Refusal:
        return []
    if found is None or found.shape != at.shape or found.dtype != expected.dtype.numpy:
        return []  # which the calls that other properties make show as well
    COMPARED.elements += found.size
    promised = np.broadcast_to(expected.specified, expected.shape).reshape(-1)
    differing = np.flatnonzero(promised[at] & ~same_bits(found, expected.array.reshape(-1)[at]))
    if not differing.size:
        return []
    here = {name: Tensor.of(tensor.array.reshape(-1)[at[differing]], tensor.dtype) for name, tensor in stacked.items()}
    wanted = Tensor.of(expected.array.reshape(-1)[at[differing]], expected.dtype)
    if expected.unrounded is not None:
        wanted.unrounded = expected.unrounded.reshape(-1)[at[differing]]
    _, verdict = judge_rows(found[differing], wanted, case, here, operation, target)
    if verdict.held:
        return []
    wrong = differing[np.flatnonzero(verdict.wrong)]
    # What is wrong wherever it is seen is no matter of lengths: other properties say so.
    sometimes = np.bincount(at[wrong], minlength=ELEMENTS) < np.bincount(at, minlength=ELEMENTS)
    shown = wrong[sometimes[at[wrong]]]
    return [int(number) for number in np.unique(np.searchsorted(ends, shown, side="right"))]


PROPERTY = Lengths()
