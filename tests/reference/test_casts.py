"""Casts by name, and what a tensor tells as a Python object, against Python and NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference import reading
from reference.autograd.engine import backward
from reference.casts import CASTS, type, type_as
from reference.conversion import to
from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX64,
    FLOAT8_E4M3FN,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT32,
    INT64,
    TORCH_DTYPES,
    UINT8,
    DType,
)
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor


def tensor(values: Any, dtype: Any = FLOAT32) -> Tensor:
    return Tensor.of(np.asarray(values), dtype)


def test_every_dtype_has_a_cast_that_is_to() -> None:
    assert {cast(tensor([1.0])).dtype for cast in CASTS.values()} == set(TORCH_DTYPES)
    x = tensor([1.5, -2.5])
    assert CASTS["float"](x) is x
    assert CASTS["char"](x).array.tolist() == [1, -2]
    assert CASTS["bool"](x).array.tolist() == [True, True]


def test_fractions_are_cut_and_nan_is_true() -> None:
    assert to(tensor([2.9, -2.9]), INT64).array.tolist() == [2, -2]
    assert to(tensor([np.nan, 0.0, -0.0]), BOOL).array.tolist() == [True, False, False]
    assert to(tensor([300], INT64), UINT8).array.tolist() == [44]
    assert to(tensor([1 + 2j], COMPLEX64), FLOAT32).array.tolist() == [1]


def test_a_float_outside_the_range_has_no_value() -> None:
    cast = to(tensor([127.9, 128.0, np.inf, np.nan]), INT8)
    assert isinstance(cast.specified, np.ndarray)
    assert cast.specified.tolist() == [True, False, False, False]


# By way of float32, each of these would be in the middle between two numbers, and go to the lower one, which is even.
ROUNDED: list[tuple[float, DType, DType, float]] = [
    (1 + 2.0**-11 + 2.0**-40, FLOAT64, FLOAT16, 1 + 2.0**-10),
    (1 + 2.0**-8 + 2.0**-40, FLOAT64, BFLOAT16, 1 + 2.0**-7),
    (1 + 2.0**-4 + 2.0**-40, FLOAT64, FLOAT8_E4M3FN, 1 + 2.0**-3),
    (65520 - 2.0**-30, FLOAT64, FLOAT16, 65504),
    (2**32 + 2**24 + 1, INT64, BFLOAT16, 2.0**32 + 2**25),
    (2**24 + 2**16 + 1, INT32, BFLOAT16, 2.0**24 + 2**17),
]


def _assigned(source: Tensor, target: Tensor) -> Tensor:
    METHODS["setitem"](target, 0, source)
    return target


WAYS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "to": lambda source, target: to(source, target.dtype),
    "copy_": lambda source, target: METHODS["copy_"](target, source),
    "setitem": _assigned,
    "select_scatter": lambda source, target: METHODS["select_scatter"](target, source, 0, 0),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("value", "source", "dtype", "expected"), ROUNDED)
def test_a_value_is_rounded_once(value: float, source: DType, dtype: DType, expected: float, way: str) -> None:
    """IEEE 754-2019, 5.4.2: of convertFormat too, the result is the exact one, rounded."""
    made = WAYS[way](tensor(value, source), tensor([0.0], dtype))
    assert made.array.astype(np.float64).ravel().tolist() == [expected]


def test_a_number_is_rounded_once() -> None:
    for value, dtype, expected in ((ROUNDED[0][0], FLOAT16, ROUNDED[0][3]), (ROUNDED[4][0], BFLOAT16, ROUNDED[4][3])):
        assert METHODS["full_like"](tensor([0.0], dtype), value).array.astype(np.float64).tolist() == [expected]


@pytest.mark.parametrize("name", ["maximum", "add", "cat", "where"])
def test_integers_are_rounded_once_where_they_are_promoted(name: str) -> None:
    integers, zeros = tensor([2**32 + 2**24 + 1, 0], INT64), tensor([0.0, 0.0], BFLOAT16)
    operands: dict[str, tuple[Any, ...]] = {
        "cat": ([integers, zeros],),
        "where": (tensor([True, True], BOOL), integers, zeros),
    }
    made = METHODS[name](*operands.get(name, (integers, zeros)))
    assert made.dtype is BFLOAT16
    assert float(made.array[0]) == 2.0**32 + 2**25


@pytest.mark.parametrize("dtype", [INT8, FLOAT8_E4M3FN])
def test_nor_has_one_without_dimensions(dtype: DType) -> None:
    cast = to(tensor(1e9), dtype)
    assert isinstance(cast.specified, np.ndarray)
    assert cast.specified.tolist() is False


def test_a_copy_is_made_where_one_is_asked_for() -> None:
    x = METHODS["t"](tensor(np.ones((2, 3))))
    assert to(x, FLOAT32) is x
    assert to(x, FLOAT32, copy=True).strides == (1, 3)
    assert to(x, FLOAT32, memory_format="contiguous").strides == (2, 1)
    with pytest.raises(Refusal):
        to(x, memory_format="channels_last")


def test_type() -> None:
    assert [type(tensor([1], dtype)) for dtype in (FLOAT32, BFLOAT16, COMPLEX64, BOOL)] == [
        "torch.FloatTensor",
        "torch.BFloat16Tensor",
        "torch.ComplexFloatTensor",
        "torch.BoolTensor",
    ]
    assert type(tensor([1.0]), "torch.HalfTensor").dtype is FLOAT16
    assert type(tensor([1.0]), FLOAT64).dtype is FLOAT64
    assert type_as(tensor([1.0]), tensor([1], INT8)).dtype is INT8
    with pytest.raises(Refusal):
        type(tensor([1.0]), "torch.NoTensor")


def test_gradients_come_back_in_the_dtype_of_the_input() -> None:
    x = tensor([1.0, 2.0], FLOAT16).requires_grad_()
    backward((CASTS["double"](x) * 3).sum())
    assert x.grad is not None
    assert (x.grad.dtype, x.grad.array.tolist()) == (FLOAT16, [3, 3])


# -- Python objects --------------------------------------------------------------------------------------------------


def test_numbers() -> None:
    assert reading.as_int(tensor([[-2.7]])) == -2
    assert reading.as_int(tensor(3 + 0j, COMPLEX64)) == 3
    assert math.isnan(reading.as_float(tensor(np.nan)))
    assert reading.as_complex(tensor(True, BOOL)) == 1 + 0j
    assert reading.as_index(tensor(5, UINT8)) == 5
    assert reading.is_nonzero(tensor(np.nan))


@pytest.mark.parametrize(
    ("call", "value", "dtype", "kind"),
    [
        (reading.as_int, [1, 2], INT64, "ValueError"),
        (reading.as_int, np.nan, FLOAT32, "ValueError"),
        (reading.as_int, np.inf, FLOAT32, "OverflowError"),
        (reading.as_int, 1e30, COMPLEX64, "RuntimeError"),
        (reading.as_int, np.nan, COMPLEX64, "RuntimeError"),
        (reading.as_float, 1j, COMPLEX64, "RuntimeError"),
        (reading.as_index, 1.0, FLOAT32, "TypeError"),
        (reading.is_nonzero, [], FLOAT32, "RuntimeError"),
        (Tensor.item, [], FLOAT32, "RuntimeError"),
    ],
)
def test_numbers_refused(call: Callable[[Tensor], Any], value: Any, dtype: Any, kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        call(tensor(value, dtype))
    assert caught.value.kind == kind


def test_tolist() -> None:
    assert reading.tolist(tensor([[1.5], [2]], BFLOAT16)) == [[1.5], [2.0]]
    assert reading.tolist(tensor(3, INT8)) == 3
    assert reading.tolist(tensor([1j], COMPLEX64)) == [1j]
    assert reading.tolist(tensor(np.zeros((2, 0)))) == [[], []]


def test_metadata() -> None:
    x = METHODS["narrow"](METHODS["t"](tensor(np.ones((2, 3)), INT8)), 0, 1, 2)
    assert (reading.size(x), reading.size(x, -1), reading.stride(x), reading.stride(x, 0)) == ((2, 2), 2, (1, 3), 1)
    assert (reading.numel(x), reading.dim(x), reading.storage_offset(x), reading.element_size(x)) == (4, 2, 1, 1)
    assert not reading.is_contiguous(x)
    assert [kind(x) for kind in (reading.is_signed, reading.is_floating_point, reading.is_complex)] == [
        True,
        False,
        False,
    ]
    assert reading.is_set_to(x, METHODS["detach"](x))
    assert not reading.is_set_to(x, METHODS["clone"](x))
    for call in (reading.size, reading.stride):
        with pytest.raises(Refusal):
            call(tensor(1.0), 0)


def test_is_contiguous_in_channels_last() -> None:
    images = METHODS["contiguous"](tensor(np.ones((2, 3, 4, 5))), memory_format="channels_last")
    assert reading.is_contiguous(images, memory_format="channels_last")
    assert not reading.is_contiguous(images)
