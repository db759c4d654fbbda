"""Tensors as text: the forms that the tutorials and the manual print."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from reference import construction, creation, ranges
from reference.dtypes import BFLOAT16, FLOAT64, INT16, INT32, INT64, UINT8


@pytest.mark.parametrize(
    ("data", "options", "text"),
    [
        ([2.0, 2.0], {"dtype": FLOAT64}, "tensor([2., 2.], dtype=torch.float64)"),
        (
            [[1.0, 1.0], [1.0, 1.0]],
            {"requires_grad": True},
            "tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)",
        ),
        ([True, False], {}, "tensor([ True, False])"),
        ([1, -20, 3], {}, "tensor([  1, -20,   3])"),
        ([1, 2], {"dtype": UINT8}, "tensor([1, 2], dtype=torch.uint8)"),
        (27.0, {}, "tensor(27.)"),
        (0.5, {}, "tensor(0.5000)"),
        ([0.0, math.nan, math.inf], {}, "tensor([0., nan, inf])"),
        ([1.5, -math.inf], {}, "tensor([1.5000,   -inf])"),
        ([1e-5, 1.0], {}, "tensor([1.0000e-05, 1.0000e+00])"),
        ([1e9], {}, "tensor([1.0000e+09])"),
        ([1000.0, 1.0], {}, "tensor([1000.,    1.])"),
        ([1.5 - 2j, 0], {}, "tensor([1.5000-2.j, 0.0000+0.j])"),
        ([], {}, "tensor([])"),
        ([], {"dtype": INT64}, "tensor([], dtype=torch.int64)"),
        ([1.0], {"dtype": BFLOAT16}, "tensor([1.], dtype=torch.bfloat16)"),
    ],
)
def test_printed_forms(data: Any, options: dict[str, Any], text: str) -> None:
    assert repr(construction.tensor(data, **options)) == text


def test_grad_fn_stands_after_the_elements() -> None:
    result = creation.ones(2, 2, requires_grad=True) + 2
    assert repr(result) == "tensor([[3., 3.],\n        [3., 3.]], grad_fn=<AddBackward0>)"


def test_an_empty_tensor_of_other_than_one_dimension_names_its_size() -> None:
    assert repr(creation.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert repr(creation.zeros(2, 0, dtype=INT32)) == "tensor([], size=(2, 0), dtype=torch.int32)"


def test_more_than_a_thousand_elements_are_summarised() -> None:
    assert repr(ranges.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert "..." not in repr(ranges.arange(1000))
    text = repr(creation.zeros(40, 30))
    assert text.count("\n") == 6
    assert text.startswith("tensor([[0., 0., 0.,  ..., 0., 0., 0.],")


def test_no_line_is_longer_than_eighty_columns() -> None:
    for size in range(1, 60):
        made = construction.tensor((np.arange(size) / 7).astype(np.float32))
        assert max(map(len, repr(made).split("\n"))) <= 80
    text = repr(ranges.arange(9, dtype=INT16) * 1000)
    assert text.endswith(",\n       dtype=torch.int16)")


def test_blocks_of_matrices_are_set_apart() -> None:
    assert repr(creation.zeros(2, 1, 1)) == "tensor([[[0.]],\n\n        [[0.]]])"
