"""A tensor cut into several: tensor_split, hsplit, vsplit, dsplit.

https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html
"""

from __future__ import annotations

from collections.abc import Sequence

from reference import layout
from reference.dtypes import INT64
from reference.errors import refuse
from reference.function import function
from reference.slicing import slice_
from reference.splitting import Many
from reference.tensor import Tensor

Cuts = int | Sequence[int] | Tensor


def _numbers(cuts: Cuts) -> int | tuple[int, ...]:
    """A number of parts or the places to cut at; a tensor may hold either."""
    if isinstance(cuts, int):
        return cuts
    if not isinstance(cuts, Tensor):
        return tuple(cuts)
    if cuts.dtype is not INT64:
        refuse(f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {cuts.dtype!r}")
    if cuts.ndim > 1:
        refuse("tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor")
    return tuple(int(place) for place in cuts.array) if cuts.ndim else int(cuts.array)


@function()
def tensor_split(input: Tensor, indices_or_sections: Cuts, dim: int = 0) -> Many:
    """``n`` parts as equal as can be, the larger ones first; or the parts between the places given.

    https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html
    """
    if not input.ndim:
        refuse("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = layout.wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    cuts = _numbers(indices_or_sections)
    if isinstance(cuts, int):
        if cuts <= 0:
            refuse(f"number of sections must be larger than 0, got {cuts}")
        cuts = tuple(position * (size // cuts) + min(position, size % cuts) for position in range(1, cuts))
    starts: tuple[int, ...] = (0, *cuts)
    return tuple(slice_(input, dim, start, end) for start, end in zip(starts, (*cuts, None), strict=True))


def _split_evenly(input: Tensor, indices_or_sections: Cuts, dim: int, name: str, least: int) -> Many:
    """``tensor_split`` of a tensor of at least so many dimensions; a number of parts must divide the size."""
    if input.ndim < least:
        refuse(f"torch.{name} requires a tensor with at least {least} dimension, but got {input.ndim} dimensions!")
    if isinstance(indices_or_sections, int):
        size = input.shape[dim]
        if indices_or_sections <= 0 or size % indices_or_sections:
            refuse(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not"
                f" divisible by the split_size {indices_or_sections}!"
            )
    parts: Many = tensor_split(input, indices_or_sections, dim)
    return parts


@function()
def hsplit(input: Tensor, indices_or_sections: Cuts) -> Many:
    """Cut along the second dimension, or the only one.

    https://docs.pytorch.org/docs/stable/generated/torch.hsplit.html
    """
    return _split_evenly(input, indices_or_sections, 0 if input.ndim == 1 else 1, "hsplit", 1)


@function()
def vsplit(input: Tensor, indices_or_sections: Cuts) -> Many:
    """Cut along the first dimension. https://docs.pytorch.org/docs/stable/generated/torch.vsplit.html"""
    return _split_evenly(input, indices_or_sections, 0, "vsplit", 2)


@function()
def dsplit(input: Tensor, indices_or_sections: Cuts) -> Many:
    """Cut along the third dimension. https://docs.pytorch.org/docs/stable/generated/torch.dsplit.html"""
    return _split_evenly(input, indices_or_sections, 2, "dsplit", 3)
