"""In a grid every special value of an operand is met beside every one of the others, in every dtype that has one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from conformance.choices import SeededChoices
from conformance.examine import REFERENCE, examine
from conformance.model.case import Case
from conformance.operations import every_operation, find
from conformance.strategies.grids import MOST, draw_grid, has_grid, numbers_to_meet
from conformance.ulp import finfo
from conformance.value_modes import special_pool
from conformance.values import fill
from reference.dtypes import BFLOAT16, BOOL, BY_NAME, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT8, UINT8, DType
from tests.conformance.planted.planting import EVERY_FORM, Fault, FaultyTarget, Plant


def grid(name: str, dtype: DType, seed: int = 0) -> Case:
    return draw_grid(SeededChoices(seed), find(name), dtype)


def combinations(case: Case) -> set[tuple[bytes, ...]]:
    """The bits that operands have at the same place of the result."""
    arrays = [fill(given).reshape(given.shape) for given in case.inputs]
    views = [np.ascontiguousarray(one).view(np.dtype(f"V{one.itemsize}")).reshape(one.shape) for one in arrays]
    return set(zip(*(one.ravel().tolist() for one in np.broadcast_arrays(*views)), strict=True))


@pytest.mark.parametrize("dtype", [BOOL, UINT8, INT8, BFLOAT16, FLOAT16, FLOAT32, FLOAT64], ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["maximum", "lt"])
def test_two_operands_meet_in_every_pair(name: str, dtype: DType) -> None:
    shapes = set()
    for seed in range(12):
        case = grid(name, dtype, seed)
        pools = [special_pool(BY_NAME[given.dtype]) for given in case.inputs]
        different = [len({one.tobytes() for one in pool}) for pool in pools]
        assert len(combinations(case)) == math.prod(different)
        shapes.add(len(case.inputs[0].shape))
    assert shapes == {1, 2}, "as vectors and broadcast"


def test_of_many_operands_what_tells_most_is_always_there() -> None:
    for seed in range(5):
        case = grid("clamp_by_tensors", FLOAT32, seed)
        assert len(combinations(case)) <= MOST
        for values in (fill(given) for given in case.inputs if given.dtype == "float32"):
            assert np.isnan(values).any()
            assert np.isposinf(values).any()
            assert np.isneginf(values).any()
            assert np.signbit(values[values == 0]).any()


def test_an_operand_keeps_the_values_that_it_draws() -> None:
    orders, other = (fill(given) for given in grid("igamma", FLOAT32).inputs)
    finite = orders[np.isfinite(orders)]
    assert np.all(finite * 4 == np.round(finite * 4)), "quarters"
    assert np.isin(special_pool(FLOAT32)[:20], other).all()


def test_complex_numbers_meet_where_a_standard_says_what_comes_of_them() -> None:
    assert has_grid(find("eq"), COMPLEX64)
    assert has_grid(find("sqrt"), COMPLEX64)
    assert not has_grid(find("add"), COMPLEX64)
    drawn = fill(grid("sqrt", COMPLEX64).inputs[0])
    parts = {(one.real.tobytes(), one.imag.tobytes()) for one in drawn}
    assert len(parts) == 8 * 8, "each part with each"


def test_what_has_values_of_its_own_has_none() -> None:
    assert has_grid(find("add"), FLOAT32)
    assert not has_grid(find("lerp"), FLOAT32)
    assert not has_grid(find("sum"), FLOAT32)


WITH_GRIDS = [
    name
    for name, one in every_operation().items()
    if has_grid(one, FLOAT32) and FLOAT32 in one.dtypes and not one.alias_of
]
REPLACED = {
    "a number for NaN": (torch.isnan, 0.5),
    "infinity for NaN": (torch.isnan, math.inf),
    "a number for infinity": (torch.isposinf, 0.5),
    "NaN for infinity": (torch.isposinf, math.nan),
    "a number for minus infinity": (torch.isneginf, -1e4),
}


@pytest.mark.parametrize("name", WITH_GRIDS)
@pytest.mark.parametrize("wrong", REPLACED)
def test_no_bound_lets_another_value_stand_for_infinity_or_nan(name: str, wrong: str) -> None:
    where, other = REPLACED[wrong]

    def plant(real: Plant, *args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        return torch.where(where(result), torch.tensor(other, dtype=result.dtype), result)

    case = grid(name, FLOAT32)
    seen = REFERENCE.run(case).last.variables[case.main.results[0]]
    if seen.dtype != "float32":
        return
    replaced = where(torch.from_numpy(seen.values)).numpy() & np.asarray(seen.specified)
    examined = examine(case, FaultyTarget(Fault("", wrong, name, "agrees", plant, EVERY_FORM)))
    passed = replaced & ~examined.differences[0].verdict.wrong if replaced.any() else replaced
    largest = finfo(FLOAT32).max  # a multiple of it may overflow before infinity is added
    inputs = np.broadcast_arrays(*(fill(given).reshape(given.shape) for given in case.inputs))
    assert np.all(np.any([np.abs(one[passed]) == largest for one in inputs], axis=0))


@pytest.mark.parametrize("dtype", [INT8, BFLOAT16, FLOAT64, COMPLEX64], ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["eq", "clamp_max", "contains", "isin_of_number"])
def test_a_number_meets_an_element_that_is_equal_to_it(name: str, dtype: DType) -> None:
    if dtype not in find(name).dtypes:
        pytest.skip("not of this dtype")
    for case in numbers_to_meet(find(name), dtype):
        (number,) = (one for one in case.main.args if isinstance(one, (int, float, complex)))
        assert number in fill(case.inputs[0]).tolist()
        assert REFERENCE.run(case).refused is None


def test_numbers_that_an_operation_has_of_its_own_meet_none() -> None:
    assert [len(numbers_to_meet(find(name), FLOAT32)) for name in ("add", "where", "isclose", "fill_", "ldexp")] == [
        0
    ] * 5
    assert numbers_to_meet(find("eq"), BOOL) == []
