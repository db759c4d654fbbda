"""Views: tensors that look at the storage of another. https://docs.pytorch.org/docs/stable/tensor_view.html"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from reference import layout
from reference.conversion import clone, contiguous, reinterpreted
from reference.dtypes import DType
from reference.errors import refuse, refuse_type
from reference.function import function
from reference.function import view as view_of
from reference.layout import Shape, Strides
from reference.tensor import Tensor


def sizes_of(given: Sequence[Any]) -> tuple[int, ...]:
    """Sizes or dimensions given one by one or as one sequence.

    >>> sizes_of((2, 3)), sizes_of(([2, 3],))
    ((2, 3), (2, 3))
    """
    if len(given) == 1 and not isinstance(given[0], int):
        return tuple(given[0])
    return tuple(given)


@view_of("AliasBackward0")
def alias(input: Tensor) -> Tensor:
    """A view of all of ``input``."""
    return input.view_as(input.shape, input.strides)


alias.vjp("input", lambda g: g)


# -- another shape over the same elements in the same order ---------------------------------------------------------


@view_of("ViewBackward0")
def viewed(input: Tensor, shape: Shape) -> Tensor:
    """The elements of ``input`` in row-major order under another shape, refused where that needs a copy."""
    wanted = layout.infer_size(shape, input.numel)
    strides = layout.view_strides(input.shape, input.strides, wanted)
    if strides is None:
        refuse(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two"
            " contiguous subspaces). Use .reshape(...) instead."
        )
    return input.view_as(wanted, strides)


@function()
def view_as_dtype(input: Tensor, dtype: DType) -> Tensor:
    """The same bytes read as another dtype; the last dimension shrinks or grows when the element sizes differ.

    No gradient flows through it.
    """
    before, after = input.dtype.itemsize, dtype.itemsize
    shape, strides, offset = input.shape, input.strides, input.offset
    if before == after:
        return reinterpreted(input, dtype, shape, strides, offset)
    if not shape:
        refuse("self.dim() cannot be 0 to view a dtype of another element size")
    if strides[-1] != 1:
        refuse("self.stride(-1) must be 1 to view a dtype of another element size")
    if before > after:
        ratio = before // after
        shape = (*shape[:-1], shape[-1] * ratio)
        strides = (*(stride * ratio for stride in strides[:-1]), 1)
        return reinterpreted(input, dtype, shape, strides, offset * ratio)
    ratio = after // before
    if shape[-1] % ratio or offset % ratio or any(stride % ratio for stride in strides[:-1]):
        refuse(
            f"size(-1), storage_offset and strides must be divisible by {ratio} to view {input.dtype!r} as {dtype!r}"
        )
    shape = (*shape[:-1], shape[-1] // ratio)
    strides = (*(stride // ratio for stride in strides[:-1]), 1)
    return reinterpreted(input, dtype, shape, strides, offset // ratio)


@function()
def view(input: Tensor, *size: int | Sequence[int] | DType) -> Tensor:
    """``view(*size)``, one size may be -1, or ``view(dtype)``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html
    """
    if len(size) == 1 and isinstance(size[0], DType):
        return view_as_dtype(input, size[0])
    return viewed(input, sizes_of(size))


@function()
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view of the shape of ``other``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view_as.html
    """
    return viewed(input, other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """``reshape`` to the shape of ``other``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html
    """
    reshaped: Tensor = reshape(input, other.shape)
    return reshaped


@view_of("ReshapeAliasBackward0")
def reshape_alias(input: Tensor, shape: Shape, strides: Strides) -> Tensor:
    """The view that ``reshape`` makes of a tensor that is not contiguous: torch gives it a node of its own."""
    return input.view_as(shape, strides)


@function("UnsafeViewBackward0")
def unsafe_view(input: Tensor, shape: Shape) -> Tensor:
    """A view of a tensor that nobody else holds: autograd does not track it as one."""
    strides = layout.view_strides(input.shape, input.strides, shape)
    assert strides is not None, "only a contiguous copy is viewed so"
    return input.view_as(shape, strides)


@function()
def reshape(input: Tensor, *shape: int | Sequence[int]) -> Tensor:
    """A view of that shape where one exists, else a copy.

    https://docs.pytorch.org/docs/stable/generated/torch.reshape.html
    """
    wanted = layout.infer_size(sizes_of(shape), input.numel)
    strides = layout.view_strides(input.shape, input.strides, wanted)
    if strides is None:
        return unsafe_view(clone(input, memory_format="contiguous"), wanted)
    return viewed(input, wanted) if input.is_contiguous() else reshape_alias(input, wanted, strides)


for _reshaping in (viewed, reshape_alias, unsafe_view):
    _reshaping.vjp("input", lambda g, input_shape: reshape(g, input_shape))


@function()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one; ``input`` itself if that is one already.

    https://docs.pytorch.org/docs/stable/generated/torch.flatten.html
    """
    start, end = (layout.wrap_dim(dim, input.ndim) for dim in (start_dim, end_dim))
    if start > end:
        refuse("flatten() has invalid args: start_dim cannot come after end_dim")
    if not input.ndim:
        return reshape(input, (1,))
    if start == end:
        return input
    merged = prod(input.shape[start : end + 1])
    return reshape(input, (*input.shape[:start], merged, *input.shape[end + 1 :]))


@function()
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """The dimension ``dim`` as several, of which one size may be -1.

    https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html
    """
    if not sizes:
        refuse("unflatten: sizes must be non-empty")
    dim = layout.wrap_dim(dim, input.ndim)
    if not input.ndim:
        refuse("Dimension specified as 0 but tensor has no dimensions")
    inferred = layout.infer_size(sizes, input.shape[dim])
    return viewed(input, (*input.shape[:dim], *inferred, *input.shape[dim + 1 :]))


@function()
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension. https://docs.pytorch.org/docs/stable/generated/torch.ravel.html"""
    return viewed(contiguous(input), (-1,))


# -- the dimensions in another order --------------------------------------------------------------------------------


def reordered(input: Tensor, order: Sequence[int]) -> Tensor:
    """``input`` with its dimensions in that order, outside any graph."""
    return input.view_as(tuple(input.shape[dim] for dim in order), tuple(input.strides[dim] for dim in order))


@view_of("PermuteBackward0")
def permuted(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """The dimensions of ``input`` in the order ``dims``."""
    if len(dims) != input.ndim:
        refuse(f"permute(sparse_coo): number of dimensions in the tensor input does not match {list(dims)}")
    return reordered(input, layout.wrap_dims(dims, input.ndim))


def _inverse(dims: Sequence[int]) -> tuple[int, ...]:
    wrapped = [dim % max(len(dims), 1) for dim in dims]
    return tuple(wrapped.index(dim) for dim in range(len(wrapped)))


permuted.vjp("input", lambda g, dims: permuted(g, _inverse(dims)))


@function()
def permute(input: Tensor, *dims: int | Sequence[int]) -> Tensor:
    """The dimensions in the order ``dims``. https://docs.pytorch.org/docs/stable/generated/torch.permute.html"""
    return permuted(input, sizes_of(dims))


@view_of("TransposeBackward0")
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged. https://docs.pytorch.org/docs/stable/generated/torch.transpose.html"""
    first, second = layout.wrap_dim(dim0, input.ndim), layout.wrap_dim(dim1, input.ndim)
    order = list(range(input.ndim))
    if order:
        order[first], order[second] = order[second], order[first]
    return reordered(input, order)


transpose.vjp("input", lambda g, dim0, dim1: transpose(g, dim0, dim1))


@function()
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Alias of ``transpose``. https://docs.pytorch.org/docs/stable/generated/torch.swapaxes.html"""
    return transpose(input, axis0, axis1)


@function()
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Alias of ``transpose``. https://docs.pytorch.org/docs/stable/generated/torch.swapdims.html"""
    return transpose(input, dim0, dim1)


@view_of("TBackward0")
def t(input: Tensor) -> Tensor:
    """A tensor of at most two dimensions, transposed. https://docs.pytorch.org/docs/stable/generated/torch.t.html"""
    if input.ndim > 2:
        refuse(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return reordered(input, range(input.ndim)[::-1])


t.vjp("input", lambda g: t(g))


@function()
def reversed_dims(input: Tensor) -> Tensor:
    """``.T``: the dimensions in reverse order."""
    return permuted(input, tuple(range(input.ndim))[::-1])


@function()
def matrix_transpose(input: Tensor) -> Tensor:
    """``.mT``: the last two dimensions exchanged; a 0-d tensor is returned as it is."""
    if not input.ndim:
        return input
    if input.ndim < 2:
        refuse(f"tensor.mT is only supported on matrices or batches of matrices. Got {input.ndim}-D tensor.")
    return transpose(input, -2, -1)


@function()
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """The dimensions ``source`` moved to the positions ``destination``, the others in their order.

    https://docs.pytorch.org/docs/stable/generated/torch.movedim.html
    """
    if isinstance(source, int) != isinstance(destination, int):
        refuse_type("movedim() takes two integers or two sequences")
    sources = [source] if isinstance(source, int) else list(source)
    destinations = [destination] if isinstance(destination, int) else list(destination)
    if len(sources) != len(destinations):
        refuse("movedim: Invalid source or destination dims: they must be as many")
    taken = layout.wrap_dims(sources, input.ndim)
    placed = dict(zip(layout.wrap_dims(destinations, input.ndim), taken, strict=True))
    if not input.ndim:
        return alias(input)
    others = (dim for dim in range(input.ndim) if dim not in taken)
    order = tuple(placed[dim] if dim in placed else next(others) for dim in range(input.ndim))
    return permuted(input, order)
