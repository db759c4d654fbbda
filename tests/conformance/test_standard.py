"""What the bound of a gradient is told: the moduli of what all backward passes began with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.examine import REFERENCE
from conformance.model.case import Case, Hook, Input, Ref, Step
from conformance.operations import find
from conformance.standard import standard_for
from conformance.values import literal
from reference.dtypes import FLOAT64

X, COTANGENT = Ref("x"), Ref("cotangent")


def backward(*cotangent: Ref, **kwargs: bool) -> Step:
    return Step("backward", "method", (Ref("result"), *cotangent), tuple(kwargs.items()))


def given(name: str, number: float, *, requires_grad: bool = False) -> Input:
    values = literal(FLOAT64.numpy.type(number).reshape(1))
    return Input(name, (), "float64", (), 0, 1, values, requires_grad=requires_grad)


@pytest.mark.parametrize(
    ("steps", "modulus"),
    [
        ([backward(COTANGENT)], 3),
        ([backward()], 1),
        ([backward(COTANGENT, retain_graph=True), backward(COTANGENT)], 6),
        ([backward(retain_graph=True), backward(COTANGENT)], 4),
        ([Step("register_hook", "method", (Ref("result"), Hook("double"))), backward(COTANGENT)], 6),
    ],
)
def test_the_moduli_of_all_cotangents_are_summed(steps: list[Step], modulus: float) -> None:
    called = Step("tanh", "function", (X,), results=("result",))
    case = Case((given("x", 0.5, requires_grad=True), given("cotangent", -3.0)), (called, *steps))
    scale = standard_for(find("tanh"), case, REFERENCE.run(case)).gradient_scale
    assert scale is not None
    assert scale("x").cotangent == modulus


def test_an_operand_that_is_given_twice_has_two_gradients() -> None:
    called = Step("sub", "function", (X, X), results=("result",))
    case = Case((given("x", 0.5, requires_grad=True), given("cotangent", -3.0)), (called, backward(COTANGENT)))
    scale = standard_for(find("sub"), case, REFERENCE.run(case)).gradient_scale
    assert scale is not None
    assert scale("x").terms == 6


def test_so_has_its_copy() -> None:
    copied = Step("clone", "method", (Ref("leaf_x"),), results=("x",))
    called = Step("div", "function", (X, X), results=("result",))
    steps = (copied, called, backward(COTANGENT))
    case = Case((given("leaf_x", 0.5, requires_grad=True), given("cotangent", -3.0)), steps)
    scale = standard_for(find("div"), case, REFERENCE.run(case)).gradient_scale
    assert scale is not None
    assert scale("leaf_x").terms == 12


def test_a_number_in_its_place_that_is_a_term_counts_by_its_modulus() -> None:
    index = replace(given("index", 0), dtype="int64", values=literal(np.zeros(1, np.int64)))
    args, kwargs = (X, 0, Ref("index"), -1.5), (("reduce", "add"),)
    case = Case((given("x", 1.5), index), (Step("scatter_add_number", "function", args, kwargs, ("result",)),))
    standard = standard_for(find("scatter_add_number"), case, REFERENCE.run(case))
    assert standard.magnitude is not None
    assert standard.magnitude() == 3
