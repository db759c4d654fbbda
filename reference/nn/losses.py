"""Losses. https://docs.pytorch.org/docs/stable/nn.functional.html#loss-functions"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from reference import layout
from reference.arithmetic import div, mul
from reference.autograd.mode import is_grad_enabled
from reference.broadcasting import broadcast_shapes
from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.dtypes import BOOL as BOOL_DTYPE
from reference.dtypes import INT64, UINT8, DType, wider
from reference.errors import refuse, refuse_index, refuse_value
from reference.function import cast_layout, function
from reference.promotion import result_type
from reference.reduction import computing_array, sum
from reference.selection import where
from reference.slicing import expand, unsqueeze
from reference.softmax import log_softmax
from reference.tensor import Tensor
from reference.views import reshape


def _check_reduction(reduction: str) -> None:
    if reduction not in ("none", "mean", "sum"):
        refuse_value(f"{reduction} is not a valid value for reduction")


# -- mean squared error --------------------------------------------------------------------------------------------


@function()
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The squared difference, averaged, summed or as it is; other shapes broadcast, with a warning.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
    """
    _check_reduction(reduction)
    if input.shape != target.shape:
        warnings.warn("Using a target size that is different to the input size", UserWarning, stacklevel=3)
    shape = broadcast_shapes(input.shape, target.shape)
    operands = [tensor if tensor.shape == shape else expand(tensor, shape) for tensor in (input, target)]
    loss: Tensor = squared_error(*operands, reduction)
    return loss


@function("MseLossBackward0")
def squared_error(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """``mse_loss`` of two tensors of one shape."""
    dtype = result_type([input, target])
    refuse_category("mse_loss", dtype, BOOL, INTEGRAL, COMPLEX)
    with np.errstate(all="ignore"):
        squares = (computing_array(input, dtype) - computing_array(target, dtype)) ** 2
        if reduction == "none":
            operands = [cast_layout(tensor, dtype) for tensor in (input, target)]
            return Tensor.of(squares, dtype, layout.pointwise_strides(input.shape, operands))
        total = squares.sum()
        return Tensor.of(np.asarray(total / squares.dtype.type(input.numel) if reduction == "mean" else total), dtype)


def _error_vjp(g: Tensor, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    factor = 2 / max(input.numel, 1) if reduction == "mean" else 2.0
    return g * (input - target) * factor


squared_error.vjp("input", _error_vjp)
squared_error.vjp("target", lambda g, input, target, reduction: -_error_vjp(g, input, target, reduction))


# -- negative log-likelihood ---------------------------------------------------------------------------------------


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    if not input.ndim:
        refuse_value("Expected 1 or more dimensions (got 0)")
    if input.ndim == 1:
        if target.ndim > 1 or target.numel != 1:
            refuse_value(f"For 1D input, 1D target must have size 1, but got target size: {list(target.shape)}")
    elif not target.ndim or input.shape[0] != target.shape[0]:
        refuse_value(f"Expected input batch_size ({input.shape[0]}) to match that of the target")
    elif input.shape[:1] + input.shape[2:] != target.shape:
        refuse(f"Expected target of shape {list(input.shape[:1] + input.shape[2:])}, got {list(target.shape)}")
    if target.dtype not in (INT64, UINT8):
        refuse(f"expected target dtype to be Long or Byte, but got {target.dtype!r}")
    refuse_category("nll_loss", input.dtype, BOOL, INTEGRAL, COMPLEX)
    if weight is not None:
        classes = input.shape[1 if input.ndim > 1 else 0]
        if weight.shape != (classes,):
            refuse(f"weight tensor should be defined either for all {classes} classes or no classes")
        if weight.dtype is not input.dtype:
            refuse(f"expected a weight of dtype {input.dtype!r} but found {weight.dtype!r}")


@function()
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Minus the log-probability that ``input`` (N, C, ...) or (C) gives to the target's class, weighted.

    Classes equal to ``ignore_index`` count for nothing; others out of range are refused; "mean" divides by the sum of
    the weights. https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
    """
    _check_reduction(reduction)
    _check_classes(input, target, weight)
    if input.ndim in (3,) or input.ndim > 4:
        # More dimensions than images have are laid out as an image of one row.
        batch, classes = input.shape[:2]
        image = (1, prod(input.shape[2:]))
        loss = likelihood(
            reshape(input, (batch, classes, *image)), reshape(target, (batch, *image)), weight, ignore_index, reduction
        )
        return reshape(loss, target.shape) if reduction == "none" else loss
    plain: Tensor = likelihood(input, target, weight, ignore_index, reduction)
    return plain


def _likelihood_node(arguments: Mapping[str, Any]) -> str:
    return "NllLoss2DBackward0" if arguments["input"].ndim == 4 else "NllLossBackward0"


def _chosen(shape: tuple[int, ...], target: Tensor, ignore_index: int) -> np.ndarray:
    """Which class the target names at every place, if it is not ignored: of the input's shape."""
    axis = 1 if len(shape) > 1 else 0
    classes = np.arange(shape[axis]).reshape(_along(axis, len(shape)))
    labels = target.array.astype(np.int64).reshape([1 if d == axis else size for d, size in enumerate(shape)])
    return np.asarray((classes == labels) & (labels != ignore_index))


def _along(axis: int, ndim: int) -> list[int]:
    """The shape of a vector that broadcasts along all dimensions but its own."""
    return [-1 if d == axis else 1 for d in range(ndim)]


def _class_weights(chosen: np.ndarray, weight: Tensor | None, dtype: DType) -> np.ndarray:
    """The weight of the target's class at every place, zero for the other classes."""
    if weight is None:
        return chosen.astype(wider(dtype).numpy)
    each = computing_array(weight, dtype).reshape(_along(1 if chosen.ndim > 1 else 0, chosen.ndim))
    return np.where(chosen, each, each.dtype.type(0))


def _refuse_bounds(target: Tensor, classes: int, ignore_index: int) -> None:
    labels = target.array.astype(np.int64)
    outside = (labels != ignore_index) & ((labels < 0) | (labels >= classes))
    if outside.any():
        refuse_index(f"Target {labels[outside][0]} is out of bounds.")


@function(_likelihood_node)
def likelihood(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str) -> Tensor:
    """``nll_loss`` of one row, rows (N, C) or images (N, C, H, W); weights that require a gradient are refused."""
    if weight is not None and weight.requires_grad and is_grad_enabled():
        refuse("nll_loss is not differentiable with respect to argument 'weight'.")
    axis = 1 if input.ndim > 1 else 0
    _refuse_bounds(target, input.shape[axis], ignore_index)
    chosen = _chosen(input.shape, target, ignore_index)
    weights = _class_weights(chosen, weight, input.dtype)
    with np.errstate(all="ignore"):
        # What the other classes hold must not matter, not even a nan.
        losses = -np.where(chosen, computing_array(input, input.dtype) * weights, 0).sum(axis=axis)
        if reduction == "none":
            return Tensor.of(losses, input.dtype)
        total = losses.sum()
        return Tensor.of(np.asarray(total / weights.sum() if reduction == "mean" else total), input.dtype)


def _likelihood_vjp(
    g: Tensor,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
) -> Tensor:
    axis = 1 if input.ndim > 1 else 0
    chosen = _chosen(input.shape, target, ignore_index)
    weights = _class_weights(chosen, weight, input.dtype)
    if reduction == "mean":
        with np.errstate(all="ignore"):
            weights = np.where(chosen, weights / weights.sum(), 0)
    along = unsqueeze(g, axis) if reduction == "none" and input.ndim > 1 else g
    return where(Tensor.of(chosen, BOOL_DTYPE), -(along * Tensor.of(weights, input.dtype)), 0)


# Its shape and dtype would do; torch saves the input none the less.
likelihood.vjp("input", _likelihood_vjp)


# -- cross entropy -------------------------------------------------------------------------------------------------


@function()
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """``nll_loss`` of ``log_softmax(input)``, or the cross entropy with probabilities of the input's shape.

    ``label_smoothing`` in [0, 1] moves that part of the target to all classes alike.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    _check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        refuse(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    axis = 1 if input.ndim > 1 else 0
    logarithms = log_softmax(input, axis)
    if input.shape == target.shape and target.dtype.is_differentiable:
        if ignore_index >= 0:
            refuse("ignore_index is not supported for floating point target")
        return _with_probabilities(logarithms, target, weight, axis, reduction, label_smoothing)
    loss: Tensor = nll_loss(logarithms, target, weight, ignore_index=ignore_index, reduction=reduction)
    if not label_smoothing:
        return loss
    smooth = _uniform_loss(logarithms, target, weight, axis, ignore_index, reduction)
    mixed: Tensor = times_number(loss, 1 - label_smoothing) + times_number(smooth, label_smoothing / input.shape[axis])
    return mixed


@function("MulBackward1")
def times_number(input: Tensor, number: float) -> Tensor:
    """``input * number``, the overload that is only called from within."""
    product: Tensor = mul.forward(input, number)
    return product


@function("DivBackward1")
def over_number(input: Tensor, number: float) -> Tensor:
    """``input / number``, the overload that is only called from within."""
    quotient: Tensor = div.forward(input, number)
    return quotient


times_number.vjp("input", lambda g, number: g * number)
over_number.vjp("input", lambda g, number: g / number)


def _column(weight: Tensor, ndim: int, axis: int) -> Tensor:
    """A weight of each class, shaped to broadcast along the others."""
    shaped: Tensor = reshape(weight, _along(axis, ndim))
    return shaped


def _with_probabilities(
    logarithms: Tensor, target: Tensor, weight: Tensor | None, axis: int, reduction: str, label_smoothing: float
) -> Tensor:
    classes = logarithms.shape[axis]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    terms = logarithms * target
    if weight is not None:
        terms = terms * _column(weight, logarithms.ndim, axis)
    if reduction == "none":
        return -sum(terms, axis)
    if reduction == "sum":
        return -sum(terms)
    average: Tensor = over_number(-sum(terms), logarithms.numel // classes)
    return average


def _uniform_loss(
    logarithms: Tensor, target: Tensor, weight: Tensor | None, axis: int, ignore_index: int, reduction: str
) -> Tensor:
    """The loss against all classes alike, at the places that are not ignored."""
    terms = logarithms if weight is None else logarithms * _column(weight, logarithms.ndim, axis)
    ignored = Tensor.of(target.array == ignore_index, BOOL_DTYPE)
    losses = where(reshape(ignored, terms.shape[:axis] + terms.shape[axis + 1 :]), 0, -sum(terms, axis))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return sum(losses)
    chosen = _chosen(logarithms.shape, target, ignore_index)
    total = _class_weights(chosen, weight, logarithms.dtype).sum()
    return sum(losses) / Tensor.of(np.asarray(total), logarithms.dtype)
