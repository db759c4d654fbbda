"""What a release or a device does not have is not tested there, and everything else is."""

from __future__ import annotations

import pytest
import torch

from conformance.choices import SeededChoices
from conformance.model.case import Case, Drawn, DTypeName, Input, Ref, Step, dtype_names
from conformance.model.run import CellEvent, Event
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.profiles import PROFILES
from conformance.structures import draw_structure
from conformance.targets.torch import eager
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from conformance.verify import Verification
from reference.dtypes import FLOAT32, UINT16


@pytest.mark.parametrize("name", ["zeros", "view", "clone"])
def test_a_dtype_that_a_torch_does_not_have_is_not_tested(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "uint16", raising=False)
    monkeypatch.setattr(eager, "absent_dtypes", eager.absent_dtypes.__wrapped__)
    events: list[Event] = []
    operation = find(name)
    check = Verification(operation, TorchTarget("cpu"), PROFILES["smoke"], events.append)
    for dtype in (UINT16, FLOAT32):
        check.check(draw_structure(SeededChoices(3), operation, dtype))
    assert check.finish() == []
    cells = [event.cell for event in events if isinstance(event, CellEvent) and event.cell.property != "refusal"]
    assert {cell.tally.outcome for cell in cells if cell.dtype == "uint16"} == {Outcome.INAPPLICABLE}
    assert Outcome.HELD in {cell.tally.outcome for cell in cells if cell.dtype == "float32"}


def test_a_case_names_the_dtypes_of_its_inputs_and_arguments() -> None:
    given = Input("x", (), "int8", (), 0, 1, Drawn("small", 1))
    steps = (
        Step("to", "method", (Ref("x"), DTypeName("uint16"))),
        Step("zeros", "function", ((2,),), (("dtype", DTypeName("float8_e5m2")),)),
    )
    assert dtype_names(Case((given,), steps)) == {"int8", "uint16", "float8_e5m2"}


def test_the_name_of_a_type_of_the_cpu_is_asked_of_no_other_device() -> None:
    given = Input("x", (), "int8", (), 0, 1, Drawn("small", 1))
    case = Case((given,), (Step("type_by_name", "method", (Ref("x"), "torch.FloatTensor"), results=("result",)),))
    assert MetaTarget().lacks(case)
    assert not TorchTarget("cpu").lacks(case)
