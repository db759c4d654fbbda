"""Copies in which the part that a view shows was written: select_scatter, slice_scatter and their relatives.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from reference import layout
from reference.autograd.mode import is_grad_enabled
from reference.conversion import cast, castable
from reference.creation import zeros_like
from reference.dtypes import BOOL
from reference.embedding import addresses, as_strided_gather
from reference.errors import refuse
from reference.function import function
from reference.scattering import refuse_complex_gradient
from reference.selection import where
from reference.slicing import as_strided, diagonal, select, slice_
from reference.storage import Storage
from reference.tensor import Tensor
from reference.writing import refuse_overlapping_write


def _copied(input: Tensor) -> Tensor:
    """A copy that lies in its storage as ``input`` does, gaps included; as a clone if elements share places."""
    if layout.may_overlap_itself(input.shape, input.strides):
        strides = layout.preserved_strides(input.shape, input.strides)
        made = Tensor.of(input.array.copy(), input.dtype, strides)
    else:
        storage = Storage(input.storage.memory.copy())
        made = Tensor(storage, input.dtype, input.shape, input.strides, input.offset)
    made.specified = input.specified
    return made


def _embedded(input: Tensor, src: Tensor, part_of: Callable[[Tensor], Tensor]) -> Tensor:
    """A copy of ``input`` with ``src``, cast to its dtype, in the part that a view chooses."""
    made = _copied(input)
    part = part_of(made)
    if part.shape != src.shape:
        refuse(
            f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, slice size ="
            f" {list(part.shape)}"
        )
    refuse_overlapping_write(part)
    part.array[...] = cast(src.array, input.dtype)
    if castable(src, input.dtype) is not True or input.specified is not True:
        made.specified = False
    return made


@function("SelectScatterBackward0")
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """``input`` with ``src`` in the place of ``input.select(dim, index)``.

    https://docs.pytorch.org/docs/stable/generated/torch.select_scatter.html
    """
    refuse_complex_gradient("select_scatter", input, src)
    return _embedded(input, src, lambda x: select.forward(x, dim, index))


select_scatter.vjp("input", lambda g, src_shape, dim, index: select_scatter(g, _zeros(g, src_shape), dim, index))
select_scatter.vjp("src", lambda g, dim, index: select(g, dim, index))


def _zeros(g: Tensor, shape: layout.Shape) -> Tensor:
    return zeros_like(Tensor.empty(shape, g.dtype))


@function("SliceScatterBackward0")
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """``input`` with ``src`` in the place of its slice.

    https://docs.pytorch.org/docs/stable/generated/torch.slice_scatter.html
    """
    refuse_complex_gradient("slice_scatter", input, src)
    return _embedded(input, src, lambda x: slice_.forward(x, dim, start, end, step))


slice_scatter.vjp(
    "input",
    lambda g, src_shape, dim, start, end, step: slice_scatter(g, _zeros(g, src_shape), dim, start, end, step),
)
slice_scatter.vjp("src", lambda g, dim, start, end, step: slice_(g, dim, start, end, step))


@function("DiagonalScatterBackward0")
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """``input`` with ``src`` in the place of its diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.diagonal_scatter.html
    """
    return _embedded(input, src, lambda x: diagonal.forward(x, offset, dim1, dim2))


diagonal_scatter.vjp(
    "input",
    lambda g, src_shape, offset, dim1, dim2: diagonal_scatter(g, _zeros(g, src_shape), offset, dim1, dim2),
)
diagonal_scatter.vjp("src", lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))


@function("AsStridedScatterBackward0")
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """``input`` with ``src`` where its storage has the given layout.

    https://docs.pytorch.org/docs/stable/generated/torch.as_strided_scatter.html
    """
    if is_grad_enabled() and input.requires_grad and not input.is_contiguous():
        # Torch has a derivative of no other.
        refuse("as_strided_scatter is currently only supported for contiguous inputs")
    return _embedded(input, src, lambda x: as_strided.forward(x, size, stride, storage_offset))


def _uncovered(
    g: Tensor,
    input_shape: layout.Shape,
    input_strides: layout.Strides,
    input_offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None,
) -> Tensor:
    """The gradient of the elements that ``src`` did not replace."""
    offset = input_offset if storage_offset is None else storage_offset
    own, written = (input_shape, input_strides, input_offset), (tuple(size), tuple(stride), offset)
    covered = np.isin(addresses(own), addresses(written)).reshape(input_shape)
    kept: Tensor = where(Tensor.of(covered, BOOL), 0, g)
    return kept


def _covering(
    g: Tensor,
    input_shape: layout.Shape,
    input_strides: layout.Strides,
    input_offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None,
) -> Tensor:
    """The gradient at the places that ``src`` was written to."""
    offset = input_offset if storage_offset is None else storage_offset
    own, written = (input_shape, input_strides, input_offset), (tuple(size), tuple(stride), offset)
    seen: Tensor = as_strided_gather(g, own, written)
    return seen


as_strided_scatter.vjp("input", _uncovered)
as_strided_scatter.vjp("src", _covering)
