"""einsum, chains of matrices and powers of matrices, against loops over single products."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BOOL, BY_NUMPY, INT8, INT64
from reference.einsum import einsum, einsum_by_sublists, parse
from reference.errors import Refusal
from reference.matrix_chains import chain_matmul, matrix_power, multi_dot
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import assert_gradients

RANDOM = np.random.default_rng(13)


def integers(*shape: int) -> np.ndarray:
    """Small integers, whose sums of products are exact in any order."""
    return RANDOM.integers(-3, 4, shape).astype(np.float64)


def tensor(array: np.ndarray) -> Tensor:
    return Tensor.of(array.copy(), BY_NUMPY[array.dtype])


def summed(equation: str, arrays: list[np.ndarray]) -> np.ndarray:
    """By the definition: for every value of every name, one product, added to the result's element."""
    terms, output = parse(equation, [array.ndim for array in arrays])
    sizes: dict[Any, int] = {}
    for term, array in zip(terms, arrays, strict=True):
        for name, size in zip(term, array.shape, strict=True):
            sizes[name] = max(sizes.get(name, 1), size) if size else 0
    names = list(sizes)
    result = np.zeros([sizes[name] for name in output])
    for values in product(*(range(sizes[name]) for name in names)):
        at = dict(zip(names, values, strict=True))
        factors = [
            array[tuple(0 if size == 1 else at[name] for name, size in zip(term, array.shape, strict=True))]
            for term, array in zip(terms, arrays, strict=True)
        ]
        result[tuple(at[name] for name in output)] += np.prod(factors)
    return result


EQUATIONS: list[tuple[str, list[tuple[int, ...]]]] = [
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->ji", [(2, 2, 3)]),
    ("ij->", [(2, 3)]),
    ("ba", [(2, 3)]),
    ("Ba", [(2, 3)]),
    (", ", [(), ()]),
    ("i,j->ij", [(2,), (3,)]),
    ("i,i->i", [(3,), (3,)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ij, jk -> ki", [(2, 3), (3, 4)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ("bn,anm,bm->ba", [(2, 3), (2, 3, 4), (2, 4)]),
    ("ij,k->i", [(2, 3), (4,)]),
    ("ij,ij,ij->j", [(2, 3), (2, 3), (2, 3)]),
    ("i,i", [(3,), (1,)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
    ("i...->...", [(2, 3, 4)]),
    ("...->", [(2, 3)]),
    ("i...j,j->i...", [(2, 3, 2), (2,)]),
    ("ij,jk->ik", [(2, 0), (0, 3)]),
]


def test_what_a_product_of_nothing_makes_of_nan_depends_on_the_order() -> None:
    nothing, endless = np.ones((2, 0)), np.array([[np.nan]])
    found = multi_dot([Tensor.of(one, BY_NUMPY[one.dtype]) for one in (nothing, nothing.T[:, :1], endless)])
    assert not np.any(found.specified)
    assert multi_dot([Tensor.of(one, BY_NUMPY[one.dtype]) for one in (nothing, nothing.T)]).specified is True


@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS, ids=[one[0] for one in EQUATIONS])
def test_einsum(equation: str, shapes: list[tuple[int, ...]]) -> None:
    arrays = [integers(*shape) for shape in shapes]
    result = einsum(equation, *map(tensor, arrays))
    np.testing.assert_array_equal(result.array, summed(equation, arrays))
    np.testing.assert_array_equal(einsum(equation, [tensor(array) for array in arrays]).array, result.array)


@pytest.mark.parametrize("equation", ["ii->i", "iij->ji", "bn,anm,bm->ba", "ij,k->i", "...ij,...jk->...ik", "i,i"])
def test_einsum_has_the_gradient_of_its_parts(equation: str) -> None:
    shapes = dict(EQUATIONS)[equation]
    assert_gradients(
        lambda *given: einsum(equation, *given), [RANDOM.normal(size=shape) for shape in shapes], second=True
    )


@pytest.mark.parametrize(
    ("sublists", "output", "equation", "shapes"),
    [
        ([[0, 1], [1, 2]], [], "ij,jk", [(2, 3), (3, 4)]),
        ([[1, 0]], [], "ji", [(2, 3)]),  # without an output, in the order of the numbers
        ([[26, 25]], [], "ba", [(2, 3)]),  # a capital stands before a small letter
        ([[0, 1], [1, 51]], [[51, 0]], "ij,jk->ki", [(2, 3), (3, 4)]),
        ([[..., 1], [1]], [[...]], "...j,j->...", [(2, 3), (3,)]),
        ([[0, 0]], [[]], "ii->", [(3, 3)]),
    ],
)
def test_sublists_are_letters(
    sublists: list[list[Any]], output: list[list[Any]], equation: str, shapes: list[tuple[int, ...]]
) -> None:
    arrays = [integers(*shape) for shape in shapes]
    given = [part for array, sublist in zip(arrays, sublists, strict=True) for part in (tensor(array), sublist)]
    np.testing.assert_array_equal(einsum_by_sublists(*given, *output).array, summed(equation, arrays))


def test_a_sublist_of_other_numbers_is_refused() -> None:
    for number in (52, -1):
        with pytest.raises(Refusal) as refused:
            einsum_by_sublists(tensor(integers(2)), [number])
        assert refused.value.kind == "ValueError"


def test_einsum_of_one_operand_without_a_sum_is_a_view() -> None:
    x = tensor(integers(3, 3))
    diagonal = einsum("ii->i", x)
    assert (diagonal.storage is x.storage, diagonal.strides) == (True, (4,))


@pytest.mark.parametrize(
    ("equation", "shapes", "strides"),
    [
        ("jk,ik->ij", [(3, 2), (4, 2)], (3, 1)),  # as if it were ik,jk
        ("jk,ik->ji", [(3, 2), (4, 2)], (4, 1)),
        ("ijk,lk->ilj", [(3, 5, 2), (4, 2)], (20, 1, 4)),  # neither side comes first
        ("ij,jk,kl->li", [(2, 3), (3, 4), (4, 5)], (1, 5)),  # j is summed beforehand
    ],
)
def test_a_contraction_is_laid_out_by_the_side_that_comes_first(
    equation: str, shapes: list[tuple[int, ...]], strides: tuple[int, ...]
) -> None:
    arrays = [integers(*shape) for shape in shapes]
    result = einsum(equation, *map(tensor, arrays))
    assert result.strides == strides
    np.testing.assert_array_equal(result.array, summed(equation, arrays))


def test_a_product_after_a_contraction_sees_the_strides_of_sizes_of_one() -> None:
    """Those of a view of the product of matrices, in which the names of the second operand come first."""
    transposed = METHODS["transpose"](tensor(integers(1, 2)), 0, 1)
    assert einsum("ji,Li", tensor(integers(2, 2)), tensor(integers(2, 2))).strides == (2, 1)
    assert einsum("ji,L...i,...", tensor(integers(2, 2)), tensor(integers(2, 2)), transposed).strides == (4, 4, 2, 1)


def test_sums_of_integers_are_of_int64() -> None:
    x = Tensor.of(np.full((2, 2), 100), INT8)
    assert einsum("ij->", x).item() == 400
    assert einsum("ij->", x).dtype is INT64
    assert einsum("ij,ij->", x, x).dtype is INT8


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij", [(2,)]),
        ("i", [(2, 2)]),
        ("i,i", [(2,)]),
        ("i,i", [(2,), (3,)]),
        ("ii", [(2, 3)]),
        ("ii", [(1, 3)]),
        ("i->j", [(2,)]),
        ("i->ii", [(2,)]),
        ("1", [(2,)]),
        ("...i...", [(2, 2)]),
        ("i->...", [(2, 2)]),
    ],
)
def test_einsum_refuses(equation: str, shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(Refusal):
        einsum(equation, *(tensor(integers(*shape)) for shape in shapes))


# -- chains and powers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 3), (3, 4)],
        [(2, 3), (3, 4), (4, 1)],
        [(3,), (3, 2), (2, 4)],
        [(3,), (3, 2), (2,)],
        [(2, 0), (0, 3), (3, 2)],
    ],
)
def test_multi_dot(shapes: list[tuple[int, ...]]) -> None:
    arrays = [integers(*shape) for shape in shapes]
    expected = reduce(np.matmul, arrays)
    np.testing.assert_array_equal(multi_dot([tensor(array) for array in arrays]).array, expected)
    if all(len(shape) == 2 for shape in shapes):
        np.testing.assert_array_equal(chain_matmul(*map(tensor, arrays)).array, expected)


def test_chain_of_one_is_the_matrix() -> None:
    x = tensor(integers(2, 3))
    assert chain_matmul(x) is x


@pytest.mark.parametrize("n", range(8))
def test_matrix_power(n: int) -> None:
    a = RANDOM.integers(-2, 3, (2, 3, 3)).astype(np.float64)
    expected = np.stack([reduce(np.matmul, [each] * n, np.eye(3)) for each in a])
    result = matrix_power(METHODS["transpose"](tensor(a), 1, 2), n)
    np.testing.assert_array_equal(result.array, expected.transpose(0, 2, 1))
    assert result.is_contiguous()


def test_powers_and_chains_refuse() -> None:
    square, row = tensor(integers(2, 2)), tensor(integers(2))
    calls: list[Any] = [
        lambda: multi_dot([square]),
        lambda: multi_dot([square, row, square]),
        lambda: multi_dot([square, Tensor.of(integers(2, 2), INT64)]),
        lambda: multi_dot([square, tensor(integers(3, 2))]),
        lambda: chain_matmul(square, row),
        lambda: matrix_power(tensor(integers(2, 3)), 2),
        lambda: matrix_power(row, 2),
        lambda: matrix_power(Tensor.of(integers(2, 2), BOOL), 2),
    ]
    for call in calls:
        with pytest.raises(Refusal):
            call()


def test_gradients_of_chains_and_powers() -> None:
    a, b = RANDOM.normal(size=(2, 3)), RANDOM.normal(size=(3, 2))
    assert_gradients(lambda x, y: multi_dot([x, y, x]), [a, b], second=True)
    assert_gradients(lambda x: matrix_power(x, 5), [RANDOM.normal(size=(2, 2))], second=True)
