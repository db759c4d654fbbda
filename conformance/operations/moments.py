"""Variances and norms. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

from dataclasses import replace

from conformance.accuracy import Average, GradientOf, Normalised, Several, Summation, Variance
from conformance.choices import Choices
from conformance.model.case import Argument, DTypeName
from conformance.model.verdict import Documented
from conformance.operation import DIFFERENTIABLE, OMITTED, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, Dims, Flag, Operand
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import precise_of
from reference import moments, norms
from reference.dtypes import TORCH_DTYPES
from reference.function import Function
from reference.promotion import promote_types

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
KEEPDIM = Flag("keepdim", keyword=True, mostly=True)
INFINITY = float("inf")
ORDERS = (2, 1, INFINITY, 0, 3, -INFINITY, -1, 0.5, 2.5, 0.1, 20)


def _largest_norm(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((1, 2.5, 0, 10, *map(abs, precise_of(drawing.dtype))))


def _wider(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A dtype of the same category that holds the tensor's."""
    dtype = drawing.dtype
    holding = [one for one in TORCH_DTYPES if one.category is dtype.category and promote_types(one, dtype) is one]
    return DTypeName(choices.choose(holding).name) if choices.flag(30) else OMITTED


def _narrower(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A dtype that does not hold the tensor's."""
    narrow = [one for one in DIFFERENTIABLE if promote_types(one, drawing.dtype) is not one]
    return DTypeName(choices.choose(narrow).name) if narrow else DTypeName("int32")


# More than there are elements, or few: of n it magnifies the rounding of the mean by n / (n - correction).
CORRECTION = Choice("correction", (1, 0, 2, 0.5, 5000, -3), keyword=True, required=False)
WIDER = Computed("dtype", _wider, _narrower, keyword=True)


def _spread(reference: Function, claim: str, *, root: bool, mean: bool = False) -> tuple[Operation, Operation]:
    """std or var, by a correction and by whether it is unbiased; with the mean beside it where ``mean``."""
    name = reference.name
    corrected = Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", "" if mean else f"Tensor.{name}", out=not mean),
        parameters=(AnyTensor(), Dims(mostly=True), CORRECTION, KEEPDIM),
        dtypes=DIFFERENTIABLE,
        accuracy=Several((Variance(root=root), Average())) if mean else Variance(root=root),
        gradient=GradientOf(8, cancels=8),
        results=2 if mean else 1,
        values=("normal", "small", "near", "gaps", "unbounded"),
        basis=Documented(MANUAL.format(name), claim),
    )
    unbiased = (AnyTensor(), Dims(), Flag("unbiased", required=True), Flag("keepdim", mostly=True))
    return corrected, replace(corrected, name=f"{name}_unbiased", parameters=unbiased)


OPERATIONS = [
    *_spread(moments.var, "Calculates the variance over the dimensions specified by dim.", root=False),
    *_spread(moments.std, "Calculates the standard deviation over the dimensions specified by dim.", root=True),
    *_spread(
        moments.var_mean,
        "Calculates the variance and mean over the dimensions specified by dim.",
        root=False,
        mean=True,
    ),
    *_spread(
        moments.std_mean,
        "Calculates the standard deviation and mean over the dimensions specified by dim.",
        root=True,
        mean=True,
    ),
    Operation(
        name="norm",
        reference=norms.norm,
        spellings=spelled("torch.norm", "Tensor.norm"),
        parameters=(AnyTensor(), Choice("p", (*ORDERS, "fro")), Dims(), KEEPDIM),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False),
        gradient=GradientOf(16),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(MANUAL.format("norm"), "Returns the matrix norm or vector norm of a given tensor."),
    ),
    Operation(
        name="norm_all",
        reference=norms.norm,
        spellings=spelled("torch.norm", "Tensor.norm"),
        parameters=(AnyTensor(), Choice("p", (*ORDERS, "fro"), required=False), WIDER),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False),
        gradient=GradientOf(16),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(
            MANUAL.format("norm"), "If dim is None, the norm will be calculated across all dimensions of input."
        ),
    ),
    Operation(
        name="vector_norm",
        reference=norms.vector_norm,
        spellings=spelled("torch.linalg.vector_norm", out=True),
        parameters=(
            AnyTensor("x"),
            Choice("ord", ORDERS, required=False),
            Dims(of="x", mostly=True),
            KEEPDIM,
            WIDER,
        ),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False),
        gradient=GradientOf(16),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(MANUAL.format("linalg.vector_norm"), "Computes a vector norm: sum(abs(x)^ord)^(1 / ord)."),
    ),
    Operation(
        name="dist",
        reference=norms.dist,
        spellings=spelled("torch.dist", "Tensor.dist", out=False),
        parameters=(Operand("input"), Operand("other"), Choice("p", ORDERS, required=False)),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False, stored=True),
        gradient=GradientOf(16, of_sum=True),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(
            MANUAL.format("dist"), "Returns the p-norm of (input - other). The shapes must be broadcastable."
        ),
    ),
    Operation(
        name="renorm",
        reference=norms.renorm,
        spellings=spelled("torch.renorm", "Tensor.renorm", in_place="Tensor.renorm_", out=True),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("p", (2, 1, INFINITY, 3, 0.5), forbidden=-1),
            Dim(),
            Computed("maxnorm", _largest_norm),
        ),
        dtypes=DIFFERENTIABLE,
        accuracy=Normalised(integers=False),
        gradient=GradientOf(32, cancels=32),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(
            MANUAL.format("renorm"),
            "Each sub-tensor of input along dimension dim is normalized such that the p-norm of the sub-tensor is lower"
            " than the value maxnorm; if the norm of a row is lower than maxnorm, the row is unchanged.",
        ),
    ),
]
