"""Running a case: seeded where it draws, observed where it is asked; and which variables share memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.model.case import Case, Ref, Step
from conformance.targets.interpreter import Memory
from conformance.targets.reference import ReferenceTarget
from tests.conformance.executing import SHARED, X, method

RAND = Step("rand", "function", ((2,),), results=("drawn",))


class Seeded(ReferenceTarget):
    """The reference, which notes how it is seeded."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def seed(self, seed: int) -> None:
        self.seeds.append(seed)
        super().seed(seed)


@pytest.mark.parametrize(("steps", "seeds"), [(SHARED.steps, []), ((RAND,), [5]), ((*SHARED.steps, RAND), [5])])
def test_what_draws_is_seeded_and_nothing_else(steps: tuple[Step, ...], seeds: list[int]) -> None:
    target = Seeded()
    target.run(replace(SHARED, steps=steps, seed=5))
    assert target.seeds == seeds


def test_after_every_step_all_variables_are_seen() -> None:
    case = replace(SHARED, steps=(*SHARED.steps, method("view", Ref("y"), (6,), results=("z",)), RAND))
    every = ReferenceTarget().run(case, every_step=True).observations
    assert [(one.step, one.refused, [*one.variables]) for one in every] == [
        (0, None, ["x", "y"]),
        (1, None, ["x", "y", "z"]),
        (2, None, ["x", "y", "z", "drawn"]),
    ]
    (last,) = ReferenceTarget().run(case).observations
    assert (last.step, [*last.variables]) == (2, ["x", "y", "z", "drawn"])


def test_a_refusal_ends_the_case_and_shows_what_it_left() -> None:
    case = Case((X,), (method("view", Ref("x"), (7,)), RAND))
    for every_step in (False, True):
        (only,) = ReferenceTarget().run(case, every_step=every_step).observations
        assert only.refused is not None
        assert (only.step, [*only.variables]) == (0, ["x"])


class Reaching(ReferenceTarget):
    """Values are the memory that they reach; None reaches none."""

    def memory(self, value: Any) -> Memory | None:
        return value


@pytest.mark.parametrize(
    ("spans", "owners"),
    [
        ([(0, 4, 1), (4, 8, 2)], "ab"),
        ([(4, 8, 1), (0, 4, 2)], "ab"),
        ([(0, 4, 1), (3, 5, 2)], "aa"),
        ([(3, 5, 1), (0, 4, 2)], "aa"),
        ([(0, 8, 1), (2, 4, 2)], "aa"),
        ([(0, 8, 1), (4, 4, 2)], "ab"),
        ([(4, 4, 1), (0, 8, 2)], "ab"),
        ([(0, 8, 1), (4, 4, 1)], "aa"),
        ([(0, 0, 1), (0, 0, 1)], "aa"),
        ([(0, 0, 1), (0, 0, 2)], "ab"),
        ([(0, 2, 1), (6, 8, 2), (1, 7, 3)], "aba"),
        ([(0, 2, 1), (6, 8, 2), (5, 7, 3)], "abb"),
    ],
)
def test_storages_that_overlap_are_one_and_an_empty_one_is_known_by_its_identity(
    spans: list[tuple[int, int, int]], owners: str
) -> None:
    variables = {name: Memory(*span) for name, span in zip("abc", spans, strict=False)}
    found = Reaching().places(dict(reversed(variables.items())))
    assert "".join(found[name][1] for name in variables) == owners
    assert all(found[name][0] == name for name in variables)


def test_what_has_no_memory_has_no_place_and_the_same_object_is_known_by_its_first_name() -> None:
    one = Memory(0, 4, 1)
    assert Reaching().places({"c": None, "b": one, "a": one}) == {"a": ("a", "a"), "b": ("a", "a")}


@pytest.mark.parametrize(
    "array", [np.zeros(0), np.zeros((3, 0)), np.zeros((4, 4))[:0, ::2], np.zeros((4, 4))[::-1, 4:]]
)
def test_an_empty_array_reaches_nothing(array: np.ndarray) -> None:
    memory = ReferenceTarget().memory(array)
    assert memory is not None
    assert memory.start == memory.stop
