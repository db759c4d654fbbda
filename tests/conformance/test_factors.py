"""Factors of a product: in a line there is no zero, one or two, wherever its elements lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.choices import SeededChoices
from conformance.model.case import Argument, Case, Drawn, Input, Ref, Step
from conformance.operation import Form
from conformance.standard import logical
from conformance.strategies.factors import with_zeros
from conformance.strategies.layouts import geometry

SEEDS = range(60)


def zeros(name: str, *args: Argument, layout: str = "contiguous", dtype: str = "float64") -> list[np.ndarray]:
    """Where the zeros are among 5 x 4 factors."""
    strides, offset, size = geometry(layout, (5, 4))
    given = Input("input", (5, 4), dtype, strides, offset, size, Drawn("normal", 3), requires_grad=True)
    case = Case((given,), (Step(name, Form.FUNCTION, (Ref("input"), *args), (), ("result",)),))
    return [logical(with_zeros(case, SeededChoices(seed)).inputs[0]) == 0 for seed in SEEDS]


@pytest.mark.parametrize("layout", ["contiguous", "transposed", "stepped by 2", "offset by 1"])
@pytest.mark.parametrize(("dim", "axis"), [(0, 0), (-1, 1)])
def test_lines_with_one_zero_and_with_two_are_drawn(layout: str, dim: int, axis: int) -> None:
    counts = [set(zero.sum(axis).tolist()) for zero in zeros("cumprod", dim, layout=layout)]
    assert sum(1 in found for found in counts) > 40
    assert sum(2 in found for found in counts) > 10
    assert set.union(*counts) <= set(range(5))


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_what_is_multiplied_as_a_whole_is_one_line(dtype: str) -> None:
    counts = [int(zero.sum()) for zero in zeros("prod_all", dtype=dtype)]
    assert set(counts) == {0, 1, 2}
    assert counts.count(1) > 25


def test_what_is_not_tracked_stays_as_it_is() -> None:
    given = Input("input", (2,), "float32", (1,), 0, 2, Drawn("normal", 3))
    case = Case((given,), (Step("prod_all", Form.FUNCTION, (Ref("input"),), (), ("result",)),))
    assert with_zeros(case, SeededChoices(1)) == case
    without = replace(case, inputs=(replace(given, shape=(), strides=(), requires_grad=True),))
    assert logical(with_zeros(without, SeededChoices(1)).inputs[0]) != 0
