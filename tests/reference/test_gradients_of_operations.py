"""The gradient of every operation, on calls that the suite itself draws, against a difference quotient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from conformance.choices import SeededChoices
from conformance.model.case import Case, Drawn, Input, Literal
from conformance.model.observation import Seen
from conformance.operation import Operation
from conformance.operations import every_operation, find
from conformance.properties.gradient import Pulled, with_cotangent
from conformance.standard import logical
from conformance.strategies.cases import draw_case, dtypes_of
from conformance.values import fill
from conformance.widen import run_wide
from reference.dtypes import BY_NAME, COMPLEX128, FLOAT64, DType
from reference.tensor import METHODS

STEPS = (2.0**-17, 2.0**-20)
CLOSE = 1e-7  # of all terms together: the step's square, times what third derivatives there are
DRAWS = 24
DOUBLE = {FLOAT64.name, COMPLEX128.name}
# Anywhere, where logarithms and gamma functions have values, and where inverse functions have.
DOMAINS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda values: values,
    lambda values: np.abs(values) + 2,
    lambda values: values / (1 + np.abs(values)),
)

# What torch records and then refuses to differentiate.
REFUSED = (
    *("floor_divide", "floor_divide_of_number", "heaviside", "histogram", "histogramdd", "igamma", "igammac"),
    *("remainder_of_number", "scatter_add_", "scatter_multiply_", "set_", "unique"),
)
# What rounds to few digits, so that its quotient is zero or anything; and two writes to one place, which are left open.
APART = (
    *("bfloat16", "bool", "byte", "cfloat", "char", "float", "half", "index_put", "int", "long", "round_decimals"),
    *("short", "to", "to_other", "type", "type_as", "type_by_name"),
)


def differentiable() -> list[Operation]:
    return [
        operation
        for name, operation in every_operation().items()
        if operation.gradient is not None and not operation.alias_of
        if not name.startswith(REFUSED) and name not in APART and FLOAT64 in dtypes_of(operation)
    ]


def drawn(operation: Operation, dtype: DType, seed: int) -> Pulled | None:
    """A call with a cotangent for its result, on numbers of which no two are equal."""
    choices = SeededChoices(seed)
    pulled = with_cotangent(draw_case(choices, operation, dtype), operation, choices)
    if pulled is None or any(given.requires_grad and given.dtype not in DOUBLE for given in pulled.case.inputs):
        return None
    domain = DOMAINS[seed // 2 % len(DOMAINS)]
    inputs = tuple(_of_no_ties(given, domain) for given in pulled.case.inputs)
    return replace(pulled, case=replace(pulled.case, inputs=inputs))


def _of_no_ties(given: Input, domain: Callable[[np.ndarray], np.ndarray]) -> Input:
    if not given.requires_grad or not isinstance(given.values, Drawn):
        return given
    values = fill(replace(given, values=replace(given.values, mode="normal", specials=())))
    return replace(given, values=Literal(domain(values).astype(values.dtype).tobytes()))


def directions(case: Case, seed: int) -> dict[str, np.ndarray]:
    """For each tracked input one direction in which it is moved: its elements, and not what lies between them."""
    parts = np.random.default_rng(seed)
    found = {}
    for given in case.inputs:
        if given.requires_grad:
            real, imag = parts.standard_normal((2, given.size)) * np.isin(np.arange(given.size), places(given))
            found[given.name] = real + 1j * imag if BY_NAME[given.dtype].is_complex else real
    return found


def places(given: Input) -> np.ndarray:
    """Where in its storage the elements of an input lie."""
    return logical(replace(given, dtype="int64", values=Literal(np.arange(given.size).tobytes())))


def moved(case: Case, by: dict[str, np.ndarray], step: float) -> Case:
    inputs = [
        replace(given, values=Literal((fill(given) + step * by[given.name]).tobytes())) if given.name in by else given
        for given in case.inputs
    ]
    return replace(case, inputs=tuple(inputs))


def result_of(pulled: Pulled, case: Case) -> Seen | None:
    """The result in extended precision; None where the call is refused or no value of the result is promised."""
    last = run_wide(case).last
    result = last.variables.get(pulled.result)
    return None if last.refused or result is None or result.specified is not True else result


def quotient(pulled: Pulled, by: dict[str, np.ndarray], step: float) -> float | None:
    """How fast the result moves, weighted by the cotangent, as the inputs move: a central difference."""
    ends = [result_of(pulled, moved(pulled.case, by, side * step)) for side in (1, -1)]
    weights = np.conj(cotangent(pulled))
    if ends[0] is None or ends[1] is None or {ends[0].values.shape, ends[1].values.shape} != {weights.shape}:
        return None
    change = weights * (ends[0].values - ends[1].values)
    return float(np.sum(change.real) / (2 * step))


def cotangent(pulled: Pulled) -> np.ndarray:
    return logical(next(given for given in pulled.case.inputs if given.name == "cotangent"))


def slope(pulled: Pulled, by: dict[str, np.ndarray]) -> tuple[float, float] | None:
    """The same by the gradient, and the size of its terms; None where going backward is refused."""
    trace = run_wide(replace(pulled.case, steps=(*pulled.case.steps, pulled.backward())))
    if any(seen.refused for seen in trace.observations):
        return None
    total = size = 0.0
    for given in pulled.case.inputs:
        gradient = trace.last.variables[given.name].grad if given.name in by else None
        if gradient is not None:
            terms = (np.conj(gradient) * logical(replace(given, values=Literal(by[given.name].tobytes())))).real
            total, size = total + float(np.sum(terms)), size + float(np.sum(np.abs(terms)))
    return total, size


def agrees(operation: Operation, dtype: DType, seed: int) -> bool | None:
    """Whether gradient and difference quotient agree; None where there is no quotient, or it depends on the step."""
    pulled = drawn(operation, dtype, seed)
    if pulled is None:
        return None
    with np.errstate(all="ignore"):
        by = directions(pulled.case, seed)
        found, result = slope(pulled, by), result_of(pulled, pulled.case)
        coarse, fine = (quotient(pulled, by, step) for step in STEPS)
        if found is None or result is None or coarse is None or fine is None:
            return None
        close = CLOSE * (found[1] + float(np.sum(np.abs(cotangent(pulled) * result.values))))
    if not np.isfinite([coarse, fine, close]).all() or abs(coarse - fine) > close:
        return None
    return abs(fine - found[0]) <= 2 * close


def verdicts(declared: Operation) -> Iterator[bool]:
    """Whether gradient and quotient agree, of each draw that tells."""
    dtypes = [dtype for dtype in (FLOAT64, COMPLEX128) if dtype in dtypes_of(declared)]
    found = (agrees(declared, dtypes[seed % len(dtypes)], seed) for seed in range(DRAWS))
    return (verdict for verdict in found if verdict is not None)


@pytest.mark.parametrize("declared", differentiable(), ids=lambda declared: declared.name)
def test_the_gradient_is_the_difference_quotient(declared: Operation) -> None:
    assert next(verdicts(declared), None), "no draw of it has a derivative"


def test_so_is_checked_every_operation_but_those_that_are_named() -> None:
    assert len(differentiable()) > 300


def test_a_wrong_gradient_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tanh", "scatter_reduce_mean", "log_softmax"):
        function = METHODS[find(name).reference.name]
        vjp, needs = function.vjps["input"]
        monkeypatch.setitem(function.vjps, "input", (lambda *given, vjp=vjp: vjp(*given) * 1.001, needs))
        # Of the input alone it is wrong, which in some draws gets no gradient.
        assert not all(islice(verdicts(find(name)), 6))
