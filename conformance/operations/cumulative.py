"""Running sums, products, extremes and logarithms. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from conformance.accuracy import GradientOf, LogSumExp, Product, Selected, Summation
from conformance.dtype_parameters import CastOption
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, REAL, Operation, spelled
from conformance.parameters import AnyTensor, Dim
from reference import cumulative, reduction

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
CAST = CastOption(required=False)

OPERATIONS = [
    Operation(
        name="cumsum",
        reference=reduction.cumsum,
        spellings=spelled("torch.cumsum", "Tensor.cumsum", in_place="Tensor.cumsum_", out=True),
        parameters=(AnyTensor(), Dim(), CAST),
        dtypes=ALL,
        accuracy=Summation(),
        gradient=GradientOf(1, stored=True),
        written=cumulative.cumsum_,
        basis=Documented(
            MANUAL.format("cumsum"), "Returns the cumulative sum of elements of input in the dimension dim."
        ),
    ),
    Operation(
        name="cumprod",
        reference=cumulative.cumprod,
        spellings=spelled("torch.cumprod", "Tensor.cumprod", in_place="Tensor.cumprod_", out=True),
        parameters=(AnyTensor(), Dim(), CAST),
        dtypes=ALL,
        accuracy=Product(running=True),
        gradient=GradientOf(32, stored=True),
        written=cumulative.cumprod_,
        values=("small", "normal", "positive", "gaps"),
        basis=Documented(
            MANUAL.format("cumprod"), "Returns the cumulative product of elements of input in the dimension dim."
        ),
    ),
    Operation(
        name="cummax",
        reference=cumulative.cummax,
        spellings=spelled("torch.cummax", "Tensor.cummax", out=True),
        parameters=(AnyTensor(), Dim()),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(1, cancels=4),
        results=2,
        chooses="some",
        basis=Documented(
            MANUAL.format("cummax"), "values is the cumulative maximum of elements of input in the dimension dim."
        ),
    ),
    Operation(
        name="cummin",
        reference=cumulative.cummin,
        spellings=spelled("torch.cummin", "Tensor.cummin", out=True),
        parameters=(AnyTensor(), Dim()),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(1, cancels=4),
        results=2,
        chooses="some",
        basis=Documented(
            MANUAL.format("cummin"), "values is the cumulative minimum of elements of input in the dimension dim."
        ),
    ),
    Operation(
        name="logcumsumexp",
        reference=cumulative.logcumsumexp,
        spellings=spelled("torch.logcumsumexp", "Tensor.logcumsumexp", out=True),
        parameters=(AnyTensor(), Dim()),
        dtypes=DIFFERENTIABLE,
        accuracy=LogSumExp(running=True),
        gradient=GradientOf(64, cancels=8),
        basis=Documented(
            MANUAL.format("logcumsumexp"),
            "Returns the logarithm of the cumulative summation of the exponentiation of elements of input.",
        ),
    ),
]
