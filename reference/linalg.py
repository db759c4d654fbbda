"""Products of vectors and matrices. https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations"""

from __future__ import annotations

from math import prod

import numpy as np

from reference.arithmetic import conjugate
from reference.broadcasting import broadcast_shapes
from reference.checks import BOOL, refuse_category
from reference.conversion import contiguous
from reference.errors import refuse
from reference.function import function
from reference.reduction import computing_array
from reference.slicing import expand, squeeze, unsqueeze
from reference.tensor import Tensor
from reference.views import matrix_transpose, reshape, t, unsafe_view


def check_operands(name: str, ranks: tuple[int, ...], *tensors: Tensor) -> None:
    """Refuse other ranks than these, operands of different dtypes, and bool."""
    for tensor, rank in zip(tensors, ranks, strict=True):
        if tensor.ndim != rank:
            refuse(f"{name}: expected {rank}D tensors, but got {[each.ndim for each in tensors]}")
    if any(tensor.dtype is not tensors[0].dtype for tensor in tensors):
        refuse(f"{name}: expected all tensors to have the same dtype, but got {[each.dtype for each in tensors]}")


def product_of(name: str, first: Tensor, second: Tensor) -> np.ndarray:
    """The matrix product in the computing dtype; the inner sizes must agree."""
    if first.shape[-1] != second.shape[-2 if second.ndim > 1 else 0]:
        refuse(f"{name}: shapes cannot be multiplied ({list(first.shape)} and {list(second.shape)})")
    refuse_category(name, first.dtype, BOOL)
    with np.errstate(all="ignore"):
        product = np.matmul(computing_array(first, first.dtype), computing_array(second, first.dtype))
    return np.asarray(product)


@function()
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors' elements. https://docs.pytorch.org/docs/stable/generated/torch.outer.html"""
    if input.ndim != 1 or vec2.ndim != 1:
        refuse(f"outer: Expected 1-D arguments, but got {input.ndim}-D and {vec2.ndim}-D")
    column: Tensor = reshape(input, (input.shape[0], 1))
    return column * vec2


@function("DotBackward0")
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The inner product of two vectors, without conjugation.

    https://docs.pytorch.org/docs/stable/generated/torch.dot.html
    """
    check_operands("dot", (1, 1), input, tensor)
    return Tensor.of(product_of("dot", input, tensor), input.dtype)


dot.vjp("input", lambda g, tensor: g * conjugate(tensor))
dot.vjp("tensor", lambda g, input: g * conjugate(input))


@function("MvBackward0")
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """A matrix times a vector. https://docs.pytorch.org/docs/stable/generated/torch.mv.html"""
    check_operands("mv", (2, 1), input, vec)
    return Tensor.of(product_of("mv", input, vec), input.dtype)


mv.vjp("input", lambda g, vec: outer(g, conjugate(vec)))
mv.vjp("vec", lambda g, input: mv(conjugate(t(input)), g))


@function("MmBackward0")
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """A matrix times a matrix. https://docs.pytorch.org/docs/stable/generated/torch.mm.html"""
    check_operands("mm", (2, 2), input, mat2)
    return Tensor.of(product_of("mm", input, mat2), input.dtype)


mm.vjp("input", lambda g, mat2: mm(g, conjugate(t(mat2))))
mm.vjp("mat2", lambda g, input: mm(conjugate(t(input)), g))


@function("BmmBackward0")
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """As many matrices times as many matrices. https://docs.pytorch.org/docs/stable/generated/torch.bmm.html"""
    check_operands("bmm", (3, 3), input, mat2)
    if input.shape[0] != mat2.shape[0]:
        refuse(f"bmm: expected batches of one size, but got {input.shape[0]} and {mat2.shape[0]}")
    return Tensor.of(product_of("bmm", input, mat2), input.dtype)


bmm.vjp("input", lambda g, mat2: bmm(g, conjugate(matrix_transpose(mat2))))
bmm.vjp("mat2", lambda g, input: bmm(conjugate(matrix_transpose(input)), g))


# -- the product of any ranks --------------------------------------------------------------------------------------


@function()
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The product of vectors, matrices, or batches of matrices whose leading dimensions broadcast.

    https://docs.pytorch.org/docs/stable/generated/torch.matmul.html
    """
    ranks = (input.ndim, other.ndim)
    if 0 in ranks:
        refuse(f"both arguments to matmul need to be at least 1D, but they are {input.ndim}D and {other.ndim}D")
    result: Tensor
    if ranks == (1, 1):
        result = dot(input, other)
    elif ranks == (2, 1):
        result = mv(input, other)
    elif ranks == (1, 2):
        result = squeezed_row(mm(unsqueeze(input, 0), other))
    elif ranks == (2, 2):
        result = mm(input, other)
    elif _folds(input, other):
        result = _folded(input, other)
    else:
        result = _batched(input, other)
    return result


@function("SqueezeBackward4")
def squeezed_row(input: Tensor) -> Tensor:
    """The only row of a matrix that nobody else holds, squeezed in place."""
    return input.view_as(input.shape[1:], input.strides[1:])


squeezed_row.vjp("input", lambda g: unsqueeze(g, 0))


def _folds(input: Tensor, other: Tensor) -> bool:
    """Whether one operand is a batch, the other one matrix or vector, and torch makes one matrix of the batch.

    Values do not depend on it, only the graph: a small operand's gradient is summed by the product itself.
    """
    batch, single = (input, other) if input.ndim >= other.ndim else (matrix_transpose(other), input)
    if single.ndim > 2:
        return False
    if single.requires_grad:
        return True
    if input.ndim == 2:
        return False
    evenly = zip(batch.strides[:-2], batch.strides[1:-1], batch.shape[1:-1], strict=True)
    return not batch.numel or all(stride == inner * size for stride, inner, size in evenly)


def _folded(input: Tensor, other: Tensor) -> Tensor:
    swapped = other.ndim > input.ndim
    batch = matrix_transpose(other) if swapped else input
    single = (t(input) if input.ndim == 2 else input) if swapped else other
    rows = reshape(batch, (prod(batch.shape[:-1]), batch.shape[-1]))
    if single.ndim == 1:
        vectors: Tensor = unsafe_view(mv(rows, single), batch.shape[:-1])
        return vectors
    matrices = unsafe_view(mm(rows, single), (*batch.shape[:-1], single.shape[1]))
    return contiguous(matrix_transpose(matrices)) if swapped else matrices


def _batched(input: Tensor, other: Tensor) -> Tensor:
    if input.ndim == other.ndim == 3 and input.shape[0] != other.shape[0]:
        if input.shape[0] == 1 and input.requires_grad:
            return matmul(squeeze(input, 0), other)
        if other.shape[0] == 1 and other.requires_grad:
            return matmul(input, squeeze(other, 0))
    left = input if input.ndim > 1 else unsqueeze(input, 0)
    vector = other.ndim == 1
    right = unsqueeze(other, -1) if vector else other
    batch = broadcast_shapes(left.shape[:-2], right.shape[:-2])
    count = prod(batch)
    stacks = [reshape(expand(side, (*batch, *side.shape[-2:])), (count, *side.shape[-2:])) for side in (left, right)]
    product = bmm(*stacks)
    shape = (*batch, *input.shape[-2:-1], *(() if vector else other.shape[-1:]))
    viewed: Tensor = unsafe_view(squeeze(product, -1) if vector else product, shape)
    return viewed
