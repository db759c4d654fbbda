"""Functions of the error function, of gamma and of Bessel. https://docs.pytorch.org/docs/stable/special.html"""

from __future__ import annotations

from dataclasses import replace
from math import factorial
from typing import Any

import numpy as np

from conformance.accuracy import Accuracy, GradientOf, Ulps
from conformance.model.verdict import Documented
from conformance.operation import REAL, Operation, Parameter, spelled
from conformance.parameters import Choice, Number, Operand
from reference import gamma_function, special
from reference.dtypes import DType
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/special.html#torch.special.{}"
Inputs = tuple[np.ndarray, ...]

# -- what the roundings on the way are relative to --------------------------------------------------------------------


def _lgamma_steepness(r: np.ndarray, inputs: Inputs) -> np.ndarray:
    return np.asarray(inputs[0] * gamma_function.digamma(inputs[0].astype(np.longdouble)))


def _polygamma_steepness(n: int, place: int = 0) -> Any:
    """|x f'(x)| of the polygamma function of order n, where x is the argument at a place."""
    return lambda r, inputs: inputs[place] * gamma_function.polygamma(n + 1, inputs[place].astype(np.longdouble))


def _logit_terms(r: np.ndarray, inputs: Inputs) -> np.ndarray:
    """The quotient is rounded before its logarithm is taken, which is 0 where the quotient is 1."""
    return np.ones(r.shape)


def _mvlgamma_terms(r: np.ndarray, inputs: Inputs) -> np.ndarray:
    """The terms of up to three factors exceed their sum by less than 1, and x digamma(x) by less than 4."""
    return np.abs(r) + 4


def _unary(
    reference: Function,
    claim: str,
    accuracy: Accuracy,
    gradient: GradientOf,
    aliases: tuple[str, ...],
    *further: Parameter,
    dtypes: tuple[DType, ...] = REAL,
) -> Operation:
    name = reference.name
    return Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_", out=True),
        parameters=(Operand("input"), *further),
        dtypes=dtypes,
        accuracy=accuracy,
        gradient=gradient,
        basis=Documented(MANUAL.format(name), claim),
        aliases=aliases,
    )


def _polygamma(n: int) -> list[Operation]:
    """The polygamma function of one order: the order comes first in a function, and after the tensor in a method."""
    order = Choice("n", (n,), forbidden=-1)
    facts: dict[str, Any] = {
        "reference": special.polygamma,
        "dtypes": REAL,
        # From order 2 on torch takes as many steps as a negative argument is large (docs/findings/031).
        "values": ("normal", "mixed", "special", "small") if n > 1 else (),
        # Between two poles the next derivative of one of odd order is 0, a difference of terms up to this large.
        "gradient": GradientOf(64, cancels=8 * factorial(n + 1) * 2 ** (n + 3) if n % 2 else 0),
        "basis": Documented(MANUAL.format("polygamma"), "The n-th derivative of the digamma function on input."),
    }
    method = spelled(method="Tensor.polygamma", in_place="Tensor.polygamma_")
    return [
        Operation(
            name=f"polygamma_{n}",
            spellings=spelled("torch.polygamma", out=True),
            parameters=(order, Operand("input")),
            accuracy=Ulps(8, spread=_polygamma_steepness(n, place=1)),
            aliases=("special.polygamma",) if n == 1 else (),
            **facts,
        ),
        Operation(
            name=f"polygamma_{n}_method",
            spellings=method,
            parameters=(Operand("input"), order),
            accuracy=Ulps(8, spread=_polygamma_steepness(n)),
            **facts,
        ),
    ]


ORDER = Choice("p", (1, 2, 3), forbidden=0)
MVLGAMMA = _unary(
    special.mvlgamma,
    "log(Gamma_p(a)) = C + the sum of log(Gamma(a - (i - 1) / 2)) for i from 1 to p",
    Ulps("lgamma", spread=_mvlgamma_terms),
    GradientOf(32, cancels=16),
    ("special.multigammaln",),
    ORDER,
    dtypes=REAL[1:],
)

OPERATIONS = [
    _unary(special.erfc, "1 - erf(x)", Ulps("erfc"), GradientOf(16), ("special.erfc",)),
    _unary(special.erfinv, "erfinv(erf(x)) = x", Ulps("erfinv"), GradientOf(32), ("special.erfinv",)),
    _unary(
        special.lgamma,
        "ln |Gamma(input_i)|",
        Ulps("lgamma", spread=_lgamma_steepness),
        GradientOf(32, cancels=16, steepens=1, steep_units=32),
        ("special.gammaln",),
    ),
    _unary(
        special.digamma,
        "Computes the logarithmic derivative of the gamma function on input.",
        Ulps(8, spread=_polygamma_steepness(0)),
        GradientOf(32),
        ("special.digamma", "special.psi"),
    ),
    *(operation for n in (0, 1, 2, 3) for operation in _polygamma(n)),
    MVLGAMMA,
    # Below (p - 1) / 2, nothing is promised, of a gradient either.
    replace(MVLGAMMA, name="mvlgamma_of_large", parameters=(Operand("input", mode="large-orders"), ORDER), aliases=()),
    _unary(
        special.i0,
        "Computes the zeroth order modified Bessel function of the first kind for each element of input.",
        Ulps("i0"),
        GradientOf(32),
        ("special.i0",),
    ),
    _unary(
        special.logit,
        "ln(z_i / (1 - z_i)), z_i = x_i if eps is None, else x_i clamped to [eps, 1 - eps]",
        Ulps("log", spread=_logit_terms),
        GradientOf(8),
        ("special.logit",),
        Number("eps", options=(0.25, 0.0625, 0.0), required=False),
    ),
]
