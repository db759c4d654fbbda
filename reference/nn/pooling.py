"""Max pooling. https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import INT64
from reference.errors import refuse
from reference.function import function
from reference.nn.memory_format import result_strides
from reference.nn.windows import Pair, Windows, col2im, gathered, pair
from reference.reduction import computing_array
from reference.selection import where
from reference.tensor import Tensor
from reference.views import reshape


@function()
def max_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """The largest pixel under each window, whose stride is its size unless given; with the flat index of that pixel.

    Padding never wins; nan does. https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
    """
    kernel = pair(kernel_size, "kernel_size")
    steps = kernel if stride is None or stride == () or stride == [] else pair(stride, "stride")
    values, indices = max_pool2d_with_indices(
        input, kernel, steps, pair(padding, "padding"), pair(dilation, "dilation"), ceil_mode
    )
    return (values, indices) if return_indices else values


def _check_pooling(input: Tensor, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> None:
    if min(kernel) <= 0 or min(stride) <= 0 or min(dilation) <= 0:
        refuse("kernel size, stride and dilation should be greater than zero")
    if min(padding) < 0 or any(margin > size // 2 for margin, size in zip(padding, kernel, strict=True)):
        refuse("pad should be non-negative and at most half of kernel size")
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        refuse(f"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size, but got: {list(input.shape)}")


@function("MaxPool2DWithIndicesBackward0")
def max_pool2d_with_indices(
    input: Tensor, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[Tensor, Tensor]:
    """``max_pool2d``, always with the indices: among equals the first pixel, among nan the last."""
    _check_pooling(input, kernel, stride, padding, dilation)
    windows = Windows.over(_image(input.shape), kernel, stride, padding, dilation, ceil=ceil_mode)
    if min(windows.outputs) <= 0:
        refuse(f"Output size {windows.outputs} is too small")
    refuse_category("max_pool2d", input.dtype, BOOL, COMPLEX)
    values = computing_array(input, input.dtype)
    lowest = -np.inf if values.dtype.kind == "f" else np.iinfo(values.dtype).min
    pixels = gathered(values.reshape(prod(input.shape[:-3]), *input.shape[-3:]), windows, lowest)
    winner = np.expand_dims(_winners(pixels, windows.indices() >= 0), 2)
    largest = np.take_along_axis(pixels, winner, axis=2)
    indices = np.take_along_axis(np.broadcast_to(windows.indices(), pixels.shape), winner, axis=2)
    shape = (*input.shape[:-2], *windows.outputs)
    strides = result_strides(shape, input) if input.ndim == 4 else None
    return Tensor.of(largest.reshape(shape), input.dtype, strides), Tensor.of(indices.reshape(shape), INT64, strides)


def _image(shape: tuple[int, ...]) -> Pair:
    return (shape[-2], shape[-1])


def _winners(pixels: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Which pixel of each window wins: (N, C, kernel, outputs) to (N, C, outputs)."""
    missing = np.isnan(pixels)
    first = np.argmax(inside & (pixels == pixels.max(axis=2, keepdims=True)), axis=2)
    last_nan = pixels.shape[2] - 1 - np.argmax(missing[:, :, ::-1], axis=2)
    return np.where(missing.any(axis=2), last_nan, first)


def _pooling_vjp(
    g: tuple[Tensor, Tensor],
    result: tuple[Tensor, Tensor],
    input_shape: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
) -> Tensor:
    """The gradient of each output goes to the pixel that won."""
    windows = Windows.over(_image(input_shape), kernel, stride, padding, dilation, ceil=ceil_mode)
    channels, batch = input_shape[-3], prod(input_shape[:-3])
    outputs = prod(windows.outputs)
    won = Tensor.of(windows.indices(), INT64) == reshape(result[1], (batch, channels, 1, outputs))
    columns = where(won, reshape(g[0], (batch, channels, 1, outputs)), 0)
    pixels = col2im(reshape(columns, (batch, channels * prod(kernel), outputs)), windows, channels)
    gradient: Tensor = reshape(pixels, input_shape)
    return gradient


max_pool2d_with_indices.vjp("input", _pooling_vjp)
