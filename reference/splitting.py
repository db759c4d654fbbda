"""Views that come several at once: unbind, split, chunk. https://docs.pytorch.org/docs/stable/tensor_view.html"""

from __future__ import annotations

from collections.abc import Sequence

from reference import layout
from reference.embedding import embed
from reference.errors import refuse, refuse_index
from reference.function import function, view
from reference.slicing import select, slice_
from reference.tensor import Tensor

Many = tuple[Tensor, ...]


def _many(g: Tensor | Many) -> list[Tensor]:
    return [g] if isinstance(g, Tensor) else list(g)


@view("UnbindBackward0")
def unbind(input: Tensor, dim: int = 0) -> Many:
    """Every slice along ``dim``. https://docs.pytorch.org/docs/stable/generated/torch.unbind.html"""
    if not input.ndim:
        refuse_index("Dimension specified as 0 but tensor has no dimensions")
    dim = layout.wrap_dim(dim, input.ndim)
    return tuple(select.forward(input, dim, index) for index in range(input.shape[dim]))


unbind.vjp("input", lambda g, input_shape, dim: embed(_many(g), input_shape, lambda x: unbind(x, dim)))


@view("SplitBackward0")
def split_evenly(input: Tensor, split_size: int, dim: int = 0) -> Many:
    """Parts of ``split_size`` along ``dim``, the last one perhaps smaller."""
    if not input.ndim:
        refuse("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        refuse(f"split expects split_size be non-negative, but got split_size={split_size}")
    dim = layout.wrap_dim(dim, input.ndim)
    length = input.shape[dim]
    if not split_size:
        if length:
            refuse(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
        return (slice_.forward(input, dim, 0, 0),)
    starts = range(0, length, split_size) or range(1)
    return tuple(slice_.forward(input, dim, start, min(start + split_size, length)) for start in starts)


split_evenly.vjp(
    "input",
    lambda g, input_shape, split_size, dim: embed(_many(g), input_shape, lambda x: split_evenly(x, split_size, dim)),
)


@view("SplitWithSizesBackward0")
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> Many:
    """Parts of the given sizes along ``dim``, which must add up to its size."""
    if not input.ndim:
        refuse("split expects at least a 1-dimensional tensor")
    dim = layout.wrap_dim(dim, input.ndim)
    if any(size < 0 for size in split_sizes) or sum(split_sizes) != input.shape[dim]:
        refuse(f"split_with_sizes expects split_sizes to sum exactly to {input.shape[dim]}, got {list(split_sizes)}")
    ends = [sum(split_sizes[: position + 1]) for position in range(len(split_sizes))]
    return tuple(slice_.forward(input, dim, end - size, end) for end, size in zip(ends, split_sizes, strict=True))


split_with_sizes.vjp(
    "input",
    lambda g, input_shape, split_sizes, dim: embed(
        _many(g), input_shape, lambda x: split_with_sizes(x, split_sizes, dim)
    ),
)


@function()
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> Many:
    """Parts of one size, or of the sizes given. https://docs.pytorch.org/docs/stable/generated/torch.split.html"""
    if isinstance(split_size_or_sections, int):
        parts: Many = split_evenly(tensor, split_size_or_sections, dim)
    else:
        parts = split_with_sizes(tensor, split_size_or_sections, dim)
    return parts


@function()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> Many:
    """At most ``chunks`` parts of equal size, the last one perhaps smaller.

    https://docs.pytorch.org/docs/stable/generated/torch.chunk.html
    """
    if not input.ndim:
        refuse("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        refuse(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = input.shape[layout.wrap_dim(dim, input.ndim)]
    if not length:
        parts: Many = split_with_sizes(input, (0,) * chunks, dim)
    else:
        parts = split_evenly(input, -(-length // chunks), dim)
    return parts
