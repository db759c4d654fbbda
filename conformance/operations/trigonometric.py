"""Trigonometric and hyperbolic functions and their inverses. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

import numpy as np

from conformance.accuracy import Accuracy, GradientOf, Ulps
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL, Operation, spelled
from conformance.parameters import Operand
from reference import trigonometric
from reference.dtypes import DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


_SINC_ULPS = 4


def _sinc_steepness(r: np.ndarray, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
    """|x f'(x)| = |cos(pi x) - r|, as pi x is rounded before its sine is taken.

    Off by d, the sine is off by up to d^2/2 more, and where the cosine is 0 that is all; but never by more than 2.
    """
    angle = np.pi * inputs[0]
    # What is wider than float64 stands for float64, and float64 for float32 and less.
    unit = 2.0**-53 if np.finfo(angle.dtype).nmant > 52 else 2.0**-24
    off = _SINC_ULPS * unit * np.abs(angle)
    steepness = np.abs(np.cos(angle) - r) + off / 2
    return steepness if angle.dtype.kind == "c" else np.minimum(steepness, 2 / np.maximum(off, unit))


def _unary(
    reference: Function,
    claim: str,
    gradient: GradientOf,
    accuracy: Accuracy | None = None,
    dtypes: tuple[DType, ...] = ALL,
    aliases: tuple[str, ...] = (),
) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_", out=True),
        parameters=(Operand("input"),),
        dtypes=dtypes,
        accuracy=accuracy or Ulps(name),
        gradient=gradient,
        basis=Documented(MANUAL.format(name), claim),
        aliases=aliases,
    )


OPERATIONS = [
    _unary(trigonometric.tan, "out_i = tan(input_i)", GradientOf(8, cancels=4)),
    _unary(trigonometric.sinh, "out_i = sinh(input_i)", GradientOf(8)),
    _unary(trigonometric.cosh, "out_i = cosh(input_i)", GradientOf(8)),
    _unary(trigonometric.asin, "out_i = sin^-1(input_i)", GradientOf(16, steepens=2), aliases=("arcsin",)),
    _unary(trigonometric.acos, "out_i = cos^-1(input_i)", GradientOf(16, steepens=2), aliases=("arccos",)),
    _unary(trigonometric.atan, "out_i = tan^-1(input_i)", GradientOf(8, steepens=1), aliases=("arctan",)),
    _unary(trigonometric.asinh, "out_i = sinh^-1(input_i)", GradientOf(16, steepens=2), aliases=("arcsinh",)),
    _unary(trigonometric.acosh, "out_i = cosh^-1(input_i)", GradientOf(16, steepens=2), aliases=("arccosh",)),
    _unary(trigonometric.atanh, "out_i = tanh^-1(input_i)", GradientOf(8, steepens=1), aliases=("arctanh",)),
    _unary(
        trigonometric.deg2rad,
        "Returns a new tensor with each of the elements of input converted from angles in degrees to radians.",
        GradientOf(2),
        Ulps(1.5),
        REAL,
    ),
    _unary(
        trigonometric.rad2deg,
        "Returns a new tensor with each of the elements of input converted from angles in radians to degrees.",
        GradientOf(2),
        Ulps(1.5),
        REAL,
    ),
    _unary(
        trigonometric.sinc,
        "1 if input_i = 0, sin(pi input_i) / (pi input_i) otherwise",
        GradientOf(16, cancels=8),
        Ulps(_SINC_ULPS, spread=_sinc_steepness),
        aliases=("special.sinc",),
    ),
]
