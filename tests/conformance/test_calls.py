"""The ways of calling that are drawn: they mean the same, and all of them are met."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.choices import SeededChoices
from conformance.model.case import Case, Ref, Step
from conformance.operation import OMITTED, Form, Operation
from conformance.operations import every_operation, find
from conformance.strategies import cases
from conformance.strategies.calls import arrange, as_called, in_places
from conformance.targets.reference import ReferenceTarget

SEEDS = range(40)


def calls(operation: Operation, values: list[Any], form: Form) -> set[str]:
    """What as_called makes of these arguments, over some seeds."""
    pairs = list(zip(operation.parameters, values, strict=True))
    return {repr(as_called(SeededChoices(seed), operation, pairs, form)) for seed in SEEDS}


def test_sizes_stand_in_a_row_in_a_list_or_in_a_tuple() -> None:
    view = [None, (2, 3)]
    assert calls(find("view"), view, Form.METHOD) == {
        repr(((None, 2, 3), ())),
        repr(((None, [2, 3]), ())),
        repr(((None, (2, 3)), ())),
        repr(((None,), (("size", (2, 3)),))),
    }


def test_a_function_of_a_tensor_takes_no_sizes_in_a_row() -> None:
    called = calls(find("permute"), [None, (1, 0)], Form.FUNCTION)
    by_place = {repr(((None, (1, 0)), ())), repr(((None, [1, 0]), ()))}
    assert called == by_place | {repr(((None,), (("dims", (1, 0)),)))}


def test_the_last_arguments_are_named() -> None:
    assert calls(find("narrow"), [None, 0, 1, 2], Form.METHOD) == {
        repr(((None, 0, 1, 2), ())),
        repr(((None,), (("dim", 0), ("start", 1), ("length", 2)))),
    }


def test_none_is_said_where_it_is_the_default() -> None:
    called = calls(find("argmax"), [None, OMITTED, OMITTED], Form.FUNCTION)
    assert called == {repr(((None,), ())), repr(((None,), (("dim", None),)))}


def test_operators_and_operands_stand_as_they_are() -> None:
    assert calls(find("add"), [None, 2, 3], Form.FUNCTION) == {repr(((None, 2), (("alpha", 3),)))}
    assert calls(find("narrow"), [None, 0, 1, 2], Form.OPERATOR) == {repr(((None, 0, 1, 2), ()))}


@pytest.mark.parametrize("seed", range(2))
def test_every_way_means_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    operations = [operation for operation in every_operation().values() if not (operation.random or operation.alias_of)]
    drawn = [draw(operation, 1000 * seed + number) for number, operation in enumerate(operations)]
    monkeypatch.setattr(cases, "as_called", lambda choices, operation, pairs, form: arrange(pairs))
    others = 0
    for number, (operation, case) in enumerate(zip(operations, drawn, strict=True)):
        by_place = draw(operation, 1000 * seed + number)
        others += case.main != by_place.main
        assert seen(case) == seen(by_place), case.main
    assert others > len(drawn) // 20


def draw(operation: Operation, seed: int) -> Case:
    return cases.draw_case(SeededChoices(seed), operation, cases.dtypes_of(operation)[-1])


def seen(case: Case) -> str:
    """What the reference does, in words: of NaN too each is like another."""
    trace = ReferenceTarget().run(case)
    return repr(trace.refused or [(one.values, one.shape, one.dtype) for one in trace.last.variables.values()])


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("resize_", (Ref("x"), 2, 3), {}, ((Ref("x"), (2, 3)), ())),
        ("std", (Ref("x"),), {"dim": 0, "correction": 0}, ((Ref("x"), 0), (("correction", 0),))),
        ("getitem_of_places", (Ref("x"), [0, 1]), {}, ((Ref("x"), [0, 1]), ())),
    ],
)
def test_arguments_are_put_in_their_places(name: str, args: Any, kwargs: dict[str, Any], expected: Any) -> None:
    step = Step(name, Form.METHOD, args, tuple(kwargs.items()), ("result",))
    found = in_places(step, find(name).parameters)
    assert (found.args, found.kwargs) == expected


def test_the_call_of_a_part_without_a_result_is_not_what_takes_the_part() -> None:
    part = Step("select", Form.FUNCTION, (Ref("leaf"), 0, 0), (), ("input",))
    written = Step("setitem", Form.OPERATOR, (Ref("input"), 0, 1.0))
    backward = Step("backward", Form.METHOD, (Ref("input"),))
    assert Case((), (part, written, backward)).main is written
