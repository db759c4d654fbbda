"""Comparing two traces: each aspect that differs is found, and nothing that may differ is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.compare import (
    Difference,
    address_alike,
)
from conformance.model.observation import EVERY_ASPECT, Aspect, Refused, Seen, Trace
from tests.conformance.comparing import compared, differing, seen, trace

CHANGES: dict[Aspect, dict[str, Any]] = {
    Aspect.KIND: {"kind": "array"},
    Aspect.DTYPE: {"dtype": "float64"},
    Aspect.SHAPE: {"shape": (2, 1)},
    Aspect.STRIDES: {"strides": (2,)},
    Aspect.OFFSET: {"offset": 1},
    Aspect.IDENTITY: {"identity": "input"},
    Aspect.STORAGE: {"storage": "input"},
    Aspect.VERSION: {"version": 1},
    Aspect.REQUIRES_GRAD: {"requires_grad": True},
    Aspect.IS_LEAF: {"is_leaf": False},
    Aspect.GRAD_FN: {"grad_fn": "ExpBackward0"},
    Aspect.VALUES: {"values": np.array([1.0, 2.5], np.float32)},
    Aspect.GRAD: {"grad": np.array([1.0, 1.0], np.float32)},
}


def test_there_is_a_change_of_every_aspect() -> None:
    """But of what refuses, and of what ends the process, which leaves nothing to compare."""
    assert {*CHANGES, Aspect.REFUSAL, Aspect.PROCESS} == set(Aspect)


@pytest.mark.parametrize("aspect", CHANGES)
def test_each_aspect_that_differs_is_found_where_it_can_be_seen(aspect: Aspect) -> None:
    wrong = replace(seen(), **CHANGES[aspect])
    assert differing(seen(), wrong) == [aspect]
    assert differing(seen(), seen()) == []
    if aspect is not Aspect.KIND:
        assert differing(seen(), wrong, EVERY_ASPECT - {aspect}) == []


@pytest.mark.parametrize("aspect", sorted(CHANGES.keys() - {Aspect.KIND, Aspect.VALUES, Aspect.GRAD, Aspect.GRAD_FN}))
def test_what_the_reference_does_not_say_is_not_judged(aspect: Aspect) -> None:
    silent = replace(seen(), **{aspect.value: None})
    assert differing(silent, seen()) == []
    if aspect is not Aspect.DTYPE:
        assert differing(seen(), silent) == [aspect]


def test_every_metadata_that_differs_is_found_and_values_only_where_none_does() -> None:
    wrong = seen([1.0, 3.0], offset=2, is_leaf=False)
    assert differing(seen(), wrong) == [Aspect.OFFSET, Aspect.IS_LEAF]
    with_wrong_gradient = seen([1.0, 3.0], grad=np.ones(2, np.float32))
    assert differing(seen(), with_wrong_gradient) == [Aspect.VALUES]


def test_the_difference_says_where_it_is() -> None:
    expected = trace(seen(), seen(), step=3)
    (found,) = compared(expected, trace(seen(), seen(offset=4), step=3)).differences
    assert found == Difference(Aspect.OFFSET, 3, "result1", 0, 4)
    (found,) = compared(trace(seen()), trace(seen([1.0, 7.0]))).differences
    assert found.verdict is not None
    assert found.verdict.wrong.tolist() == [False, True]
    assert found.allowed is not None
    (found,) = compared(trace(seen(), seen()), trace(seen())).differences
    assert found == Difference(Aspect.KIND, 0, "result1", "tensor", "nothing")
    (found,) = compared(trace(seen()), trace(Seen("int", 3))).differences
    assert found == Difference(Aspect.KIND, 0, "result", "tensor", "int")


# -- refusals --------------------------------------------------------------------------------------------------------

NO = Refused("RuntimeError", "no")


@pytest.mark.parametrize(
    ("expected", "actual", "differences"),
    [
        ((NO, 0), (NO, 0), []),
        ((NO, 0), (Refused("NotImplementedError", "other words"), 0), []),
        ((NO, 0), (Refused("OutOfMemoryError", "torch's own"), 0), []),
        ((NO, 0), (Refused("TypeError", "no"), 0), [(0, "RuntimeError", "TypeError")]),
        ((Refused("IndexError", ""), 0), (NO, 0), [(0, "IndexError", "RuntimeError")]),
        ((None, 0), (NO, 0), [(0, None, "RuntimeError")]),
        ((NO, 0), (None, 0), [(0, "RuntimeError", None)]),
        ((NO, 1), (NO, 2), [(1, "RuntimeError", None)]),
        ((NO, 2), (NO, 1), [(1, None, "RuntimeError")]),
        ((None, 2), (NO, 1), [(1, None, "RuntimeError")]),
        ((NO, 1), (None, 2), [(1, "RuntimeError", None)]),
    ],
)
def test_refusals(
    expected: tuple[Refused | None, int], actual: tuple[Refused | None, int], differences: list[tuple[Any, ...]]
) -> None:
    pair = [trace(refused=refused, step=step) for refused, step in (expected, actual)]
    comparison = compared(*pair)
    found = [
        (one.step, *(side.kind if side is not None else None for side in (one.expected, one.actual)))
        for one in comparison.differences
    ]
    assert found == differences
    assert all(one.aspect is Aspect.REFUSAL and one.variable == "" for one in comparison.differences)
    assert comparison.compared == 1


def test_after_a_refusal_of_both_the_variables_are_still_compared() -> None:
    unchanged, changed = trace(seen(), refused=NO), trace(seen([0.0, 0.0]), refused=NO)
    assert [one.aspect for one in compared(unchanged, changed).differences] == [Aspect.VALUES]
    one_sided = compared(trace(seen(), refused=NO), trace(seen([0.0, 0.0], offset=3)))
    assert [one.aspect for one in one_sided.differences] == [Aspect.REFUSAL]


def test_the_first_observation_that_differs_is_the_last_compared() -> None:
    right, wrong = trace(seen()).observations[0], trace(seen(offset=1)).observations[0]
    later = [replace(one, step=1) for one in (right, wrong)]
    both = compared(Trace("t", [right, later[0]]), Trace("t", [wrong, later[1]]))
    assert [one.step for one in both.differences] == [0]
    second = compared(Trace("t", [right, later[0]]), Trace("t", [right, later[1]]))
    assert [one.step for one in second.differences] == [1]


def test_a_trace_that_ends_earlier_is_compared_as_far_as_it_goes() -> None:
    first = trace(seen()).observations[0]
    assert compared(Trace("t", [first, replace(first, step=1)]), Trace("t", [first])).differences == []


# -- what nothing decides --------------------------------------------------------------------------------------------


def test_strides_that_address_nothing() -> None:
    empty = seen(np.ones((0, 2)))
    assert differing(empty, replace(empty, strides=(7, 3))) == []
    assert differing(empty, replace(empty, offset=1, dtype="int8")) == [Aspect.DTYPE]
    one = seen(np.ones((1, 2)))
    other = replace(one, strides=(9, 1))
    assert differing(one, other) == [Aspect.STRIDES]
    assert differing(one, other, EVERY_ASPECT - {Aspect.VALUES}) == []
    assert differing(one, replace(one, strides=(2, 3)), EVERY_ASPECT - {Aspect.VALUES}) == [Aspect.STRIDES]
    assert differing(one, replace(one, offset=3), EVERY_ASPECT - {Aspect.VALUES}) == [Aspect.OFFSET]
    assert not address_alike((2,), (1,), (1, 1))
    assert address_alike((0, 2), (2, 1), (5, 5))


@pytest.mark.parametrize(
    ("expected", "actual", "counts", "alike"),
    [
        (1, 2, False, True),
        (2, 1, False, True),
        (1, 2, True, False),
        (0, 1, False, False),
        (1, 0, False, False),
        (1, 1, True, True),
    ],
)
def test_by_how_much_a_version_rises(expected: int, actual: int, counts: bool, alike: bool) -> None:
    found = differing(seen(version=expected), seen(version=actual), counts_versions=counts)
    assert found == ([] if alike else [Aspect.VERSION])


def test_versions_count_unless_it_is_said_that_they_do_not() -> None:
    assert differing(seen(version=1), seen(version=2)) == [Aspect.VERSION]
