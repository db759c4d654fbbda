"""Functions of the parts of floating point numbers: sign, exponent, neighbour; and the step function.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.checks import BOOL, COMPLEX, INTEGRAL, forbids, refuse_category
from reference.comparison import tensors_only
from reference.dtypes import FLOAT32, INT32, DType, round_to, wider
from reference.errors import refuse
from reference.function import Pointwise, cast_layout, function, pointwise, to_float
from reference.promotion import Number
from reference.tensor import METHODS, Tensor


def _copysign_node(arguments: Mapping[str, Any]) -> str:
    return "CopysignBackward0" if isinstance(arguments["other"], Tensor) else "CopysignBackward1"


class _Copysign(Pointwise):
    """The sign of a NaN that is converted first is left open: IEEE 754 (6.3) gives it none in a conversion."""

    def compute(self, *args: Any, **kwargs: Any) -> Tensor:
        made = super().compute(*args, **kwargs)
        other = self.arguments(args, kwargs)["other"]
        if isinstance(other, Tensor) and other.dtype is not made.dtype:
            lost = np.broadcast_to(other.array != other.array, made.shape)
            made.leave_open(lost)
        return made


def _copysign(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The magnitude of ``input`` with the sign of ``other``, zeros have signs too.

    https://docs.pytorch.org/docs/stable/generated/torch.copysign.html
    """
    return np.copysign(input, other)


_copysign.__name__ = "copysign"
copysign = _Copysign(_copysign, _copysign_node, promotion=to_float, check=forbids("copysign", COMPLEX))


def _copysign_vjp(g: Tensor, input: Tensor, result: Tensor) -> Tensor:
    """The sign that was given to the element; none at zero, which has no slope."""
    slope: Tensor = METHODS["where"](input == 0, 0.0, result / input)
    return g * slope


copysign.vjp("input", _copysign_vjp)
copysign.vjp("other", lambda g, result: METHODS["zeros_like"](g))


# -- neighbours --------------------------------------------------------------------------------------------------------


class _Neighbour(Pointwise):
    """A function of numbers as a dtype spaces them, which their wider copies do not show."""

    def evaluate(self, arrays: Sequence[Any], settings: Mapping[str, Any], dtype: DType) -> np.ndarray:
        start, goal = (round_to(array, dtype) for array in arrays)
        if dtype.itemsize == 16:
            return np.asarray(np.nextafter(start, goal))
        return _neighbour(start, goal).astype(arrays[0].dtype)


def _neighbour(start: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """One step in the order of the bit patterns, which is that of the magnitudes."""
    start, goal = (array.copy() for array in np.broadcast_arrays(start, goal))
    size = start.dtype.itemsize
    bits = start.view(f"i{size}")
    wide_start, wide_goal = start.astype(np.float64), goal.astype(np.float64)
    away = (wide_goal > wide_start) == (wide_start > 0)
    stepped = (bits + np.where(away, 1, -1).astype(bits.dtype)).view(start.dtype)
    least = np.ones((), f"i{size}").view(start.dtype).astype(np.float64)
    from_zero = np.copysign(least, wide_goal).astype(start.dtype)
    stepped = np.where(wide_start == 0, from_zero, stepped)
    stepped = np.where(wide_start == wide_goal, goal, stepped)
    return np.where(np.isnan(wide_start) | np.isnan(wide_goal), start.dtype.type(np.nan), stepped)


def _nextafter(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The next number of the dtype after ``input`` towards ``other``; it moves as ``input`` does, if they differ.

    https://docs.pytorch.org/docs/stable/generated/torch.nextafter.html
    """
    return np.nextafter(input, other)


def _check_nextafter(dtype: DType, arguments: Mapping[str, Any]) -> None:
    tensors_only("nextafter")(dtype, arguments)
    refuse_category("nextafter", dtype, BOOL, INTEGRAL, COMPLEX)


_nextafter.__name__ = "nextafter"
nextafter = _Neighbour(_nextafter, "NextafterBackward0", check=_check_nextafter)
nextafter.vjp("input", lambda g, input, other: METHODS["where"](input == other, 0.0, g))
nextafter.vjp("other", lambda g: METHODS["zeros_like"](g))


# -- powers of two -----------------------------------------------------------------------------------------------------


class _Scaling(Pointwise):
    """A product with a power, laid out as torch makes it: where the exponents are integers, in a copy of ``input`` or
    beside them as they are, else as the product of two tensors, of which the power of a number is contiguous."""

    def operand_array(self, operand: Tensor | Number, dtype: DType) -> np.ndarray:
        """The operand as any other's, but integers unrounded: of 16 bits, few exponents are exact."""
        if isinstance(operand, Tensor) and operand.dtype.category is INTEGRAL:
            return operand.array
        return super().operand_array(operand, dtype)

    def evaluate(self, arrays: Sequence[Any], settings: Mapping[str, Any], dtype: DType) -> np.ndarray:
        """The power, and an input that is rounded, if it is an integer too."""
        input, other = arrays
        wide = wider(dtype).numpy
        return super().evaluate([round_to(input, dtype).astype(wide), other.astype(wide)], settings, dtype)

    def strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        input, other = operands
        if not isinstance(input, Tensor) or not isinstance(other, Tensor):
            return super().strides(shape, operands, dtype)
        if other.dtype.category is INTEGRAL and input.dtype.is_floating_point:
            if input.shape == shape and not self.for_out:
                return layout.preserved_strides(shape, input.strides)
            return layout.pointwise_strides(shape, [(input.shape, input.strides), (other.shape, other.strides)])
        power = layout.contiguous_strides(other.shape)
        # Of these dtypes the base of the power is a tensor without dimensions.
        if input.dtype.is_differentiable and input.dtype is not FLOAT32:
            power = layout.pointwise_strides(other.shape, [((), ()), cast_layout(other, dtype)])
        return layout.pointwise_strides(shape, [cast_layout(input, dtype), (other.shape, power)])


def _ldexp(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``input * 2 ** other``. https://docs.pytorch.org/docs/stable/generated/torch.ldexp.html"""
    if input.dtype.kind == "c":
        return input * np.exp2(other)
    # Neither power need be in range where their product is.
    whole = np.where(np.isfinite(other), np.floor(other), 0)
    return np.ldexp(input * np.exp2(other - whole), np.clip(whole, -(2**20), 2**20).astype(np.int32))


_ldexp.__name__ = "ldexp"
ldexp = _Scaling(_ldexp, "LdexpBackward0", to_float, tensors_only("ldexp"))
ldexp.vjp("input", lambda g, other: g * conjugate(METHODS["pow"](2.0, other)))
ldexp.vjp("other", lambda g, result: g * conjugate(result * math.log(2)))


# -- mantissa and exponent ---------------------------------------------------------------------------------------------


@function("FrexpBackward0")
def frexp(input: Tensor) -> tuple[Tensor, Tensor]:
    """The mantissa, of magnitude in [1/2, 1), and the exponent of 2 of each element, in int32; zero has 0 and 0.

    Of infinities and nan, the exponent is not promised. https://docs.pytorch.org/docs/stable/generated/torch.frexp.html
    """
    refuse_category("frexp", input.dtype, BOOL, INTEGRAL, COMPLEX, kind="RuntimeError")
    strides = layout.preserved_strides(input.shape, input.strides)
    mantissas, exponents = np.frexp(input.array.astype(wider(input.dtype).numpy))
    exponent = Tensor.of(exponents, INT32, strides)
    exponent.leave_open(~np.isfinite(mantissas))
    return Tensor.of(mantissas, input.dtype, strides), exponent


frexp.vjp("input", lambda g, result: ldexp(g[0], -result[1]))


# -- the step function -------------------------------------------------------------------------------------------------


def _check_heaviside(dtype: DType, arguments: Mapping[str, Any]) -> None:
    input, values = arguments["input"], arguments["values"]
    tensors_only("heaviside")(dtype, {"other": values})
    refuse_category("heaviside", dtype, COMPLEX, kind="RuntimeError")
    if input.dtype is not values.dtype:
        refuse("heaviside is not yet implemented for tensors with different dtypes.")


@pointwise("NotImplemented", check=_check_heaviside)
def heaviside(input: np.ndarray, values: np.ndarray) -> np.ndarray:
    """0 below zero, 1 above, and ``values`` at zero; torch gives it no derivative.

    https://docs.pytorch.org/docs/stable/generated/torch.heaviside.html
    """
    return np.where(input == 0, values, (input > 0).astype(input.dtype))


def _no_step(g: Tensor) -> Tensor:
    refuse("derivative for aten::heaviside is not implemented")


# Of nan the manual's three cases say nothing.
heaviside.promised = lambda input, values: np.asarray(input == input)
heaviside.vjp("input", _no_step)
heaviside.vjp("values", _no_step)
