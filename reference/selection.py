"""Functions that choose among their operands: where, maximum, clamp, relu; and lerp, which goes between them.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.broadcasting import broadcast_shapes
from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.comparison import tensors_only
from reference.dtypes import BOOL as BOOL_DTYPE
from reference.dtypes import UINT8, Category, DType, round_to
from reference.errors import refuse, refuse_type, unmodelled
from reference.function import cast_layout, function, pointwise
from reference.promotion import Number, result_type
from reference.scalars import element
from reference.signalling import PassesOverNan
from reference.tensor import METHODS, Tensor
from reference.uncast import OfIntegers, of_integers


@function("WhereBackward0")
def where(condition: Tensor, input: Tensor | Number | None = None, other: Tensor | Number | None = None) -> Any:
    """``input`` where the condition (bool or uint8) is true, else ``other``.

    The condition alone gives the indices where it is true, one tensor a dimension.
    https://docs.pytorch.org/docs/stable/generated/torch.where.html
    """
    if input is None and other is None:
        return METHODS["nonzero"](condition, as_tuple=True)
    if input is None or other is None:
        refuse_type("where() received an invalid combination of arguments")
    if condition.dtype not in (BOOL_DTYPE, UINT8):
        refuse(f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype!r}")
    dtype = result_type([input, other])
    tensors = [operand for operand in (condition, input, other) if isinstance(operand, Tensor)]
    shape = broadcast_shapes(*(tensor.shape for tensor in tensors))
    choices = [
        round_to(operand.array if isinstance(operand, Tensor) else _number(operand, dtype), dtype)
        for operand in (input, other)
    ]
    chosen = np.broadcast_to(np.where(condition.array != 0, *choices), shape)
    casts = [(condition, BOOL_DTYPE), (input, dtype), (other, dtype)]
    return Tensor.of(chosen, dtype, layout.pointwise_strides(shape, [cast_layout(*each) for each in casts]))


def _number(value: Number, dtype: DType) -> np.ndarray:
    """A number that is made a tensor: refused where an integral dtype cannot hold it."""
    return element(value, dtype) if dtype.category is Category.INTEGRAL else np.asarray(value)


def chosen_where(input: Tensor, condition: Tensor, other: Tensor | Number) -> Tensor:
    """``input.where(condition, other)``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.where.html"""
    chosen: Tensor = where(condition, input, other)
    return chosen


where.vjp("input", lambda g, condition: where(condition, g, 0))
where.vjp("other", lambda g, condition: where(condition, 0, g))


# -- the larger and the smaller ----------------------------------------------------------------------------------------


def _check_extremum(dtype: DType, arguments: Mapping[str, Any]) -> None:
    tensors_only("maximum")(dtype, arguments)
    refuse_category("maximum", dtype, COMPLEX, kind="RuntimeError")


@of_integers("MaximumBackward0", check=_check_extremum)
def maximum(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The larger, nan if either is. https://docs.pytorch.org/docs/stable/generated/torch.maximum.html"""
    return np.maximum(input, other)


@of_integers("MinimumBackward0", check=_check_extremum)
def minimum(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The smaller, nan if either is. https://docs.pytorch.org/docs/stable/generated/torch.minimum.html"""
    return np.minimum(input, other)


# Where both are equal, the function bends. Its gradient is the subgradient of minimum norm there: a half for each, or
# none where the other is a number, which takes no gradient.
# https://docs.pytorch.org/docs/stable/notes/autograd.html#gradients-for-non-differentiable-functions


def _shared(g: Tensor, tie: Tensor, lost: Tensor) -> Tensor:
    chosen: Tensor = where(lost, 0, where(tie, g / 2, g))
    return chosen


def _of_larger(g: Tensor, mine: Tensor, other: Any) -> Tensor:
    """What the gradient of ``maximum(mine, other)`` is for ``mine``."""
    return _shared(g, mine == other, mine < other) if isinstance(other, Tensor) else where(mine > other, g, 0)


def _of_smaller(g: Tensor, mine: Tensor, other: Any) -> Tensor:
    """What the gradient of ``minimum(mine, other)`` is for ``mine``."""
    return _shared(g, mine == other, mine > other) if isinstance(other, Tensor) else where(mine < other, g, 0)


maximum.vjp("input", lambda g, input, other: _of_larger(g, input, other))
maximum.vjp("other", lambda g, input, other: _of_larger(g, other, input))
minimum.vjp("input", lambda g, input, other: _of_smaller(g, input, other))
minimum.vjp("other", lambda g, input, other: _of_smaller(g, other, input))


class _Extremum(PassesOverNan, OfIntegers):
    """That of two operands, which passes over nan, and takes integers as they are."""


def _fmax(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The larger, nan only if both are. https://docs.pytorch.org/docs/stable/generated/torch.fmax.html"""
    return np.fmax(input, other)


def _fmin(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The smaller, nan only if both are. https://docs.pytorch.org/docs/stable/generated/torch.fmin.html"""
    return np.fmin(input, other)


_fmax.__name__, _fmin.__name__ = "fmax", "fmin"
fmax = _Extremum(_fmax, "FmaxBackward0", check=_check_extremum)
fmin = _Extremum(_fmin, "FminBackward0", check=_check_extremum)


def _won(g: Tensor, tie: Tensor, better: Tensor, other: Tensor) -> Tensor:
    """What an operand has of the gradient that is better, or beside a nan, or equal."""
    return _shared(g, tie, METHODS["logical_not"](METHODS["logical_or"](better, METHODS["isnan"](other))))


fmax.vjp("input", lambda g, input, other: _won(g, input == other, input >= other, other))
fmax.vjp("other", lambda g, input, other: _won(g, input == other, other >= input, input))
fmin.vjp("input", lambda g, input, other: _won(g, input == other, input <= other, other))
fmin.vjp("other", lambda g, input, other: _won(g, input == other, other <= input, input))


# -- bounds ------------------------------------------------------------------------------------------------------------


def _check_bounds(dtype: DType, arguments: Mapping[str, Any]) -> None:
    bounds = [arguments[name] for name in ("min", "max") if arguments.get(name) is not None]
    if not bounds:
        refuse("torch.clamp: At least one of 'min' or 'max' must not be None")
    if len({isinstance(bound, Tensor) for bound in bounds}) > 1:
        refuse_type("clamp() takes two numbers or two Tensors as bounds")
    if any(isinstance(bound, complex) for bound in bounds):
        refuse("value cannot be converted to type double without overflow")
    refuse_category("clamp", dtype, COMPLEX)
    by_tensors = isinstance(bounds[0], Tensor)
    if len(bounds) == 2 or not by_tensors:  # one tensor alone is a maximum or a minimum, which bool has
        refuse_category("clamp", dtype, BOOL)
    if dtype.category is INTEGRAL and not by_tensors:
        least, most = arguments.get("min"), arguments.get("max")
        limits = np.iinfo(dtype.numpy)
        if (least is not None and least > limits.max) or (most is not None and most < limits.min):
            unmodelled(f"a {dtype!r} that it cannot hold")


def _bounded_node(name: str, *, by_number: int) -> Callable[[Mapping[str, Any]], str]:
    def node(arguments: Mapping[str, Any]) -> str:
        numbers = not any(isinstance(arguments.get(bound), Tensor) for bound in ("min", "max"))
        return f"{name}Backward{by_number if numbers else 1 - by_number}"

    return node


@of_integers(_bounded_node("Clamp", by_number=1), check=_check_bounds)
def clamp(input: np.ndarray, min: np.ndarray | None = None, max: np.ndarray | None = None) -> np.ndarray:
    """``input`` within [min, max], ``max`` where they cross; nan stays.

    Bounds are two numbers or two tensors. https://docs.pytorch.org/docs/stable/generated/torch.clamp.html
    """
    raised = input if min is None else np.maximum(input, min)
    return raised if max is None else np.minimum(raised, max)


def _unless_all_equal(g: Tensor, otherwise: Tensor, input: Tensor, min: Any, max: Any) -> Tensor:
    """``otherwise``, but where ``input`` and both bounds are equal ``g``: there, any subgradient will do."""
    if not (isinstance(min, Tensor) and isinstance(max, Tensor)):
        return otherwise
    chosen: Tensor = where(METHODS["logical_and"](input == min, min == max), g, otherwise)
    return chosen


def _clamp_vjp(g: Tensor, input: Tensor, min: Any, max: Any) -> Tensor:
    raised = g if min is None else _of_larger(g, input, min)
    return _unless_all_equal(g, raised if max is None else _of_smaller(raised, input, max), input, min, max)


def _clamp_min_vjp(g: Tensor, input: Tensor, min: Tensor, max: Tensor | None) -> Tensor:
    raised = _of_larger(g, min, input)
    return _unless_all_equal(0 * g, raised if max is None else _of_smaller(raised, min, max), input, min, max)


def _clamp_max_vjp(g: Tensor, input: Tensor, min: Tensor | None, max: Tensor) -> Tensor:
    raised = input if min is None else METHODS["maximum"](input, min)
    return _unless_all_equal(0 * g, _of_smaller(g, max, raised), input, min, max)


clamp.numbers_are_operands = False
clamp.vjp("input", _clamp_vjp)
clamp.vjp("min", _clamp_min_vjp)
clamp.vjp("max", _clamp_max_vjp)
METHODS["clip"] = clamp


@of_integers(_bounded_node("ClampMin", by_number=0), check=_check_bounds)
def clamp_min(input: np.ndarray, min: np.ndarray) -> np.ndarray:
    """``clamp`` with a lower bound alone."""
    return np.maximum(input, min)


clamp_min.numbers_are_operands = False
clamp_min.vjp("input", lambda g, input, min: _of_larger(g, input, min))
clamp_min.vjp("min", lambda g, input, min: _of_larger(g, min, input))


@of_integers(_bounded_node("ClampMax", by_number=0), check=_check_bounds)
def clamp_max(input: np.ndarray, max: np.ndarray) -> np.ndarray:
    """``clamp`` with an upper bound alone."""
    return np.minimum(input, max)


clamp_max.numbers_are_operands = False
clamp_max.vjp("input", lambda g, input, max: _of_smaller(g, input, max))
clamp_max.vjp("max", lambda g, input, max: _of_smaller(g, max, input))


def _check_relu(dtype: DType, arguments: Mapping[str, Any]) -> None:
    refuse_category("relu", dtype, BOOL, kind="RuntimeError")
    refuse_category("relu", dtype, COMPLEX)


@pointwise("ReluBackward0", check=_check_relu)
def relu(input: np.ndarray) -> np.ndarray:
    """The element, or zero where it is negative.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
    """
    return np.maximum(input, input.dtype.type(0))


relu.vjp("input", lambda g, result: where(result <= 0, 0, g))


# -- between -----------------------------------------------------------------------------------------------------------


def _check_lerp(dtype: DType, arguments: Mapping[str, Any]) -> None:
    start = arguments["input"]
    for name in ("end", "weight"):
        operand = arguments[name]
        promoted = name == "weight" and isinstance(operand, Tensor) and not operand.ndim
        if isinstance(operand, Tensor) and operand.dtype is not start.dtype and not promoted:
            refuse(f"expected dtype {start.dtype!r} for `{name}` but got dtype {operand.dtype!r}")
    weight = arguments["weight"]
    refuse_category("lerp", dtype if isinstance(weight, Tensor) else start.dtype, BOOL, INTEGRAL)
    if isinstance(weight, complex) and not start.dtype.is_complex:
        refuse(f"value cannot be converted to type {start.dtype!r} without overflow")


def _lerp_node(arguments: Mapping[str, Any]) -> str:
    return "LerpBackward1" if isinstance(arguments["weight"], Tensor) else "LerpBackward0"


@pointwise(_lerp_node, check=_check_lerp)
def lerp(input: np.ndarray, end: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``input + weight * (end - input)``, all of one dtype.

    https://docs.pytorch.org/docs/stable/generated/torch.lerp.html
    """
    return input + weight * (end - input)


lerp.numbers_are_operands = False
lerp.vjp("input", lambda g, weight: g * conjugate(1 - weight))
lerp.vjp("end", lambda g, weight: g * conjugate(weight))
lerp.vjp("weight", lambda g, input, end: g * conjugate(end - input))
