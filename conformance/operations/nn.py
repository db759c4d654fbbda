"""Layers and losses as functions. https://docs.pytorch.org/docs/stable/nn.functional.html"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from conformance.accuracy import GradientOf, Loss, Selected, Summation
from conformance.choices import Choices
from conformance.index_parameters import Fitting, shape_of
from conformance.model.case import Argument, Drawn, Input, Ref
from conformance.model.verdict import Documented
from conformance.operation import NUMERIC, OMITTED, REAL_NUMERIC, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Flag, LikeTensor, Shaped
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.strategies.shapes import Shape
from conformance.values import fill, literal
from reference.dtypes import FLOATING, INT64
from reference.layout import contiguous_strides
from reference.nn import convolution, losses, pooling

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.{}.html"
REDUCTION = Choice("reduction", ("mean", "sum", "none"), keyword=True, required=False, forbidden="average")
CLASSES = 3
IGNORED = -100
KERNELS = ((2, 3), (1, 1), (3, 3), (2, 2), (3, 1), (1, 2))
GROUPS = ((2, 6), (4, 4), (2, 4), (4, 8))
"""Groups of four channels, and the channels of the result: where each channel is a group, other kernels compute."""


class Kernel(Shaped):
    """Weights whose last sizes, ``rows`` and ``columns``, are those of one of several kernels."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        drawing.symbols["rows"], drawing.symbols["columns"] = choices.choose(KERNELS)
        return super().draw(choices, drawing)


class GroupedKernel(Kernel):
    """Weights of which each group has its own, for four channels."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        groups, drawing.symbols["out"] = choices.choose(GROUPS)
        drawing.symbols["of one group"] = 4 // groups
        return super().draw(choices, drawing)


class Images(Shaped):
    """Several images, often with their channels last, for which there are other kernels; or one without a batch."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        sizes = self.sizes[1:] if choices.flag(20) else self.sizes
        drawn = Shaped(self.name, sizes, low=self.low, high=self.high).draw(choices, drawing)
        given = next((one for one in drawing.inputs if Ref(one.name) == drawn), None)
        if given is not None and len(given.shape) == 4 and isinstance(given.values, Drawn) and choices.flag(25):
            strides, offset, size = geometry("channels last", given.shape)
            drawing.replace(replace(given, strides=strides, offset=offset, size=size))
        return drawn


class Scores(Shaped):
    """A row of scores for each class, or for every pixel of an image; or the scores of one thing."""

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        sizes = choices.choose((self.sizes, self.sizes, self.sizes[1:], (*self.sizes, 2), (*self.sizes, 2, 3)))
        return Shaped(self.name, sizes, low=self.low).draw(choices, drawing)


def _labels(choices: Choices, drawing: Drawing) -> Argument:
    """Classes that exist; at times the one that is ignored."""
    shape = shape_of(drawing)
    shape = shape[:1] + shape[2:] if len(shape) > 1 else ()
    options = choices.choose(((0, 1, 2, 2, 1, IGNORED), (0, 1, 2), (0, IGNORED, 1, 2)))
    labels = np.array([choices.choose(options) for _ in range(prod(shape))], np.int64)
    return drawing.add(Input("target", shape, INT64.name, contiguous_strides(shape), 0, labels.size, literal(labels)))


def _ignored(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """Another class to ignore: one that exists, or none; where the usual one is among the labels, that."""
    target = drawing.given("target")
    assert target is not None, "the labels are drawn before the one that is ignored"
    return IGNORED if (fill(target) == IGNORED).any() else choices.choose((1, 2, -1, 0, 7))


def _probabilities(choices: Choices, drawing: Drawing) -> Argument:
    """Weights of the classes in the dtype of the input, in which torch rounds the logarithms that they multiply."""
    given = drawing.given("input")
    assert given is not None, "the input is drawn before its target"
    return drawing.tensor("target", given.shape, mode="unit")


def _beyond(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A class that does not exist."""
    target = drawing.given("target")
    if target is None:
        return OMITTED
    drawing.replace(replace(target, values=literal(np.full(target.size, CLASSES, np.int64))))
    return Ref(target.name)


def _margin(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """Zeros around the images: as many as are said, or as the word for it means, "same" of steps of one alone."""
    steps = drawing.arguments.get("stride", 1)
    margins: tuple[Argument, ...] = (0, 1, (1, 0), "valid")
    return choices.choose((*margins, "same") if steps == 1 else margins)


def _negative_margin(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return -1


def _groups(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return 4 // drawing.symbols["of one group"]


def _three_groups(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return 3


def _weight(choices: Choices, drawing: Drawing) -> Shape:
    return (choices.integer(2, 6), shape_of(drawing)[-1])


def _addend(choices: Choices, drawing: Drawing) -> Shape:
    """A row of the result, or its last dimensions, of which those before the row may be 1 but not all."""
    result = (*shape_of(drawing)[:-1], shape_of(drawing, "weight")[0])
    whole = result[choices.integer(0, len(result) - 1) :]
    sizes = tuple(1 if choices.flag(30) else size for size in whole[:-1])
    return (*sizes, whole[-1]) if any(size != 1 for size in sizes) else whole[-1:]


STEPS = Choice("stride", (1, 2, (2, 1)), keyword=True, required=False, forbidden=0)
MARGIN = Computed("padding", _margin, _negative_margin, keyword=True, required=False)
SPREAD = Choice("dilation", (1, 2, (1, 2)), keyword=True, required=False, forbidden=0)
IGNORING = Computed("ignore_index", _ignored, keyword=True, required=False)
POOLING = (
    Images("input", ("b", "c", 6, 7), low=1, high=3),
    Choice("kernel_size", (2, 3, (3, 2)), forbidden=0),
    Choice("stride", (1, 2, (2, 1)), required=False, forbidden=0, keyword=True),
    Choice("padding", (0, 1), required=False, forbidden=2, keyword=True),
    Choice("dilation", (1, 2, (1, 2)), required=False, forbidden=0, keyword=True),
    Flag("ceil_mode", keyword=True),
)

OPERATIONS = [
    Operation(
        name="linear_of_batches",
        reference=convolution.linear,
        spellings=spelled("torch.nn.functional.linear"),
        parameters=(
            AnyTensor(min_ndim=1),
            Fitting("weight", _weight, same_dtype=False),
            Fitting("bias", _addend, same_dtype=False, broadcast=True),
        ),
        dtypes=NUMERIC,
        accuracy=Summation(stored=True),  # the product, before a bias that is no row is added
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("linear"), "Input: (*, in_features), where * means any number of dimensions."),
    ),
    Operation(
        name="linear",
        reference=convolution.linear,
        spellings=spelled("torch.nn.functional.linear"),
        parameters=(
            Shaped("input", ("n", "in"), low=1),
            Shaped("weight", ("out", "in"), low=1),
            Shaped("bias", ("out",), low=1, required=False),
        ),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("linear"), "Applies a linear transformation to the incoming data: y = xA^T + b"),
    ),
    Operation(
        name="conv2d",
        reference=convolution.conv2d,
        spellings=spelled("torch.nn.functional.conv2d"),
        parameters=(
            Images("input", ("b", "in", 5, 6), low=1, high=3),
            Kernel("weight", ("out", "in", "rows", "columns"), low=1, high=3),
            Shaped("bias", ("out",), low=1, high=3, required=False),
            STEPS,
            MARGIN,
            SPREAD,
        ),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        values=("small", "normal", "unbounded"),
        basis=Documented(MANUAL.format("conv2d"), "Applies a 2D convolution over an input image."),
    ),
    Operation(
        name="conv2d_grouped",
        reference=convolution.conv2d,
        spellings=spelled("torch.nn.functional.conv2d"),
        parameters=(
            Images("input", ("b", 4, 5, 6), low=1, high=3),
            GroupedKernel("weight", ("out", "of one group", "rows", "columns")),
            Shaped("bias", ("out",), required=False),
            STEPS,
            MARGIN,
            SPREAD,
            Computed("groups", _groups, _three_groups, keyword=True),
        ),
        dtypes=NUMERIC,
        accuracy=Summation(),
        gradient=GradientOf(2),
        values=("small", "normal", "unbounded"),
        basis=Documented(MANUAL.format("conv2d"), "Split input into groups, in_channels should be divisible by it."),
    ),
    Operation(
        name="max_pool2d",
        reference=pooling.max_pool2d,
        spellings=spelled("torch.nn.functional.max_pool2d"),
        parameters=POOLING,
        dtypes=REAL_NUMERIC,
        accuracy=Selected(),
        gradient=GradientOf(2, stored=True),
        basis=Documented(
            MANUAL.format("max_pool2d"),
            "Applies a 2D max pooling over an input signal composed of several input planes.",
        ),
    ),
    Operation(
        name="max_pool2d_with_indices",
        reference=pooling.max_pool2d,
        spellings=spelled("torch.nn.functional.max_pool2d"),
        parameters=(*POOLING, Choice("return_indices", (True,), keyword=True)),
        dtypes=REAL_NUMERIC,
        accuracy=Selected(),
        gradient=GradientOf(2, stored=True),
        results=2,
        basis=Documented(
            MANUAL.format("max_pool2d"), "return_indices - If True, will return the argmax along with the max values."
        ),
    ),
    Operation(
        name="mse_loss",
        reference=losses.mse_loss,
        spellings=spelled("torch.nn.functional.mse_loss"),
        parameters=(AnyTensor(), LikeTensor("target"), REDUCTION),
        dtypes=FLOATING,
        accuracy=Loss(),
        values=("normal", "small", "gaps", "unbounded"),
        gradient=GradientOf(4),
        basis=Documented(MANUAL.format("mse_loss"), "Computes the element-wise mean squared error."),
    ),
    Operation(
        name="cross_entropy",
        reference=losses.cross_entropy,
        spellings=spelled("torch.nn.functional.cross_entropy"),
        parameters=(
            Scores("input", ("n", CLASSES), low=1),
            Computed("target", _labels, _beyond),
            Shaped("weight", (CLASSES,), mode="unit", required=False),
            REDUCTION,
            IGNORING,
            Choice("label_smoothing", (0.0, 0.25), keyword=True, required=False, forbidden=1.5),
        ),
        dtypes=FLOATING,
        accuracy=Loss(logits=True),
        gradient=GradientOf(64, cancels=8),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(
            MANUAL.format("cross_entropy"), "Computes the cross entropy loss between input logits and target."
        ),
    ),
    Operation(
        name="cross_entropy_with_probabilities",
        reference=losses.cross_entropy,
        spellings=spelled("torch.nn.functional.cross_entropy"),
        parameters=(Shaped("input", ("n", CLASSES), low=1), Computed("target", _probabilities), REDUCTION),
        dtypes=FLOATING,
        accuracy=Loss(logits=True),
        gradient=GradientOf(64, cancels=8),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(
            MANUAL.format("cross_entropy"), "Computes the cross entropy loss between input logits and target."
        ),
    ),
    Operation(
        name="nll_loss",
        reference=losses.nll_loss,
        spellings=spelled("torch.nn.functional.nll_loss"),
        parameters=(
            Scores("input", ("n", CLASSES), low=1),
            Computed("target", _labels, _beyond),
            Shaped("weight", (CLASSES,), mode="unit", required=False),
            REDUCTION,
            IGNORING,
        ),
        dtypes=FLOATING,
        accuracy=Loss(),
        gradient=GradientOf(4),
        values=("normal", "small", "gaps", "unbounded"),
        basis=Documented(MANUAL.format("nll_loss"), "Computes the negative log likelihood loss."),
    ),
]
