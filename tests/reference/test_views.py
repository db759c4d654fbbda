"""Views against lists of addresses written out from what the manual says of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import reference
from reference.arithmetic import mul
from reference.autograd.engine import backward
from reference.autograd.mode import no_grad
from reference.dtypes import COMPLEX64, FLOAT32, FLOAT64, INT32, UINT8
from reference.embedding import as_strided_gather, as_strided_scatter_add
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from reference.writing import in_place
from tests.reference.brute import LAYOUTS, address, addresses, places, strided

assert reference.__doc__, "importing the package registers the functions"

Shape = tuple[int, ...]
EVERY_LAYOUT = pytest.mark.parametrize(("shape", "strides", "offset"), LAYOUTS)


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    return METHODS[name](*args, **kwargs)


def vector(values: list[float]) -> Tensor:
    return Tensor.of(np.array(values), FLOAT64)


@EVERY_LAYOUT
def test_a_reshaped_tensor_enumerates_the_same_elements(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    numel = len(addresses(given))
    for wanted in {(-1,), (numel, 1), (1, -1, 1), shape} if numel else {(numel, 5), shape}:
        made = call("reshape", given, wanted)
        assert made.array.ravel().tolist() == given.array.ravel().tolist()
        if made.storage is given.storage:
            assert addresses(made) == addresses(given)
        assert list(made.shape) == [numel if size == -1 else size for size in wanted]


@EVERY_LAYOUT
def test_view_refuses_exactly_where_reshape_copies(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    copied = call("reshape", given, (-1,) if 0 not in shape else (0,)).storage is not given.storage
    if copied:
        with pytest.raises(Refusal, match="not compatible"):
            call("view", given, -1)
    elif 0 not in shape:
        assert addresses(call("view", given, -1)) == addresses(given)


def test_what_stands_in_a_row_may_be_given_by_its_name() -> None:
    given = strided((2, 3), (3, 1), 0)
    for name, argument, value in (("view", "size", (3, 2)), ("permute", "dims", (1, 0)), ("flip", "dims", [0])):
        by_name, by_place = call(name, given, **{argument: value}), call(name, given, *value)
        assert by_name.array.tolist() == by_place.array.tolist()
    leaf = Tensor.of(np.arange(6.0).reshape(2, 3), FLOAT64).requires_grad_()
    backward(call("permute", leaf, dims=(1, 0)), Tensor.of(np.arange(6.0).reshape(3, 2), FLOAT64))
    assert leaf.grad is not None
    assert leaf.grad.array.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_only_one_size_is_inferred() -> None:
    given = strided((2, 3), (3, 1), 0)
    assert call("view", given, 3, -1).shape == (3, 2)
    for wanted in ((-1, -1), (5,), (4, -1), (-2, 3)):
        with pytest.raises(Refusal):
            call("view", given, wanted)


@EVERY_LAYOUT
def test_reordered_dimensions_keep_each_address(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    order = tuple(range(len(shape)))[::-1]
    made = call("permute", given, order)
    assert [address(given, place[::-1]) for place in places(made.shape)] == addresses(made)
    if len(shape) > 1:
        swapped = call("transpose", given, 0, -1)
        assert addresses(call("transpose", swapped, 0, -1)) == addresses(given)
        moved = call("movedim", given, 0, -1)
        assert [address(given, (place[-1], *place[:-1])) for place in places(moved.shape)] == addresses(moved)


@EVERY_LAYOUT
def test_parts_hold_the_addresses_they_name(shape: Shape, strides: Shape, offset: int) -> None:
    given = strided(shape, strides, offset)
    for dim, size in enumerate(shape):
        for start in range(size):
            part = call("narrow", given, dim, start, size - start)
            wanted = [address(given, p) for p in places(shape) if p[dim] >= start]
            assert addresses(part) == wanted
            assert addresses(call("select", given, dim, start - size)) == [
                address(given, p) for p in places(shape) if p[dim] == start
            ]


def test_narrow_of_narrow_is_narrow() -> None:
    given = strided((7, 2), (3, 1), 1)
    assert addresses(call("narrow", call("narrow", given, 0, 2, 4), 0, 1, 2)) == addresses(
        call("narrow", given, 0, 3, 2)
    )


def test_diagonals_lie_where_row_and_column_differ_by_the_offset() -> None:
    given = strided((3, 4), (5, 1), 2)
    for offset in range(-3, 5):
        wanted = [address(given, (row, row + offset)) for row in range(3) if 0 <= row + offset < 4]
        assert addresses(call("diagonal", given, offset)) == wanted


def test_unfold_lists_every_window() -> None:
    given = strided((7,), (2,), 1)
    assert addresses(call("unfold", given, 0, 3, 2)) == [
        address(given, (start + step,)) for start in (0, 2, 4) for step in range(3)
    ]


def test_expanded_dimensions_repeat_their_addresses() -> None:
    given = strided((3, 1), (2, 9), 1)
    made = call("expand", given, 2, -1, 2)
    assert made.shape == (2, 3, 2)
    assert addresses(made) == [address(given, (row, 0)) for _, row, _ in places((2, 3, 2))]


def test_parts_of_a_split_cover_the_dimension_in_order() -> None:
    given = strided((2, 7), (7, 1), 0)
    for parts in (call("split", given, 3, 1), call("chunk", given, 3, -1), call("split", given, (3, 0, 4), 1)):
        assert [column for part in parts for column in part.array[0].tolist()] == list(range(7))
    assert [part.shape[1] for part in call("chunk", given, 4, 1)] == [2, 2, 2, 1]
    assert [part.offset for part in call("unbind", given)] == [0, 7]


def test_a_dtype_view_reads_the_same_bytes() -> None:
    given = Tensor.of(np.array([[1.0, -2.0]]), FLOAT32)
    assert call("view", given, INT32).array.tolist() == [[0x3F800000, -0x40000000]]
    assert call("view", given, UINT8).shape == (1, 8)
    assert call("view", given, COMPLEX64).array.tolist() == [[1 - 2j]]
    with pytest.raises(Refusal):
        call("view", call("t", given), COMPLEX64)


def test_real_and_imaginary_parts_are_views() -> None:
    given = Tensor.of(np.array([1 + 2j, 3 - 4j]), COMPLEX64)
    call("imag", given).array[...] = 7
    assert given.array.tolist() == [1 + 7j, 3 + 7j]
    assert call("real", given).strides == (2,)


REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    ("t", (strided((1, 1, 1), (1, 1, 1), 0),), "RuntimeError"),
    ("transpose", (strided((2, 2), (2, 1), 0), 0, 2), "IndexError"),
    ("permute", (strided((2, 2), (2, 1), 0), (0, 0)), "RuntimeError"),
    ("expand", (strided((2,), (1,), 0), (3,)), "RuntimeError"),
    ("expand", (strided((2,), (1,), 0), (-1, 2)), "RuntimeError"),
    ("narrow", (strided((2,), (1,), 0), 0, 1, 2), "RuntimeError"),
    ("narrow", (strided((2,), (1,), 0), 0, 3, 0), "IndexError"),
    ("select", (strided((2,), (1,), 0), 0, 2), "IndexError"),
    ("diagonal", (strided((2, 2), (2, 1), 0), 0, 1, -1), "RuntimeError"),
    ("unfold", (strided((2,), (1,), 0), 0, 3, 1), "RuntimeError"),
    ("unfold", (strided((2,), (1,), 0), 0, 1, 0), "RuntimeError"),
    ("as_strided", (strided((2,), (1,), 0), (4,), (1,)), "RuntimeError"),
    ("as_strided", (strided((2,), (1,), 0), (2,), (-1,)), "RuntimeError"),
    ("unbind", (strided((), (), 0),), "IndexError"),
    ("split", (strided((2,), (1,), 0), (1, 2)), "RuntimeError"),
    ("chunk", (strided((2,), (1,), 0), 0), "RuntimeError"),
    ("flatten", (strided((2, 2), (2, 1), 0), 1, 0), "RuntimeError"),
    ("unflatten", (strided((4,), (1,), 0), 0, (3, 2)), "RuntimeError"),
]


@pytest.mark.parametrize(("name", "args", "kind"), REFUSED)
def test_what_the_manual_forbids_is_refused(name: str, args: tuple[Any, ...], kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        call(name, *args)
    assert caught.value.kind == kind


# -- gradients ------------------------------------------------------------------------------------------------------

LINEAR: dict[str, Callable[[Tensor], Tensor]] = {
    "reshape": lambda x: call("reshape", x, (4, 6)),
    "reshape of a transposed": lambda x: call("reshape", call("transpose", x, 0, 2), (6, 4)),
    "permute": lambda x: call("permute", x, (2, 0, -2)),
    "t": lambda x: call("t", call("select", x, 0, 1)),
    "expand": lambda x: call("expand", call("unsqueeze", x, 1), (2, 5, 3, 4)),
    "squeeze": lambda x: call("squeeze", call("narrow", x, 0, 1, 1), 0),
    "slice": lambda x: call("slice", x, 2, 1, 4, 2),
    "diagonal": lambda x: call("diagonal", x, 1, 2, 1),
    "unfold": lambda x: call("unfold", x, 2, 3, 1),
    "as_strided with overlap": lambda x: call("as_strided", x, (3, 4), (2, 1), 1),
    "unbind": lambda x: call("unbind", x, 1)[2],
    "split": lambda x: call("split", x, (1, 3), -1)[1],
    "clone": lambda x: call("clone", x),
    "contiguous": lambda x: call("contiguous", call("transpose", x, 0, 1)),
}


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("layout", [LAYOUTS[0], LAYOUTS[1]])
def test_the_gradient_is_the_adjoint(name: str, layout: tuple[Shape, Shape, int]) -> None:
    """<J v, w> = <v, J^T w> for drawn v and w: all values are integers, so the sums are exact."""
    shape, strides, offset = layout
    draws = np.random.default_rng(len(name))
    given = strided(shape, strides, offset)
    given.array[...] = draws.integers(-9, 10, shape)
    given.requires_grad_()
    if name == "as_strided with overlap" and not given.is_contiguous():
        given = call("contiguous", given.detach()).requires_grad_()
    made = LINEAR[name](given)
    weights = Tensor.of(draws.integers(-9, 10, made.shape).astype(float), FLOAT64)
    forward = float((made.array * weights.array).sum())
    backward(made, weights)
    assert given.grad is not None
    assert float((given.array * given.grad.array).sum()) == forward


def test_scatter_and_gather_are_adjoint_over_an_overlapping_base() -> None:
    draws = np.random.default_rng(5)
    base, view = ((3, 4), (1, 0), 2), ((2, 3), (1, 1), 1)
    v, w = (Tensor.of(draws.integers(-9, 10, shape).astype(float), FLOAT64) for shape in (base[0], view[0]))
    gathered, scattered = as_strided_gather(v, base, view), as_strided_scatter_add(w, base, view)
    assert float((gathered.array * w.array).sum()) == float((v.array * scattered.array).sum())


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("reshape", "ViewBackward0"),
        ("reshape of a transposed", "UnsafeViewBackward0"),
        ("permute", "PermuteBackward0"),
        ("t", "TBackward0"),
        ("expand", "ExpandBackward0"),
        ("squeeze", "SqueezeBackward1"),
        ("slice", "SliceBackward0"),
        ("diagonal", "DiagonalBackward0"),
        ("unfold", "UnfoldBackward0"),
        ("unbind", "UnbindBackward0"),
        ("split", "SplitWithSizesBackward0"),
        ("clone", "CloneBackward0"),
    ],
)
def test_nodes_have_the_names_of_torch(name: str, node: str) -> None:
    made = LINEAR[name](strided(*LAYOUTS[0]).requires_grad_())
    assert made.grad_fn is not None
    assert made.grad_fn.name == node


# -- views and writes -----------------------------------------------------------------------------------------------


def test_a_write_through_a_chain_of_views_reaches_the_base() -> None:
    leaf = strided((3, 4), (4, 1), 0).requires_grad_()
    base = leaf * 1
    part = call("select", call("t", base), 0, 1)
    in_place(mul, call("narrow", part, 0, 1, 2), 10)
    wanted = np.arange(12.0).reshape(3, 4)
    wanted[1:, 1] *= 10
    assert base.array.tolist() == wanted.tolist()
    assert part.array.tolist() == wanted[:, 1].tolist()
    backward(base, Tensor.of(np.ones((3, 4)), FLOAT64))
    factor = np.ones((3, 4))
    factor[1:, 1] = 10
    assert leaf.grad is not None
    assert leaf.grad.array.tolist() == factor.tolist()
    assert base.grad_fn is not None
    assert base.grad_fn.name == "CopySlices"
    assert part.grad_fn is not None
    assert part.grad_fn.name == "AsStridedBackward0"


def test_in_place_changes_of_layout_keep_storage_and_raise_the_version() -> None:
    given = strided((2, 1, 3), (3, 3, 1), 1)
    storage = given.storage
    for name, args in (("transpose_", (0, 2)), ("squeeze_", (1,)), ("t_", ()), ("unsqueeze_", (-1,))):
        assert call(name, given, *args) is given
    assert (given.shape, given.strides, given.offset, given.version) == ((2, 3, 1), (3, 1, 1), 1, 4)
    assert given.storage is storage
    assert call("as_strided_", given, (2,), (3,), 0).array.tolist() == [0, 3]


def test_an_in_place_transpose_is_recorded() -> None:
    leaf = strided((2, 3), (3, 1), 0).requires_grad_()
    made = leaf * 2
    call("t_", made)
    assert made.grad_fn is not None
    assert made.grad_fn.name == "TBackward1"
    backward(made, Tensor.of(np.arange(6.0).reshape(3, 2), FLOAT64))
    assert leaf.grad is not None
    assert leaf.grad.array.tolist() == (2 * np.arange(6.0).reshape(3, 2).T).tolist()
    with pytest.raises(Refusal, match="leaf Variable"):
        call("t_", leaf)


def test_detached_tensors_share_storage_and_version_outside_the_graph() -> None:
    leaf = vector([1.0, 2.0]).requires_grad_()
    detached = call("detach", leaf)
    assert not detached.requires_grad
    assert detached.storage is leaf.storage
    in_place(mul, detached, 3)
    assert leaf.version == 1
    assert leaf.array.tolist() == [3, 6]


def test_an_output_of_unbind_must_not_be_written() -> None:
    first, _ = call("unbind", vector([1.0, 2.0]).requires_grad_() * 1)
    with pytest.raises(Refusal, match="multiple views"):
        in_place(mul, first, 2)


def test_a_view_made_without_recording_must_not_be_written_with_it() -> None:
    base = vector([1.0, 2.0]).requires_grad_() * 1
    with no_grad():
        part = call("narrow", base, 0, 0, 1)
    with pytest.raises(Refusal, match="no_grad"):
        in_place(mul, part, base)
