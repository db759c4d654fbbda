"""Vectors: a reduction of a vector, of whatever length and however its elements lie, is that of these elements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

import numpy as np

from conformance.accuracy import Product, Reduced
from conformance.bulk import call_reference
from conformance.choices import Choices
from conformance.counting import COMPARED
from conformance.examine import Examined, examine
from conformance.lengths import ELEMENTS, Window, in_vectors, through, windows
from conformance.model.case import Case, Drawn, Ref
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import SIXTEEN_BIT, Effect, Operation
from conformance.operations import find
from conformance.parameters import AnyTensor
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter
from conformance.ulp import same_bits, ulps_between
from conformance.values import fill
from reference.dtypes import BOOL, BY_NAME, INT8, UINT8, DType
from reference.errors import Refusal
from reference.storage import Storage
from reference.tensor import Tensor

SHARE, TRIED = 7, 1
"""One in so many windows is looked at, of sums; of those that differ, the worst are examined."""
TRUTHS = ("positive", "zero", "small")


class Vectors(Property):
    name = "vectors"
    of_every_dtype = True
    once: ClassVar[bool] = True
    claim = (
        "Of a vector of any length, in one piece or in every second place, what is computed over a dimension is what it"
        " is of these elements."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        first, *others = operation.parameters or (None,)
        plain = isinstance(first, AnyTensor) and all(one.name == "dim" or not one.required for one in others)
        makes = operation.effect is Effect.NEW and operation.results == 1 and bool(operation.functional)
        sees = {Aspect.VALUES, Aspect.STRIDES} <= target.aspects and not target.in_bulk
        return operation.accumulates and plain and makes and sees and not operation.alias_of

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """The call on a vector of 16 bits, mostly of small integers: most sums of these are exact in any order. Wider
        dtypes are not cast on the way, and have fewer kernels. What is not summed has kernels of its own for bytes."""
        vectors = in_vectors(base)
        if vectors is None or BY_NAME[vectors.inputs[0].dtype] not in _narrow(operation):
            return
        over = (("dim", 0),) if any(one.name == "dim" for one in operation.parameters) else ()
        step = replace(base.main, spelling=operation.functional[0], args=(Ref(vectors.inputs[0].name),), kwargs=over)
        for mode in _modes(choices, operation):
            given = replace(vectors.inputs[0], values=Drawn(mode, choices.integer(0, 2**32 - 1)))
            yield replace(base, inputs=(given,), steps=(step,))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """Examine some of the windows at once; of those through which anything differs, the worst."""
        if any(given.shape != (ELEMENTS,) for given in case.inputs):
            return examine(case, target)
        for window in _differing(case, target)[:TRIED]:
            examined = examine(through(case, window), target)
            if examined.outcome is Outcome.BROKE:
                return examined
        return Examined(case, Outcome.HELD)


def _narrow(operation: Operation) -> tuple[DType, ...]:
    return (BOOL, UINT8, INT8, *SIXTEEN_BIT) if _is_reduced(operation) else SIXTEEN_BIT


def _modes(choices: Choices, operation: Operation) -> tuple[str, ...]:
    if isinstance(operation.accuracy, Product):
        return ("factors",)
    # Among elements of which all are true, none, and nearly all: bits that two bytes do not share are no less true.
    return TRUTHS if _is_reduced(operation) else (choices.choose(("small", "small", "normal")),)


def _is_reduced(operation: Operation) -> bool:
    return isinstance(operation.accuracy, Reduced)


def _differing(case: Case, target: Interpreter) -> list[Window]:
    """The windows through which the bits differ, the largest error first."""
    given, operation = case.inputs[0], find(case.main.operation)
    assert isinstance(given.values, Drawn), "a vector is drawn"
    share = 1 if _is_reduced(operation) else SHARE
    of_vectors = [window for window in windows() if len(window[0]) == 1][given.values.seed % share :: share]
    found = target.run_windows(case, of_vectors)
    try:
        expected = _reference(case, operation, of_vectors)
    except Refusal:
        return []
    ends = np.cumsum([made.numel for made in expected])
    dtype = expected[0].dtype
    if found is None or found.dtype != dtype.numpy or found.size != ends[-1]:
        return []  # which the calls that other properties make show as well
    COMPARED.elements += found.size
    wanted = np.concatenate([made.array.reshape(-1) for made in expected])
    promised = np.concatenate([np.broadcast_to(made.specified, made.shape).reshape(-1) for made in expected])
    differing = np.flatnonzero(promised & ~same_bits(found, wanted))
    if not differing.size:
        return []
    if dtype.is_differentiable:
        worst = np.nan_to_num(ulps_between(found[differing], _wide(wanted[differing]), dtype), nan=np.inf)
        differing = differing[np.argsort(-worst, kind="stable")]
    numbers = np.searchsorted(ends, differing, side="right")
    return [of_vectors[number] for number in dict.fromkeys(numbers.tolist())]


def _wide(values: np.ndarray) -> np.ndarray:
    return values.astype(np.clongdouble if values.dtype.kind == "c" else np.longdouble)


def _reference(case: Case, operation: Operation, of_vectors: Iterable[Window]) -> list[Tensor]:
    given, named = case.inputs[0], dict(case.main.kwargs)
    memory, dtype = Storage.of(np.array(fill(given))), BY_NAME[given.dtype]
    return [call_reference(operation, [Tensor(memory, dtype, *window)], named) for window in of_vectors]


PROPERTY = Vectors()
