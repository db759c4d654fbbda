"""What few structures must meet, whatever the seed: sizes that tell in every way to call, dtypes, extreme numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, prod

import pytest

from conformance.choices import SeededChoices
from conformance.drivers import with_hypothesis
from conformance.model.case import Input
from conformance.operation import ALL, Form, Operation
from conformance.operations import find
from conformance.profiles import PROFILES
from conformance.properties import every_property
from conformance.strategies.cases import draw_case, kinds_of
from conformance.strategies.deal import deal
from conformance.strategies.shapes import WITHOUT_VALUES
from conformance.structures import Structure, structures
from reference.dtypes import FLOAT32, INT8, INTEGRAL

SMOKE = PROFILES["smoke"]
IN_PLACE = every_property()["in place"]
TURNS = [prop for prop in every_property().values() if not prop.of_every_dtype]


def smoke(operation: Operation, seed: int) -> list[Structure]:
    return list(structures(operation, SMOKE, seed, with_hypothesis))


def tells(inputs: Sequence[Input]) -> bool:
    return any(len(given.shape) >= 2 and not {0, 1} & set(given.shape) for given in inputs)


@pytest.mark.parametrize("name", ["mul", "sum", "mm", "cat", "index_select", "absolute", "where"])
@pytest.mark.parametrize("seed", range(6))
def test_every_way_to_call_meets_sizes_that_tell(name: str, seed: int) -> None:
    full = [one for one in smoke(find(name), seed) if not one.brief]
    for prop in TURNS:
        assert any(tells(one.base.inputs) for one in full if one.in_turn([prop])), prop.name
    written = [case.inputs[:1] for one in full if one.in_turn([IN_PLACE]) for case in one.derived(IN_PLACE)]
    assert any(map(tells, written)) or Form.IN_PLACE not in find(name).spellings


@pytest.mark.parametrize("seed", range(4))
def test_times_that_are_drawn_in_different_ways_do_not_confuse_hypothesis(seed: int) -> None:
    profile = PROFILES["standard"]  # of one kind of dtypes, so that different times begin with the same choices
    drawn = list(structures(find("gcd"), profile, seed * 7919 + 3, with_hypothesis))
    assert sum(not one.brief for one in drawn) == len(find("gcd").dtypes) + profile.structures - 1


def test_sizes_that_do_not_tell_are_met_too() -> None:
    assert any(not tells(one.base.inputs) for seed in range(3) for one in smoke(find("mul"), seed))


def test_of_each_kind_the_dtype_that_was_met_comes_last() -> None:
    for seed in range(5):
        all_dealt = deal(kinds_of(ALL), 60, seed, (INT8, FLOAT32))
        dealt = [one.dtype for one in all_dealt if one.edge not in WITHOUT_VALUES]
        whole = [dtype for dtype in dealt if dtype in INTEGRAL]
        assert whole.index(INT8) == len(INTEGRAL) - 1


@pytest.mark.parametrize("seed", range(3))
def test_an_input_of_each_integral_dtype_is_met(seed: int) -> None:
    (base,) = [one.base for one in smoke(find("cumsum"), seed) if not one.brief and one.dtype in INTEGRAL]
    (case,) = every_property()["promotion"].derive(base, find("cumsum"), SeededChoices(0))
    assert [given.dtype for given in case.inputs] == [dtype.name for dtype in INTEGRAL]
    assert len(case.steps) == len(INTEGRAL)


def test_numbers_are_not_always_finite() -> None:
    drawn = [draw_case(SeededChoices(seed), find("clamp"), FLOAT32).steps[0] for seed in range(40)]
    numbers = [one for step in drawn for one in (*step.args, *dict(step.kwargs).values()) if isinstance(one, float)]
    assert any(one != one for one in numbers)
    assert any(one == one and not isfinite(one) for one in numbers)


@pytest.mark.parametrize("name", ["tanh", "add", "sum"])
@pytest.mark.parametrize("seed", range(5))
def test_of_every_floating_dtype_several_values_are_met(name: str, seed: int) -> None:
    met = {one.dtype for one in smoke(find(name), seed) if prod(one.base.inputs[0].shape) > 1}
    assert met >= {dtype for dtype in find(name).dtypes if dtype.is_floating_point}


@pytest.mark.parametrize("name", ["gather", "msort", "cumsum", "geometric_"])
@pytest.mark.parametrize("seed", range(3))
def test_every_dtype_is_met(name: str, seed: int) -> None:
    assert {one.dtype for one in smoke(find(name), seed)} == set(find(name).dtypes)
