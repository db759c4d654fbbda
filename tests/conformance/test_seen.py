"""What is seen of a value: each thing that there is to see of it, and nothing where looking would go wrong."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

from conformance.compare import Comparison
from conformance.model.case import Case, Ref, Step
from conformance.model.observation import EVERY_ASPECT, METADATA, Observation, Seen, Trace
from conformance.targets.interpreter import Glimpse, Interpreter, Memory, Traits
from conformance.targets.reference import ReferenceTarget
from conformance.targets.torch.eager import MetaTarget, TorchTarget, history, reaches_beyond
from conformance.targets.torch.elements import to_numpy
from tests.conformance.executing import BACKWARD, TRACKED, X, drawn, executed, method

REFERENCE, CPU, META = ReferenceTarget(), TorchTarget("cpu"), MetaTarget()
# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("interpreter", [REFERENCE, CPU], ids=lambda one: one.name)
def test_a_leaf_a_tensor_that_retains_its_gradient_and_one_that_does_not(interpreter: Interpreter) -> None:
    seen = executed(interpreter, BACKWARD).observe()
    facts = {name: (one.requires_grad, one.is_leaf, one.grad_fn) for name, one in seen.items()}
    assert facts == {
        "x": (True, True, None),
        "cotangent": (False, True, None),
        "retained": (True, False, "MulBackward0"),
        "other": (True, False, "MulBackward0"),
    }
    cotangent = seen["cotangent"].values
    assert {name: None if one.grad is None else (one.grad / cotangent).max() for name, one in seen.items()} == {
        "x": 4,
        "cotangent": None,
        "retained": 2,
        "other": None,
    }
    for name, one in seen.items():
        assert (one.kind, one.dtype, one.shape, one.strides, one.offset) == ("tensor", "float32", (2, 3), (3, 1), 0)
        assert (one.version, one.identity, one.storage) == (0, name, name)


@pytest.mark.parametrize("interpreter", [REFERENCE, CPU], ids=lambda one: one.name)
def test_of_what_is_no_leaf_any_more_no_gradient_is_promised(interpreter: Interpreter) -> None:
    steps = (
        method("backward", Ref("x"), Ref("cotangent"), results=()),
        method("requires_grad_", Ref("x"), False, results=()),
        Step("mul", "in place", (Ref("x"), Ref("other"))),
    )
    case = Case((*BACKWARD.inputs, replace(TRACKED, name="other")), steps)
    assert executed(interpreter, replace(case, steps=steps[:1])).observe()["x"].grad is not None
    execution = executed(interpreter, case)
    assert (execution.observe()["x"].is_leaf, execution.observe()["x"].grad) == (False, None)
    glimpse = execution.glimpse("x", data=True)
    assert glimpse is not None
    assert glimpse[0].gradient is None


def test_the_gradient_of_no_leaf_is_asked_for() -> None:
    """Torch warns of that: it is not there."""
    other = executed(CPU, BACKWARD).variables["other"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert CPU.see(other).grad is None
        assert CPU.glimpse(other, data=True) is not None


@pytest.mark.parametrize("name", ["mul", "narrow", "max", "gather", "from_numpy", "numpy", "unbind", "flip", "size"])
def test_torch_and_the_reference_are_seen_to_be_alike(name: str) -> None:
    for seed in range(5):
        case = drawn(name, seed)
        for target, aspects in ((CPU, EVERY_ASPECT), (META, METADATA)):
            if not (target is META and name in ("from_numpy", "numpy")):
                both = [Trace("", [Observation(0, None, executed(one, case).observe())]) for one in (REFERENCE, target)]
                assert Comparison(aspects, Traits(), _no_standard).traces(*both).differences == []


def test_the_reference_knows_what_was_not_rounded_and_what_is_left_open() -> None:
    out = replace(X, name="out", dtype="float64")
    steps = (
        method("exp", Ref("x")),
        Step("exp", "out", (Ref("x"),), (("out", Ref("out")),)),
        Step("empty", "function", ((2,),), results=("open",)),
    )
    seen = executed(REFERENCE, Case((replace(TRACKED, requires_grad=False), out), steps)).observe()
    for name in ("result", "out"):
        exact = seen[name].unrounded
        assert exact is not None
        assert exact.dtype.itemsize >= 8
        assert (seen[name].values == exact.astype(np.float32)).all()
        assert (seen[name].values != exact).any()
    assert {name: (one.computed, one.specified) for name, one in seen.items()} == {
        "x": (None, True),
        "out": ("float32", True),
        "result": (None, True),
        "open": (None, False),
    }


def _no_standard() -> Any:
    raise AssertionError("bits differ")


def test_without_data_no_elements_are_seen() -> None:
    seen = executed(META, BACKWARD).observe()
    assert {(one.values, one.grad, one.shape) for one in seen.values()} == {(None, None, (2, 3))}
    assert seen["retained"].requires_grad


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (torch.Size([2, 3]), Seen("Size", (2, 3))),
        (torch.float16, Seen("dtype", ReferenceTarget().dtype("float16"))),
        (2.5, Seen("float", 2.5)),
        (None, Seen("NoneType", None)),
    ],
)
def test_what_is_no_tensor_is_seen_as_what_it_is_in_python(value: Any, seen: Seen) -> None:
    assert CPU.see(value) == seen
    assert type(CPU.see(value).values) is type(seen.values)
    assert (CPU.glimpse(value, data=True), CPU.version(value), CPU.memory(value)) == (None, 0, None)


@pytest.mark.parametrize("interpreter", [REFERENCE, CPU], ids=lambda one: one.name)
def test_an_array_has_values_shape_and_strides_and_knows_nothing_of_autograd(interpreter: Interpreter) -> None:
    array = np.arange(6, dtype=np.int16).reshape(2, 3)[:, ::2]
    seen = interpreter.see(array)
    assert (seen.kind, seen.dtype, seen.shape, seen.strides) == ("array", "int16", (2, 2), (3, 2))
    assert (seen.values.tolist(), seen.requires_grad, seen.version) == ([[0, 2], [3, 5]], None, None)
    assert not np.shares_memory(seen.values, array)
    assert interpreter.glimpse(array, data=True) == Glimpse((2, 2), (array.dtype, (6, 4)), seen.values.tobytes())
    assert interpreter.glimpse(array, data=False) == Glimpse((2, 2), (array.dtype, (6, 4)))
    start = array.__array_interface__["data"][0]
    assert interpreter.memory(array) == Memory(start, start + 12 - 2 + 2, id(array))
    assert interpreter.version(array) == 0


# -- elements --------------------------------------------------------------------------------------------------------

ONE_I = torch.tensor([1 + 2j])


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (ONE_I.conj(), np.array([1 - 2j], np.complex64)),
        (ONE_I.conj().imag, np.array([-2], np.float32)),
        (torch._efficientzerotensor(2), np.zeros(2, np.float32)),
        (torch.tensor([1.5], dtype=torch.bfloat16), np.array([1.5], ml_dtypes.bfloat16)),
        (torch.tensor(1.5, dtype=torch.bfloat16), np.array(1.5, ml_dtypes.bfloat16)),
        (torch.tensor([1.5], dtype=torch.float8_e5m2), np.array([1.5], ml_dtypes.float8_e5m2)),
        (torch.tensor([[1.5], [2]], dtype=torch.bfloat16).T, np.array([[1.5, 2]], ml_dtypes.bfloat16)),
        (torch.arange(6).reshape(2, 3).T, np.arange(6).reshape(2, 3).T),
        (torch.tensor([True]), np.array([True])),
    ],
)
def test_elements_are_copied_bit_for_bit(tensor: torch.Tensor, expected: np.ndarray) -> None:
    found = to_numpy(tensor)
    assert (found.dtype, found.shape, found.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())
    found[...] = 0
    assert to_numpy(tensor).tobytes() == expected.tobytes()


def test_of_what_numpy_lacks_the_dtype_shows_what_it_was() -> None:
    seen = CPU.see(torch.tensor([1 + 2j], dtype=torch.complex32))
    assert (seen.dtype, seen.values.dtype, seen.values.tolist()) == ("complex32", np.complex64, [1 + 2j])


# -- what must not be looked at --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "strides", "offset", "needed"),
    [((2, 3), (3, 1), 0, 6), ((2, 3), (4, 2), 5, 14), ((), (), 3, 4), ((4,), (0,), 0, 1), ((0, 3), (3, 1), 9, 0)],
)
def test_what_reaches_beyond_its_storage_is_not_read(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int, needed: int
) -> None:
    for nbytes in range(max(4 * needed - 1, 0), 4 * needed + 2):
        tensor = torch.zeros(20).as_strided(shape, strides, offset)
        tensor.untyped_storage().resize_(nbytes)
        beyond = nbytes < 4 * needed
        assert reaches_beyond(tensor) is beyond
        assert (CPU.glimpse(tensor, data=True) is None) is beyond
        assert (CPU.see(tensor) == Seen("tensor that reaches beyond its storage")) is beyond


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (torch.ones(2).to_sparse(), "tensor of layout sparse_coo"),
        (torch.ones(2, device="meta"), "tensor on meta"),
    ],
)
def test_what_has_no_elements_here_is_seen_to_be_something_else(tensor: torch.Tensor, kind: str) -> None:
    assert CPU.see_all({"made": tensor})["made"].kind == kind
    assert CPU.glimpse(tensor, data=True) is None


def test_of_a_negative_size_no_element_is_shown() -> None:
    """As torch returns it: docs/findings/004."""
    impossible = torch.ones(0, 1).expand(0, -2)
    assert CPU.glimpse(impossible, data=True) is None
    seen = CPU.see(impossible)
    assert (seen.kind, seen.shape, seen.values) == ("tensor", (0, -2), None)


def test_a_view_that_refuses_to_tell_its_node_is_seen_to_refuse() -> None:
    steps = (
        method("mul", Ref("x"), 2, results=("base",)),
        method("unbind", Ref("base"), results=("first", "second")),
        Step("add", "in place", (Ref("base"), 1)),
    )
    for interpreter in (REFERENCE, CPU):
        seen = executed(interpreter, Case((TRACKED,), steps)).observe()["first"]
        assert (seen.is_leaf, seen.grad_fn) == (None, "refused (RuntimeError)")


def test_a_node_is_named_without_its_namespace() -> None:
    class Node:
        def name(self) -> str:
            return "torch::autograd::Double"

    class Holder:
        grad_fn = Node()

    assert history(Holder()) == (False, "Double")


def test_memory_is_that_of_the_whole_storage() -> None:
    for interpreter in (REFERENCE, CPU):
        execution = executed(interpreter, Case((X,), (method("select", Ref("x"), 0, 1),)))
        whole, part = (interpreter.memory(execution.variables[name]) for name in ("x", "result"))
        assert whole == part
        assert whole is not None
        assert whole.stop - whole.start == 24
    nowhere = META.memory(torch.ones(2, device="meta"))
    assert nowhere is not None
    assert nowhere[:2] == (0, 0)
