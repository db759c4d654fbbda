"""Products of other kinds: vdot, inner, kron, cross, and the trace.

https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations
"""

from __future__ import annotations

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.broadcasting import broadcast_shapes
from reference.checks import BOOL, refuse_category
from reference.conversion import clone
from reference.dtypes import INT64, Category
from reference.errors import refuse
from reference.function import expand as expanded
from reference.function import function
from reference.linalg import check_operands, product_of
from reference.reduction import computing_array
from reference.tensor import METHODS, Tensor
from reference.views import reshape, unsafe_view
from reference.writing import with_out


@function("VdotBackward0")
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors, the first conjugated.

    https://docs.pytorch.org/docs/stable/generated/torch.vdot.html
    """
    check_operands("vdot", (1, 1), input, other)
    return Tensor.of(product_of("vdot", conjugate(input), other), input.dtype)


vdot.vjp("input", lambda g, other: conjugate(g) * other)
vdot.vjp("other", lambda g, input: g * input)


@function()
def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Each element of ``input`` times all of ``other``; sizes multiply, types are promoted.

    An ``out`` that must be resized becomes row-major, whatever the layout of the result without it.
    https://docs.pytorch.org/docs/stable/generated/torch.kron.html
    """
    ndim = max(input.ndim, other.ndim)
    left = (1,) * (ndim - input.ndim) + input.shape
    right = (1,) * (ndim - other.ndim) + other.shape
    blocks = reshape(input, tuple(size for each in left for size in (each, 1)))
    products = blocks * reshape(other, tuple(size for each in right for size in (1, each)))
    sizes = tuple(a * b for a, b in zip(left, right, strict=True))
    if layout.view_strides(products.shape, products.strides, sizes) is None:
        products = clone(products, memory_format="contiguous")
    result: Tensor = unsafe_view(products, sizes)
    return result if out is None else with_out(clone(result, memory_format="contiguous"), out, input, other)


@function("TraceBackward0")
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal; integers add up in int64.

    https://docs.pytorch.org/docs/stable/generated/torch.trace.html
    """
    if input.ndim != 2:
        refuse(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    refuse_category("trace", input.dtype, BOOL)
    dtype = INT64 if input.dtype.category is Category.INTEGRAL else input.dtype
    diagonal = computing_array(input, dtype).diagonal()
    return Tensor.of(np.asarray(diagonal.sum(dtype=diagonal.dtype)), dtype)


@function("TraceBackward0")
def on_diagonal(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A matrix of zeros with one number all along its diagonal: the adjoint of ``trace``."""
    values = np.zeros(shape, input.array.dtype)
    np.fill_diagonal(values, input.array)
    return Tensor.of(values, input.dtype)


trace.vjp("input", lambda g, input_shape: on_diagonal(g, input_shape))
on_diagonal.vjp("input", lambda g: trace(g))


@function("LinalgCrossBackward0")
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The cross product of the vectors of three elements along ``dim``; the other dimensions are broadcast.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.cross.html
    """
    if input.ndim != other.ndim:
        refuse("linalg.cross: inputs must have the same number of dimensions.")
    axis = layout.wrap_dim(dim, input.ndim)
    if not input.ndim or input.shape[axis] != 3 or other.shape[axis] != 3:
        refuse(f"linalg.cross: inputs dimension {dim} must have length 3")
    if input.dtype is not other.dtype:
        refuse(f"linalg.cross: expected {input.dtype!r} but found {other.dtype!r}")
    refuse_category("cross", input.dtype, BOOL)
    shape = broadcast_shapes(input.shape, other.shape)
    a, b = (computing_array(expanded(side, shape), side.dtype) for side in (input, other))
    following, last = (np.roll(np.arange(3), -by) for by in (1, 2))
    with np.errstate(all="ignore"):
        values = a.take(following, axis) * b.take(last, axis) - a.take(last, axis) * b.take(following, axis)
    return Tensor.of(values, input.dtype)


linalg_cross.vjp("input", lambda g, other, dim: linalg_cross(conjugate(other), g, dim=dim))
linalg_cross.vjp("other", lambda g, input, dim: linalg_cross(g, conjugate(input), dim=dim))


@function()
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The cross product along ``dim``; without one, along the first dimension of size 3.

    https://docs.pytorch.org/docs/stable/generated/torch.cross.html
    """
    if dim is None:
        dim = next((place for place, size in enumerate(input.shape) if size == 3), None)
    if dim is None:
        refuse("no dimension of size 3 in input")
    result: Tensor = linalg_cross(input, other, dim=dim)
    return result


@function()
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products over the last dimension of both; of a 0-d tensor, the plain product.

    https://docs.pytorch.org/docs/stable/generated/torch.inner.html
    """
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        refuse(f"inner() the last dimension must match on both input tensors but got {input.shape} and {other.shape}")
    result: Tensor = METHODS["tensordot"](input, other, ([-1], [-1]))
    return result
