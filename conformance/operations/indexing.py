"""Indexing, read and written. https://docs.pytorch.org/docs/stable/tensor_view.html"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import laid
from conformance.model.case import Argument, Dots, Input, Ref, Slice
from conformance.model.verdict import Documented
from conformance.operation import ALL, MADE, Effect, Form, Omitted, Operation
from conformance.parameters import AnyTensor, Computed, not_held
from conformance.random_bits import random_bits
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import draw_number
from conformance.strategies.shapes import draw_broadcastable
from conformance.targets.reference import make_input
from conformance.values import fill
from reference import indexing
from reference.dtypes import BOOL
from reference.tensor import Tensor

GUIDE = "https://docs.pytorch.org/docs/stable/tensor_view.html"


def _basic_index(choices: Choices, drawing: Drawing) -> Argument:
    """Integers, slices, None and dots: one item alone, or several as a tuple."""
    shape = _target(drawing).shape
    if shape and choices.flag(20):
        return _basic(choices, shape[0], integers=True)
    return _alone_at_times(choices, _items(choices, drawing, shape, advanced=False))


def _index_of_places(choices: Choices, drawing: Drawing) -> Argument:
    """Lists, masks of one dimension and index tensors, with slices between them; or one alone."""
    shape = _target(drawing).shape
    if len(shape) > 1 and 0 not in shape and choices.flag(50):
        return tuple(_two_places(choices, drawing, shape))
    if shape and shape[0] and choices.flag(30):
        return _advanced(choices, drawing, shape[0], choices.integer(0, 3), 2 * choices.flag(30))
    return _alone_at_times(choices, _items(choices, drawing, shape, advanced=True))


def _two_places(choices: Choices, drawing: Drawing, shape: tuple[int, ...]) -> Iterator[Argument]:
    """Two index tensors, next to each other or apart by a slice or None, behind slices or None: where their dimensions
    stand in the result differs (https://numpy.org/doc/stable/user/basics.indexing.html)."""
    apart = choices.flag(65)
    sliced = apart and len(shape) > 2 and choices.flag(75)
    first = choices.integer(0, len(shape) - 2 - sliced)
    last, length, rows = first + 1 + sliced, choices.integer(1, 3), 2 * choices.flag(30)
    if choices.flag(20 if first else 60):
        yield None
    for dim, size in enumerate(shape):
        if dim in (first, last):
            yield _advanced(choices, drawing, size, length, rows)
        elif dim < last or choices.flag(70):
            yield Slice() if choices.flag(70) else _basic(choices, size, integers=False)
        else:
            return
        if dim == first and apart and (not sliced or choices.flag(15)):
            yield None


def _index_by_mask(choices: Choices, drawing: Drawing) -> Argument:
    """A mask over the first dimensions, alone or with basic items before and behind it."""
    shape = _target(drawing).shape
    before = choices.integer(0, len(shape) - 1) if choices.flag(30) else 0
    covered = choices.integer(1, len(shape) - before)
    mask = _mask(choices, drawing, shape[before : before + covered])
    rest = _items(choices, drawing, shape[before + covered :], advanced=False) if choices.flag(30) else []
    sliced = [item for item in rest if not isinstance(item, int)]
    leading = [_basic(choices, size, integers=False) for size in shape[:before]]
    return _alone_at_times(choices, [*leading, mask, *sliced])


def _alone_at_times(choices: Choices, items: list[Argument]) -> Argument:
    """The items as a tuple; one of them perhaps by itself."""
    return items[0] if len(items) == 1 and items[0] is not None and choices.flag(70) else tuple(items)


def _items(choices: Choices, drawing: Drawing, shape: tuple[int, ...], *, advanced: bool) -> list[Argument]:
    items: list[Argument] = []
    dim = 0
    dots = False
    # At times all index tensors have two dimensions, or a column or a single place in the place of one.
    length, rows = choices.integer(0, 3), 2 * choices.flag(40)
    while dim < len(shape) and (dots or not choices.flag(10)):
        if choices.flag(10):
            items.append(None)
        elif not dots and choices.flag(10):
            items.append(Dots())
            dots = True
            dim += choices.integer(0, len(shape) - dim)
        elif advanced and choices.flag(8):
            items.append(True)
        elif advanced and shape[dim] and choices.flag(65):
            items.append(_advanced(choices, drawing, shape[dim], length, rows))
            dim += 1
        else:
            items.append(_basic(choices, shape[dim], integers=not advanced))
            dim += 1
    return [*items, None] if choices.flag(12) else items


def _basic(choices: Choices, size: int, *, integers: bool) -> Argument:
    """A slice or an integer; NumPy places an integer beside index tensors otherwise than torch, so not there."""
    if integers and size and choices.flag():
        return choices.integer(-size, size - 1)
    reach = choices.choose((size + 1, size + 1, size + 1, 2**62))
    bounds = [None if choices.flag(30) else choices.integer(-reach, reach) for _ in range(2)]
    return Slice(bounds[0], bounds[1], choices.choose((None, 1, 2, 3, 90)))


def _mask(choices: Choices, drawing: Drawing, shape: tuple[int, ...]) -> Argument:
    """A mask in which some places are chosen, or none."""
    size = prod(shape)
    return _tensor(choices, drawing, _some_of(size, choices.integer(0, size), choices).reshape(shape))


def _advanced(choices: Choices, drawing: Drawing, size: int, length: int, rows: int) -> Argument:
    """A list, an index tensor, or a mask, that names ``length`` places, or ``rows`` times as many."""
    if rows:
        shape = choices.choose(((rows, length), (rows, length), (rows, 1), (1,), (length,)))
        index = np.array([choices.integer(-size, size - 1) for _ in range(prod(shape))])
        return _tensor(choices, drawing, index.reshape(shape).astype(choices.choose((np.int64, np.int32))))
    if length <= size and choices.flag(30):
        return _tensor(choices, drawing, _some_of(size, length, choices))
    places: list[Argument] = [choices.integer(-size, size - 1) for _ in range(length)]
    if choices.flag():
        return places
    return _tensor(choices, drawing, np.array(places, choices.choose((np.int64, np.int32))))


def _some_of(size: int, count: int, choices: Choices) -> np.ndarray:
    """A mask of so many places, of which so many are chosen."""
    (words,) = random_bits(choices.integer(0, 2**32 - 1), range(1), size)
    mask: np.ndarray = np.zeros(size, np.bool_)
    mask[np.argsort(words)[:count]] = True
    return mask


def _tensor(choices: Choices, drawing: Drawing, values: np.ndarray) -> Ref:
    """An input that holds exactly these values, wherever they lie."""
    return laid(choices, drawing, f"index{len(drawing.inputs)}", values)


def _target(drawing: Drawing) -> Input:
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    return given


def _out_of_range(choices: Choices, drawing: Drawing) -> Argument:
    """An integer beyond the first dimension, a step that is not positive, or too many indices."""
    shape = _target(drawing).shape
    if not shape:
        return (0,)
    spoiled: tuple[Argument, ...] = (shape[0], -shape[0] - 1, Slice(None, None, -1), (*(Slice(),) * len(shape), 0))
    return choices.choose(spoiled)


def _value(choices: Choices, drawing: Drawing) -> Argument:
    """A number, or a tensor that broadcasts to what the index chooses, at times with leading dimensions of one.

    What is copied to a part that slices choose may be of another dtype.
    """
    if choices.flag(30):
        return draw_number(choices, drawing)
    shape = _chosen_shape(drawing)
    shape = shape if choices.flag(40) else draw_broadcastable(choices, shape)
    dtype = drawing.operand_dtype() if drawing.operation.name == "setitem" else drawing.dtype
    return drawing.tensor("value", (1, *shape) if choices.flag(20) else shape, dtype)


def _value_too_large(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    number = not_held(choices, drawing)
    if not isinstance(number, Omitted) and choices.flag():
        return number
    return drawing.tensor("larger", (6, *_chosen_shape(drawing)))


def _chosen_shape(drawing: Drawing) -> tuple[int, ...]:
    """The shape of what the index chooses, as the reference finds it."""
    indexed = Tensor.empty(_target(drawing).shape, BOOL)
    return indexing.chosen_shape(indexed, _live(drawing.arguments["index"], drawing))


def _live(argument: Argument, drawing: Drawing) -> Any:
    if isinstance(argument, Slice):
        return slice(argument.start, argument.stop, argument.step)
    if isinstance(argument, (tuple, list)):
        return type(argument)(_live(part, drawing) for part in argument)
    given = drawing.referred(argument)
    if given is not None:
        return make_input(given, fill(given))
    return ... if isinstance(argument, Dots) else argument


KINDS = (
    ("", _basic_index, 0, "basic indexing returns views"),
    ("_of_places", _index_of_places, 0, "advanced indexing returns a copy"),
    ("_by_mask", _index_by_mask, 1, "advanced indexing returns a copy"),
)

OPERATIONS = [
    *(
        Operation(
            name=f"getitem{kind}",
            reference=indexing.getitem,
            spellings={Form.OPERATOR: "operator.getitem"},
            parameters=(AnyTensor(min_ndim=least), Computed("index", drawn, _out_of_range)),
            dtypes=ALL if kind else MADE,
            # What places named twice add up to is stored after each, as by gather.
            gradient=GradientOf(2, stored=kind == "_of_places"),
            effect=Effect.MAY_VIEW,
            basis=Documented(
                GUIDE,
                "When accessing the contents of a tensor via indexing, PyTorch follows Numpy behaviors that"
                f" {sentence}.",
            ),
        )
        for kind, drawn, least, sentence in KINDS
    ),
    *(
        Operation(
            name=f"setitem{kind}",
            reference=indexing.setitem,
            spellings={Form.OPERATOR: "operator.setitem"},
            parameters=(
                AnyTensor(min_ndim=least, writeable=True),
                Computed("index", drawn, _out_of_range),
                Computed("value", _value, _value_too_large),
            ),
            dtypes=ALL if kind else MADE,
            gradient=GradientOf(2),
            effect=Effect.WRITES,
            results=0,
            basis=Documented(GUIDE, "Assignment via either basic or advanced indexing is in-place."),
        )
        for kind, drawn, least, _ in KINDS
    ),
]
