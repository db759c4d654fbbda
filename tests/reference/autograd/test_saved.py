"""What nodes save: a write to it is refused when the graph is gone through, a write to anything else is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.arithmetic import add, mul
from reference.autograd.engine import backward
from reference.dtypes import FLOAT64, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from reference.transcendental import exp
from reference.writing import in_place
from tests.reference.autograd.leaves import leaf, refused


@pytest.mark.parametrize(
    ("call", "spoils"),
    [
        (exp, "result"),
        (METHODS["tanh"], "result"),
        (METHODS["relu"], "result"),
        (lambda x: x * x, "input"),
        (lambda x: METHODS["sin"](x), "input"),
        (lambda x: x + 1, ""),
        (lambda x: x.sum(), ""),
    ],
)
def test_a_write_to_what_was_saved_is_refused(call: Callable[[Tensor], Tensor], spoils: str) -> None:
    for written in ("input", "result"):
        x = leaf(0.5, 1.5)
        y = x * 1
        z = call(y)
        in_place(mul, y if written == "input" else z, 2)
        if written == spoils:
            refused(partial(backward, z.sum()))
        else:
            backward(z.sum())


def test_a_write_through_a_view_counts() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    in_place(add, y.view(2, 1), 1)
    refused(lambda: backward(z.sum()))


def test_writing_back_does_not_help() -> None:
    x = leaf(1.0)
    y = x * 1
    z = y * y
    in_place(mul, y, 2)
    in_place(mul, y, 0.5)
    refused(lambda: backward(z))


@pytest.mark.parametrize("name", ["pow", "hypot", "ldexp"])
def test_a_result_that_either_argument_might_need_may_not_be_written_to(name: str) -> None:
    result = METHODS[name](leaf(2, 3), Tensor.of(np.array([1.0, 2.0]), FLOAT64))
    in_place(add, result, 1)
    with pytest.raises(Refusal, match="modified by an inplace operation"):
        backward(result.sum())


def test_what_was_gathered_from_is_saved_whole() -> None:
    source = leaf(2, 3) * 1
    chosen = METHODS["gather"](source, 0, Tensor.of(np.array([1, 1]), INT64))
    in_place(add, source, 1)
    with pytest.raises(Refusal, match="modified by an inplace operation"):
        backward(chosen.sum())


def test_a_diagonal_is_filled_through_a_view_which_is_forgotten() -> None:
    made = METHODS["reshape"](leaf(1, 2, 3, 4), (2, 2)) * 1
    METHODS["fill_diagonal_"](made, 7)
    ones = Tensor.of(np.ones((2, 2)), FLOAT64)
    backward(made, ones)
    with pytest.raises(Refusal, match="a second time"):
        backward(made, ones)


@pytest.mark.parametrize("name", ["sort", "frexp"])
def test_of_values_and_indices_the_values_may_be_written_to(name: str) -> None:
    values = METHODS[name](leaf(3, 2))[0]
    in_place(add, values, 1)
    backward(values.sum())
