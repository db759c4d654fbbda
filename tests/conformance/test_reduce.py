"""The reducer, on predicates that know what is needed: what is left is that and nothing else."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest

from conformance.model.case import Case, Drawn, DTypeName, Input, Literal, Ref, Slice, Step
from conformance.reduce import reduce
from conformance.reduce_inputs import addresses
from conformance.values import fill


def drawn(name: str, shape: tuple[int, ...], dtype: str = "float32", seed: int = 3) -> Input:
    strides = tuple(prod(shape[dim + 1 :]) for dim in range(len(shape)))
    return Input(name, shape, dtype, strides, 0, prod(shape), Drawn("normal", seed, 5, ((1, 2),)))


def call(operation: str, *names: str, result: str = "result") -> Step:
    return Step(operation, "function", tuple(map(Ref, names)), (), (result,))


def logical(given: Input) -> np.ndarray:
    return fill(given)[addresses(given.shape, given.strides, given.offset)]


STRIDED = replace(drawn("x", (4, 6)), strides=(14, 2), offset=3, size=60)


def test_one_element_is_left_of_many() -> None:
    def fails(case: Case) -> bool:
        x, y = (logical(case.input(name)) for name in ("x", "y"))
        np.broadcast_shapes(x.shape, y.shape)
        return bool((x > 1.5).any())

    big = replace(drawn("x", (5, 2049)), strides=(2 * 2049, 2), offset=3, size=5 * 2 * 2049 + 3)
    case = Case((big, drawn("y", (2049,))), (call("add", "x", "y"),), seed=9)
    reduced = reduce(case, fails)
    assert reduced.seed == 0
    assert [(given.shape, given.offset, given.size) for given in reduced.inputs] == [((), 0, 1)] * 2
    assert logical(reduced.input("x")).item() == 2.0
    assert logical(reduced.input("y")).item() == 0.0


@pytest.mark.parametrize("length", [2, 17, 33, 2047])
def test_the_least_length_is_found(length: int) -> None:
    case = Case((drawn("x", (2, 2048)),), (call("exp", "x"),))
    reduced = reduce(case, lambda case: any(size >= length for size in case.input("x").shape))
    assert reduced.input("x").shape == (length,)
    assert set(fill(reduced.input("x")).tolist()) == {0.0}


def test_steps_that_do_not_matter_go_and_those_between_are_bypassed() -> None:
    steps = (call("neg", "x", result="a"), call("exp", "a", result="b"), call("abs", "b"), call("t", "y", result="z"))
    reduced = reduce(Case((drawn("x", (2,)), drawn("y", (2,))), steps), lambda case: "'exp'" in repr(case))
    assert reduced.steps == (Step("exp", "function", (Ref("x"),), (), ("b",)),)
    assert [given.name for given in reduced.inputs] == ["x"]


def test_sizes_in_arguments_follow_those_of_the_inputs() -> None:
    def fails(case: Case) -> bool:
        (sizes,) = case.steps[0].args[1:]
        assert isinstance(sizes, tuple)
        whole = tuple(size for size in sizes if isinstance(size, int))
        return np.zeros(case.input("x").shape).reshape(whole).size >= 4

    step = Step("view", "method", (Ref("x"), (6, 2, 8)), (), ("result",))
    reduced = reduce(Case((drawn("x", (12, 8)),), (step,)), fails)
    assert prod(reduced.input("x").shape) == 4


def test_a_layout_that_matters_stays_in_its_least_storage() -> None:
    reduced = reduce(Case((STRIDED,), (call("exp", "x"),)), lambda case: case.input("x").strides[-1] == 2)
    given = reduced.input("x")
    assert (given.shape, given.strides, given.offset, given.size) == ((1,), (2,), 0, 1)


def test_laying_out_keeps_the_elements() -> None:
    wanted = logical(STRIDED)

    def fails(case: Case) -> bool:
        return bool(np.array_equal(logical(case.input("x")), wanted))

    reduced = reduce(Case((STRIDED,), (call("exp", "x"),)), fails)
    given = reduced.input("x")
    assert (given.strides, given.offset, given.size) == ((6, 1), 0, 24)
    assert isinstance(given.values, Literal)


def test_arguments_are_made_small() -> None:
    kwargs = (("alpha", -7.25), ("dtype", DTypeName("float64")))
    index = (Slice(1, 5, 2), 11, Ref("x"))
    step = Step("sub", "in place", (Ref("x"), index, 40), kwargs, ("result",), grad=False)

    def fails(case: Case) -> bool:
        only = case.steps[0]
        index = only.args[1]
        assert isinstance(index, tuple)
        return any(type(part) is int and part >= 3 for part in index) and dict(only.kwargs)["alpha"] != 0

    reduced = reduce(Case((replace(drawn("x", (3,)), requires_grad=True),), (step,)), fails)
    (only,) = reduced.steps
    assert only.args == (Ref("x"), (3,))
    assert only.grad
    assert only.spelling == "function"
    assert only.kwargs == (("alpha", 1.0),)
    assert not reduced.inputs[0].requires_grad


def test_dtypes_become_float32_only_where_the_failure_stays() -> None:
    case = Case((drawn("x", (2,), "complex128"), drawn("y", (2,), "int64")), (call("add", "x", "y"),))
    reduced = reduce(case, lambda case: case.input("y").dtype == "int64" and bool(case.input("x")))
    assert [given.dtype for given in reduced.inputs] == ["float32", "int64"]


def test_it_is_deterministic_and_keeps_to_its_budget() -> None:
    asked: list[str] = []

    def fails(case: Case) -> bool:
        asked.append(repr(case))
        return prod(case.input("x").shape) > 7

    case = Case((drawn("x", (9, 31)),), (call("exp", "x"),), seed=4)
    assert reduce(case, fails) == reduce(case, fails)
    assert len(asked) == 2 * len(set(asked))
    asked.clear()
    reduce(case, fails, budget=5)
    assert len(asked) == 5
    assert reduce(case, fails, budget=0) == case


def test_a_case_that_cannot_be_judged_does_not_fail() -> None:
    case = Case((drawn("x", (4,)),), (call("exp", "x"),), seed=1)

    def fails(case: Case) -> bool:
        raise RuntimeError("no verdict")

    assert reduce(case, fails) == case


def test_a_case_that_makes_no_sense_raises_nothing() -> None:
    odd = Input("x", (3,), "float32", (5,), 2, 1, Drawn("no such mode", 0))
    case = Case((odd,), (call("no such operation", "x"),), seed=7)
    assert reduce(case, lambda case: bool(case.inputs)).seed == 0
