"""Creation: dtypes, layouts and refusals by hand; spaced numbers against mpmath."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from reference import construction, creation, ranges
from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX64,
    COMPLEX128,
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
from reference.tensor import Tensor


def refused(kind: str, call: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.kind == kind


@pytest.mark.parametrize("dtype", TORCH_DTYPES)
def test_constants_have_the_size_the_dtype_and_no_history(dtype: DType) -> None:
    for function, value in ((creation.zeros, 0), (creation.ones, 1)):
        made = function(2, 3, dtype=dtype)
        assert (made.shape, made.strides, made.dtype, made.version) == ((2, 3), (3, 1), dtype, 0)
        assert made.is_leaf
        assert not made.requires_grad
        assert (made.array == dtype.numpy.type(value)).all()


@pytest.mark.parametrize(("value", "dtype"), [(True, BOOL), (3, INT64), (2.5, FLOAT32), (1j, COMPLEX64)])
def test_full_takes_its_dtype_from_the_value(value: complex, dtype: DType) -> None:
    assert creation.full((2,), value).dtype is dtype
    assert creation.full((2,), value).item is not None


def test_which_numbers_a_dtype_holds() -> None:
    assert creation.full((), -1, dtype=UINT8).item() == 255
    assert creation.full((), -2.7, dtype=INT8).item() == -2
    assert creation.full((), math.nan, dtype=BOOL).item() is True
    assert math.isinf(float(creation.full((2,), math.inf, dtype=FLOAT16).array[0]))
    for value, dtype in (
        (300, UINT8),
        (-256, UINT8),
        (-0.5, UINT8),
        (math.nan, INT32),
        (1j, FLOAT32),
        (1e300, FLOAT32),
    ):
        refused("RuntimeError", creation.full, (2,), value, dtype=dtype)
    refused("OverflowError", creation.full, (2,), 2**64)
    refused("TypeError", creation.full, (2,), "a")


def test_what_fills_a_float_of_16_bits_may_become_infinite() -> None:
    """As by a cast, where nobody promises a refusal; what is computed with must fit."""
    assert np.isinf(creation.full((2,), 70000.0, dtype=FLOAT16).array).all()
    assert creation.full((), 65519.0, dtype=FLOAT16).item() == 65504.0
    refused("RuntimeError", creation.full, (2,), 1e39, dtype=FLOAT32)
    refused("Unmodelled", creation.full, (2,), 1e39, dtype=FLOAT8_E4M3FN)


def test_sizes_that_are_refused() -> None:
    refused("RuntimeError", creation.zeros, 2, -1)
    for size in ((), (2.0,), (True,), (None,)):
        refused("TypeError", creation.zeros, *size)


def test_like_keeps_the_layout_unless_another_is_asked_for() -> None:
    transposed = creation.zeros(2, 3).view_as((3, 2), (1, 3))
    assert creation.ones_like(transposed).strides == (1, 3)
    assert creation.ones_like(transposed, memory_format="contiguous").strides == (2, 1)
    gapped = creation.zeros(4, 6).view_as((4, 3), (6, 2))
    assert creation.empty_like(gapped).strides == (3, 1)
    assert creation.zeros_like(creation.zeros(2, 3, 4, 5), memory_format="channels_last").strides == (60, 1, 15, 3)
    refused("RuntimeError", creation.zeros_like, transposed, memory_format="channels_last")


def test_out_decides_the_dtype_is_resized_and_written_once() -> None:
    out = creation.empty(5, dtype=INT32)
    assert creation.ones(2, 2, out=out) is out
    assert (out.shape, out.dtype, out.version, out.array.tolist()) == ((2, 2), INT32, 1, [[1, 1], [1, 1]])
    refused("RuntimeError", creation.ones, 2, out=out, dtype=FLOAT32)


def test_a_gradient_can_be_required_of_floating_dtypes_alone() -> None:
    assert creation.ones(2, requires_grad=True).requires_grad
    refused("RuntimeError", creation.ones, 2, dtype=INT64, requires_grad=True)


def test_empty_promises_no_value() -> None:
    assert creation.empty(3).specified is False
    assert creation.zeros(3).specified is True


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [
        ([], FLOAT32, (0,)),
        ([[], []], FLOAT32, (2, 0)),
        ([1, 2.5], FLOAT32, (2,)),
        ([True, 2], INT64, (2,)),
        ([[1, 1j]], COMPLEX64, (1, 2)),
        (True, BOOL, ()),
        ((range(3), [3, 4, 5]), INT64, (2, 3)),
        (np.int16(3), TORCH_DTYPES[3], ()),
    ],
)
def test_data_decides_dtype_and_shape(data: Any, dtype: DType, shape: tuple[int, ...]) -> None:
    made = construction.tensor(data)
    assert (made.dtype, made.shape) == (dtype, shape)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("ValueError", [[1, 2], [3]]),
        ("ValueError", [[], [1]]),
        ("TypeError", [1, [2]]),
        ("TypeError", [[1], 2]),
        ("TypeError", "a"),
        ("ValueError", ["a"]),
        ("RuntimeError", None),
        ("ValueError", [2**63]),
    ],
)
def test_data_that_is_no_tensor(kind: str, data: Any) -> None:
    refused(kind, construction.tensor, data)


def test_stored_numbers_overflow_to_infinity_but_not_to_integers() -> None:
    assert math.isinf(construction.tensor(1e300).item())
    refused("RuntimeError", construction.tensor, [300], dtype=UINT8)
    refused("TypeError", construction.tensor, [1j], dtype=FLOAT32)


def test_asarray_shares_where_it_can() -> None:
    array = np.arange(3.0)
    shared = construction.asarray(array)
    array[0] = 7
    assert shared.array[0] == 7
    assert construction.asarray(array, copy=True).storage.address != shared.storage.address
    assert construction.asarray(shared) is shared
    refused("ValueError", construction.asarray, array, dtype=FLOAT32, copy=False)
    refused("ValueError", construction.asarray, [1.0], copy=False)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [((5,), [0, 1, 2, 3, 4]), ((5, 1, -2), [5, 3]), ((0,), []), ((2**62, 2**62 + 3), [2**62, 2**62 + 1, 2**62 + 2])],
)
def test_arange_counts_integers(bounds: tuple[int, ...], expected: list[int]) -> None:
    made = ranges.arange(*bounds)
    assert made.dtype is INT64
    assert made.array.tolist() == expected


def test_arange_of_floats_has_as_many_numbers_as_the_quotient_rounded_up() -> None:
    for end, step in ((1, 0.1), (1, 0.3), (2.5, 0.5), (-1, -0.25)):
        made = ranges.arange(0, end, step, dtype=FLOAT64)
        exact = [mpmath.mpf(step) * place for place in range(math.ceil(end / step))]
        assert made.shape == (len(exact),)
        assert [mpmath.mpf(float(value)) for value in made.array] == pytest.approx(exact, rel=1e-16)


def test_arange_refuses() -> None:
    refused("RuntimeError", ranges.arange, 1, 5, 0)
    refused("RuntimeError", ranges.arange, 1, 5, -1)
    refused("RuntimeError", ranges.arange, 0.0, math.inf)
    refused("NotImplementedError", ranges.arange, 2, dtype=BOOL)
    refused("TypeError", ranges.arange, "a")


def spaced(start: float, end: float, steps: int) -> list[Any]:
    return [start + (mpmath.mpf(end) - start) * place / (steps - 1) for place in range(steps)]


@pytest.mark.parametrize(("start", "end", "steps"), [(0, 1, 5), (-3, 7, 4), (1e-3, -2.5, 11), (2, 2, 3)])
def test_linspace_against_mpmath(start: float, end: float, steps: int) -> None:
    made = ranges.linspace(start, end, steps)
    exact = np.array([float(value) for value in spaced(start, end, steps)])
    assert np.allclose(made.array, exact, rtol=2.0**-23, atol=2.0**-24)
    assert made.array[0] == np.float32(start)
    assert made.array[-1] == np.float32(end)


def test_linspace_of_integers_cuts() -> None:
    assert ranges.linspace(-3, 10, 5, dtype=INT8).array.tolist() == [-3, 0, 3, 6, 10]
    assert ranges.linspace(0.9, 2.9, 3, dtype=INT64).array.tolist() == [0, 1, 2]
    assert ranges.linspace(0, 255, 2, dtype=UINT8).specified
    assert not np.any(ranges.linspace(0, -1, 5, dtype=UINT8).specified), "no page says what -1 is to uint8"
    refused("RuntimeError", ranges.linspace, 0, 1, -1)
    refused("TypeError", ranges.linspace, 0, 1, 2.0)


@pytest.mark.parametrize("base", [10, 2, 2.5])
def test_logspace_against_mpmath(base: float) -> None:
    made = ranges.logspace(-1, 2, 7, base, dtype=FLOAT64)
    exact = np.array([float(mpmath.power(base, value)) for value in spaced(-1, 2, 7)])
    assert np.allclose(made.array, exact, rtol=1e-15, atol=0)


@pytest.mark.parametrize("start", [0.3, 1j, 0.5 + 3j])
def test_logspace_of_one_step_keeps_the_digits_before_its_rounding(start: complex) -> None:
    made = ranges.logspace(start, 0, 1, dtype=COMPLEX128)
    assert made.unrounded is not None
    (found,) = made.unrounded
    exact = mpmath.power(10, mpmath.mpmathify(start))
    assert abs(mpmath.mpc(str(found.real), str(found.imag)) - exact) < 1e-18 * abs(exact)


def test_eye_has_ones_where_row_equals_column() -> None:
    made = ranges.eye(2, 3, dtype=BFLOAT16)
    assert made.array.tolist() == [[1, 0, 0], [0, 1, 0]]
    refused("RuntimeError", ranges.eye, -1)
    refused("TypeError", ranges.eye, 2.0)


def test_arange_fills_an_out_of_as_many_elements_in_its_own_shape() -> None:
    out: Tensor = creation.empty(2, 2)
    assert ranges.arange(4, out=out).array.tolist() == [[0, 1], [2, 3]]
    refused("RuntimeError", ranges.arange, 4, out=creation.empty(1).view_as((4,), (0,)))


def test_a_cast_copy_shares_nothing_with_what_it_was_made_from() -> None:
    source = construction.tensor([1.0, 2.0], dtype=FLOAT64)
    made = construction.tensor(source, dtype=FLOAT32)
    made.written()
    made.unrounded = np.array([5.0, 6.0])
    assert source.array.tolist() == [1, 2]


def test_real_results_written_over_complex_elements_leave_the_others_imaginary_parts() -> None:
    made = construction.tensor([1j, 2j], dtype=COMPLEX64)
    part = made.view_as((1,), (1,), 1)
    part.unrounded = np.array([3.0])
    assert made.unrounded is not None
    assert made.unrounded.tolist() == [1j, 3]


@pytest.mark.parametrize(
    ("size", "order", "strides"),
    [((2, 3), (0, 1), (3, 1)), ((2, 3), (1, 0), (1, 2)), ((2, 3, 4, 5), (0, 2, 3, 1), (60, 1, 15, 3)), ((), (), ())],
)
def test_dimensions_lie_in_memory_in_the_order_asked_for(
    size: tuple[int, ...], order: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    made = creation.empty_permuted(size, order)
    assert (made.shape, made.strides) == (size, strides)


@pytest.mark.parametrize("order", [(0, 0), (0,), (0, 2), (-1, 0)])
def test_what_is_no_order_is_refused(order: tuple[int, ...]) -> None:
    refused("RuntimeError", creation.empty_permuted, (2, 3), order)


def test_strides_may_be_any_that_are_not_negative() -> None:
    made = creation.new_empty_strided(creation.empty(1, dtype=INT8), (2, 3), (0, 5))
    assert (made.shape, made.strides, made.dtype, made.storage.nbytes) == ((2, 3), (0, 5), INT8, 11)
    refused("RuntimeError", creation.empty_strided, (2, 3), (1,))
    refused("RuntimeError", creation.empty_strided, (2, 3), (1, -1))


def test_empty_writes_nothing_to_an_out_of_its_shape() -> None:
    out: Tensor = creation.zeros(2)
    assert creation.empty(2, out=out) is out
    assert (out.version, out.specified) == (0, False)
    assert creation.empty(2, 3, out=out).shape == (2, 3)


def test_eye_refuses_an_out_whose_elements_share_memory() -> None:
    refused("RuntimeError", ranges.eye, 2, out=creation.empty(1).view_as((2, 2), (0, 0)))
    assert ranges.eye(2, out=creation.empty(1).view_as((4,), (0,))).array.tolist() == [[1, 0], [0, 1]]
