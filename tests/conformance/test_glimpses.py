"""A glance tells apart whatever differs in one aspect, and nothing else; what it cannot tell is left to be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from conformance.choices import SeededChoices
from conformance.model.case import Case, Drawn, Input, Ref, Step
from conformance.operations import find
from conformance.strategies.cases import draw_case
from conformance.targets.execution import Execution, Live
from conformance.targets.interpreter import Interpreter
from conformance.targets.reference import ReferenceTarget
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from reference.dtypes import FLOAT32

X = Input("x", (2, 3), "float32", (3, 1), 0, 6, Drawn("zero", 0))
SHARED = Case((X,), (Step("view_as", "method", (Ref("x"), Ref("x")), results=("y",)),))

# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")

Change = Callable[[torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]


def executed(target: Interpreter, case: Case = SHARED) -> Execution:
    execution = Execution(target, case.inputs)
    for step in case.steps:
        assert execution.step(step) is None
    return execution


def moved(x: torch.Tensor) -> torch.Tensor:
    return torch.as_strided(torch.zeros(7), (2, 3), (3, 1), 1)


def with_gradient(x: torch.Tensor) -> torch.Tensor:
    changed = x.detach()
    changed.grad = torch.ones(2, 3)
    return changed


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda x, y: {"y": y.to(torch.float64)}, id="dtype"),
        pytest.param(lambda x, y: {"y": y.view(3, 2)}, id="shape"),
        pytest.param(lambda x, y: {"y": torch.as_strided(x, (2, 3), (1, 2))}, id="strides"),
        pytest.param(lambda x, y: {"x": moved(x), "y": moved(x)}, id="offset"),
        pytest.param(lambda x, y: {"y": y.clone()}, id="storage"),
        pytest.param(lambda x, y: {"y": x}, id="identity"),
        pytest.param(lambda x, y: {"x": x.neg_()}, id="sign of zero"),
        pytest.param(lambda x, y: {"x": x.mul_(1)}, id="version"),
        pytest.param(lambda x, y: {"x": x.detach().requires_grad_()}, id="requires_grad"),
        pytest.param(lambda x, y: {"x": with_gradient(x)}, id="grad"),
        pytest.param(lambda x, y: {"z": y}, id="another variable"),
    ],
)
def test_what_differs_in_one_aspect_is_told_apart(change: Change) -> None:
    same, other = executed(TorchTarget("cpu")), executed(TorchTarget("cpu"))
    assert Live(same).elements_alike(Live(other), data=True) == 12
    other.variables.update(change(other.variables["x"], other.variables["y"]))
    other.versions.setdefault("z", 0)
    assert Live(same).elements_alike(Live(other), data=True) is None
    assert Live(other).elements_alike(Live(same), data=True) is None


def test_a_node_is_told_from_a_leaf() -> None:
    leaf, node = executed(TorchTarget("cpu")), executed(TorchTarget("cpu"))
    leaf.variables["x"] = leaf.variables["x"].clone().requires_grad_()
    node.variables["x"] = leaf.variables["x"] * 1
    assert Live(leaf).elements_alike(Live(node), data=True) is None


@pytest.mark.parametrize("name", ["transpose", "narrow", "cat", "gather", "view", "unbind", "eq", "from_numpy"])
def test_torch_is_like_the_reference_at_a_glance(name: str) -> None:
    for seed in range(20):
        case = draw_case(SeededChoices(seed), find(name), FLOAT32)
        reference, cpu = executed(ReferenceTarget(), case), executed(TorchTarget("cpu"), case)
        found = Live(reference).elements_alike(Live(cpu), data=True)
        assert found == sum(one.values.size for one in cpu.observe().values())


def test_without_data_bits_are_not_looked_at() -> None:
    meta, reference = executed(MetaTarget()), executed(ReferenceTarget())
    assert Live(reference).elements_alike(Live(meta), data=False) is not None


def test_values_that_the_manual_leaves_open_have_to_be_seen() -> None:
    empty = Case((), (Step("empty", "function", ((3,),), results=("result",)),))
    reference, cpu = executed(ReferenceTarget(), empty), executed(TorchTarget("cpu"), empty)
    assert Live(reference).elements_alike(Live(cpu), data=True) is None
