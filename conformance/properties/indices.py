"""Indices: which of several equal elements is meant may be open, but an index leads to one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.choices import Choices
from conformance.model.case import Argument, Case, Drawn, Input, Ref, Step
from conformance.model.observation import Aspect
from conformance.operation import Form, Operation
from conformance.properties.base import Property, first_tensor, result_seen, then
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BOOL, BY_NAME
from reference.function import Function

EQUALS = "small|gaps"
"""Small integers, and NaN: of each there are several."""


class Indices(Property):
    name = "indices"
    of_every_dtype = True
    claim = (
        "An index leads to the element that was chosen, whichever of equal ones it is; a sort names each place once; a"
        " mode is as frequent as any."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES in target.aspects and bool(operation.chooses)

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        given = first_tensor(base)
        if given is None or not given.shape or 0 in given.shape or not isinstance(operation.reference, Function):
            return
        case = base.with_input(_with_values(given, EQUALS))
        dim = operation.reference.arguments(case.main.args, dict(case.main.kwargs))["dim"]
        seen = result_seen(case)
        if seen is None:
            return
        values, index = seen[case.main.results[0]], case.main.results[-1]
        if operation.chooses == "most":
            small = base.with_input(_with_values(given, "small"))
            yield then(small, *_as_often(given.name, small.main, dim, kept=len(values.shape or ()) == len(given.shape)))
        elif values.specified is False:
            small = base.with_input(_with_values(given, "small"))
            yield then(small, *_of_any_order(case.main.results[0], dim))
        elif values.specified is True or len(seen) == 1:
            kept = len(seen[index].shape or ()) == len(given.shape)
            chosen = _called("take_along_dim", Ref(given.name), Ref(index if kept else "kept"), dim, made="chosen")
            yield then(case, *([] if kept else [_called("unsqueeze", Ref(index), dim, made="kept")]), chosen)
        if operation.chooses == "each":
            yield then(case, *_each_place_once(index, dim))


def _with_values(given: Input, mode: str) -> Input:
    if not isinstance(given.values, Drawn) or BY_NAME[given.dtype] is BOOL:
        return given
    return replace(given, values=replace(given.values, mode=mode, specials=()))


def _of_any_order(values: str, dim: Argument) -> Iterator[Step]:
    """What the same elements have in common in any order."""
    for operation in ("amin", "amax", "sum"):
        yield _called(operation, Ref(values), dim, made=f"{operation}_of_all")


def _as_often(given: str, call: Step, dim: Argument, *, kept: bool) -> Iterator[Step]:
    """How often the value is in its row, and whether its index leads to it: whichever of several it is, that is known.

    What depends on the choice is overwritten.
    """
    names = dict(zip(call.results, call.results if kept else ("value", "place"), strict=True))
    if not kept:
        yield from (_called("unsqueeze", Ref(result), dim, made=name) for result, name in names.items())
    value, place = names.values()
    yield _called("take_along_dim", Ref(given), Ref(place), dim, made="found")
    yield _called("eq", Ref("found"), Ref(value), made="found")
    yield _called("eq", Ref(given), Ref(value), made="times")
    yield _called("sum", Ref("times"), dim, made="times")


def _each_place_once(index: str, dim: Argument) -> Iterator[Step]:
    """Ones are written to every place that is named: all become ones."""
    yield _called("zeros_like", Ref(index), made="named")
    yield Step("scatter_number", Form.METHOD, (Ref("named"), dim, Ref(index), 1), results=("once",))


def _called(operation: str, *args: Argument, made: str) -> Step:
    return Step(operation, Form.FUNCTION, args, results=(made,))


PROPERTY = Indices()
