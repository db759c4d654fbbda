"""In a grid every special value of an operand is met beside every one of the others, in every dtype that has one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from conformance.choices import SeededChoices
from conformance.model.case import Case, Drawn
from conformance.operations import find
from conformance.strategies.grids import MOST, draw_grid, has_grid
from conformance.values import fill, special_pool
from reference.dtypes import BFLOAT16, BOOL, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT8, UINT8, DType


def grid(name: str, dtype: DType, seed: int = 0) -> Case:
    return draw_grid(SeededChoices(seed), find(name), dtype)


def elements(case: Case) -> int:
    return math.prod(math.prod(given.shape) for given in case.inputs)


@pytest.mark.parametrize("dtype", [BOOL, UINT8, INT8, BFLOAT16, FLOAT16, FLOAT32, FLOAT64], ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["maximum", "lt"])
def test_two_operands_meet_in_every_pair(name: str, dtype: DType) -> None:
    for seed in range(5):
        case = grid(name, dtype, seed)
        for dim, given in enumerate(case.inputs):
            assert [size > 1 for size in given.shape] == [dim == other for other in range(len(case.inputs))]
            pool = special_pool(next(one for one in find(name).dtypes if one.name == given.dtype))
            assert sorted(one.tobytes() for one in fill(given)) == sorted({one.tobytes() for one in pool})
        assert elements(case) <= MOST


def test_of_many_operands_what_tells_most_is_always_there() -> None:
    for seed in range(5):
        case = grid("clamp_by_tensors", FLOAT32, seed)
        assert elements(case) <= MOST
        for values in (fill(given) for given in case.inputs if given.dtype == "float32"):
            assert np.isnan(values).any()
            assert np.isposinf(values).any()
            assert np.isneginf(values).any()
            assert np.signbit(values[values == 0]).any()


def test_an_operand_keeps_the_values_that_it_draws() -> None:
    inputs = grid("igamma", FLOAT32).inputs
    assert isinstance(inputs[0].values, Drawn)
    assert not isinstance(inputs[1].values, Drawn)


def test_what_has_values_of_its_own_or_computes_with_complex_numbers_has_none() -> None:
    assert has_grid(find("add"), FLOAT32)
    assert has_grid(find("eq"), COMPLEX64)
    assert not has_grid(find("add"), COMPLEX64)
    assert not has_grid(find("lerp"), FLOAT32)
    assert not has_grid(find("sum"), FLOAT32)
