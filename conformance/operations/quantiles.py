"""Quantiles, and places in sorted sequences. https://docs.pytorch.org/docs/stable/generated/torch.quantile.html"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.accuracy import Accuracy, Interpolated, Ranked, Shares
from conformance.choices import Choices
from conformance.index_parameters import laid, raw
from conformance.model.case import Argument, Drawn, Input, Literal, Ref
from conformance.model.verdict import Documented
from conformance.operation import OMITTED, REAL_NUMERIC, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, Flag, reshape_input
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import draw_shape
from conformance.values import block, literal
from reference import quantiles, searching
from reference.dtypes import FLOAT32, FLOAT64
from reference.function import Function
from reference.layout import contiguous_strides

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
PARTS = (0.5, 0.25, 0.75, 0.0, 1.0, 0.1, 0.3, 0.9)
KEEPDIM = Flag("keepdim", mostly=True)


def _given(drawing: Drawing, name: str, values: np.ndarray) -> Argument:
    """An input of exactly these values."""
    shape = values.shape
    return drawing.add(
        Input(name, shape, drawing.dtype.name, contiguous_strides(shape), 0, values.size, literal(values.reshape(-1)))
    )


def _parts(choices: Choices, drawing: Drawing) -> Argument:
    """One part, as a number or as a tensor, or several."""
    if choices.flag():
        return choices.choose(PARTS)
    shape = () if choices.flag(30) else (choices.integer(0, 4),)
    chosen = [choices.choose(PARTS) for _ in range(int(np.prod(shape)))]
    return _given(drawing, "q", np.array(chosen, drawing.dtype.numpy).reshape(shape))


def _no_part(choices: Choices, drawing: Drawing) -> Argument:
    return choices.choose((1.5, -0.25))


def _quantile(reference: Function, claim: str) -> tuple[Operation, Operation]:
    """The quantile between two elements, and the one that is one of them."""

    def form(name: str, kinds: tuple[str, ...], accuracy: Accuracy, *, always: bool) -> Operation:
        return Operation(
            name=name,
            reference=reference,
            spellings=spelled(f"torch.{reference.name}", f"Tensor.{reference.name}", out=True),
            parameters=(
                AnyTensor(),
                Computed("q", _parts, _no_part),
                Dim(mostly=True),
                KEEPDIM,
                Choice("interpolation", kinds, keyword=True, required=always, forbidden="centre"),
            ),
            dtypes=(FLOAT32, FLOAT64),
            accuracy=accuracy,
            gradient=Shares(16),
            basis=Documented(MANUAL.format(reference.name), claim),
        )

    return (
        form(reference.name, ("linear", "midpoint"), Interpolated(), always=False),
        form(f"{reference.name}_chosen", ("lower", "higher", "nearest"), Ranked(), always=True),
    )


MOST = 20

# -- sorted sequences --------------------------------------------------------------------------------------------------


def _values(choices: Choices, drawing: Drawing, shape: tuple[int, ...]) -> np.ndarray:
    drawn = Drawn(choices.choose(("small", "normal")), choices.integer(0, 2**32 - 1))
    return block(drawn, drawing.dtype, int(np.prod(shape)), 1)[0].reshape(shape)


def _sequence(choices: Choices, drawing: Drawing) -> Argument:
    """Rows in ascending order, one or several."""
    shape = (choices.integer(0, MOST),) if choices.flag(60) else draw_shape(choices, min_ndim=2, max_ndim=3)
    drawing.fix_shape(shape)
    values = _values(choices, drawing, shape)
    order = np.argsort(values.astype(np.float64), axis=-1, kind="stable")
    return _given(drawing, "sorted_sequence", np.take_along_axis(values, order, -1))


def _boundaries(choices: Choices, drawing: Drawing) -> Argument:
    values = _values(choices, drawing, (choices.integer(0, MOST),))
    return _given(drawing, "boundaries", values[np.argsort(values.astype(np.float64), kind="stable")])


def _number_or_tensor(choices: Choices, drawing: Drawing) -> Argument:
    """A tensor, or a number now and then."""
    if choices.flag(15):
        return choices.choose((1, 0, -2, 3, 2.5))
    drawn = AnyTensor().draw(choices, drawing)
    assert isinstance(drawn, Ref), "it is not left out"
    return drawn


def _sought(choices: Choices, drawing: Drawing) -> Argument:
    """Values of any shape for one row, else as many rows as the sequence has; for one row a number too."""
    rows = drawing.shape[:-1]
    if not rows and choices.flag(20):
        return choices.choose((1, 0, -2, 3))
    shape = (*rows, choices.integer(0, 5)) if rows else draw_shape(choices, max_ndim=3)
    return drawing.tensor("input", shape)


def _sorter(choices: Choices, drawing: Drawing) -> Argument:
    """The places that sort each row of the sequence, which is shuffled."""
    given = drawing.given("sorted_sequence")
    assert given is not None, "the sequence is drawn before"
    assert isinstance(given.values, Literal), "the sequence is sorted"
    ascending = np.frombuffer(given.values.data, drawing.dtype.numpy).reshape(given.shape)
    order = np.argsort(raw(choices, given.shape), axis=-1)
    shuffled = np.empty_like(ascending)
    np.put_along_axis(shuffled, order, ascending, -1)
    drawing.replace(replace(given, values=literal(shuffled.reshape(-1))))
    return laid(choices, drawing, "sorter", order)


def _no_sorter(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """One place more in a row than the sequence has."""
    given = drawing.given("sorter")
    if given is None:
        return OMITTED
    ref = reshape_input(drawing, "sorter", (*given.shape[:-1], given.shape[-1] + 1))
    longer = drawing.referred(ref)
    assert longer is not None, "it was just made"
    drawing.replace(replace(longer, values=literal(np.zeros(longer.size, np.int64))))
    return ref


OPERATIONS = [
    *_quantile(
        quantiles.quantile, "Computes the q-th quantiles of each row of the input tensor along the dimension dim."
    ),
    *_quantile(
        quantiles.nanquantile,
        "This is a variant of torch.quantile() that ignores NaN values, computing the quantiles q as if NaN values in"
        " input did not exist.",
    ),
    Operation(
        name="searchsorted",
        reference=searching.searchsorted,
        spellings=spelled("torch.searchsorted", out=True),
        parameters=(
            Computed("sorted_sequence", _sequence),
            Computed("input", _sought, by_place=True),
            Flag("out_int32", keyword=True),
            Flag("right", keyword=True),
            Choice("side", ("left", "right"), keyword=True, required=False, forbidden="middle"),
            Computed("sorter", _sorter, _no_sorter, keyword=True, required=False),
        ),
        dtypes=REAL_NUMERIC,
        values=("normal", "small"),
        basis=Documented(
            MANUAL.format("searchsorted"),
            "sorted_sequence[i-1] < values[m][n]...[l][x] <= sorted_sequence[i] if right is False.",
        ),
    ),
    Operation(
        name="bucketize",
        reference=searching.bucketize,
        spellings=spelled("torch.bucketize", out=True),
        parameters=(
            Computed("input", _number_or_tensor),
            Computed("boundaries", _boundaries),
            Flag("out_int32", keyword=True),
            Flag("right", keyword=True),
        ),
        dtypes=REAL_NUMERIC,
        values=("normal", "small"),
        basis=Documented(
            MANUAL.format("bucketize"), "boundaries[i-1] < input[m][n]...[l][x] <= boundaries[i] if right is False."
        ),
    ),
]
