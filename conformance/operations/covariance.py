"""Covariance and correlation. https://docs.pytorch.org/docs/stable/generated/torch.cov.html"""

from __future__ import annotations

from conformance.accuracy import Accuracy, Correlation, Covariance, GradientOf
from conformance.model.verdict import Documented
from conformance.operation import NUMERIC, Operation, Parameter, spelled
from conformance.parameters import AnyTensor, Choice, Shaped
from reference import covariance
from reference.dtypes import FLOATING, INTEGRAL, UNSIGNED
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
CORRECTION = Choice("correction", (1, 0, 2, -1, 30), keyword=True, required=False)
FREQUENCIES = Shaped("fweights", ("n",), dtypes=INTEGRAL, mode="positive", keyword=True, required=False)
WEIGHTS = Shaped("aweights", ("n",), dtypes=FLOATING, mode="positive", keyword=True, required=False)
# Of the values in which gradients are judged, none exceeds 8: deviations are off by a few u of that, and are
# multiplied with each other where weights are differentiated.
OF_DEVIATIONS, OF_THEIR_PRODUCTS = 64, 512


def _of_variables(
    reference: Function, suffix: str, claim: str, accuracy: Accuracy, cancels: float, *parameters: Parameter
) -> Operation:
    name = reference.name
    return Operation(
        name=name + suffix,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}"),
        parameters=parameters,
        dtypes=NUMERIC if suffix else (*NUMERIC, *UNSIGNED),
        accuracy=accuracy,
        gradient=GradientOf(32, cancels=cancels),
        values=("small", "gaps") if isinstance(accuracy, Correlation) else ("normal", "small", "near", "gaps"),
        basis=Documented(MANUAL.format(name), claim),
    )


OPERATIONS = [
    _of_variables(
        covariance.cov,
        "",
        "Estimates the covariance matrix of the variables given by the input matrix, where rows are the variables and"
        " columns are the observations.",
        Covariance(),
        OF_DEVIATIONS,
        AnyTensor(max_ndim=2, many=False),
        CORRECTION,
    ),
    _of_variables(
        covariance.cov,
        "_weighted",
        "fweights: the number of times each observation should be repeated; aweights: relative weights.",
        Covariance(weighted=True),
        OF_THEIR_PRODUCTS,
        Shaped("input", ("m", "n"), low=2),
        CORRECTION,
        FREQUENCIES,
        WEIGHTS,
    ),
    _of_variables(
        covariance.corrcoef,
        "",
        "Estimates the Pearson product-moment correlation coefficient matrix of the variables given by the input"
        " matrix, where rows are the variables and columns are the observations.",
        Correlation(),
        OF_THEIR_PRODUCTS,
        AnyTensor(max_ndim=2, many=False),
    ),
]
