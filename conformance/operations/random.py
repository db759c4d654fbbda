"""Random tensors: the streams of the CPU generator. https://docs.pytorch.org/docs/stable/torch.html#random-sampling"""

from __future__ import annotations

from conformance.accuracy import Spaced
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, REAL, REAL_NUMERIC, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Computed, DTypeOption, Number, Sizes
from conformance.strategies.drawing import Drawing
from reference import random
from reference.dtypes import BOOL

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SIZE = Sizes("size")
DTYPE = DTypeOption(keyword=True)
# Deviates pass through log and cos, in float32 for the short dtypes: a few units of the largest deviate.
DEVIATES = Spaced(12)


def _high(choices: Choices, drawing: Drawing) -> Argument:
    """An upper bound that every dtype of the operation holds."""
    return choices.choose((1, 2) if drawing.dtype is BOOL else (1, 2, 5, 100, 127))


def _nothing_below(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, -5))


def _count(choices: Choices, drawing: Drawing) -> Argument:
    return choices.integer(0, 100)


def _negative(choices: Choices, drawing: Drawing) -> Argument:
    return -1


def _deviation(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, 1, 2, 0.5))


# torch accepts an empty tensor of any dtype where it draws one deviate at a time: ALL, and the reference refuses.
OPERATIONS = [
    Operation(
        name="rand",
        reference=random.rand,
        spellings=spelled("torch.rand"),
        parameters=(SIZE, DTYPE),
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
        parameters=(AnyTensor(),),
        dtypes=DIFFERENTIABLE,
        random=True,
        basis=Documented(MANUAL.format("rand_like"), "Returns a tensor with the same size as input."),
    ),
    Operation(
        name="randn",
        reference=random.randn,
        spellings=spelled("torch.randn"),
        parameters=(SIZE, DTYPE),
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
        parameters=(AnyTensor(),),
        dtypes=ALL,
        accuracy=DEVIATES,
        random=True,
        basis=Documented(MANUAL.format("randn_like"), "Returns a tensor with the same size as input."),
    ),
    Operation(
        name="randint",
        reference=random.randint,
        spellings=spelled("torch.randint"),
        parameters=(Computed("high", _high, _nothing_below), SIZE, DTYPE),
        dtypes=REAL,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(
            MANUAL.format("randint"),
            "random integers generated uniformly between low (inclusive) and high (exclusive)",
        ),
    ),
    Operation(
        name="randint_like",
        reference=random.randint_like,
        spellings=spelled("torch.randint_like"),
        parameters=(AnyTensor(), Computed("high", _high, _nothing_below)),
        dtypes=REAL,
        random=True,
        basis=Documented(MANUAL.format("randint_like"), "Returns a tensor with the same shape as Tensor input."),
    ),
    Operation(
        name="randperm",
        reference=random.randperm,
        spellings=spelled("torch.randperm"),
        parameters=(Computed("n", _count, _negative), DTYPE),
        dtypes=REAL_NUMERIC,
        effect=Effect.CREATES,
        random=True,
        basis=Documented(MANUAL.format("randperm"), "Returns a random permutation of integers from 0 to n - 1."),
    ),
    Operation(
        name="normal",
        reference=random.normal,
        spellings=spelled("torch.normal"),
        parameters=(AnyTensor("mean", mode="small"), Computed("std", _deviation, _negative)),
        dtypes=ALL,
        accuracy=DEVIATES,
        random=True,
        basis=Documented(
            MANUAL.format("normal"),
            "random numbers drawn from separate normal distributions whose mean and standard deviation are given",
        ),
    ),
    Operation(
        name="uniform_",
        reference=random.uniform_,
        written=random.uniform_,
        spellings=spelled(in_place="Tensor.uniform_"),
        parameters=(AnyTensor("self", writeable=True),),
        dtypes=DIFFERENTIABLE,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("Tensor.uniform_"),
            "Fills self tensor with numbers sampled from the continuous uniform distribution.",
        ),
    ),
    Operation(
        name="normal_",
        reference=random.normal_,
        written=random.normal_,
        spellings=spelled(in_place="Tensor.normal_"),
        parameters=(
            AnyTensor("self", writeable=True),
            Number("mean", (0, 1, -2)),
            Computed("std", _deviation, _negative),
        ),
        dtypes=ALL,
        accuracy=DEVIATES,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("Tensor.normal_"), "Fills self tensor with elements samples from the normal distribution."
        ),
    ),
    Operation(
        name="random_",
        reference=random.random_,
        written=random.random_,
        spellings=spelled(in_place="Tensor.random_"),
        parameters=(AnyTensor("self", writeable=True), Computed("to", _high, _nothing_below)),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("Tensor.random_"),
            "Fills self tensor with numbers sampled from the discrete uniform distribution over [from, to - 1].",
        ),
    ),
    Operation(
        name="bernoulli_",
        reference=random.bernoulli_,
        written=random.bernoulli_,
        spellings=spelled(in_place="Tensor.bernoulli_"),
        parameters=(
            AnyTensor("self", writeable=True),
            Computed("p", lambda c, d: c.choose((0, 0.5, 1, 0.3)), _negative),
        ),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("Tensor.bernoulli_"),
            "Fills each location of self with an independent sample from Bernoulli(p).",
        ),
    ),
]
