"""Samples of given chances. https://docs.pytorch.org/docs/stable/torch.html#random-sampling"""

from __future__ import annotations

from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, Form, Operation, spelled
from conformance.parameters import AnyTensor, Computed, Flag
from conformance.strategies.drawing import Drawing
from reference import random, sampling
from reference.dtypes import FLOATING

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _chance(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, 0.5, 1, 0.3))


def _no_chance(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((-1, 1.5))


def _samples(choices: Choices, drawing: Drawing) -> Argument:
    """As many samples as there are weights at most, so that they last without being put back."""
    given = drawing.given("input")
    return choices.integer(1, given.shape[-1] if given is not None and given.shape else 1)


def _no_samples(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((0, -1))


OPERATIONS = [
    Operation(
        name="bernoulli",
        reference=random.bernoulli,
        spellings=spelled("torch.bernoulli", "Tensor.bernoulli", out=True),
        parameters=(AnyTensor(mode="unit"),),
        dtypes=ALL,
        random=True,
        basis=Documented(
            MANUAL.format("bernoulli"),
            "Draws binary random numbers (0 or 1) from a Bernoulli distribution. The returned out tensor only has"
            " values 0 or 1 and is of the same shape as input.",
        ),
    ),
    Operation(
        name="bernoulli_with_p",
        reference=random.bernoulli,
        spellings={Form.METHOD: "Tensor.bernoulli"},
        parameters=(AnyTensor(), Computed("p", _chance, _no_chance)),
        dtypes=ALL,
        random=True,
        basis=Documented(
            MANUAL.format("Tensor.bernoulli"),
            "Returns a result tensor where each result[i] is independently sampled from Bernoulli(self[i]).",
        ),
    ),
    Operation(
        name="multinomial",
        reference=sampling.multinomial,
        spellings=spelled("torch.multinomial", "Tensor.multinomial", out=True),
        parameters=(
            AnyTensor(min_ndim=1, max_ndim=2, mode="positive", many=False),
            Computed("num_samples", _samples, _no_samples),
            Flag("replacement"),
        ),
        dtypes=FLOATING,
        random=True,
        basis=Documented(
            MANUAL.format("multinomial"),
            "Returns a tensor where each row contains num_samples indices sampled from the multinomial probability"
            " distribution located in the corresponding row of tensor input.",
        ),
    ),
    Operation(
        name="poisson",
        reference=sampling.poisson,
        spellings=spelled("torch.poisson"),
        parameters=(AnyTensor(mode="rates", many=False),),
        dtypes=FLOATING,
        random=True,
        basis=Documented(
            MANUAL.format("poisson"),
            "each element sampled from a Poisson distribution with rate parameter given by the corresponding element in"
            " input",
        ),
    ),
]
