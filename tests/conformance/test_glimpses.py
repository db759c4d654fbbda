"""A glance tells apart whatever differs in one aspect, and nothing else; what it cannot tell is left to be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from conformance.accuracy import Exact
from conformance.compare import Comparison, Standard
from conformance.model.case import Case, Literal, Ref, Step
from conformance.model.observation import EVERY_ASPECT, METADATA, Aspect, Observation, Trace
from conformance.targets.execution import Live
from conformance.targets.interpreter import Interpreter, Traits
from conformance.targets.reference import ReferenceTarget
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from tests.conformance.executing import BACKWARD, SHARED, TRACKED, X, drawn, executed, method

# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")

Change = Callable[[torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]


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
    assert Live(same).elements_alike(Live(other), EVERY_ASPECT) == 12
    other.variables.update(change(other.variables["x"], other.variables["y"]))
    other.versions.setdefault("z", 0)
    assert Live(same).elements_alike(Live(other), EVERY_ASPECT) is None
    assert Live(other).elements_alike(Live(same), EVERY_ASPECT) is None


def test_a_node_is_told_from_a_leaf() -> None:
    leaf, node = executed(TorchTarget("cpu")), executed(TorchTarget("cpu"))
    leaf.variables["x"] = leaf.variables["x"].clone().requires_grad_()
    node.variables["x"] = leaf.variables["x"] * 1
    assert Live(leaf).elements_alike(Live(node), EVERY_ASPECT) is None


@pytest.mark.parametrize("name", ["transpose", "narrow", "cat", "gather", "view", "unbind", "eq", "from_numpy"])
def test_torch_is_like_the_reference_at_a_glance(name: str) -> None:
    for seed in range(20):
        case = drawn(name, seed)
        reference, cpu = executed(ReferenceTarget(), case), executed(TorchTarget("cpu"), case)
        found = Live(reference).elements_alike(Live(cpu), EVERY_ASPECT)
        assert found == sum(one.values.size for one in cpu.observe().values())


@pytest.mark.parametrize("case", [SHARED, Case((TRACKED,), (method("mul", Ref("x"), 2),))])
def test_without_data_bits_are_not_looked_at(case: Case) -> None:
    meta, reference = executed(MetaTarget(), case), executed(ReferenceTarget(), case)
    assert Live(reference).elements_alike(Live(meta), METADATA) == 0


TARGETS = (ReferenceTarget(), TorchTarget("cpu"))


@pytest.mark.parametrize("interpreter", TARGETS, ids=lambda one: one.name)
def test_gradients_are_elements_too(interpreter: Interpreter) -> None:
    execution = executed(interpreter, BACKWARD)
    glimpses = {name: execution.glimpse(name, data=True) for name in execution.variables}
    assert {name for name, one in glimpses.items() if one and one[0].gradient is not None} == {"x", "retained"}
    both = [Live(executed(one, BACKWARD)) for one in (interpreter, ReferenceTarget())]
    assert both[0].elements_alike(both[1], EVERY_ASPECT) == 36


def test_a_gradient_of_the_same_bits_in_another_shape_is_told_apart() -> None:
    same, other = (executed(TorchTarget("cpu"), BACKWARD) for _ in range(2))
    for one in (same, other):
        one.variables["x"].grad.fill_(1)
    assert Live(same).elements_alike(Live(other), EVERY_ASPECT) is not None
    other.variables["x"].grad.t_()
    assert Live(same).elements_alike(Live(other), EVERY_ASPECT) is None


@pytest.mark.parametrize("interpreter", TARGETS, ids=lambda one: one.name)
def test_versions_count_from_when_a_variable_was_bound(interpreter: Interpreter) -> None:
    """What an operation wrote to a tensor of its own before is nobody's concern."""
    bound, written = (executed(interpreter) for _ in range(2))
    for _ in range(2):
        assert written.step(Step("zero_", "in place", (Ref("x"),))) is None
    assert Live(bound).elements_alike(Live(written), EVERY_ASPECT) is None
    assert {one.version for one in written.observe().values()} == {2}
    written.versions = dict.fromkeys(written.variables, 2)
    assert Live(bound).elements_alike(Live(written), EVERY_ASPECT) == 12
    assert {one.version for one in written.observe().values()} == {0}


@pytest.mark.parametrize(
    ("reading", "plain"), [("size", False), ("item", False), ("dim", True), ("is_contiguous", True)]
)
def test_what_is_no_tensor_has_to_be_seen_unless_it_is_plain(reading: str, plain: bool) -> None:
    number = Case((replace(X, shape=(), strides=(), size=1, values=Literal(bytes(4))),), ())
    read = replace(number, steps=(method(reading, Ref("x")),))
    both = [Live(executed(target, read)) for target in TARGETS]
    assert (both[0].elements_alike(both[1], EVERY_ASPECT) is not None) == plain
    assert both[0]["result"].values == both[1]["result"].values


@pytest.mark.parametrize(("first", "second"), [(1, 2), (1, True), (0, 0.0), (0.0, -0.0), (0.0, 0.0), ("1", 1)])
def test_plain_values_are_told_apart_and_floats_are_not_plain(first: object, second: object) -> None:
    for value, other in ((first, second), (second, first)):
        one, two = (executed(TorchTarget("cpu")) for _ in range(2))
        one.variables["n"], two.variables["n"] = value, other
        one.versions["n"] = two.versions["n"] = 0
        assert Live(one).elements_alike(Live(two), EVERY_ASPECT) is None


def test_elements_that_are_left_open_are_not_looked_at() -> None:
    cast = Case((X,), (method("int", Ref("x")),))
    for wrong, alike in ((0, True), (1, False)):
        both = [executed(target, cast) for target in TARGETS]
        expected, actual = (one.variables["result"] for one in both)
        expected.specified = np.full(expected.shape, True)
        expected.specified[0] = False
        actual[wrong] += 1
        both[1].versions["result"] = actual._version
        found = Live(both[0]).elements_alike(Live(both[1]), EVERY_ASPECT)
        assert found == (9 if alike else None)


def test_where_the_manual_leaves_all_values_open_the_rest_is_compared() -> None:
    empty = Case((), (Step("empty", "function", ((3,),), results=("result",)),))
    other = Case((), (Step("empty", "function", ((4,),), results=("result",)),))
    reference, cpu = TARGETS
    same, longer = Live(executed(cpu, empty)), Live(executed(cpu, other))
    assert Live(executed(reference, empty)).elements_alike(same, EVERY_ASPECT) == 0
    assert Live(executed(reference, empty)).elements_alike(longer, EVERY_ASPECT) is None


def test_where_gradients_alone_are_compared_they_are_looked_at() -> None:
    same, other = (executed(TorchTarget("cpu"), BACKWARD) for _ in range(2))

    def differences() -> list[tuple[Aspect, str]]:
        one, two = (Trace("cpu", [Observation(0, None, Live(each))]) for each in (same, other))
        comparison = Comparison(frozenset({Aspect.GRAD}), Traits(), lambda: Standard(Exact(), "mul"))
        return [(found.aspect, found.variable) for found in comparison.traces(one, two).differences]

    assert differences() == []
    other.variables["x"].grad.add_(1)
    assert differences() == [(Aspect.GRAD, "x")]


def test_what_a_glance_compared_is_counted() -> None:
    """That there are no variables on either side is compared too; what has to be seen counts when it is."""
    shapes = Step("broadcast_shapes", "function", ((2,), (1,)), results=("result",))
    for case in (Case((), ()), Case((), (shapes,))):
        one, two = (Trace(target.name, [Observation(0, None, Live(executed(target, case)))]) for target in TARGETS)
        comparison = Comparison(frozenset({Aspect.VALUES}), Traits(), lambda: Standard(Exact(), "empty"))
        assert comparison.traces(one, two).differences == []
        assert comparison.compared == 1
