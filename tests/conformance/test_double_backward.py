"""Second derivatives are those of the mathematics; what bends, jumps or is a convention is left open."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance import discrepancy
from conformance.choices import SeededChoices
from conformance.model.case import Case, Input, Literal, Ref, Step
from conformance.model.codec import decode_case, encode_case
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.properties.double_backward import ALONG, COTANGENT, PROPERTY, SECOND, passes
from conformance.properties.gradient import with_cotangent
from conformance.reduce import reduce
from conformance.strategies.cases import draw_case
from conformance.targets.reference import ReferenceTarget
from reference.dtypes import COMPLEX128, FLOAT32, FLOAT64
from reference.layout import contiguous_strides

torch = pytest.importorskip("torch")

from conformance.targets.torch.eager import MetaTarget, TorchTarget  # noqa: E402 - only where torch is installed

CPU = TorchTarget("cpu")
# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")


def given(name: str, values: Any, *, tracked: bool = False) -> Input:
    array = np.array(values)
    dtype = array.dtype.name
    data = Literal(array.tobytes())
    return Input(name, array.shape, dtype, contiguous_strides(array.shape), 0, array.size, data, requires_grad=tracked)


def twice(call: Step, inputs: dict[str, Any], along: dict[str, Any], cotangent: Any, *others: Input) -> Case:
    """Both passes from the result of a call."""
    made = [given(name, values, tracked=True) for name, values in inputs.items()]
    directions = [given(ALONG + name, values) for name, values in along.items()]
    pulled = given(COTANGENT, cotangent, tracked=True)
    return Case((*made, *others, pulled, *directions), (call, *passes("result", list(inputs))))


def call(operation: str, *args: Any) -> Step:
    return Step(operation, "function", args, (), ("result",))


def expected(case: Case) -> dict[str, Any]:
    """What the second gradients should be; nothing where that is left open."""
    trace = PROPERTY.examine(case, CPU).expected
    seen = trace.last.variables if trace is not None else {}
    return {name.removeprefix(SECOND): one.values for name, one in seen.items() if name.startswith(SECOND)}


# -- the mathematics -------------------------------------------------------------------------------------------------


def test_of_a_product() -> None:
    """p = v x y: its gradient is (v y, v x), which changes by (v b, v a) along (a, b), and by a y + b x with v."""
    case = twice(call("mul", Ref("x"), Ref("y")), {"x": [2.0], "y": [3.0]}, {"x": [0.5], "y": [0.25]}, [4.0])
    found = expected(case)
    assert found["x"] == pytest.approx([4 * 0.25], rel=1e-12)
    assert found["y"] == pytest.approx([4 * 0.5], rel=1e-12)
    assert found[COTANGENT] == pytest.approx([0.5 * 3 + 0.25 * 2], rel=1e-12)


def test_of_an_exponential_in_many_digits() -> None:
    found = expected(twice(call("exp", Ref("x")), {"x": [0.7]}, {"x": [3.0]}, [2.0]))
    assert found["x"] == pytest.approx([6 * np.exp(0.7)], rel=1e-13)
    assert found[COTANGENT] == pytest.approx([3 * np.exp(0.7)], rel=1e-13)


def test_of_complex_numbers() -> None:
    """The gradient of an analytic f is v conj(f'), its second derivative conj(w) v conj(f'') and w f'."""
    x, w, v = 0.5 + 0.25j, 2 - 1j, -1 + 3j
    found = expected(twice(call("sin", Ref("x")), {"x": [x]}, {"x": [w]}, [v]))
    assert found["x"] == pytest.approx([np.conj(w) * v * np.conj(-np.sin(x))], rel=1e-12)
    assert found[COTANGENT] == pytest.approx([w * np.cos(x)], rel=1e-12)


def test_of_a_function_that_is_not_analytic() -> None:
    """The gradient of |x| is v x / |x|: what goes along x itself does not turn it."""
    case = twice(call("abs", Ref("x")), {"x": [2j, 2j]}, {"x": [2j, 1.0 + 0j]}, [4.0, 4.0])
    found = expected(case)
    assert found["x"] == pytest.approx([0, 4 / 2], abs=1e-12)
    assert found[COTANGENT] == pytest.approx([2, 0], abs=1e-12)
    assert PROPERTY.examine(case, CPU).outcome is Outcome.HELD


def test_what_does_not_depend_on_an_input_has_a_second_gradient_of_zero() -> None:
    found = expected(twice(call("add", Ref("x"), Ref("y")), {"x": [2.0], "y": [3.0]}, {"x": [1.0], "y": [1.0]}, [4.0]))
    assert [*found["x"], *found["y"]] == [0, 0]
    assert found[COTANGENT] == pytest.approx([2.0], rel=1e-12)


# -- what is left open -----------------------------------------------------------------------------------------------

INDEX = given("index", [1, 1])
OPEN = {
    "a bend": twice(call("abs", Ref("x")), {"x": [0.0, 1.0]}, {"x": [1.0, 1.0]}, [1.0, 1.0]),
    "a bend behind a cotangent of zero": twice(call("abs", Ref("x")), {"x": [0.0]}, {"x": [1.0]}, [0.0]),
    "a bend nearby": twice(call("abs", Ref("x")), {"x": [1e-5]}, {"x": [1.0]}, [1.0]),
    "a tie": twice(call("maximum", Ref("x"), Ref("y")), {"x": [1.0], "y": [1.0]}, {"x": [1.0], "y": [2.0]}, [1.0]),
    "a pole": twice(call("reciprocal", Ref("x")), {"x": [0.0]}, {"x": [1.0]}, [1.0]),
    "a pole nearby": twice(call("log", Ref("x")), {"x": [1e-6]}, {"x": [1.0]}, [1.0]),
    "which of two writes counts": twice(
        call("index_put", Ref("x"), (Ref("index"),), Ref("y")),
        {"x": [1.0, 2.0], "y": [3.0, 4.0]},
        {"x": [1.0, 1.0], "y": [1.0, 2.0]},
        [1.0, 2.0],
        INDEX,
    ),
    "along nothing": twice(call("exp", Ref("x")), {"x": [0.7]}, {"x": [0.0]}, [2.0]),
}


@pytest.mark.parametrize("name", OPEN)
def test_is_left_open(name: str) -> None:
    assert PROPERTY.examine(OPEN[name], CPU).outcome is Outcome.INAPPLICABLE


def test_a_missing_formula_that_says_so_is_no_discrepancy() -> None:
    along = {"x": [[1.0, 2.0]], "y": [[2.0, 1.0]]}
    case = twice(call("cdist", Ref("x"), Ref("y")), {"x": [[0.0, 1.0]], "y": [[2.0, 5.0]]}, along, [[1.0]])
    assert CPU.run(case).refused is not None
    assert PROPERTY.examine(case, CPU).outcome is Outcome.INAPPLICABLE


def test_the_reference_has_no_graph_of_a_gradient() -> None:
    case = twice(call("exp", Ref("x")), {"x": [0.7]}, {"x": [3.0]}, [2.0])
    assert PROPERTY.examine(case, ReferenceTarget()).outcome is Outcome.INAPPLICABLE


def test_what_lost_a_part_is_no_case() -> None:
    case = twice(call("exp", Ref("x")), {"x": [0.7]}, {"x": [3.0]}, [2.0])
    for fewer in (
        replace(case, steps=case.steps[:-1]),
        replace(case, steps=case.steps[1:]),
        replace(case, steps=()),
        case.with_input(replace(case.input("x"), requires_grad=False)),
        case.with_input(replace(case.input(ALONG + "x"), shape=(1, 1), strides=(1, 1))),
        case.with_input(replace(case.input("x"), dtype="float32", values=Literal(b"\0\0\0\0"))),
    ):
        assert PROPERTY.examine(fewer, CPU).outcome is Outcome.INAPPLICABLE


def test_a_target_without_values_has_no_gradients() -> None:
    assert not PROPERTY.applies(find("exp"), MetaTarget())
    assert PROPERTY.applies(find("exp"), CPU)
    assert not PROPERTY.applies(find("argmax"), CPU)


# -- cases drawn -----------------------------------------------------------------------------------------------------

SMOOTH = (
    "mul",
    "exp",
    "mm",
    "softmax",
    "conv2d",
    "cumsum",
    "std",
    "lgamma",
    "atan2",
    "index_select",
    "einsum",
    "copy_",
)


@pytest.mark.parametrize("called", SMOOTH)
def test_torch_has_the_second_derivatives(called: str) -> None:
    """Of smooth operations most cases are judged, and none is found wrong; each survives being written down."""
    declared, outcomes = find(called), []
    for place, dtype in enumerate((FLOAT32, FLOAT64, COMPLEX128)):
        for seed in range(48 if declared.accuracy.bitwise else 12):  # of these, fewer are asked for
            choices = SeededChoices(1000 * place + seed)
            if dtype not in declared.dtypes:
                continue
            for case in PROPERTY.derive(draw_case(choices, declared, dtype), declared, choices):
                examined = PROPERTY.examine(decode_case(encode_case(case)), CPU)
                outcomes.append(examined.outcome)
                assert not examined.differences, encode_case(case)
    assert outcomes.count(Outcome.HELD) > len(outcomes) / 3 > 3


def test_a_wrong_formula_is_reduced_and_its_script_reproduces(monkeypatch: pytest.MonkeyPatch) -> None:
    """sin, of whose second derivative half is lost."""
    correct = torch.sin

    class Halved(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, gradient: Any) -> Any:
            return gradient.clone()

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return gradient / 2

    def wrong(input: Any) -> Any:
        result = correct(input)
        if result.requires_grad:
            result.register_hook(Halved.apply)
        return result

    operation, choices = find("sin"), SeededChoices(3)
    (case,) = PROPERTY.derive(draw_case(choices, operation, FLOAT64, shape=(2, 3)), operation, choices)
    case = replace(case, steps=(replace(case.steps[0], spelling="function"), *case.steps[1:]))
    assert PROPERTY.examine(case, CPU).outcome is Outcome.HELD
    monkeypatch.setattr(torch, "sin", wrong)
    small = reduce(case, lambda one: PROPERTY.examine(one, CPU).outcome is Outcome.BROKE)
    examined = PROPERTY.examine(small, CPU)
    failure = discrepancy.Failure(PROPERTY, examined, "float64", "sin")
    found = discrepancy.described(failure, examined, CPU)
    assert max(one.size for one in small.inputs) == 1
    assert found.variable == SECOND + COTANGENT
    assert "torch.autograd.grad" in found.script
    assert status(found.script, monkeypatch) == 1
    monkeypatch.setattr(torch, "sin", correct)
    assert status(found.script, monkeypatch) == 0


def status(source: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["script.py"])
    with pytest.raises(SystemExit) as ended:
        exec(compile(source, "script.py", "exec"), {"__name__": "__main__"})
    return int(ended.value.code or 0)


def test_no_tensor_is_read_twice() -> None:
    """dist of a tensor and itself is zero wherever that goes, and bends in between."""
    operation = find("mul")
    for seed in range(40):
        choices = SeededChoices(seed)
        base = draw_case(choices, operation, FLOAT64)
        read = [one for one in base.main.args if isinstance(one, Ref)]
        if len(set(read)) < len(read):
            assert with_cotangent(base, operation, choices) is not None
            assert not [*PROPERTY.derive(base, operation, choices)]
            return
    raise AssertionError("none was drawn")
