"""The published tables of errors: whole, of the torch that the suite is for, and judged by the bounds of today."""

from __future__ import annotations

import pytest

from conformance.bulk import call_reference
from conformance.commands.accuracy import PAGE, RECORDED, read_record
from conformance.model.sweep import Plan, Sweep
from conformance.operation import Form, Operation
from conformance.operations import every_operation, find
from conformance.sweep.inputs import IN_PLACE, PATHS, unary
from reference.dtypes import BFLOAT16, FLOAT16, INT16, DType
from reference.tensor import Tensor
from reports.accuracy import render_accuracy

RECORD = read_record(RECORDED)
AGAIN = "sweep it again (docs/accuracy.md says how), then python -m conformance accuracy DIR"


def test_the_page_is_that_of_the_sweeps_on_record() -> None:
    page = RECORDED.with_name(PAGE).read_text("utf-8")
    assert page == render_accuracy(RECORD), "python -m conformance accuracy writes the page"


def test_all_sweeps_are_of_one_torch_and_finished() -> None:
    assert {sweep.conditions.torch.partition("+")[0] for sweep in RECORD} == {"2.13.0"}
    assert all(sweep.finished for sweep in RECORD)


@pytest.mark.parametrize("name", sorted({sweep.plan.operation for sweep in RECORD}))
def test_the_bound_of_a_sweep_is_that_of_the_code(name: str) -> None:
    accuracy = find(name).accuracy
    judged = {(one.conditions.bound, one.conditions.exact) for one in RECORD if one.plan.operation == name}
    assert judged == {(accuracy.words, accuracy.bitwise)}, AGAIN


def test_what_is_beyond_its_bound_is_known() -> None:
    assert [sweep.plan for sweep in RECORD if sweep.broke] == []


def paths_of(operation: Operation, dtype: DType) -> tuple[str, ...]:
    """All paths; in place where there is such a form and its result has the dtype of what it is written to."""
    result = call_reference(operation, [Tensor.empty((1,), dtype)], {})
    written = Form.IN_PLACE in operation.spellings and result.dtype is dtype
    return (*PATHS, IN_PLACE) if written else tuple(PATHS)


# What Inductor writes for it does not compile (the deviation compiled-signbit-of-bfloat16).
UNCOMPILED = {("signbit", "bfloat16", "rows")}


@pytest.mark.parametrize("tried", ["cpu", "cpu+compile"])
def test_every_function_was_tried_on_all_values_of_16_bits_along_every_path(tried: str) -> None:
    swept = {sweep.plan for sweep in RECORD}
    wanted = {
        Plan(operation.name, dtype.name, tried, path, 1, 2**16)
        for operation in every_operation().values()
        if unary(operation) and not operation.alias_of
        for dtype in (FLOAT16, BFLOAT16, INT16)
        if dtype in operation.dtypes
        for path in paths_of(operation, dtype)
    }
    assert len(wanted) > 400
    assert {plan for plan in wanted - swept if (plan.operation, plan.dtype, plan.path) not in UNCOMPILED} == set(), (
        AGAIN
    )


def test_the_page_names_every_sweep_that_took_all_float32_values() -> None:
    page = RECORDED.with_name(PAGE).read_text("utf-8")
    whole: list[Sweep] = [sweep for sweep in RECORD if sweep.plan.total == 2**32]
    assert whole
    for sweep in whole:
        assert f"| `{sweep.plan.operation}` | float32 | {sum(sweep.bins):,} |" in page
