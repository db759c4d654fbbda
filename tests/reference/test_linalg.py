"""Matrix products, convolution and pooling against loops over single products."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BY_NUMPY, FLOAT32, FLOAT64, INT8, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor

RANDOM = np.random.default_rng(7)


def integers(*shape: int) -> np.ndarray:
    """Small integers, whose sums of products are exact in any order."""
    return RANDOM.integers(-4, 5, shape).astype(np.float64)


def tensor(array: np.ndarray) -> Tensor:
    return Tensor.of(array.copy(), BY_NUMPY[array.dtype])


def multiplied(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product by the definition: vectors get a dimension, batches broadcast, one dot product at a time."""
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, batch + left.shape[-2:])
    right = np.broadcast_to(right, batch + right.shape[-2:])
    result = np.zeros((*batch, left.shape[-2], right.shape[-1]))
    for place in np.ndindex(result.shape):
        *stack, row, column = place
        for inner in range(left.shape[-1]):
            result[place] += left[(*stack, row, inner)] * right[(*stack, inner, column)]
    result = result if a.ndim > 1 else result[..., 0, :]
    return result if b.ndim > 1 else result[..., 0]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3,)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((3,), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((1, 2, 3), (5, 3, 4)),
        ((2, 1, 2, 3), (5, 3, 4)),
        ((2, 0), (0, 3)),
        ((0, 2, 3), (3, 4)),
    ],
)
def test_matmul(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = integers(*left), integers(*right)
    result = METHODS["matmul"](tensor(a), tensor(b))
    np.testing.assert_array_equal(result.array, multiplied(a, b))
    assert result.is_contiguous()


def test_integer_products_wrap() -> None:
    a = np.full((1, 2), 100, np.int8)
    assert METHODS["mm"](tensor(a), tensor(a.T.copy())).item() == np.int8(20000 % 256)


def test_addmm_ignores_what_beta_zero_hides() -> None:
    a, b = integers(2, 3), integers(3, 2)
    hidden = tensor(np.full((2,), np.nan))
    np.testing.assert_array_equal(
        METHODS["addmm"](hidden, tensor(a), tensor(b), beta=0, alpha=2).array, 2 * multiplied(a, b)
    )


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", [(2, 3), (2, 3)]),
        ("mm", [(3,), (3, 2)]),
        ("mv", [(2, 3), (2,)]),
        ("dot", [(2,), (3,)]),
        ("bmm", [(2, 2, 3), (1, 3, 2)]),
        ("addmm", [(3,), (2, 3), (3, 2)]),
        ("outer", [(2, 2), (2,)]),
        ("matmul", [(), (2,)]),
        ("matmul", [(2, 2, 2), (3, 2, 2)]),
        ("linear", [(2, 3), (4, 2)]),
    ],
)
def test_sizes_that_do_not_fit_are_refused(name: str, shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(Refusal):
        METHODS[name](*(tensor(integers(*shape)) for shape in shapes))


def test_mixed_dtypes_are_refused() -> None:
    a = integers(2, 2)
    with pytest.raises(Refusal):
        METHODS["mm"](Tensor.of(a, FLOAT32), Tensor.of(a, FLOAT64))
    with pytest.raises(Refusal):
        METHODS["mm"](Tensor.of(a != 0, BY_NUMPY[np.dtype(bool)]), Tensor.of(a != 0, BY_NUMPY[np.dtype(bool)]))


# -- convolution -------------------------------------------------------------------------------------------------------

Settings = tuple[tuple[int, int], tuple[int, int], tuple[int, int], int]
SETTINGS: list[Settings] = [
    ((1, 1), (0, 0), (1, 1), 1),
    ((2, 1), (1, 2), (1, 1), 1),
    ((1, 3), (2, 0), (2, 1), 2),
    ((2, 2), (2, 3), (2, 2), 4),
]


def convolved(images: np.ndarray, kernels: np.ndarray, bias: np.ndarray, settings: Settings) -> np.ndarray:
    """Every output one sum over channels and kernel, pixels outside the image counting as zero."""
    stride, padding, dilation, groups = settings
    rows, columns = (
        (images.shape[2 + d] + 2 * padding[d] - dilation[d] * (kernels.shape[2 + d] - 1) - 1) // stride[d] + 1
        for d in (0, 1)
    )
    result = np.zeros((len(images), len(kernels), rows, columns))
    taken = kernels.shape[1]
    for n, out, i, j in np.ndindex(result.shape):
        first = out // (len(kernels) // groups) * taken
        total = bias[out]
        for c, a, b in np.ndindex(kernels.shape[1:]):
            y, x = i * stride[0] - padding[0] + a * dilation[0], j * stride[1] - padding[1] + b * dilation[1]
            if 0 <= y < images.shape[2] and 0 <= x < images.shape[3]:
                total += images[n, first + c, y, x] * kernels[out, c, a, b]
        result[n, out, i, j] = total
    return result


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_conv2d(settings: Settings) -> None:
    images, kernels, bias = integers(2, 4, 6, 5), integers(8, 4 // settings[3], 2, 3), integers(8)
    result = METHODS["conv2d"](tensor(images), tensor(kernels), tensor(bias), *settings)
    np.testing.assert_array_equal(result.array, convolved(images, kernels, bias, settings))


@pytest.mark.parametrize("kernel", [(3, 3), (2, 3), (4, 2)])
def test_conv2d_same_keeps_the_size(kernel: tuple[int, int]) -> None:
    images, kernels = integers(1, 2, 5, 6), integers(3, 2, *kernel)
    total = [size - 1 for size in kernel]
    before = [margin // 2 for margin in total]
    padded = np.pad(images, ((0, 0), (0, 0), *((b, t - b) for b, t in zip(before, total, strict=True))))
    expected = convolved(padded, kernels, np.zeros(3), SETTINGS[0])
    result = METHODS["conv2d"](tensor(images), tensor(kernels), padding="same")
    assert result.shape == (1, 3, 5, 6)
    np.testing.assert_array_equal(result.array, expected)


def test_conv2d_of_one_image() -> None:
    image, kernels = integers(2, 4, 4), integers(3, 2, 2, 2)
    alone = METHODS["conv2d"](tensor(image), tensor(kernels))
    np.testing.assert_array_equal(alone.array, METHODS["conv2d"](tensor(image[None]), tensor(kernels)).array[0])


@pytest.mark.parametrize(("groups", "inner"), [(1, 2), (2, 1)])
def test_whether_padding_is_multiplied_by_what_is_not_finite_is_left_open(groups: int, inner: int) -> None:
    images, kernels = np.ones((1, 2, 3, 3)), np.ones((2, inner, 2, 2))
    kernels[1, 0, 0, 1] = np.nan
    found = METHODS["conv2d"](tensor(images), tensor(kernels), padding=1, groups=groups)
    first, second = np.broadcast_to(found.specified, found.shape)[0]
    assert first.all()
    # The element is in the upper row of the kernel, on the right: so the upper row and the last column are open.
    assert second.tolist() == [[False] * 4, *[[True, True, True, False]] * 3]
    assert np.isnan(found.array[0, 1][second]).all()
    assert METHODS["conv2d"](tensor(images), tensor(kernels), groups=groups).specified is True


def test_conv2d_follows_channels_last() -> None:
    images = METHODS["contiguous"](tensor(integers(2, 3, 4, 4)), memory_format="channels_last")
    assert METHODS["conv2d"](images, tensor(integers(5, 3, 2, 2))).strides == (45, 1, 15, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"stride": 0},
        {"padding": -1},
        {"dilation": 0},
        {"groups": 0},
        {"groups": 2},
        {"padding": "full"},
        {"padding": "same", "stride": 2},
        {"dilation": 5},
        {"stride": (1, 1, 1)},
    ],
    ids=str,
)
def test_conv2d_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        METHODS["conv2d"](tensor(integers(1, 2, 4, 4)), tensor(integers(4, 2, 2, 2)), **wrong)


# -- pooling -----------------------------------------------------------------------------------------------------------


def pooled(image: np.ndarray, size: int, stride: int, padding: int, dilation: int, outputs: tuple[int, ...]) -> Any:
    """The largest pixel of each window and its flat index: the first of a tie, and of nan the last."""
    values, indices = np.empty(outputs), np.empty(outputs, int)
    for i, j in np.ndindex(*outputs):
        best, where = -np.inf, None
        for a, b in product(range(size), repeat=2):
            y, x = i * stride - padding + a * dilation, j * stride - padding + b * dilation
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                pixel = image[y, x]
                if where is None or pixel > best or np.isnan(pixel):
                    best, where = pixel, y * image.shape[1] + x
        values[i, j], indices[i, j] = best, where
    return values, indices


@pytest.mark.parametrize(
    ("size", "stride", "padding", "dilation", "ceil", "outputs"),
    [
        (2, 2, 0, 1, False, (3, 3)),
        (2, 2, 0, 1, True, (4, 4)),
        (3, 2, 1, 1, False, (4, 4)),
        (2, 1, 0, 3, False, (4, 4)),
        (3, 3, 1, 1, True, (3, 3)),
        (2, 3, 1, 1, True, (3, 3)),
    ],
)
@pytest.mark.parametrize("kind", ["ties", "nan", "lowest"])
def test_max_pool2d(
    kind: str, size: int, stride: int, padding: int, dilation: int, ceil: bool, outputs: tuple[int, int]
) -> None:
    image = RANDOM.integers(-2, 3, (7, 7)).astype(np.float64)
    if kind != "ties":
        image[RANDOM.random((7, 7)) < 0.5] = np.nan if kind == "nan" else -np.inf
    values, indices = METHODS["max_pool2d"](
        tensor(image[None]), size, stride, padding, dilation, ceil, return_indices=True
    )
    expected = pooled(image, size, stride, padding, dilation, outputs)
    np.testing.assert_array_equal(values.array[0], expected[0])
    np.testing.assert_array_equal(indices.array[0], expected[1])
    assert indices.dtype is INT64


def test_padding_never_wins_over_negative_integers() -> None:
    image = np.full((1, 2, 2), -128, np.int8)
    values, indices = METHODS["max_pool2d"](Tensor.of(image, INT8), 2, padding=1, return_indices=True)
    assert values.array.tolist() == [[[-128, -128], [-128, -128]]]
    assert indices.array.tolist() == [[[0, 1], [2, 3]]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kernel_size": 0},
        {"kernel_size": 2, "stride": 0},
        {"kernel_size": 2, "padding": 2},
        {"kernel_size": 2, "padding": -1},
        {"kernel_size": 2, "dilation": 0},
        {"kernel_size": 9},
    ],
    ids=str,
)
def test_max_pool2d_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        METHODS["max_pool2d"](tensor(integers(1, 4, 4)), **wrong)
