"""The vjps of indexing, joining and rearranging against central differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.dtypes import BOOL, INT64
from reference.function import Function
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, method, on

X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
Z = X + 1j * Y
LINE = np.array([0.6, -0.45, 1.2])
CUBE = np.arange(12).reshape(2, 3, 2) * 5 % 13 / 4 - 1.3
NUMBER = np.array(1.4)
# No two of these are equal, and one is zero.
FACTORS = np.array([[0.0, 1.3, -0.7], [2.2, -0.4, 0.9]])


def ints(values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.int64), INT64)


def mask(values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.bool_), BOOL)


# The second row names one place twice, and one not at all.
ALONG = ints([[0, 1, 0], [0, 0, 0], [1, 1, 0]])
WIDE = ints([[2, 0, 0, 1], [1, 1, 1, 0]])
LONG = np.stack([X[0], Y[0], Y[1]])
AGAIN = ints([1, 0, 1])
HIDDEN = mask([[True, False, True], [False, True, True]])


def joined(name: str, *arrays: np.ndarray, **settings: Any) -> Example:
    return Example(name, lambda *given: METHODS[name](given, **settings), arrays)


def first_two(parts: tuple[Tensor, ...]) -> Tensor:
    """Two parts in one, so that the gradients of both are seen."""
    return METHODS["cat"]([METHODS["reshape"](part, -1) for part in parts[:2]]) * 2


READS = [
    method("gather", X, dim=0, index=ALONG),
    method("gather", Z, dim=-1, index=WIDE),
    method("take_along_dim", X, indices=ints([[1], [0]]), dim=1),
    method("take_along_dim", X, indices=ints([5, 0, 5])),
    method("index_select", X, dim=1, index=AGAIN),
    method("index_select", NUMBER, dim=0, index=ints(0)),
    method("take", X, index=ints([[5, -1], [0, 5]])),
    method("masked_select", LINE, mask=HIDDEN),
    method("getitem", CUBE, item=(slice(None), ints([0, 2, 0]), 1)),
    method("getitem", Z, item=HIDDEN),
    method("taken_along", X, index=ints([[0, 2, 2], [1, 1, 0]]), dim=1),
    method("placed_along", X, index=ints([[0, 2, 2], [1, 1, 0]]), shape=(2, 4), dim=1),
]
WRITES = [
    on("scatter", lambda x, src: METHODS["scatter"](x, 1, ints([[2, 0, 1], [1, 2, 0]]), src), X, Y),
    method("scatter", X, dim=1, index=WIDE, src=2.5),
    on("scatter_add", lambda x, src: METHODS["scatter_add"](x, 0, ALONG, src), Z, LONG + 1j),
    # Counting which factors are zero is no differentiable step: torch has no second derivative there either.
    *(
        on(
            f"scatter_reduce {kind} {own}",
            lambda x, src, kind=kind, own=own: METHODS["scatter_reduce"](x, 0, ALONG, src, kind, include_self=own),
            FACTORS,
            LONG * (1 if kind != "prod" else np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])),
            second=kind != "prod",
        )
        for kind in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ),
    *(
        on(
            f"index_reduce {kind} {own}",
            lambda x, source, kind=kind, own=own: METHODS["index_reduce"](x, 1, AGAIN, source, kind, include_self=own),
            FACTORS,
            Y,
            second=kind != "prod",
        )
        for kind in ("prod", "mean", "amax", "amin")
        for own in (True, False)
    ),
    on("index_add", lambda x, source: METHODS["index_add"](x, 1, AGAIN, source, alpha=2.5), X, Y),
    on("index_add complex", lambda x, source: METHODS["index_add"](x, -1, AGAIN, source, alpha=2 - 1j), Z, Z + 1),
    on("index_copy", lambda x, source: METHODS["index_copy"](x, 1, ints([2, 0]), source), X, Y[:, :2]),
    on("index_fill", lambda x, value: METHODS["index_fill"](x, 1, ints([-1, 0, 2]), value), X, NUMBER),
    on("put", lambda x, source: METHODS["put"](x, ints([-1, 2, 0]), source), X, LINE),
    on("put accumulate", lambda x, source: METHODS["put"](x, ints([5, -1, 0]), source, True), X, LINE),
    on("masked_scatter", lambda x, source: METHODS["masked_scatter"](x, HIDDEN, source), X, CUBE),
    on("masked_fill", lambda x, value: METHODS["masked_fill"](x, HIDDEN, value), X, NUMBER),
    on(
        "index_put",
        lambda x, values: METHODS["index_put"](x, (ints([1, 0]), ints([2, -3])), values),
        X,
        LINE[:2],
    ),
    on(
        "index_put accumulate",
        lambda x, values: METHODS["index_put"](x, (ints([1, 1]), ints([2, 2])), values, True),
        X,
        LINE[:2],
    ),
    on("select_scatter", lambda x, src: METHODS["select_scatter"](x, src, 1, -1), X, LINE[:2]),
    on("slice_scatter", lambda x, src: METHODS["slice_scatter"](x, src, 1, 0, 3, 2), X, Y[:, :2]),
    on("diagonal_scatter", lambda x, src: METHODS["diagonal_scatter"](x, src, 1), X, LINE[:2]),
    on("as_strided_scatter", lambda x, src: METHODS["as_strided_scatter"](x, src, (2,), (3,), 1), X, LINE[:2]),
]
JOINED = [
    joined("cat", X, np.zeros(0), Y[:1], dim=0),
    joined("cat", X, np.zeros((2, 0)), Y[:, :2], dim=-1),
    joined("stack", X, Y, dim=1),
    joined("stack", Z, Z * 2j, dim=-1),
    joined("hstack", LINE, LINE[:2]),
    joined("vstack", LINE, X),
    joined("dstack", LINE, LINE * 2),
    joined("column_stack", X, LINE[:2]),
    on("block_diag", lambda *given: METHODS["block_diag"](*given), np.zeros(0), X, NUMBER, LINE),
    on("broadcast_tensors", lambda *given: first_two(METHODS["broadcast_tensors"](*given)), LINE, X),
    on("meshgrid", lambda *given: first_two(METHODS["meshgrid"](*given, indexing="xy")), LINE, LINE[:2]),
    on("cartesian_prod", lambda *given: METHODS["cartesian_prod"](*given), LINE, LINE[:2]),
    method("combinations", LINE, r=2, with_replacement=True),
]
MOVED = [
    on("flip", lambda x: METHODS["flip"](x, (0, -1)), CUBE),
    *(method("rot90", CUBE, k=k, dims=(2, 0)) for k in (1, 2, -1, 4)),
    method("roll", X, shifts=(1, -1), dims=(1, 1)),
    method("roll", CUBE, shifts=4),
    on("repeat", lambda x: METHODS["repeat"](x, 2, 1, 3), X),
    on("tile", lambda x: METHODS["tile"](x, (2,)), X),
    method("repeat_interleave", X, repeats=2, dim=0),
    method("repeat_interleave", X, repeats=ints([0, 2, 1]), dim=1),
    method("narrow_copy", X, dim=1, start=1, length=2),
    method("tril", CUBE, diagonal=-1),
    method("triu", Z, diagonal=1),
    method("diag", LINE, diagonal=-1),
    method("diag", X, diagonal=1),
    method("diag_embed", X, offset=1, dim1=0, dim2=2),
    method("diagflat", X, offset=-1),
    on("fill_diagonal_", lambda x: METHODS["fill_diagonal_"](x * 1, 3, True), CUBE.reshape(6, 2)),
]
VIEWS = [
    *(method(name, X, then=lambda x: x * 2) for name in ("alias", "ravel", "t", "clone", "contiguous")),
    method("view_as", X, other=ints([[0, 0], [0, 0], [0, 0]])),
    on("reshape", lambda x: METHODS["reshape"](METHODS["t"](x), (2, 3)), X),
    on("reshape_alias", lambda x: METHODS["reshape"](METHODS["narrow"](x, 1, 0, 2), (2, 2, 1)), X),
    on("permute", lambda x: METHODS["permute"](x, (2, 0, -2)), CUBE),
    method("transpose", CUBE, dim0=-1, dim1=0),
    on("expand", lambda x: METHODS["expand"](x, 2, 2, -1), X),
    on("squeeze", lambda x: METHODS["squeeze"](METHODS["unsqueeze"](x, 1)), X),
    on("squeeze dim", lambda x: METHODS["squeeze"](METHODS["unsqueeze"](x, 1), 1), X),
    on("squeeze dims", lambda x: METHODS["squeeze"](METHODS["unsqueeze"](x, 1), (0, 1)), X),
    method("slice", X, dim=1, start=0, end=3, step=2),
    method("select", X, dim=1, index=-1),
    method("diagonal", CUBE, offset=-1, dim1=1, dim2=2),
    method("unfold", X, dimension=1, size=2, step=1),
    method("as_strided", X, size=(3, 2), stride=(1, 2), storage_offset=0),
    method("unbind", X, dim=1, then=first_two),
    method("split_evenly", X, split_size=2, dim=1, then=first_two),
    method("split_with_sizes", X, split_sizes=(1, 0, 2), dim=1, then=lambda parts: first_two(parts[1:])),
]
EXAMPLES = [*READS, *WRITES, *JOINED, *MOVED, *VIEWS]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_vjp_is_the_central_difference(example: Example) -> None:
    example.check()


@pytest.mark.parametrize("name", ["scatter_add", "index_copy", "as_strided_scatter", "block_diag", "flip"])
def test_a_wrong_vjp_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = next(one for one in EXAMPLES if one.name.split()[0] == name)
    function = METHODS[name]
    assert isinstance(function, Function)
    argument = next(iter(function.vjps))
    product, needs = function.vjps[argument]

    def wrong(*given: Any) -> Any:
        right = product(*given)
        return [one * 1.001 for one in right] if isinstance(right, list) else right * 1.001

    monkeypatch.setitem(function.vjps, argument, (wrong, needs))
    with pytest.raises(AssertionError):
        example.check(second=False)
