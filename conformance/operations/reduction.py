"""Sums, means, products and logic over dimensions. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

from dataclasses import replace

from conformance.accuracy import Accuracy, Divided, GradientOf, LogSumExp, Product, Reduced, Softmax, Summation
from conformance.dtype_parameters import CastOption
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, REAL, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Dim, Dims, Flag
from reference import counting, nan_reductions, reduction, softmax
from reference.dtypes import FLOATING
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
KEEPDIM = Flag("keepdim", mostly=True)
FLOATING_CAST = CastOption(required=False, dtypes=FLOATING)
# What is raised to a power of e is drawn with minus infinities too, and no NaN beside these.
LOGITS = ("normal", "mixed", "masked", "small", "near", "special", "log-uniform")
MEAN_CAST = CastOption(dtypes=DIFFERENTIABLE)
CAST = CastOption(required=False)


def _judged(reference: Function, claim: str) -> Operation:
    """The form of all or any that looks at all elements."""
    name = reference.name
    return Operation(
        name=f"{name}_all",
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", out=True),
        parameters=(AnyTensor(),),
        dtypes=ALL,
        accuracy=Reduced(),
        basis=Documented(MANUAL.format(name), claim),
    )


def _softmax(reference: Function, accuracy: Accuracy, claim: str) -> tuple[Operation, Operation]:
    """A softmax, of floating point numbers, and the same of what is cast to them first."""
    name = reference.name
    manual = f"https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.{name}.html"
    plain = Operation(
        name=name,
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}"),
        parameters=(AnyTensor(), Dim(), FLOATING_CAST),
        dtypes=FLOATING,
        accuracy=accuracy,
        gradient=GradientOf(64, cancels=8),
        values=LOGITS,
        basis=Documented(manual, claim),
    )
    cast = replace(
        plain,
        name=f"{name}_in_dtype",
        parameters=(AnyTensor(), Dim(), CastOption(dtypes=FLOATING, dropped=True)),
        dtypes=ALL,
        basis=Documented(manual, "If specified, the input tensor is cast to dtype before the operation is performed."),
    )
    return plain, cast


OPERATIONS = [
    Operation(
        name="sum",
        reference=reduction.sum,
        spellings=spelled("torch.sum", "Tensor.sum", out=True),
        parameters=(AnyTensor(), Dims(), KEEPDIM, CAST),
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
        parameters=(AnyTensor(), CAST),
        dtypes=ALL,
        accuracy=Summation(),
        gradient=GradientOf(1),
        basis=Documented(MANUAL.format("sum"), "Returns the sum of all elements in the input tensor."),
    ),
    Operation(
        name="mean",
        reference=reduction.mean,
        spellings=spelled("torch.mean", "Tensor.mean", out=True),
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
        spellings=spelled("torch.prod", "Tensor.prod", out=True),
        parameters=(AnyTensor(), Dim(), KEEPDIM, CAST),
        dtypes=ALL,
        accuracy=Product(),
        gradient=GradientOf(32),
        basis=Documented(MANUAL.format("prod"), "Returns the product of each row of the input tensor."),
        values=("small", "normal", "gaps"),
    ),
    Operation(
        name="all",
        reference=reduction.all,
        spellings=spelled("torch.all", "Tensor.all", out=True),
        parameters=(AnyTensor(), Dims(empty=False), KEEPDIM),
        dtypes=ALL,
        accuracy=Reduced(),
        basis=Documented(MANUAL.format("all"), "Tests if all elements in input evaluate to True."),
    ),
    Operation(
        name="any",
        reference=reduction.any,
        spellings=spelled("torch.any", "Tensor.any", out=True),
        parameters=(AnyTensor(), Dims(empty=False), KEEPDIM),
        dtypes=ALL,
        accuracy=Reduced(),
        basis=Documented(MANUAL.format("any"), "Tests if any element in input evaluates to True."),
    ),
    Operation(
        name="logsumexp",
        reference=softmax.logsumexp,
        spellings=spelled("torch.logsumexp", "Tensor.logsumexp", out=True),
        parameters=(AnyTensor(), Dims(empty=False), KEEPDIM),
        dtypes=ALL,
        accuracy=LogSumExp(),
        gradient=GradientOf(64),
        values=LOGITS,
        basis=Documented(
            MANUAL.format("logsumexp"), "Returns the log of summed exponentials of each row in the given dimension."
        ),
    ),
    *_softmax(softmax.softmax, Softmax(), "Softmax(x_i) = exp(x_i) / sum_j exp(x_j)"),
    *_softmax(softmax.log_softmax, LogSumExp(), "Applies a softmax followed by a logarithm."),
    Operation(
        name="prod_all",
        reference=reduction.prod,
        spellings=spelled("torch.prod", "Tensor.prod"),
        parameters=(AnyTensor(), CAST),
        dtypes=ALL,
        accuracy=Product(),
        gradient=GradientOf(32),
        basis=Documented(MANUAL.format("prod"), "Returns the product of all elements in the input tensor."),
        values=("small", "normal", "positive", "gaps"),
    ),
    Operation(
        name="mean_in_dtype",
        reference=reduction.mean,
        spellings=spelled("torch.mean", "Tensor.mean"),
        parameters=(AnyTensor(), Dims(), KEEPDIM, MEAN_CAST),
        dtypes=ALL,
        accuracy=Summation(integers=False),
        gradient=GradientOf(2),
        basis=Documented(
            MANUAL.format("mean"),
            "If specified, the input tensor is casted to dtype before the operation is performed.",
        ),
    ),
    _judged(reduction.all, "Tests if all elements in input evaluate to True."),
    _judged(reduction.any, "Tests if any element in input evaluates to True."),
    Operation(
        name="nansum",
        reference=nan_reductions.nansum,
        spellings=spelled("torch.nansum", "Tensor.nansum", out=True),
        parameters=(AnyTensor(), Dims(), KEEPDIM),
        dtypes=REAL,
        accuracy=Summation(),
        gradient=GradientOf(1),
        basis=Documented(
            MANUAL.format("nansum"), "Returns the sum of all elements, treating Not a Numbers (NaNs) as zero."
        ),
    ),
    Operation(
        name="nansum_all",
        reference=nan_reductions.nansum,
        spellings=spelled("torch.nansum", "Tensor.nansum"),
        parameters=(AnyTensor(), FLOATING_CAST),
        dtypes=REAL,
        accuracy=Summation(),
        gradient=GradientOf(1),
        basis=Documented(
            MANUAL.format("nansum"), "Returns the sum of all elements, treating Not a Numbers (NaNs) as zero."
        ),
    ),
    Operation(
        name="nanmean",
        reference=nan_reductions.nanmean,
        spellings=spelled("torch.nanmean", "Tensor.nanmean", out=True),
        parameters=(AnyTensor(), Dims(mostly=True), KEEPDIM, FLOATING_CAST),
        dtypes=FLOATING,
        accuracy=Divided(integers=False),
        gradient=GradientOf(4),
        basis=Documented(
            MANUAL.format("nanmean"),
            "Computes the mean of all non-NaN elements along the specified dimensions.",
        ),
    ),
    Operation(
        name="count_nonzero",
        reference=counting.count_nonzero,
        spellings=spelled("torch.count_nonzero", "Tensor.count_nonzero"),
        parameters=(AnyTensor(), Dims(required=False)),
        dtypes=ALL,
        accuracy=Reduced(),
        basis=Documented(
            MANUAL.format("count_nonzero"), "Counts the number of non-zero values in the tensor along the given dim."
        ),
    ),
    Operation(
        name="hash_tensor",
        reference=counting.hash_tensor,
        spellings=spelled("torch.hash_tensor", "Tensor.hash_tensor", out=True),
        parameters=(
            AnyTensor(),
            Dims(required=False),
            Flag("keepdim", keyword=True, mostly=True),
            Choice("mode", (0,), keyword=True, required=False, forbidden=1),
        ),
        dtypes=REAL,
        accuracy=Reduced(),
        basis=Documented(
            MANUAL.format("hash_tensor"),
            "The elements of input are upcasted to their 64 bit float / integer equivalent and bitcasted to"
            " torch.uint64 before reduction via xor.",
        ),
    ),
]
