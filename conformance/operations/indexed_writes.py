"""Slices and elements written to the places that an index names.

https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
"""

from __future__ import annotations

from typing import Any

from conformance.accuracy import Accuracy, Exact, GradientOf, Product, Selected, Summation
from conformance.choices import Choices
from conformance.index_parameters import (
    LONGEST,
    Fitting,
    Indices,
    a_line,
    any_shape,
    dim_of,
    laid,
    raw,
    shape_of,
    size_along,
)
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL_NUMERIC, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Dim, Flag, LikeTensor, Number
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import Shape, draw_broadcastable
from reference import advanced, indexed_writes
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BOOL, INT64

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
FACTORS = LONGEST + 1


def _slices(choices: Choices, drawing: Drawing) -> Shape:
    """The input's shape with as many slices as there are indices."""
    shape, index = shape_of(drawing), shape_of(drawing, "index")
    count = index[0] if index else 1
    dim = dim_of(drawing)
    return tuple(count if d == dim else size for d, size in enumerate(shape))


def _like_index(choices: Choices, drawing: Drawing) -> Shape:
    return shape_of(drawing, "index")


def _count(drawing: Drawing) -> int:
    return drawing.numel("input")


def _enough(choices: Choices, drawing: Drawing) -> Shape:
    """As many elements as the mask can choose, or more."""
    shape = broadcast_shapes(shape_of(drawing), shape_of(drawing, "mask"))
    return (choices.integer(1, 2), *shape) if choices.flag() else shape


def _coordinates(choices: Choices, drawing: Drawing) -> Argument:
    """An index tensor for each of the first dimensions."""
    shape = shape_of(drawing)
    indexed = shape[: choices.integer(1, len(shape))]
    length = choices.integer(0, 3) if all(indexed) else 0
    return tuple(
        laid(choices, drawing, f"index{dim}", (raw(choices, (length,)) % max(size, 1)).astype("int64"))
        for dim, size in enumerate(indexed)
    )


def _too_many_coordinates(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    index = laid(choices, drawing, "one_more", raw(choices, (1,)).astype("int64") * 0)
    return tuple(index for _ in range(len(shape_of(drawing)) + 1))


def _chosen_shape(drawing: Drawing) -> Shape:
    indices: Any = drawing.arguments["indices"]
    tensors = [drawing.referred(index) for index in indices]
    length = min(one.shape[0] for one in tensors if one is not None)
    return (length, *shape_of(drawing)[len(indices) :])


def _values(choices: Choices, drawing: Drawing) -> Argument:
    return drawing.tensor("values", draw_broadcastable(choices, _chosen_shape(drawing)))


def _values_too_large(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return drawing.tensor("larger", (6, *_chosen_shape(drawing)))


INDEX = Indices("index", a_line, size_along)
ONCE = Indices("index", a_line, size_along, distinct=True, dtypes=(INT64,))


def _reduced(kinds: tuple[str, ...], accuracy: Accuracy, *values: str) -> Operation:
    """``index_reduce`` with the reductions that one bound is for."""
    kind = {"amax": "extremum"}.get(kinds[0], kinds[0])
    return Operation(
        name=f"index_reduce_{kind}",
        reference=indexed_writes.index_reduce,
        spellings=spelled("torch.index_reduce", "Tensor.index_reduce", in_place="Tensor.index_reduce_", out=True),
        parameters=(
            AnyTensor(),
            Dim(),
            INDEX,
            Fitting("source", _slices),
            Choice("reduce", kinds, forbidden="sum"),
            Flag("include_self", keyword=True),
        ),
        dtypes=REAL_NUMERIC,
        values=values,
        accuracy=accuracy,
        gradient=GradientOf(2 * FACTORS, stored=True),
        basis=Documented(
            MANUAL.format("Tensor.index_reduce_"),
            "Accumulate the elements of source into the self tensor by accumulating to the indices in the order given"
            " in index using the reduction given by the reduce argument.",
        ),
    )


OPERATIONS = [
    Operation(
        name="index_add",
        reference=indexed_writes.index_add,
        spellings=spelled("torch.index_add", "Tensor.index_add", in_place="Tensor.index_add_", out=True),
        parameters=(
            AnyTensor(),
            Dim(),
            INDEX,
            Fitting("source", _slices),
            Number("alpha", (1, 2, 3, 0), keyword=True, required=False, precise=True, held=True),
        ),
        dtypes=ALL,
        accuracy=Summation(stored=True),
        gradient=GradientOf(1),
        basis=Documented(
            MANUAL.format("Tensor.index_add_"),
            "Accumulate the elements of alpha times source into the self tensor by adding to the indices in the order"
            " given in index.",
        ),
    ),
    Operation(
        name="index_copy",
        reference=indexed_writes.index_copy,
        spellings=spelled("torch.index_copy", "Tensor.index_copy", in_place="Tensor.index_copy_", out=True),
        parameters=(AnyTensor(), Dim(), ONCE, Fitting("source", _slices)),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.index_copy_"),
            "Copies the elements of tensor into the self tensor by selecting the indices in the order given in index."
            " If index contains duplicate entries, multiple elements from tensor will be copied to the same index of"
            " self. The result is nondeterministic.",
        ),
    ),
    Operation(
        name="index_fill",
        reference=indexed_writes.index_fill,
        spellings=spelled("torch.index_fill", "Tensor.index_fill", in_place="Tensor.index_fill_"),
        parameters=(
            AnyTensor(),
            Dim(),
            Indices("index", a_line, size_along, negative=True, dtypes=(INT64,)),
            Number("value", (1, 0, 3, True, 2), beyond=True, precise=True, held=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.index_fill_"),
            "Fills the elements of the self tensor with value value by selecting the indices in the order given in"
            " index.",
        ),
    ),
    Operation(
        name="index_fill_tensor",
        reference=indexed_writes.index_fill,
        spellings=spelled("torch.index_fill", "Tensor.index_fill", in_place="Tensor.index_fill_"),
        parameters=(
            AnyTensor(),
            Dim(),
            Indices("index", a_line, size_along, negative=True, dtypes=(INT64,)),
            Fitting("value", lambda choices, drawing: ()),
        ),
        dtypes=ALL,
        gradient=GradientOf(2, stored=True),
        basis=Documented(
            MANUAL.format("Tensor.index_fill_"),
            "Fills the elements of the self tensor with value value by selecting the indices in the order given in"
            " index.",
        ),
    ),
    _reduced(("prod",), Product(FACTORS), "small", "positive", "gaps"),
    _reduced(("mean",), Summation(integers=False, stored=True), "normal", "small", "gaps"),
    _reduced(("amax", "amin"), Selected()),
    Operation(
        name="index_put",
        reference=advanced.index_put,
        spellings=spelled("torch.index_put", "Tensor.index_put", in_place="Tensor.index_put_"),
        written=advanced.index_put_,
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("indices", _coordinates, _too_many_coordinates),
            Computed("values", _values, _values_too_large),
            Choice("accumulate", (False,), required=False),
        ),
        dtypes=ALL,
        gradient=GradientOf(2, stored=True),
        basis=Documented(
            MANUAL.format("Tensor.index_put_"),
            "Puts values from the tensor values into the tensor self using the indices specified in indices. The"
            " expression tensor.index_put_(indices, values) is equivalent to tensor[indices] = values.",
        ),
    ),
    Operation(
        name="index_put_accumulate",
        reference=advanced.index_put,
        spellings=spelled("torch.index_put", "Tensor.index_put", in_place="Tensor.index_put_"),
        written=advanced.index_put_,
        parameters=(
            AnyTensor(min_ndim=1),
            Computed("indices", _coordinates, _too_many_coordinates),
            Computed("values", _values, _values_too_large),
            Choice("accumulate", (True,)),
        ),
        dtypes=ALL,
        accuracy=Summation(stored=True),
        gradient=GradientOf(2, stored=True),
        basis=Documented(
            MANUAL.format("Tensor.index_put_"),
            "If accumulate is True, the elements in values are added to self. If accumulate is False, the behavior is"
            " undefined if indices contain duplicate elements.",
        ),
    ),
    *(
        Operation(
            name="put_accumulate" if accumulate else "put",
            reference=indexed_writes.put,
            spellings=spelled(method="Tensor.put", in_place="Tensor.put_"),
            parameters=(
                AnyTensor(),
                Indices("index", any_shape, _count, distinct=not accumulate, negative=True, dtypes=(INT64,)),
                Fitting("source", _like_index),
                Choice("accumulate", (accumulate,), required=accumulate),
            ),
            dtypes=ALL,
            accuracy=Summation(stored=True) if accumulate else Exact(),
            gradient=GradientOf(0),
            basis=Documented(
                MANUAL.format("Tensor.put_"),
                "Copies the elements from source into the positions specified by index. For the purpose of indexing,"
                " the self tensor is treated as if it were a 1-D tensor. If accumulate is True, the elements in source"
                " are added to self.",
            ),
        )
        for accumulate in (False, True)
    ),
    Operation(
        name="masked_scatter",
        reference=indexed_writes.masked_scatter,
        spellings=spelled("torch.masked_scatter", "Tensor.masked_scatter", in_place="Tensor.masked_scatter_"),
        parameters=(
            AnyTensor(),
            LikeTensor("mask", broadcast=True, dtypes=(BOOL,)),
            Fitting("source", _enough),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.masked_scatter_"),
            "Copies elements from source into self tensor at positions where the mask is True. Elements from source are"
            " copied into self starting at position 0 of source and continuing in order one-by-one for each occurrence"
            " of mask being True.",
        ),
    ),
]
