"""``beta * input + alpha * (a product)``: addmm, addmv, addr, addbmm and baddbmm.

beta = 0 ignores the values of ``input``, nan and inf among them. Of alpha = 0 no page says anything.
Source: https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BOOL, Category, DType
from reference.errors import refuse
from reference.function import cast_layout, function
from reference.function import expand as expanded
from reference.linalg import bmm, check_operands, mm, mv, outer, product_of
from reference.promotion import Number, result_type
from reference.reduction import computing_array
from reference.scalars import element
from reference.slicing import expand, unsqueeze
from reference.tensor import Tensor
from reference.views import matrix_transpose, t


def _added(input: Tensor, product: np.ndarray, beta: Number, alpha: Number, dtype: DType) -> np.ndarray:
    """``beta * input + alpha * product`` in the computing dtype; ``input`` is broadcast to the product's shape.

    The factors must fit the dtype; of an integral one, fractions are cut off.
    """
    scaled = product * element(alpha, dtype).astype(product.dtype)
    if beta == 0:
        return np.asarray(scaled)
    added = computing_array(expanded(input, product.shape), dtype)
    return np.asarray(scaled + added * element(beta, dtype).astype(product.dtype))


def _added_to(
    name: str,
    input: Tensor,
    first: Tensor,
    second: Tensor,
    beta: Number,
    alpha: Number,
    gather: Callable[[np.ndarray], np.ndarray] = np.asarray,
) -> Tensor:
    """The result for a matrix product of two operands, which ``gather`` may sum; all three of one dtype."""
    with np.errstate(all="ignore"):
        product = gather(product_of(name, first, second))
        if input.dtype is not first.dtype:
            refuse(f"{name}: self and mat2 must have the same dtype, but got {input.dtype!r} and {second.dtype!r}")
        if input.ndim > product.ndim or broadcast_shapes(input.shape, product.shape) != product.shape:
            refuse(f"{name}: a tensor of shape {list(input.shape)} cannot expand to {list(product.shape)}")
        return Tensor.of(_added(input, product, beta, alpha, input.dtype), input.dtype)


@function("AddmmBackward0")
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``. https://docs.pytorch.org/docs/stable/generated/torch.addmm.html"""
    check_operands("addmm", (2, 2), mat1, mat2)
    return _added_to("addmm", input, mat1, mat2, beta, alpha)


addmm.vjp("input", lambda g, beta: g * conjugate(beta))
addmm.vjp("mat1", lambda g, mat2, alpha: mm(g, conjugate(t(mat2))) * conjugate(alpha))
addmm.vjp("mat2", lambda g, mat1, alpha: mm(conjugate(t(mat1)), g) * conjugate(alpha))


@function("AddmvBackward0")
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``. https://docs.pytorch.org/docs/stable/generated/torch.addmv.html"""
    check_operands("addmv", (2, 1), mat, vec)
    return _added_to("addmv", input, mat, vec, beta, alpha)


addmv.vjp("input", lambda g, beta: g * conjugate(beta))
addmv.vjp("mat", lambda g, vec, alpha: outer(g, conjugate(vec)) * conjugate(alpha))
addmv.vjp("vec", lambda g, mat, alpha: mv(conjugate(t(mat)), g) * conjugate(alpha))


@function("BaddbmmBackward0")
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * (batch1 @ batch2)`` of each matrix of two batches.

    https://docs.pytorch.org/docs/stable/generated/torch.baddbmm.html
    """
    _check_batches("baddbmm", batch1, batch2)
    return _added_to("baddbmm", input, batch1, batch2, beta, alpha)


baddbmm.vjp("input", lambda g, beta: g * conjugate(beta))
baddbmm.vjp("batch1", lambda g, batch2, alpha: bmm(g, conjugate(matrix_transpose(batch2))) * conjugate(alpha))
baddbmm.vjp("batch2", lambda g, batch1, alpha: bmm(conjugate(matrix_transpose(batch1)), g) * conjugate(alpha))


@function("AddbmmBackward0")
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * sum(batch1 @ batch2)``, the sum over the batch.

    https://docs.pytorch.org/docs/stable/generated/torch.addbmm.html
    """
    _check_batches("addbmm", batch1, batch2)
    return _added_to("addbmm", input, batch1, batch2, beta, alpha, gather=lambda each: each.sum(0, dtype=each.dtype))


def _spread(g: Tensor, count: int) -> Tensor:
    """The gradient of a sum over the batch, for each of ``count`` matrices."""
    repeated: Tensor = expand(unsqueeze(g, 0), (count, *g.shape))
    return repeated


addbmm.vjp("input", lambda g, beta: g * conjugate(beta))
addbmm.vjp(
    "batch1",
    lambda g, batch2, alpha: bmm(_spread(g, batch2.shape[0]), conjugate(matrix_transpose(batch2))) * conjugate(alpha),
)
addbmm.vjp(
    "batch2",
    lambda g, batch1, alpha: bmm(conjugate(matrix_transpose(batch1)), _spread(g, batch1.shape[0])) * conjugate(alpha),
)


def _check_batches(name: str, batch1: Tensor, batch2: Tensor) -> None:
    check_operands(name, (3, 3), batch1, batch2)
    if batch1.shape[0] != batch2.shape[0]:
        refuse(f"{name}: expected batches of one size, but got {batch1.shape[0]} and {batch2.shape[0]}")


def _check_factor(name: str, factor: Number, dtype: DType) -> None:
    if isinstance(factor, bool) and dtype is not BOOL:
        refuse(f"Boolean {name} only supported for Boolean results.")
    if dtype.category < Category.FLOATING and isinstance(factor, (float, complex)):
        refuse(f"For integral input tensors, argument {name} must not be a floating point number.")


@function("AddrBackward0")
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``, of bool with "or" and "and"; types are promoted.

    https://docs.pytorch.org/docs/stable/generated/torch.addr.html
    """
    if vec1.ndim != 1 or vec2.ndim != 1:
        refuse(f"addr: Expected 1-D argument vec1 and vec2, but got {vec1.ndim}-D and {vec2.ndim}-D")
    shape = (vec1.shape[0], vec2.shape[0])
    if input.ndim > 2 or broadcast_shapes(input.shape, shape) != shape:
        refuse(f"addr: a tensor of shape {list(input.shape)} cannot expand to {list(shape)}")
    dtype = result_type([input, vec1, vec2])
    _check_factor("beta", beta, dtype)
    _check_factor("alpha", alpha, dtype)
    with np.errstate(all="ignore"):
        product = computing_array(vec1, dtype)[:, None] * computing_array(vec2, dtype)
        values = _added(input, product, beta, alpha, dtype)
    column = (shape[0], 1), (vec1.strides[0], 0)
    operands = [cast_layout(expanded(input, shape), dtype), column, (vec2.shape, vec2.strides)]
    return Tensor.of(values, dtype, layout.pointwise_strides(shape, operands))


addr.reads_as = {"vec1": lambda vec1: vec1.view_as((*vec1.shape, 1), (*vec1.strides, 1), vec1.offset)}
addr.vjp("input", lambda g, beta: g * conjugate(beta))
addr.vjp("vec1", lambda g, vec2, alpha: mv(g, conjugate(vec2)) * conjugate(alpha))
addr.vjp("vec2", lambda g, vec1, alpha: mv(t(g), conjugate(vec1)) * conjugate(alpha))
