"""Beside NaN: a NaN in one element spoils the gradient of no other, where each element, or row, is computed by itself.

Whether the gradient is right without the NaN, the property ``gradient`` says; here it must be the same to the last bit,
but where the NaN has a part in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from conformance.accuracy import Exact
from conformance.choices import Choices
from conformance.compare import Comparison, Standard
from conformance.examine import Examined
from conformance.model.case import BACKWARD, Case, Input, Ref
from conformance.model.observation import Aspect, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Form, Operation
from conformance.operations import find
from conformance.properties.base import Property, then
from conformance.properties.gradient import with_cotangent
from conformance.standard import logical
from conformance.targets.interpreter import Interpreter
from conformance.values import fill, literal
from reference.broadcasting import broadcast_shapes
from reference.errors import Refusal
from reference.function import Function

ELEMENTWISE = ("where", "where_method", "masked_fill", "cumsum")
"""Operations whose derivative has no elements of other places, beside the pointwise ones."""
BY_ROWS = (
    *("cumprod", "cummax", "cummin", "logcumsumexp", "diff", "sort", "sort_stable", "topk", "softmax", "log_softmax"),
    *("sum", "nansum", "mean", "nanmean", "prod", "var", "std", "norm", "vector_norm", "logsumexp"),
    *("max", "min", "amax", "amin", "kthvalue", "median", "nanmedian"),
)
"""Operations that compute each row by itself: along one dimension, or several."""
_WITHOUT = 0.75
_COTANGENT = "cotangent"


class BesideNan(Property):
    name = "beside nan"
    of_every_dtype = True
    claim = "Where one element is NaN, the gradient of every other element or row is what it is without."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        alone = operation.pointwise or operation.name in ELEMENTWISE or operation.name in BY_ROWS
        forward = operation.effect is Effect.NEW and not operation.random
        return {Aspect.GRAD, Aspect.VALUES} <= target.aspects and operation.gradient is not None and alone and forward

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Of two dtypes alone, of which there is a structure in every round: a formula is that of any."""
        pulled = with_cotangent(base, operation, choices, alone=False)
        if pulled is None or len(pulled.case.steps) > 1:
            return
        tracked = [one for one in pulled.case.inputs if one.requires_grad and one.dtype in ("float32", "float64")]
        several = [one for one in tracked if logical(one).size > 1]
        if several:
            yield then(pulled.case.with_input(_with_nan(choices.choose(several), choices)), pulled.backward())

    def examine(self, case: Case, target: Interpreter) -> Examined:
        touched = _touched(case)
        if touched is None or case.steps[-1].operation != BACKWARD or _may_choose_another(case):
            return Examined(case, Outcome.INAPPLICABLE)
        wanted, actual = target.run(_without_nan(case)), target.run(case)
        if wanted.refused is not None or actual.refused is not None:
            return Examined(case, Outcome.INAPPLICABLE)
        exact = Standard(Exact(), case.main.operation)
        same = _where_untouched(actual, wanted, touched)
        found = Comparison(frozenset({Aspect.GRAD}), target.traits, lambda: exact).traces(wanted, same).differences
        return Examined(case, Outcome.BROKE if found else Outcome.HELD, found, 0.0, wanted, actual)


def _with_nan(given: Input, choices: Choices) -> Input:
    """The input with NaN in one place."""
    elements, shape = fill(given).copy(), given.shape
    place = [choices.integer(0, size - 1) for size in shape]
    elements[given.offset + sum(n * stride for n, stride in zip(place, given.strides, strict=True))] = math.nan
    return replace(given, values=literal(elements))


def _without_nan(case: Case) -> Case:
    """The case with a number in every place of NaN."""
    for given in case.inputs:
        elements = fill(given)
        if elements.dtype.kind in "fV" and np.isnan(elements).any():
            number = elements.dtype.type(_WITHOUT)
            case = case.with_input(replace(given, values=literal(np.where(np.isnan(elements), number, elements))))
    return case


def _touched(case: Case) -> dict[str, np.ndarray] | None:
    """By input, the elements in whose gradient a NaN has a part: those that meet it, and sums over where they do.

    None where inputs are not broadcast to each other, as those of a step may be that was reduced.
    """
    given = [one for one in case.inputs if one.name != _COTANGENT and Ref(one.name) in case.main.args]
    if not given or case.main.spelling is Form.OUT:
        return None
    try:
        shape = broadcast_shapes(*(one.shape for one in given))
        nan = np.zeros(shape, np.bool_)
        for one in given:
            elements = logical(one)
            nan |= np.broadcast_to(elements != elements, shape)
    except Refusal:
        return None
    if case.main.operation in BY_ROWS:
        nan = _in_whole_rows(nan, case)
    return {one.name: _any_to(nan, one.shape) for one in given}


def _in_whole_rows(nan: np.ndarray, case: Case) -> np.ndarray:
    """The rows in which there is one; a dimension that is not named is the last, or all are."""
    reference = find(case.main.operation).reference
    assert isinstance(reference, Function), "what computes rows has a derivative"
    dim = reference.arguments(case.main.args, dict(case.main.kwargs))["dim"]
    dims = dim if isinstance(dim, (tuple, list)) else (dim,)
    if not nan.ndim or not dims or not all(type(one) is int for one in dims):
        return np.full(nan.shape, nan.any())
    return np.broadcast_to(nan.any(axis=tuple(dims), keepdims=True), nan.shape)


def _may_choose_another(case: Case) -> bool:
    """Whether an index was chosen, and of equal elements any may have been: elsewhere another, for all that is said."""
    operation = find(case.main.operation)
    if operation.results == 1 and not operation.chooses:
        return False
    elements = logical(case.inputs[0])
    return len(np.unique(elements)) < elements.size


def _any_to(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    leading = mask.ndim - len(shape)
    summed = tuple(leading + dim for dim, size in enumerate(shape) if size == 1)
    return np.asarray(mask.any(axis=(*range(leading), *summed), keepdims=True)).reshape(shape)


def _where_untouched(actual: Trace, wanted: Trace, touched: dict[str, np.ndarray]) -> Trace:
    """What was seen, but with the gradients that are wanted where NaN has a part in them."""
    seen = dict(actual.last.variables)
    for name, mask in touched.items():
        found, expected = seen[name].grad, wanted.last.variables[name].grad
        if found is not None and expected is not None and found.shape == expected.shape == mask.shape:
            seen[name] = replace(seen[name], grad=np.where(mask, expected, found))
    return Trace(actual.target, [replace(actual.last, variables=seen)])


PROPERTY = BesideNan()
