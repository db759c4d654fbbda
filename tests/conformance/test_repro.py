"""Scripts: they hold on a correct torch, and exit 1 on one with the fault that they are about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from conformance.accuracy import Judged
from conformance.examine import REFERENCE, examine
from conformance.model.case import Argument, Case, Dots, Drawn, DTypeName, Input, Literal, Ref, Slice, Step
from conformance.model.observation import Aspect, Refused, Seen
from conformance.model.verdict import Derived, Documented, Observed, Outcome
from conformance.operations import find
from conformance.reduce import reduce
from conformance.render import argument_source, element_source, index_source, input_source, step_source
from conformance.repro import script
from reference.dtypes import BY_NAME, STORED_ONLY, TORCH_DTYPES
from reference.layout import contiguous_strides
from reference.numpy_sharing import LENT

torch = pytest.importorskip("torch")

from conformance.targets.torch.eager import TorchTarget  # noqa: E402 - only where torch is installed

BASIS = Documented("https://docs.pytorch.org/docs/stable/generated/torch.exp.html", "Returns a new tensor.")
CPU = TorchTarget("cpu")
REPRODUCES, HOLDS, DOES_NOT_APPLY = 1, 0, 125


def given(name: str, values: Any, dtype: str = "float32", **changes: Any) -> Input:
    array = np.array(values).astype(BY_NAME[dtype].numpy)
    shape = array.shape
    made = Input(name, shape, dtype, contiguous_strides(shape), 0, array.size, Literal(array.tobytes()))
    return replace(made, **changes)


def call(operation: str, *args: Argument, form: str = "function", **kwargs: Argument) -> Step:
    return Step(operation, form, args, tuple(kwargs.items()), ("result",))


X = given("x", [[0.5, -0.0, 2.0], [3.0, 1.0, 0.1]])
STRIDED = replace(X, strides=(1, 2), values=Literal(np.arange(8, dtype=np.float32).tobytes()), offset=1, size=8)
EXP = Case((X,), (call("exp", Ref("x")),))


def program(case: Case, aspect: Aspect, variable: str = "result", target: str = "cpu", **options: Any) -> str:
    trace = REFERENCE.run(case)
    expected: Seen | Refused | None = trace.last.variables[variable] if variable else trace.refused
    options = {
        "expected": expected,
        "allowed": None,
        "step": len(case.steps) - 1,
        "title": "t",
        "basis": BASIS,
    } | options
    return script(case, target=target, aspect=aspect, variable=variable, **options)


def bound(case: Case) -> np.ndarray:
    """The absolute error that the operation's accuracy allows."""
    seen = REFERENCE.run(case).last.variables["result"]
    assert seen.unrounded is not None, "the result is rounded"
    judged = Judged("exp", BY_NAME[seen.dtype or ""], seen.unrounded)
    return find(case.main.operation).accuracy.allowed(judged)


def run(source: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of a script, in this process: with the faults planted in its torch."""
    monkeypatch.setattr(sys, "argv", ["script.py"])
    with pytest.raises(SystemExit) as ended:
        exec(compile(source, "script.py", "exec"), {"__name__": "__main__"})
    return int(ended.value.code or 0)


Fault = Callable[[Any], Any]


def plant(monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault) -> None:
    """torch.NAME gives what ``fault`` makes of its result."""
    correct = getattr(torch, name)
    monkeypatch.setattr(torch, name, lambda *args, **kwargs: fault(correct(*args, **kwargs)))


VIEWED = Case((X,), (call("transpose", Ref("x"), 0, 1),))
ADDED = Case((replace(X, requires_grad=True), replace(STRIDED, name="y")), (call("add", Ref("x"), Ref("y")),))


def refuse(result: Any) -> Any:
    raise RuntimeError("planted")


FAULTS: dict[str, tuple[Case, Aspect, str, Fault]] = {
    "values": (EXP, Aspect.VALUES, "exp", lambda result: result * 1.001),
    "one value": (EXP, Aspect.VALUES, "exp", lambda result: torch.where(result > 20, 0.0, result)),
    "nan lost": (
        Case((given("x", [float("nan"), 1.0]),), EXP.steps),
        Aspect.VALUES,
        "exp",
        lambda result: result.nan_to_num(0.0),
    ),
    "dtype": (EXP, Aspect.DTYPE, "exp", lambda result: result.double()),
    "shape": (EXP, Aspect.SHAPE, "exp", lambda result: result[0]),
    "strides": (EXP, Aspect.STRIDES, "exp", lambda result: result.t().contiguous().t()),
    "offset": (EXP, Aspect.OFFSET, "exp", lambda result: torch.cat([result, result])[2:]),
    "copy": (VIEWED, Aspect.STORAGE, "transpose", lambda result: result.clone()),
    "version": (EXP, Aspect.VERSION, "exp", lambda result: result.add_(0)),
    "detached": (ADDED, Aspect.REQUIRES_GRAD, "add", lambda result: result.detach()),
    "leaf": (ADDED, Aspect.IS_LEAF, "add", lambda result: result.detach()),
    "grad_fn": (ADDED, Aspect.GRAD_FN, "add", lambda result: result * 1),
    "kind": (EXP, Aspect.KIND, "exp", lambda result: result.tolist()),
    "identity": (
        Case((X,), (call("exp", Ref("x"), form="out", out=Ref("x")),)),
        Aspect.IDENTITY,
        "exp",
        lambda result: result.clone(),
    ),
    "unexpected refusal": (EXP, Aspect.REFUSAL, "exp", refuse),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_script_reproduces_with_the_fault_and_not_without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case, aspect, function, fault = FAULTS[name]
    allowed = bound(case) if aspect is Aspect.VALUES else None
    # Of several variables that are one, the first by name stands for all: the others say that they are it.
    shown = "x" if aspect in (Aspect.IDENTITY, Aspect.STORAGE) else "result"
    source = program(case, aspect, "" if aspect is Aspect.REFUSAL else shown, allowed=allowed)
    assert run(source, monkeypatch) == HOLDS
    plant(monkeypatch, function, fault)
    assert run(source, monkeypatch) == REPRODUCES


def test_a_missing_refusal_and_one_of_another_kind_reproduce(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((X,), (call("transpose", Ref("x"), 0, 7),))
    source = program(case, Aspect.REFUSAL, "")
    assert "IndexError" in source
    assert run(source, monkeypatch) == HOLDS
    for fault in (lambda *args: None, refuse):
        monkeypatch.setattr(torch, "transpose", fault)
        assert run(source, monkeypatch) == REPRODUCES
    monkeypatch.delattr(torch, "transpose")
    assert run(source, monkeypatch) == DOES_NOT_APPLY


def test_what_a_refused_step_left_behind_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((X,), (call("exp", Ref("x")), call("transpose", Ref("x"), 0, 7)))
    source = program(case, Aspect.VALUES, "x", refused=True)
    assert run(source, monkeypatch) == HOLDS

    def spoil(x: Any, *dims: int) -> Any:
        x.fill_(7)
        raise IndexError

    monkeypatch.setattr(torch, "transpose", spoil)
    assert run(source, monkeypatch) == REPRODUCES
    monkeypatch.setattr(torch, "transpose", lambda *args: None)
    assert run(source, monkeypatch) == DOES_NOT_APPLY


def test_the_sign_of_a_zero_counts_where_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((given("x", [-0.0]),), (call("add", Ref("x"), Ref("x")),))
    judged = program(case, Aspect.VALUES, allowed=1e-9, signed_zero=True)
    bitwise = program(case, Aspect.VALUES, allowed=None)
    lenient = program(case, Aspect.VALUES, allowed=1e-9, signed_zero=False)
    assert [run(source, monkeypatch) for source in (judged, bitwise, lenient)] == [HOLDS] * 3
    plant(monkeypatch, "add", lambda result: result.abs())
    assert [run(source, monkeypatch) for source in (judged, bitwise, lenient)] == [REPRODUCES, REPRODUCES, HOLDS]


def test_the_allowed_error_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((given("x", [1.0]),), EXP.steps)
    plant(monkeypatch, "exp", lambda result: result + 4 * 2.0**-22)
    statuses = [run(program(case, Aspect.VALUES, allowed=ulps * 2.0**-22), monkeypatch) for ulps in (3, 5)]
    assert statuses == [REPRODUCES, HOLDS]


@pytest.mark.parametrize("wrong", [0, 1, 40])
def test_many_values_are_packed(wrong: int, monkeypatch: pytest.MonkeyPatch) -> None:
    long = replace(X, shape=(20, 10), strides=(10, 1), size=200, values=Drawn("normal", 3))
    case = Case((long,), EXP.steps)
    source = program(case, Aspect.VALUES, allowed=bound(case))

    def fault(result: Any) -> Any:
        result.view(-1)[:wrong] += 1
        return result

    plant(monkeypatch, "exp", fault)
    assert run(source, monkeypatch) == (REPRODUCES if wrong else HOLDS)
    assert "EXPECTED = zip(" in source


@pytest.mark.parametrize("dtype", [dtype.name for dtype in (*TORCH_DTYPES, *STORED_ONLY) if hasattr(torch, dtype.name)])
@pytest.mark.parametrize("mode", ["small", "bits", "special"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3), (9, 9)])
def test_inputs_are_made_bit_for_bit(dtype: str, mode: str, shape: tuple[int, ...]) -> None:
    size = int(np.prod(shape))
    made = Input("x", shape, dtype, contiguous_strides(shape), 0, size, Drawn(mode, 5))
    strided = replace(made, strides=tuple(2 * stride for stride in made.strides), offset=1, size=2 * size + 2)
    arrays = [replace(made, array=True), replace(strided, array=True)] if BY_NAME[dtype] in LENT else []
    for one in (made, strided, *arrays):
        scope: dict[str, Any] = {}
        exec("import torch, base64, zlib\nimport numpy as np\nfrom math import inf, nan", scope)
        exec("\n".join(input_source(one, "cpu")), scope)
        ours, theirs = CPU.make(one), scope["x"]
        seen, wanted = CPU.see(theirs), CPU.see(ours)
        assert (seen.shape, seen.strides, seen.offset) == (wanted.shape, wanted.strides, wanted.offset)
        assert seen.values.dtype == wanted.values.dtype
        assert seen.values.tobytes() == wanted.values.tobytes()


def test_gradients_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    tracked, cotangent = replace(X, requires_grad=True), given("cotangent", np.ones((2, 3)))
    backward = Step("backward", "method", (Ref("result"), Ref("cotangent")))
    case = Case((tracked, cotangent), (call("exp", Ref("x")), backward))
    source = program(case, Aspect.GRAD, "x", allowed=1e-4)
    assert run(source, monkeypatch) == HOLDS
    plant(monkeypatch, "exp", lambda result: result * 2)
    assert run(source, monkeypatch) == REPRODUCES
    plant(monkeypatch, "exp", lambda result: result.detach().requires_grad_())
    assert run(source, monkeypatch) == REPRODUCES


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64", "complex64", "complex128", "int64"])
def test_every_dtype_is_judged(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((given("x", [1, 2, 3], dtype),), (call("add", Ref("x"), Ref("x")),))
    for allowed in (None, 1e-9):
        monkeypatch.undo()
        source = program(case, Aspect.VALUES, allowed=allowed)
        assert run(source, monkeypatch) == HOLDS
        plant(monkeypatch, "add", lambda result: result + 1)
        assert run(source, monkeypatch) == REPRODUCES


@pytest.mark.parametrize(
    ("to", "outcome"),
    [(1, HOLDS), (complex(np.inf, np.nan), HOLDS), (complex(np.nan, np.nan), REPRODUCES), (0, REPRODUCES)],
)
def test_a_complex_infinity_has_an_infinite_part(to: complex, outcome: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case((given("x", [0.5 + 0.5j, 200 + 1j], "complex64"),), (call("exp", Ref("x")),))
    source = program(case, Aspect.VALUES, allowed=1e-6)
    plant(monkeypatch, "exp", lambda result: result if to == 1 else torch.where(result.isinf(), to, result))
    assert run(source, monkeypatch) == outcome


@pytest.mark.parametrize("dtype", ["uint16", "uint64", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e8m0fnu"])
def test_a_dtype_that_is_only_stored_is_judged_bit_for_bit(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(torch, dtype):
        pytest.skip(f"this torch has no {dtype}")
    case = Case((given("x", [1, 2, 4], dtype),), (call("clone", Ref("x")),))
    source = program(case, Aspect.VALUES)
    assert run(source, monkeypatch) == HOLDS
    plant(monkeypatch, "clone", lambda result: result[[0, 0, 2]])
    assert run(source, monkeypatch) == REPRODUCES


def test_a_float64_is_judged_in_more_than_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen("tensor", np.array([1.0]), "float64", (1,), unrounded=np.array([1 + np.longdouble(2) ** -54]))
    case = Case((given("x", [0.0], "float64"),), EXP.steps)
    tight, loose = (program(case, Aspect.VALUES, expected=seen, allowed=units * 2.0**-54) for units in (2.9, 3.1))
    plant(monkeypatch, "exp", lambda result: result - 2.0**-53)
    assert [run(source, monkeypatch) for source in (tight, loose)] == [REPRODUCES, HOLDS]


def test_infinity_is_one_step_beyond_the_largest_number(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = float(np.finfo(np.float32).max)
    seen = Seen("tensor", np.array([largest], np.float32), "float32", (1,), unrounded=np.array([largest]))
    case = Case((given("x", [1.0]),), EXP.steps)
    near, far = (program(case, Aspect.VALUES, expected=seen, allowed=ulps * 2.0**104) for ulps in (1, 0.5))
    plant(monkeypatch, "exp", lambda result: result + float("inf"))
    assert [run(source, monkeypatch) for source in (near, far)] == [HOLDS, REPRODUCES]


def test_python_values_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    nan, two = (Seen("float", value) for value in (float("nan"), 2.0))
    monkeypatch.setattr(torch, "exp", lambda x: float("nan"))
    statuses = [run(program(EXP, Aspect.VALUES, expected=seen), monkeypatch) for seen in (nan, two)]
    assert statuses == [HOLDS, REPRODUCES]


def test_an_unspecified_value_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = np.array([1, 2], np.float32)
    case = Case((given("x", [0.0, 0.0]),), EXP.steps)
    partly = Seen("tensor", wanted, "float32", (2,), unrounded=wanted.astype(float), specified=np.array([True, False]))
    monkeypatch.setattr(torch, "exp", lambda x: torch.tensor([1.0, 99.0]))
    assert run(program(case, Aspect.VALUES, expected=partly, allowed=np.array([0.1])), monkeypatch) == HOLDS
    monkeypatch.setattr(torch, "exp", lambda x: torch.tensor([9.0, 2.0]))
    assert run(program(case, Aspect.VALUES, expected=partly, allowed=np.array([0.1])), monkeypatch) == REPRODUCES


@pytest.mark.parametrize("name", ["cpu+compile", "meta", "cuda:0", "xla:0", "nowhere"])
def test_other_targets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = program(ADDED, Aspect.STRIDES, target=name)
    if name == "cpu+compile":
        monkeypatch.setattr(torch, "compile", lambda function, fullgraph: function)
    missing = (name.startswith("cuda") and not torch.cuda.is_available()) or name in ("xla:0", "nowhere")
    assert run(source, monkeypatch) == (DOES_NOT_APPLY if missing else HOLDS)
    assert ("torch.compile(run, fullgraph=True)" in source) == (name == "cpu+compile")


def test_a_crash_is_survived_and_reported(tmp_path: Path) -> None:
    source = program(EXP, Aspect.REFUSAL, "", ending="SIGSEGV")
    crashing = source.replace("torch.exp(x)", "__import__('os').abort()")
    path = tmp_path / "script.py"
    for text, status in ((source, HOLDS), (crashing, REPRODUCES)):
        path.write_text(text)
        assert subprocess.run([sys.executable, str(path)], capture_output=True).returncode == status


def test_a_script_says_what_is_claimed_and_why() -> None:
    for basis, words in (
        (BASIS, BASIS.url),
        (Derived("exp is monotonic"), "exp is monotonic"),
        (Observed("2.13"), "2.13"),
    ):
        source = program(EXP, Aspect.VALUES, title="exp is wrong", basis=basis)
        assert source.startswith('"""exp is wrong\n')
        assert words in source
        assert torch.__version__ in source
        assert not any(module in source for module in ("ml_dtypes", "conformance", "reference"))


def test_steps_read_as_a_person_writes_them() -> None:
    x, y = Ref("x"), Ref("y")
    assert step_source(call("add", x, y, alpha=2)) == "result = torch.add(x, y, alpha=2)"
    assert step_source(call("add", x, y, form="in place")) == "result = x.add_(y)"
    points = Step("histogramdd", "function", (Ref("x"), 3), (), ("result0", "result1", "result2"))
    assert step_source(points) == "result0, (result1, result2,) = torch.histogramdd(x, 3)"
    assert step_source(call("mul", -2.0, x, form="reflected operator")) == "result = (-2.0) * x"
    assert step_source(call("mul", x, y, form="in-place operator")) == "result = operator.imul(x, y)"
    assert step_source(call("exp", x, form="out", out=y)) == "result = torch.exp(x, out=y)"
    assert step_source(Step("backward", "method", (x,))) == "x.backward()"
    assert index_source((0,)) == "0,"
    assert index_source((Dots(), Slice(None, None, -1))) == "..., ::-1"
    assert argument_source((1, float("nan"), DTypeName("bool"), 2j)) == "(1, nan, torch.bool, complex(0.0, 2.0))"
    assert element_source(ml_dtypes.bfloat16(0.1)) == "0.100098"


def test_a_planted_fault_is_reduced_to_one_element_and_its_script_reproduces(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, "exp", lambda result: torch.where(result > 5, result * 1.01, result))
    big = replace(X, shape=(7, 99), strides=(2, 14), offset=1, size=1400, values=Drawn("normal", 11))
    steps = (call("mul", Ref("x"), 1.5), replace(call("exp", Ref("result")), results=("y",)), call("neg", Ref("y")))

    def still_fails(case: Case) -> bool:
        examined = examine(case, CPU)
        return examined.outcome is Outcome.BROKE and examined.differences[0].aspect is Aspect.VALUES

    case = Case((big,), steps, seed=3)
    assert still_fails(case)
    reduced = reduce(case, still_fails)
    assert [step.operation for step in reduced.steps] == ["exp"]
    assert [one.size for one in reduced.inputs] == [1]
    difference = examine(reduced, CPU).differences[0]
    source = program(reduced, Aspect.VALUES, "y", allowed=difference.allowed)
    assert run(source, monkeypatch) == REPRODUCES
    monkeypatch.undo()
    assert run(source, monkeypatch) == HOLDS


def test_the_order_of_contraction_is_torchs_own() -> None:
    """opt_einsum, where it is installed, would choose another, and so another layout."""
    x, y, z = given("x", [[1.0, 2.0]]), given("y", [[1.0], [2.0]]), given("z", [1.0])
    case = Case((x, y, z), (call("einsum", "ij,jk,k", Ref("x"), Ref("y"), Ref("z")),))
    assert "opt_einsum" in program(case, Aspect.STRIDES)
    assert "opt_einsum" not in program(EXP, Aspect.STRIDES)
