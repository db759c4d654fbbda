"""Exhaustive: a function of one tensor is right for every value of a small dtype, however they lie in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from conformance.bulk import call_reference, make_blocks
from conformance.choices import Choices
from conformance.examine import Examined, examine
from conformance.model.case import Case, Drawn, Ref
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import Operation
from conformance.operations import find
from conformance.properties.base import Property, first_tensor
from conformance.standard import logical
from conformance.sweep.inputs import EXHAUSTIVE, PATHS, every_value, laid_out, patterns, unary
from conformance.sweep.measure import judged_at, values_at
from conformance.targets.interpreter import Interpreter
from conformance.ulp import same_bits
from conformance.value_modes import EVERY
from conformance.wording import pattern_of
from reference.dtypes import BY_NAME
from reference.storage import Storage
from reference.tensor import Tensor

SMALL = 2  # bytes: all values of such a dtype are one tensor
_FEW = 3


class Exhaustive(Property):
    name = EXHAUSTIVE
    of_every_dtype = True
    claim = (
        "Each of the 65,536 values of 16 bits, and of the 256 of 8, gives what the manual specifies: in one piece of"
        " memory, in every third place, and in rows of seven, which leave a vector instruction nothing but ends."
    )
    once: ClassVar[bool] = True

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES in target.aspects and not target.in_bulk and unary(operation) and not operation.alias_of

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Every value of the dtype of the first tensor, along each path; other arguments keep their defaults."""
        given = first_tensor(base)
        if given is None or BY_NAME[given.dtype].itemsize > SMALL:
            return
        step = replace(base.steps[0], spelling=operation.functional[0], args=(Ref(given.name),), kwargs=())
        for path in PATHS:
            yield Case((every_value(given.name, BY_NAME[given.dtype], path),), (step,))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """Examine all values at once; of what is wrong, one value and its neighbours where those show the same."""
        path = _path_of(case)
        if not path:
            return examine(case, target)
        found = target.run_rows(case, make_blocks(case, 1))
        operation, elements = find(case.main.operation), logical(case.inputs[0])
        expected = _expected(operation.name, case.inputs[0].dtype)
        if found is None or found.shape[1:] != elements.shape or found.dtype != expected.dtype.numpy:
            return examine(case, target)
        places, values = _numbers(elements).reshape(-1), elements.reshape(-1)
        found = found.reshape(-1)
        promised = np.broadcast_to(expected.specified, expected.shape)[places]
        differing = np.flatnonzero(promised & ~same_bits(found, expected.array[places]))
        if not differing.size:
            return Examined(case, Outcome.HELD, worst_ulps=0.0 if operation.accuracy.bitwise else 0.5)
        at = places[differing]
        verdict = judged_at(operation, target, values[differing], found[differing], expected, at).verdict
        if verdict.held:
            return Examined(case, Outcome.HELD, worst_ulps=verdict.worst)
        wrong = np.flatnonzero(verdict.wrong)
        for number in dict.fromkeys(int(at[index]) for index in (*verdict.worst_index, wrong[0], wrong[-1])):
            examined = examine(_around(case, path, number), target)
            if examined.outcome is Outcome.BROKE and pattern_of(examined.differences[0]) == verdict.pattern:
                return examined
        return examine(case, target)


@lru_cache(maxsize=1)
def _expected(operation: str, dtype: str) -> Tensor:
    """What the reference gives for every value of a dtype, in the order of their bits; the same on every path."""
    given = BY_NAME[dtype]
    values = values_at(given, 0, patterns(given), 1)
    return call_reference(find(operation), [Tensor(Storage.of(values), given, values.shape, (1,), 0)], {})


def _numbers(elements: np.ndarray) -> np.ndarray:
    """The bits of each element, as a number."""
    return np.ascontiguousarray(elements).view(f"u{elements.itemsize}")


def _path_of(case: Case) -> str:
    """The path that a derived case takes; empty for any other, such as one that was reduced."""
    given, *others = case.inputs
    if others or len(case.steps) > 1 or not isinstance(given.values, Drawn) or given.values.mode != EVERY:
        return ""
    dtype = BY_NAME[given.dtype]
    return next((path for path in PATHS if every_value(given.name, dtype, path) == given), "")


def _around(case: Case, path: str, number: int) -> Case:
    """The same call on a few elements along the same path, the value of that number first."""
    given = case.inputs[0]
    dtype, geometry = BY_NAME[given.dtype], PATHS[path](_FEW)
    offset = geometry[2]
    return replace(case, inputs=(laid_out(given.name, dtype, geometry, (number - offset) % patterns(dtype)),))


PROPERTY = Exhaustive()
