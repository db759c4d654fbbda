"""Which memory format the result of a convolution or a pooling has."""

from __future__ import annotations

from reference import layout
from reference.layout import Shape, Strides
from reference.tensor import Tensor


def suggests_channels_last(tensor: Tensor) -> bool:
    """Whether the strides of a 4-d tensor rise in the order C, W, H, N, of a 5-d one in the order C, W, H, D, N.

    Sizes of one decide by their strides too.
    """
    if tensor.ndim not in (4, 5) or not tensor.strides[1]:
        return False
    least = 0
    for dim in (1, *range(tensor.ndim - 1, 1, -1), 0):
        size, stride = tensor.shape[dim], tensor.strides[dim]
        if not size or stride < least or (dim == 0 and least == tensor.strides[1]):
            return False
        least = stride * max(size, 1)
    return True


def result_strides(shape: Shape, *operands: Tensor) -> Strides:
    """Channels last if any operand is, else contiguous."""
    if any(suggests_channels_last(operand) for operand in operands):
        return layout.channels_last_strides(shape)
    return layout.contiguous_strides(shape)
