"""Measures one chunk of a sweep: the errors of a target against the reference, counted and the worst kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.accuracy import Judged
from conformance.bulk import call_reference
from conformance.compare import Difference
from conformance.deviations import matching
from conformance.judging import ValueVerdict, allowance, judge
from conformance.model.case import Case, Drawn, Ref, Step
from conformance.model.observation import Aspect
from conformance.model.sweep import EDGES, Plan, Worst
from conformance.operation import Form, Operation
from conformance.operations import find
from conformance.standard import wide_of
from conformance.strategies.cases import RESULT
from conformance.sweep.inputs import AS_ONE, EXHAUSTIVE, IN_PLACE, geometry_of, laid_out
from conformance.targets.interpreter import Interpreter
from conformance.ulp import bits, same_bits
from conformance.value_modes import COMPUTED, EVERY
from conformance.values import block
from reference.dtypes import BY_NAME, BY_NUMPY, DType
from reference.errors import Refusal
from reference.storage import Storage
from reference.tensor import Tensor

KEPT = 8  # of the worst inputs
_WARM = 64


class Unmeasurable(Exception):
    """A target gives nothing that can be measured: one line says what it gives."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one chunk showed; the fields are those of a ``Sweep``."""

    bins: np.ndarray
    unjudged: int = 0
    wrong: int = 0
    broke: int = 0
    known: tuple[str, ...] = ()
    worst: tuple[Worst, ...] = ()


class Chunks:
    """The chunks of one sweep on one target; ``Unmeasurable`` where the target refuses the first call."""

    def __init__(self, plan: Plan, target: Interpreter) -> None:
        self.plan = plan
        self.target = target
        self.operation: Operation = find(plan.operation)
        self.dtype: DType = BY_NAME[plan.dtype]
        # The first call of a process may differ from all later ones (pytorch #188792).
        self.measure(0, _WARM)

    def measure(self, start: int, count: int) -> Measured:
        """Measure the inputs from number ``start`` on."""
        values = values_at(self.dtype, start, count, self.plan.every)
        try:
            expected = call_reference(self.operation, [_tensor(values, self.dtype)], {})
        except Refusal as refusal:
            raise Unmeasurable(f"{self.plan.operation} refuses {self.plan.dtype}: {refusal.message}") from None
        found = self._found(values)
        if found.dtype != expected.dtype.numpy:
            raise Unmeasurable(f"{self.plan.operation} of {self.plan.dtype} must give {expected.dtype.name}")
        promised = np.broadcast_to(expected.specified, count)
        differing = np.flatnonzero(promised & ~same_bits(found, expected.array))
        bins = np.zeros(len(EDGES) + 1, np.int64)
        judged = int(np.count_nonzero(promised))
        bins[0] = judged - differing.size
        measured = Measured(bins, unjudged=count - judged)
        return self._differing(values, expected, found, differing, measured) if differing.size else measured

    def _found(self, values: np.ndarray) -> np.ndarray:
        """What the target gives for each value."""
        name = self.operation.parameters[0].name
        given = laid_out(name, self.dtype, geometry_of(self.plan.path, values.size))
        storage = np.zeros(given.size, values.dtype)
        strides = tuple(stride * values.itemsize for stride in given.strides)
        np.lib.stride_tricks.as_strided(storage[given.offset :], given.shape, strides)[...] = np.resize(
            values, given.shape
        )
        form = Form.IN_PLACE if self.plan.path == IN_PLACE else self.operation.functional[0]
        case = Case((given,), (Step(self.operation.name, form, (Ref(name),), results=(RESULT,)),))
        found = self.target.run_rows(case, {name: storage[np.newaxis]})
        if found is None or found.shape[1:] != given.shape:
            refused = self.target.run(case).refused
            why = "another shape" if refused is None else f"{refused.kind}: {refused.message}"
            why = " ".join(why.split())[:200]
            raise Unmeasurable(f"{self.plan.operation} of {self.plan.dtype} on {self.target.name}: {why}")
        return found.reshape(-1)[: values.size]

    def _differing(
        self, values: np.ndarray, expected: Tensor, found: np.ndarray, at: np.ndarray, others: Measured
    ) -> Measured:
        """The errors of the results at these places, which are not correctly rounded, beside the others."""
        differing = judged_at(self.operation, self.target, values[at], found[at], expected, at)
        verdict, errors = differing.verdict, differing.errors
        bins = others.bins + np.bincount(np.searchsorted(EDGES, errors[differing.promised]), minlength=others.bins.size)
        largest = np.argsort(-errors, kind="stable")[:KEPT]
        exact = expected.array if expected.unrounded is None else expected.unrounded
        worst = tuple(
            self._worst(values[at[i]], exact[at[i]], found[at[i]], expected.dtype, float(errors[i]))
            for i in largest
            if errors[i] > EDGES[0]
        )
        unjudged = others.unjudged + int(np.count_nonzero(~differing.promised))
        wrong = int(verdict.wrong.sum())
        known = self._known(expected.array[at], found[at], verdict) if wrong else ""
        return Measured(bins, unjudged, wrong, 0 if known else wrong, (known,) if known else (), worst)

    def _worst(self, value: Any, exact: Any, actual: Any, dtype: DType, ulps: float) -> Worst:
        return Worst(str(value), bits(value, self.dtype), str(exact), str(actual), bits(actual, dtype), ulps)

    def _known(self, expected: np.ndarray, actual: np.ndarray, verdict: ValueVerdict) -> str:
        """The name of the deviation that describes what is wrong, on the target or on a source of it, if one does."""
        difference = Difference(Aspect.VALUES, 0, RESULT, expected, actual, verdict)
        own = AS_ONE if self.target.in_bulk else EXHAUSTIVE
        for prop, target in ((own, self.target), *((EXHAUSTIVE, source) for source in self.target.sources)):
            deviation = matching(self.operation.name, prop, target.name, self.dtype.name, difference)
            if deviation is not None:
                return deviation.name
        return ""


@dataclass(frozen=True, slots=True)
class Differing:
    """The verdict on results that are not correctly rounded; their errors in ulp, 0 where nothing is ``promised``."""

    verdict: ValueVerdict
    errors: np.ndarray
    promised: np.ndarray


def judged_at(
    operation: Operation,
    target: Interpreter,
    values: np.ndarray,
    found: np.ndarray,
    expected: Tensor,
    at: np.ndarray,
) -> Differing:
    """Judge what a target found for ``values``, which is to be ``expected`` at these places."""
    traits, dtype = target.traits, expected.dtype
    rounded = expected.array[at]
    exact = rounded if expected.unrounded is None else expected.unrounded[at]
    with np.errstate(all="ignore"):
        judged = Judged(
            operation.name,
            dtype,
            exact.astype(wide_of(dtype), copy=False),
            (values.astype(wide_of(BY_NUMPY[values.dtype])),),
            column=traits.column,
            flushes_subnormals=traits.flushes_subnormals,
            tf32=traits.tf32,
        )
        verdict = judge(found, rounded, exact, operation.accuracy, judged)
        promised = verdict.wrong | (not dtype.is_differentiable or np.isfinite(allowance(operation.accuracy, judged)))
        errors = np.where(np.isnan(verdict.ulps), np.where(verdict.wrong, np.inf, 0.5), verdict.ulps)
    return Differing(verdict, np.where(promised, errors, 0.0), promised)


def values_at(dtype: DType, start: int, count: int, every: int) -> np.ndarray:
    """The inputs from number ``start`` on: number n is the bit pattern n * ``every``.

    Complex ones are drawn, from near a normal distribution and over many magnitudes by turns.

    >>> from reference.dtypes import UINT8
    >>> values_at(UINT8, 1, 3, 100)
    array([100, 200,  44], dtype=uint8)
    """
    if dtype.is_complex:
        return block(Drawn("log-uniform" if start // count % 2 else "normal", start), dtype, count, 1)[0]
    numbers = np.arange(start, start + count, dtype=np.uint64)
    numbers *= np.uint64(every)
    return COMPUTED[EVERY](numbers, dtype)


def _tensor(values: np.ndarray, dtype: DType) -> Tensor:
    return Tensor(Storage.of(values), dtype, (values.size,), (1,), 0)
