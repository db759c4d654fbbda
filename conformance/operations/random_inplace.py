"""In-place random sampling. https://docs.pytorch.org/docs/stable/torch.html#in-place-random-sampling"""

from __future__ import annotations

from conformance.accuracy import Spaced
from conformance.accuracy.deviates import Deviates
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, DIFFERENTIABLE, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Computed, LikeTensor, Number
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import precise_of
from reference import random_inplace
from reference.dtypes import BOOL, FLOATING

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.{}.html"
TARGET = AnyTensor("self", writeable=True)
MEANS = (0, 1, -2)
# Deviates pass through log and cos, in float32 for the short dtypes: a few units of the largest deviate, and of the
# mean, which is added last.
NORMAL = Spaced(12, location=2)


def _high(choices: Choices, drawing: Drawing) -> Argument:
    """An upper bound that every dtype of the operation holds."""
    return choices.choose((1, 2) if drawing.dtype is BOOL else (1, 2, 5, 100, 127))


def _low(choices: Choices, drawing: Drawing) -> Argument:
    """A lower bound below any upper one; negative where the dtype has negative numbers."""
    return choices.choose((0, -1, -100) if drawing.dtype.is_signed else (0,))


def _nothing_below(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, -5))


def _negative(choices: Choices, drawing: Drawing) -> Argument:
    return -1


def _no_scale(choices: Choices, drawing: Drawing) -> Argument:
    """A scale that no distribution has."""
    return choices.choose((0, -1))


def _no_chance(choices: Choices, drawing: Drawing) -> Argument:
    """No trial succeeds, or none fails, or it is no probability."""
    return choices.choose((0, 1, -0.5, 1.5))


def _upper(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((1, 2, 100.5))


def _below_from(choices: Choices, drawing: Drawing) -> Argument:
    return -3


def _deviation(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, 1, 2, 0.5, precise_of(drawing.dtype)[0]))


def _scale(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((1, 2, 0.5, precise_of(drawing.dtype)[0]))


def _chance(choices: Choices, drawing: Drawing) -> Argument:
    """A chance after which every dtype holds the number of trials."""
    return choices.choose((0.5, 0.3, 0.9))


# torch accepts an empty tensor of any dtype where it draws one deviate at a time: ALL, and the reference refuses.
OPERATIONS = [
    Operation(
        name="uniform_",
        reference=random_inplace.uniform_,
        written=random_inplace.uniform_,
        spellings=spelled(in_place="Tensor.uniform_"),
        parameters=(TARGET,),
        dtypes=DIFFERENTIABLE,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("uniform_"),
            "Fills self tensor with numbers sampled from the continuous uniform distribution.",
        ),
    ),
    Operation(
        name="normal_",
        reference=random_inplace.normal_,
        written=random_inplace.normal_,
        spellings=spelled(in_place="Tensor.normal_"),
        parameters=(
            TARGET,
            Number("mean", MEANS, precise=True),
            Computed("std", _deviation, _negative),
        ),
        dtypes=ALL,
        accuracy=NORMAL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("normal_"), "Fills self tensor with elements samples from the normal distribution."
        ),
    ),
    Operation(
        name="random_",
        reference=random_inplace.random_,
        written=random_inplace.random_,
        spellings=spelled(in_place="Tensor.random_"),
        parameters=(TARGET, Computed("to", _high, _nothing_below, by_place=True)),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("random_"),
            "Fills self tensor with numbers sampled from the discrete uniform distribution over [from, to - 1].",
        ),
    ),
    Operation(
        name="bernoulli_",
        reference=random_inplace.bernoulli_,
        written=random_inplace.bernoulli_,
        spellings=spelled(in_place="Tensor.bernoulli_"),
        parameters=(
            TARGET,
            Computed("p", lambda c, d: c.choose((0, 0.5, 1, 0.3)), _negative),
        ),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("bernoulli_"),
            "Fills each location of self with an independent sample from Bernoulli(p).",
        ),
    ),
    Operation(
        name="uniform_between",
        reference=random_inplace.uniform_,
        written=random_inplace.uniform_,
        spellings=spelled(in_place="Tensor.uniform_"),
        parameters=(
            TARGET,
            Number("from", (0, -1, 0.5), by_place=True),
            Computed("to", _upper, _below_from, by_place=True),
        ),
        dtypes=DIFFERENTIABLE,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(MANUAL.format("uniform_"), "f(x) = 1 / (to - from)"),
    ),
    Operation(
        name="random_between",
        reference=random_inplace.random_,
        written=random_inplace.random_,
        spellings=spelled(in_place="Tensor.random_"),
        parameters=(
            TARGET,
            Computed("from", _low, by_place=True),
            Computed("to", _high, _nothing_below, by_place=True),
        ),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(MANUAL.format("random_"), "the discrete uniform distribution over [from, to - 1]"),
    ),
    Operation(
        name="random_full",
        reference=random_inplace.random_,
        written=random_inplace.random_,
        spellings=spelled(in_place="Tensor.random_"),
        parameters=(TARGET,),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("random_"),
            "For floating point types, if unspecified, range will be [0, 2^mantissa] to ensure that every value is"
            " representable.",
        ),
    ),
    Operation(
        name="bernoulli_by_tensor",
        reference=random_inplace.bernoulli_,
        written=random_inplace.bernoulli_,
        spellings=spelled(in_place="Tensor.bernoulli_"),
        parameters=(TARGET, LikeTensor("p", broadcast=True, dtypes=FLOATING, mode="unit")),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("bernoulli_"),
            "p_tensor should be a tensor containing probabilities to be used for drawing the binary random number.",
        ),
    ),
    Operation(
        name="cauchy_",
        reference=random_inplace.cauchy_,
        written=random_inplace.cauchy_,
        spellings=spelled(in_place="Tensor.cauchy_"),
        parameters=(TARGET, Number("median", (0, 1, -2), precise=True), Computed("sigma", _scale, _no_scale)),
        dtypes=FLOATING,
        accuracy=Deviates(8, location=2),
        effect=Effect.WRITES,
        random=True,
        basis=Documented(MANUAL.format("cauchy_"), "numbers drawn from the Cauchy distribution"),
    ),
    Operation(
        name="exponential_",
        reference=random_inplace.exponential_,
        written=random_inplace.exponential_,
        spellings=spelled(in_place="Tensor.exponential_"),
        parameters=(TARGET, Computed("lambd", _scale, _no_scale)),
        dtypes=ALL,
        accuracy=Deviates(8),
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("exponential_"),
            "f(x) = lambda e^(-lambda x), x > 0: the support is (0, inf), so 0 is not drawn",
        ),
    ),
    Operation(
        name="geometric_",
        reference=random_inplace.geometric_,
        written=random_inplace.geometric_,
        spellings=spelled(in_place="Tensor.geometric_"),
        parameters=(TARGET, Computed("p", _chance, _no_chance)),
        dtypes=ALL,
        effect=Effect.WRITES,
        random=True,
        basis=Documented(MANUAL.format("geometric_"), "P(X=k) = (1 - p)^(k - 1) p, k = 1, 2, ..."),
    ),
    Operation(
        name="log_normal_",
        reference=random_inplace.log_normal_,
        written=random_inplace.log_normal_,
        spellings=spelled(in_place="Tensor.log_normal_"),
        parameters=(TARGET, Number("mean", MEANS, precise=True), Computed("std", _scale, _no_scale)),
        dtypes=ALL,
        accuracy=Deviates(64),
        effect=Effect.WRITES,
        random=True,
        basis=Documented(
            MANUAL.format("log_normal_"),
            "mean and std are the mean and standard deviation of the underlying normal distribution, and not of the"
            " returned distribution",
        ),
    ),
]
