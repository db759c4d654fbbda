"""Reductions. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

from conformance.accuracy import Exact, GradientOf, LogSumExp, Product, Selected, Softmax, Summation, Variance
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, REAL, REAL_NUMERIC, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Dim, Dims, DTypeOption, Flag
from reference import extrema, moments, reduction, softmax
from reference.dtypes import FLOATING

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
KEEPDIM = Flag("keepdim", keyword=True)

OPERATIONS = [
    Operation(
        name="sum",
        reference=reduction.sum,
        spellings=spelled("torch.sum", "Tensor.sum"),
        parameters=(AnyTensor(), Dims(), KEEPDIM, DTypeOption(keyword=True, required=False)),
        dtypes=ALL,
        accuracy=Summation(),
        gradient=GradientOf(1),
        basis=Documented(
            MANUAL.format("sum"), "Returns the sum of each row of the input tensor in the given dimension dim."
        ),
    ),
    Operation(
        name="sum_all",
        reference=reduction.sum,
        spellings=spelled("torch.sum", "Tensor.sum"),
        parameters=(AnyTensor(),),
        dtypes=ALL,
        accuracy=Summation(),
        gradient=GradientOf(1),
        basis=Documented(MANUAL.format("sum"), "Returns the sum of all elements in the input tensor."),
    ),
    Operation(
        name="mean",
        reference=reduction.mean,
        spellings=spelled("torch.mean", "Tensor.mean"),
        parameters=(AnyTensor(), Dims(), KEEPDIM),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("mean"), "Returns the mean value of each row of the input tensor."),
    ),
    Operation(
        name="mean_all",
        reference=reduction.mean,
        spellings=spelled("torch.mean", "Tensor.mean"),
        parameters=(AnyTensor(),),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("mean"), "Returns the mean value of all elements in the input tensor."),
    ),
    Operation(
        name="prod",
        reference=reduction.prod,
        spellings=spelled("torch.prod", "Tensor.prod"),
        parameters=(AnyTensor(), Dim(), KEEPDIM),
        dtypes=ALL,
        accuracy=Product(),
        gradient=GradientOf(32),
        basis=Documented(MANUAL.format("prod"), "Returns the product of each row of the input tensor."),
        values=("small", "normal"),
    ),
    Operation(
        name="max",
        reference=extrema.max,
        spellings=spelled("torch.max", "Tensor.max"),
        parameters=(AnyTensor(), Dim(), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        basis=Documented(
            MANUAL.format("max"),
            "The indices of the first maximal value are returned if there are multiple maximal values in a row.",
        ),
    ),
    Operation(
        name="max_all",
        reference=extrema.max,
        spellings=spelled("torch.max", "Tensor.max"),
        parameters=(AnyTensor(),),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("max"), "Returns the maximum value of all elements in the input tensor."),
    ),
    Operation(
        name="min",
        reference=extrema.min,
        spellings=spelled("torch.min", "Tensor.min"),
        parameters=(AnyTensor(), Dim(), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        basis=Documented(
            MANUAL.format("min"),
            "The indices of the first minimal value are returned if there are multiple minimal values in a row.",
        ),
    ),
    Operation(
        name="amax",
        reference=extrema.amax,
        spellings=spelled("torch.amax", "Tensor.amax", out=True),
        parameters=(AnyTensor(), Dims(), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("amax"), "amax/amin evenly distributes gradient between equal values."),
    ),
    Operation(
        name="amin",
        reference=extrema.amin,
        spellings=spelled("torch.amin", "Tensor.amin", out=True),
        parameters=(AnyTensor(), Dims(), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("amin"), "amax/amin evenly distributes gradient between equal values."),
    ),
    Operation(
        name="argmax",
        reference=extrema.argmax,
        spellings=spelled("torch.argmax", "Tensor.argmax"),
        parameters=(AnyTensor(), Dim(required=False), Flag("keepdim", keyword=True)),
        dtypes=REAL_NUMERIC,
        basis=Documented(
            MANUAL.format("argmax"),
            "If there are multiple maximal values then the indices of the first maximal value are returned.",
        ),
    ),
    Operation(
        name="argmin",
        reference=extrema.argmin,
        spellings=spelled("torch.argmin", "Tensor.argmin"),
        parameters=(AnyTensor(), Dim(required=False), Flag("keepdim", keyword=True)),
        dtypes=REAL_NUMERIC,
        basis=Documented(
            MANUAL.format("argmin"),
            "If there are multiple minimal values then the indices of the first minimal value are returned.",
        ),
    ),
    Operation(
        name="all",
        reference=reduction.all,
        spellings=spelled("torch.all", "Tensor.all"),
        parameters=(AnyTensor(), Dims(empty=False), KEEPDIM),
        dtypes=ALL,
        accuracy=Exact(),
        basis=Documented(MANUAL.format("all"), "Tests if all elements in input evaluate to True."),
    ),
    Operation(
        name="any",
        reference=reduction.any,
        spellings=spelled("torch.any", "Tensor.any"),
        parameters=(AnyTensor(), Dims(empty=False), KEEPDIM),
        dtypes=ALL,
        accuracy=Exact(),
        basis=Documented(MANUAL.format("any"), "Tests if any element in input evaluates to True."),
    ),
    Operation(
        name="var",
        reference=moments.var,
        spellings=spelled("torch.var", "Tensor.var"),
        parameters=(AnyTensor(), Dims(), Choice("correction", (0, 1), keyword=True, required=False), KEEPDIM),
        dtypes=DIFFERENTIABLE,
        accuracy=Variance(),
        gradient=GradientOf(8, cancels=8),
        values=("normal", "small"),
        basis=Documented(MANUAL.format("var"), "Calculates the variance over the dimensions specified by dim."),
    ),
    Operation(
        name="std",
        reference=moments.std,
        spellings=spelled("torch.std", "Tensor.std"),
        parameters=(AnyTensor(), Dims(), Choice("correction", (0, 1), keyword=True, required=False), KEEPDIM),
        dtypes=DIFFERENTIABLE,
        accuracy=Variance(root=True),
        gradient=GradientOf(8, cancels=8),
        values=("normal", "small"),
        basis=Documented(
            MANUAL.format("std"), "Calculates the standard deviation over the dimensions specified by dim."
        ),
    ),
    Operation(
        name="norm",
        reference=moments.norm,
        spellings=spelled("torch.norm", "Tensor.norm"),
        parameters=(AnyTensor(), Choice("p", (1, 2, float("inf"), 0, 3)), Dims(), KEEPDIM),
        dtypes=DIFFERENTIABLE,
        accuracy=Summation(integers=False),
        gradient=GradientOf(16),
        values=("normal", "small"),
        basis=Documented(MANUAL.format("norm"), "Returns the matrix norm or vector norm of a given tensor."),
    ),
    Operation(
        name="logsumexp",
        reference=softmax.logsumexp,
        spellings=spelled("torch.logsumexp", "Tensor.logsumexp", out=True),
        parameters=(AnyTensor(), Dim(), KEEPDIM),
        dtypes=ALL,
        accuracy=LogSumExp(),
        gradient=GradientOf(64),
        basis=Documented(
            MANUAL.format("logsumexp"), "Returns the log of summed exponentials of each row in the given dimension."
        ),
    ),
    Operation(
        name="softmax",
        reference=softmax.softmax,
        spellings=spelled("torch.softmax", "Tensor.softmax"),
        parameters=(AnyTensor(), Dim()),
        dtypes=FLOATING,
        accuracy=Softmax(),
        gradient=GradientOf(64, cancels=8),
        basis=Documented(MANUAL.format("softmax"), "Softmax(x_i) = exp(x_i) / sum_j exp(x_j)"),
    ),
    Operation(
        name="log_softmax",
        reference=softmax.log_softmax,
        spellings=spelled("torch.log_softmax", "Tensor.log_softmax"),
        parameters=(AnyTensor(), Dim()),
        dtypes=FLOATING,
        accuracy=LogSumExp(),
        gradient=GradientOf(64, cancels=8),
        basis=Documented(
            "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html",
            "Applies a softmax followed by a logarithm.",
        ),
    ),
]
