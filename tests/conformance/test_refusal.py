"""The dtype table is examined both ways: what is not in it must be refused, also where a dtype is only asked for."""

from __future__ import annotations

import pytest

from conformance.choices import SeededChoices
from conformance.model.case import DTypeName
from conformance.model.verdict import Outcome
from conformance.operations import every_operation, find
from conformance.properties.refusal import PROPERTY
from conformance.strategies.cases import draw_case
from conformance.targets.torch.eager import TorchTarget
from reference.dtypes import BY_NAME, TORCH_DTYPES

torch = pytest.importorskip("torch")

ASKED = [
    name
    for name, operation in every_operation().items()
    if name in ("arange", "linspace", "rand", "randint", "randn", "randperm")
    and set(TORCH_DTYPES) - {*operation.dtypes}
]


@pytest.mark.parametrize("name", ASKED)
def test_a_dtype_that_is_not_in_the_table_is_asked_for_and_refused(name: str) -> None:
    operation = find(name)
    asked = set()
    for seed in range(12):
        choices = SeededChoices(seed)
        base = draw_case(choices, operation, operation.dtypes[-1])
        for case in PROPERTY.derive(base, operation, choices):
            wanted = dict(case.steps[0].kwargs).get("dtype")
            if isinstance(wanted, DTypeName) and BY_NAME[wanted.name] not in operation.dtypes:
                asked.add(wanted.name)
                assert PROPERTY.examine(case, TorchTarget("cpu")).outcome is Outcome.HELD
    assert asked


def test_a_range_that_takes_any_dtype_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    correct, operation, outcomes = torch.arange, find("arange"), set()
    monkeypatch.setattr(torch, "arange", lambda *args, dtype, **more: correct(*args, **more).to(dtype))
    for seed in range(12):
        choices = SeededChoices(seed)
        base = draw_case(choices, operation, operation.dtypes[-1])
        outcomes |= {
            PROPERTY.examine(case, TorchTarget("cpu")).outcome for case in PROPERTY.derive(base, operation, choices)
        }
    assert Outcome.BROKE in outcomes
