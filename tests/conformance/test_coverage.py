"""What torch offers is found in torch, each spelling is counted once, and no exclusion hides what is covered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from conformance.cli import main
from conformance.coverage import (
    CoverageError,
    Offered,
    check_exclusions,
    count,
    counted,
    exclusions,
    manual_lists,
    spelled_by,
)
from conformance.operation import Form
from conformance.operations import every_operation, find
from conformance.targets.torch.offered import offered

FAMILIES = {family.family: family for family in offered(manual_lists())}
NAMES = {name for family in FAMILIES.values() for name in family.names}
COVERED = spelled_by(every_operation().values())


def test_every_in_place_method_is_offered() -> None:
    methods = {name for name in dir(torch.Tensor) if name.endswith("_") and not name.startswith("_")}
    assert {f"Tensor.{name}" for name in methods} == {n for n in FAMILIES["in place"].names if n.endswith("_")}


def test_functions_methods_and_out_forms_are_offered_where_torch_has_them() -> None:
    assert {"torch.add", "Tensor.add", "torch.add(out=)", "torch.any(out=)", "Tensor.T"} <= NAMES
    assert not {"torch.isnan(out=)", "torch.zero", "Tensor.requires_grad", "Tensor.zeros"} & NAMES


def test_operators_are_offered_and_their_leftovers_of_python_2_are_not() -> None:
    names = FAMILIES["operators"].names
    assert {"Tensor.__rsub__", "Tensor.__iadd__", "Tensor.__invert__", "Tensor.__getitem__"} <= {*names}
    assert not {"Tensor.__div__", "Tensor.__rdiv__", "Tensor.__repr__", "Tensor.__reversed__"} & {*names}


def test_a_name_of_the_manual_that_torch_lacks_is_said_to_be_absent() -> None:
    listed = replace(manual_lists()[0], names=("torch.add", "torch.no_such_function"))
    (family,) = (family for family in offered([listed]) if family.family == listed.family)
    assert family.absent == ("torch.no_such_function",)
    assert "torch.no_such_function" not in family.names


def test_a_list_has_an_address_a_source_and_no_name_twice() -> None:
    for listed in manual_lists():
        assert listed.url.startswith("https://docs.pytorch.org/")
        assert listed.read
        assert len(set(listed.names)) == len(listed.names)
        assert all(name.startswith(("torch.", "Tensor.")) for name in listed.names)


def test_a_declared_spelling_is_covered_in_every_form() -> None:
    found = spelled_by([find("add")])
    assert found == {"torch.add", "Tensor.add", "Tensor.add_", "torch.add(out=)"} | {
        f"Tensor.__{name}__" for name in ("add", "radd", "iadd")
    }
    assert "Tensor.__invert__" in spelled_by([replace(find("neg"), spellings={Form.OPERATOR: "operator.invert"})])


def test_a_spelling_is_covered_excluded_or_missing() -> None:
    family = Offered("some", "here", ("torch.add", "torch.map", "Tensor.map", "torch.sub"))
    found = counted(family, frozenset({"torch.add"}), {"map": "why"})
    assert found.covered == ("torch.add",)
    assert found.excluded == {"torch.map": "why", "Tensor.map": "why"}
    assert found.missing == ("torch.sub",)


def test_every_offered_spelling_is_counted_once() -> None:
    for family, before in zip(count(FAMILIES.values()), FAMILIES.values(), strict=True):
        assert sorted([*family.covered, *family.excluded, *family.missing]) == sorted(before.names)


def test_the_exclusions_mean_something() -> None:
    check_exclusions(exclusions(), NAMES, COVERED)


@pytest.mark.parametrize(
    ("excluded", "complaint"),
    [
        ({"torch.add": "why"}, "is covered"),
        ({"add": "why"}, "is covered"),
        ({"no_such_function": "why"}, "no such thing"),
        ({"torch.no_such_function": "why"}, "no such thing"),
        ({"map_": " "}, "without a reason"),
    ],
)
def test_an_exclusion_that_means_nothing_is_an_error(excluded: Mapping[str, str], complaint: str) -> None:
    with pytest.raises(CoverageError, match=complaint):
        check_exclusions(excluded, NAMES, COVERED)


def test_the_command_prints_counts_and_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage"]) == 0
    shown = capsys.readouterr().out
    assert "all, each once" in shown
    assert "in place: excluded, calls a Python function" in shown
    assert main(["coverage", "--family", "pointwise", "--json"]) == 0
    (family,) = json.loads(capsys.readouterr().out)["families"]
    assert family["family"] == "pointwise"
    assert "torch.add" in family["covered"]


def test_the_check_fails_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from conformance.commands import coverage

    monkeypatch.setattr(coverage, "offered", lambda lists: [Offered("some", "here", ("torch.add",))])
    assert main(["coverage", "--check"]) == 0
    monkeypatch.setattr(coverage, "offered", lambda lists: [Offered("some", "here", ("torch.add", "torch.new"))])
    assert main(["coverage", "--check"]) == 1
    assert main(["coverage"]) == 0
    assert "some: missing\n  torch.new" in capsys.readouterr().out


def test_an_unknown_family_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--family", "pontwise"]) == 2
    assert "no family is called 'pontwise'" in capsys.readouterr().err
