"""New random tensors: the streams of the CPU generator. https://docs.pytorch.org/docs/stable/torch.html#random-sampling"""

from __future__ import annotations

from conformance.accuracy import Spaced
from conformance.choices import Choices
from conformance.dtype_parameters import DTypeOption, RequiresGrad
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, REAL, REAL_NUMERIC, Effect, Operation, spelled
from conformance.operations.casts import MEMORY_FORMAT
from conformance.parameters import AnyTensor, Computed, Number, Operand
from conformance.size_parameters import Sizes
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import precise_of
from conformance.strategies.shapes import draw_length
from reference import random
from reference.dtypes import BOOL, FLOAT32, FLOAT64, FLOATING, UNSIGNED

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SIZE = Sizes("size")
SIZES = Sizes("size", by_place=True, in_a_row=True)
DTYPE = DTypeOption(keyword=True, mostly=True)
TRACKED = RequiresGrad(keyword=True)
OTHER_DTYPE = DTypeOption(dtypes=(FLOAT32, FLOAT64), keyword=True, required=False)
WHOLE = (*REAL, *UNSIGNED)
# Deviates pass through log and cos, in float32 for the short dtypes: a few units of the largest deviate.
DEVIATES = Spaced(12)
# The means are drawn of at most this size, as numbers (MEANS) or small integers.
AROUND_NUMBERS, AROUND_TENSORS = Spaced(12, location=2), Spaced(12, location=8)
MEANS = (0.0, 1.0, -2.0)


def _high(choices: Choices, drawing: Drawing) -> Argument:
    """An upper bound that every dtype of the operation holds."""
    return choices.choose((1, 2) if drawing.dtype is BOOL else (1, 2, 5, 100, 127))


def _low(choices: Choices, drawing: Drawing) -> Argument:
    """A lower bound below any upper one; negative where the dtype has negative numbers."""
    return choices.choose((0, -1, -100) if drawing.dtype.is_signed else (0,))


def _nothing_below(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, -5))


def _count(choices: Choices, drawing: Drawing) -> Argument:
    return draw_length(choices, 100)


def _negative(choices: Choices, drawing: Drawing) -> Argument:
    return -1


def _deviation(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, 1, 2, 0.5, precise_of(drawing.dtype)[0]))


OPERATIONS = [
    Operation(
        name="rand",
        reference=random.rand,
        spellings=spelled("torch.rand", out=True),
        parameters=(SIZES, DTYPE, TRACKED),
        dtypes=DIFFERENTIABLE,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(
            MANUAL.format("rand"),
            "Returns a tensor filled with random numbers from a uniform distribution on the interval [0, 1).",
        ),
    ),
    Operation(
        name="rand_like",
        reference=random.rand_like,
        spellings=spelled("torch.rand_like"),
        parameters=(AnyTensor(), OTHER_DTYPE, MEMORY_FORMAT, TRACKED),
        dtypes=DIFFERENTIABLE,
        random=True,
        basis=Documented(MANUAL.format("rand_like"), "Returns a tensor with the same size as input."),
    ),
    Operation(
        name="randn",
        reference=random.randn,
        spellings=spelled("torch.randn", out=True),
        parameters=(SIZES, DTYPE, TRACKED),
        dtypes=DIFFERENTIABLE,
        accuracy=DEVIATES,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(
            MANUAL.format("randn"), "random numbers from a normal distribution with mean 0 and variance 1"
        ),
    ),
    Operation(
        name="randn_like",
        reference=random.randn_like,
        spellings=spelled("torch.randn_like"),
        parameters=(AnyTensor(), OTHER_DTYPE, MEMORY_FORMAT, TRACKED),
        dtypes=ALL,
        accuracy=DEVIATES,
        random=True,
        basis=Documented(MANUAL.format("randn_like"), "Returns a tensor with the same size as input."),
    ),
    Operation(
        name="randint",
        reference=random.randint,
        spellings=spelled("torch.randint", out=True),
        parameters=(Computed("high", _high, _nothing_below), SIZE, DTYPE, TRACKED),
        dtypes=WHOLE,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(
            MANUAL.format("randint"),
            "random integers generated uniformly between low (inclusive) and high (exclusive)",
        ),
    ),
    Operation(
        name="randint_between",
        reference=random.randint,
        spellings=spelled("torch.randint", out=True),
        parameters=(Computed("low", _low), Computed("high", _high, _nothing_below), SIZE, DTYPE, TRACKED),
        dtypes=WHOLE,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(MANUAL.format("randint"), "low (int, optional) - Lowest integer to be drawn."),
    ),
    *(
        Operation(
            name=name,
            reference=random.randint_like,
            spellings=spelled("torch.randint_like"),
            parameters=(AnyTensor(), *bounds, OTHER_DTYPE, MEMORY_FORMAT, TRACKED),
            dtypes=WHOLE,
            random=True,
            basis=Documented(MANUAL.format("randint_like"), sentence),
        )
        for name, bounds, sentence in (
            (
                "randint_like",
                (Computed("high", _high, _nothing_below),),
                "Returns a tensor with the same shape as Tensor input.",
            ),
            (
                "randint_like_between",
                (Computed("low", _low), Computed("high", _high, _nothing_below)),
                "filled with random integers generated uniformly between low (inclusive) and high (exclusive)",
            ),
        )
    ),
    Operation(
        name="randperm",
        reference=random.randperm,
        spellings=spelled("torch.randperm", out=True),
        parameters=(Computed("n", _count, _negative), DTYPE, TRACKED),
        dtypes=REAL_NUMERIC,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(MANUAL.format("randperm"), "Returns a random permutation of integers from 0 to n - 1."),
    ),
    Operation(
        name="normal",
        reference=random.normal,
        spellings=spelled("torch.normal", out=True),
        parameters=(AnyTensor("mean", mode="small"), Computed("std", _deviation, _negative)),
        dtypes=ALL,
        accuracy=AROUND_TENSORS,
        random=True,
        basis=Documented(
            MANUAL.format("normal"),
            "random numbers drawn from separate normal distributions whose mean and standard deviation are given",
        ),
    ),
    Operation(
        name="normal_of_tensors",
        reference=random.normal,
        spellings=spelled("torch.normal", out=True),
        parameters=(Operand("mean", mode="small"), Operand("std", mode="unit")),
        dtypes=FLOATING,
        accuracy=AROUND_TENSORS,
        random=True,
        basis=Documented(
            MANUAL.format("normal"), "std is a tensor with the standard deviation of each output element's distribution"
        ),
    ),
    Operation(
        name="normal_of_std",
        reference=random.normal,
        spellings=spelled("torch.normal", out=True),
        parameters=(Number("mean", MEANS, precise=True), AnyTensor("std", mode="unit")),
        dtypes=FLOATING,
        accuracy=AROUND_NUMBERS,
        random=True,
        basis=Documented(MANUAL.format("normal"), "the means are shared among all drawn elements"),
    ),
    Operation(
        name="normal_of_numbers",
        reference=random.normal,
        spellings=spelled("torch.normal", out=True),
        parameters=(Number("mean", MEANS, precise=True), Computed("std", _deviation, _negative), SIZE, DTYPE),
        dtypes=DIFFERENTIABLE,
        accuracy=AROUND_NUMBERS,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(
            MANUAL.format("normal"), "the means and standard deviations are shared among all drawn elements"
        ),
    ),
]
