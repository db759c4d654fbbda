"""Linear maps with weights: linear and conv2d."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from reference.added_products import addmm
from reference.arithmetic import add, conjugate
from reference.checks import BOOL, INTEGRAL, refuse_category
from reference.dtypes import INT64, DType
from reference.errors import refuse
from reference.function import function
from reference.layout import pointwise_strides
from reference.linalg import bmm, matmul
from reference.nn.memory_format import result_strides
from reference.nn.windows import Pair, Windows, col2im, gathered, im2col, pair
from reference.reduction import computing_array, sum
from reference.slicing import expand, narrow, squeeze, unsqueeze
from reference.tensor import Tensor
from reference.views import matrix_transpose, reshape, t
from reference.writing import in_place


@function()
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias``; the last dimension of ``input`` is that of the features.

    The bias may be of any shape that expands to the result's.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
    """
    if not input.ndim or not weight.ndim:
        refuse("both arguments to linear need to be at least 1D")
    if bias is None:
        product: Tensor = matmul(input, t(weight))
        return product
    if weight.ndim != 2 and (input.ndim == 2 or (input.is_contiguous() and bias.ndim == 1)):
        refuse(f"mat2 must be a matrix, got {weight.ndim}-D tensor")
    if input.ndim == 2:
        affine: Tensor = addmm(bias, input, t(weight))
        return affine
    in_one_row = weight.ndim == 2 and 0 < bias.ndim <= 2 and prod(bias.shape[:-1]) == 1 and bias.is_contiguous()
    if not (input.is_contiguous() and in_one_row):
        return in_place(add, matmul(input, t(weight)), bias)
    rows = reshape(input, (prod(input.shape[:-1]), input.shape[-1]))
    restored: Tensor = reshape(addmm(bias, rows, t(weight)), (*input.shape[:-1], weight.shape[0]))
    return restored


@function()
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Images (N, C, H, W), or one (C, H, W), correlated with kernels (O, C / groups, h, w).

    Padding is of zeros, "valid" (none) or "same" (to keep the size).
    Sizes, channels and dtypes that do not fit are refused.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
    """
    if input.ndim not in (3, 4):
        refuse(f"Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {list(input.shape)}")
    if weight.ndim != 4:
        refuse("expected the weight of conv2d to have 4 dimensions")
    strides, spread = pair(stride, "stride"), pair(dilation, "dilation")
    batch = input if input.ndim == 4 else unsqueeze(input, 0)
    if isinstance(padding, str):
        batch, margins = _padded(batch, weight, strides, padding, spread)
    else:
        margins = pair(padding, "padding")
    result: Tensor = convolution(batch, weight, bias, strides, margins, spread, groups)
    return result if input.ndim == 4 else squeeze(result, 0)


def _padded(input: Tensor, weight: Tensor, stride: Pair, padding: str, dilation: Pair) -> tuple[Tensor, Pair]:
    """The padding that a word stands for; where "same" is odd, one more row or column of zeros goes to the far end."""
    if padding not in ("valid", "same"):
        refuse(f"Invalid padding string: '{padding}'")
    if padding == "valid":
        return input, (0, 0)
    if stride != (1, 1):
        refuse("padding='same' is not supported for strided convolutions")
    total = [step * (size - 1) for step, size in zip(dilation, weight.shape[2:], strict=True)]
    if any(margin % 2 for margin in total):
        input = pad_far_end(input, total[0] % 2, total[1] % 2)
    return input, (total[0] // 2, total[1] // 2)


@function("ConstantPadNdBackward0")
def pad_far_end(input: Tensor, rows: int, columns: int) -> Tensor:
    """Zeros below and to the right of the images (N, C, H, W)."""
    padded = np.pad(input.array, ((0, 0), (0, 0), (0, rows), (0, columns)))
    return Tensor.of(padded, input.dtype, result_strides(padded.shape, input))


pad_far_end.vjp("input", lambda g, input_shape: narrow(narrow(g, 2, 0, input_shape[2]), 3, 0, input_shape[3]))


def _check_convolution(
    input: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> None:
    if min(stride) <= 0 or min(dilation) <= 0 or groups <= 0:
        refuse("non-positive stride, dilation or groups is not supported")
    if min(padding) < 0:
        refuse("negative padding is not supported")
    if not weight.shape[0] or weight.shape[0] % groups or input.shape[1] != weight.shape[1] * groups:
        refuse(
            f"Given groups={groups}, weight of size {list(weight.shape)} does not fit input of size {list(input.shape)}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        refuse(f"expected bias to be 1-dimensional with {weight.shape[0]} elements, but got {list(bias.shape)}")
    if weight.dtype is not input.dtype or (bias is not None and bias.dtype is not input.dtype):
        refuse("Input, weight and bias should have the same dtype")


def _check_dtype(dtype: DType, dilation: Pair) -> None:
    refuse_category("conv2d", dtype, BOOL)
    if max(dilation) > 1 and dtype is not INT64:
        refuse_category("conv2d with dilation", dtype, INTEGRAL)


def _windows(
    input_shape: Sequence[int], weight_shape: Sequence[int], stride: Pair, padding: Pair, dilation: Pair
) -> Windows:
    return Windows.over((input_shape[2], input_shape[3]), (weight_shape[2], weight_shape[3]), stride, padding, dilation)


def _convolution_node(arguments: Mapping[str, Any]) -> str:
    """Complex convolutions are sums of real ones, of which the last node is an addition."""
    return "AddBackward0" if arguments["input"].dtype.is_complex else "ConvolutionBackward0"


@function(_convolution_node)
def convolution(
    input: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """``conv2d`` of a batch: every output is the product of a kernel with the column of pixels under it."""
    _check_convolution(input, weight, bias, stride, padding, dilation, groups)
    windows = _windows(input.shape, weight.shape, stride, padding, dilation)
    if min(windows.outputs) <= 0:
        refuse("Kernel size can't be greater than actual input size")
    if not input.shape[2] or not input.shape[3]:
        refuse(f"Only zero batch or zero channel inputs are supported, but got input shape: {list(input.shape)}")
    _check_dtype(input.dtype, dilation)
    batch, outputs = input.shape[0], weight.shape[0]
    with np.errstate(all="ignore"):
        columns = gathered(computing_array(input, input.dtype), windows, 0).reshape(
            batch, groups, prod(weight.shape[1:]), prod(windows.outputs)
        )
        kernels = computing_array(weight, input.dtype).reshape(groups, outputs // groups, prod(weight.shape[1:]))
        products = np.matmul(kernels, columns).reshape(batch, outputs, *windows.outputs)
        if bias is not None:
            products = products + computing_array(bias, input.dtype)[:, None, None]
    open_ = _padding_beside(kernels, windows)
    strides = result_strides(products.shape, input, weight)
    if input.dtype.is_complex:
        strides = pointwise_strides(products.shape, [(products.shape, strides)] * 2)
    made = Tensor.of(products, input.dtype, strides)
    made.leave_open(np.broadcast_to(open_, made.shape))
    return made


def _padding_beside(kernels: np.ndarray, windows: Windows) -> np.ndarray:
    """Where padding meets an element of a kernel that is not finite: whether they are multiplied is left open.

    The page calls the padding implicit, and does not say that there are zeros to be multiplied.
    """
    if max(windows.padding) == 0 or np.isfinite(kernels).all():
        return np.zeros((1, 1, 1), np.bool_)
    size = windows.kernel[0] * windows.kernel[1]
    endless = ~np.isfinite(kernels).reshape(kernels.shape[0] * kernels.shape[1], -1, size).all(axis=1)
    outside = windows.indices() < 0
    return (endless.astype(np.int64) @ outside).astype(np.bool_).reshape(-1, *windows.outputs)


def _by_group(g: Tensor, groups: int) -> Tensor:
    """(N, O, H, W) to (N * groups, O / groups, H * W)."""
    batch, channels, rows, columns = g.shape
    grouped: Tensor = reshape(g, (batch * groups, channels // groups, rows * columns))
    return grouped


def _input_vjp(
    g: Tensor, weight: Tensor, input_shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Each pixel collects, from every window over it, the output's gradient times the kernel's element there."""
    batch, size = input_shape[0], prod(weight.shape[1:])
    shape = (batch, groups, size, weight.shape[0] // groups)
    kernels = expand(matrix_transpose(reshape(conjugate(weight), (groups, shape[3], size))), shape)
    columns = bmm(reshape(kernels, (batch * groups, *shape[2:])), _by_group(g, groups))
    columns = reshape(columns, (batch, groups * size, prod(g.shape[2:])))
    gradient: Tensor = col2im(columns, _windows(input_shape, weight.shape, stride, padding, dilation), input_shape[1])
    return gradient


def _weight_vjp(
    g: Tensor, input: Tensor, weight_shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Each kernel element collects, from every window, the output's gradient times the pixel under it."""
    batch, size = input.shape[0], prod(weight_shape[1:])
    columns = im2col(conjugate(input), _windows(input.shape, weight_shape, stride, padding, dilation))
    pixels = reshape(columns, (batch * groups, size, prod(g.shape[2:])))
    products = bmm(_by_group(g, groups), matrix_transpose(pixels))
    gradient: Tensor = reshape(
        sum(reshape(products, (batch, groups, weight_shape[0] // groups, size)), 0), weight_shape
    )
    return gradient


convolution.vjp("input", _input_vjp)
convolution.vjp("weight", _weight_vjp)
# Torch has one formula for all three, and saves what it reads.
convolution.vjp("bias", lambda g, input, weight: sum(g, (0, 2, 3)))
