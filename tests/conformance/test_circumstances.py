"""The circumstances of known deviations: a witness meets them, and a fault of another cause does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.compare import Difference
from conformance.deviations import PROGRAMS, Deviation, every_deviation, patterns_of
from conformance.deviations.circumstances import CIRCUMSTANCES
from conformance.deviations.elements import ELEMENTS
from conformance.deviations.met import met
from conformance.discrepancy import Failure
from conformance.examine import REFERENCE
from conformance.judging import ValueVerdict
from conformance.model.case import Case, DTypeName, Input, Layout, Literal, Ref, Step
from conformance.model.observation import Aspect
from conformance.operation import Form
from conformance.targets.interpreter import Interpreter
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from conformance.verify_deviations import replay
from reference.dtypes import BY_NAME

# As an error, a warning would look like a refusal.
pytestmark = pytest.mark.filterwarnings("ignore")

OF_ELEMENTS = [one for one in every_deviation() if one.where and not ELEMENTS.keys().isdisjoint(patterns_of(one.where))]


@pytest.mark.parametrize("entry", OF_ELEMENTS, ids=lambda one: one.name)
def test_no_entry_about_elements_hides_a_wrong_one_among_ordinary_numbers(entry: Deviation) -> None:
    if not entry.in_force() or not entry.concerns("cpu"):
        pytest.skip("not about this torch, or about what has to be compiled first")
    failure = shown_by(entry, TorchTarget("cpu"))
    difference, witness = failure.examined.differences[0], entry.witness
    ordinary = replace(
        witness,
        inputs=tuple(numbered(given, n) for n, given in enumerate(witness.inputs)),
        steps=tuple(replace(step, args=tuple(map(finite, step.args))) for step in witness.steps),
    )
    expected, actual = difference.expected, difference.actual
    wide = (expected * expected.dtype.type(3) + expected.dtype.type(2)).astype(expected.dtype)
    wrong = replace(difference, actual=np.where(np.isfinite(expected) & np.isfinite(actual), wide, actual))
    described = (failure.operation, failure.prop.name, "cpu", failure.dtype)
    assert entry.covers(*described, difference, witness)
    assert met(ordinary, wrong, in_program=failure.prop.name == PROGRAMS).elements is not None
    assert not entry.covers(*described, wrong, ordinary)


def numbered(given: Input, number: int) -> Input:
    """The same tensor with a small number everywhere, another for each."""
    values = np.full(given.size, 2 + number, BY_NAME[given.dtype].numpy)
    return replace(given, values=Literal(values.tobytes()))


def finite(argument: Any) -> Any:
    """An argument, if it is not NaN or infinite."""
    return 2.0 if isinstance(argument, float) and not np.isfinite(argument) else argument


def in_force(name: str) -> Deviation:
    """The entry, if it is about the installed torch."""
    (entry,) = (one for one in every_deviation() if one.name == name)
    if not entry.in_force():
        pytest.skip("not about this torch")
    return entry


def shown_by(entry: Deviation, target: Interpreter) -> Failure:
    """The failure that the witness still is."""
    failure = replay(entry, target)
    if failure is None and entry.processors == "some":
        pytest.skip("not about this processor")
    assert failure is not None
    return failure


def put(name: str, **changes: Any) -> Callable[[Case], Case]:
    """A change of an input."""
    return lambda case: case.with_input(replace(case.input(name), **changes))


def called_with(*args: Any, **kwargs: Any) -> Callable[[Case], Case]:
    """A change of the arguments behind the first."""
    return lambda case: replace(
        case, steps=tuple(replace(s, args=(s.args[0], *args), kwargs=tuple(kwargs.items())) for s in case.steps)
    )


OTHERWISE: dict[str, Callable[[Case], Case]] = {
    "arange-of-fractions-cut": called_with(1.0, 0.5, dtype=DTypeName("int64")),
    "cast-is-rounded-twice": put("input", values=Literal(np.float64(2).tobytes())),
    "cat-out-of-single-sizes": put("out", strides=(1, 1)),
    "complex-0-d-keeps-the-width": put("right", shape=(1,), strides=(1,)),
    "expanded-operand-16-bit": put("input", strides=(1, 2), size=4, values=Literal(bytes(8))),
    "gather-by-expanded-int32": put("index", strides=(10, 2, 1), size=20, values=Literal(bytes(80))),
    "convolution-of-one-kernel-refuses-to-go-back": put("weight", strides=(4, 1, 4, 2)),
    "grouped-convolution-of-one-image": put("input", strides=(2, 1, 1)),
    "norm-of-high-order-underflows": called_with(2),
    "gradient-of-norm-of-high-order-underflows": called_with(2, dim=1),
    "gradient-of-norm-overflows": called_with(1, dtype=DTypeName("float64")),
    "log-softmax-in-16-bits": called_with(-1),
    "nanmean-overflow": put("input", values=Literal(bytes(6))),
    "norm-of-negative-order-at-zero": called_with(1),
    "ldexp-into-another-dtype-overflows-in-its-factor": put("out", dtype="float16", values=Literal(bytes(2))),
    "out-contiguous-when-resized": put("out", shape=(2, 2), strides=(1, 2), size=4, values=Literal(bytes(16))),
    "powers-of-one": lambda case: replace(case, steps=(replace(case.main, args=(2, *case.main.args[1:])),)),
    "resize-refuses-too-late": called_with((2,)),
    "variance-without-degrees-of-freedom": called_with(0, correction=1),
    "resize-to-the-same-size": called_with((1,), memory_format=Layout("contiguous")),
    "round-to-many-decimals": called_with(decimals=3),
    "rows-read-beyond-their-end-in-bfloat16": put("input", values=Literal(bytes(384))),
    "searchsorted-of-a-number-that-wraps": called_with(1),
    "set-of-the-same-size": called_with(Ref("source"), 0, (1,)),
    "to-contiguous-format-is-the-tensor": called_with(),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_no_entry_is_met_where_what_it_needs_is_not_there(name: str) -> None:
    entry = in_force(name)
    target = TorchTarget("cpu") if entry.concerns("cpu") else MetaTarget()
    failure = shown_by(entry, target)
    described = (failure.operation, failure.prop.name, target.name, failure.dtype, failure.examined.differences[0])
    assert entry.covers(*described, entry.witness)
    assert not entry.covers(*described, OTHERWISE[name](entry.witness))


SAME: dict[str, Callable[[Case], Case]] = {
    "resize-to-the-same-size": called_with(2, memory_format=Layout("contiguous")),
    "set-of-the-same-size": called_with(Ref("source"), size=[2], storage_offset=0),
    "variance-over-no-dimensions": called_with(dim=[]),
}


@pytest.mark.parametrize("name", SAME)
def test_an_entry_is_met_however_the_arguments_are_given(name: str) -> None:
    entry = in_force(name)
    failure = shown_by(entry, TorchTarget("cpu"))
    described = (failure.operation, failure.prop.name, "cpu", failure.dtype, failure.examined.differences[0])
    otherwise = SAME[name](entry.witness)
    assert otherwise != entry.witness
    assert entry.covers(*described, otherwise)


ELSE: dict[str, Callable[[Difference], Any]] = {
    "addr-without-its-input": lambda seen: (4, 1),
    "arange-of-fractions-cut": lambda seen: (9,),
    "cast-is-rounded-twice": lambda seen: seen.expected + seen.expected.dtype.type(2.0**-10),
    "convolution-gradients-in-16-bits": lambda seen: 3 * seen.expected + 2,
    "nansum-in-16-bits": lambda seen: 3 * seen.expected + 2,
    "resize-refuses-too-late": lambda seen: (9,),
    "sorted-out-like-the-input": lambda seen: (3,),
    "subnormal-numbers-in-products-of-bfloat16": lambda seen: 3 * seen.expected + 2,
    "vector-matrix-out-strides": lambda seen: (3,),
}


@pytest.mark.parametrize("name", ELSE)
def test_no_entry_is_met_where_something_else_is_seen(name: str) -> None:
    entry = in_force(name)
    target = TorchTarget("cpu") if entry.concerns("cpu") else MetaTarget()
    failure = shown_by(entry, target)
    difference = failure.examined.differences[0]
    described = (failure.operation, failure.prop.name, target.name, failure.dtype)
    assert entry.covers(*described, difference, entry.witness)
    assert not entry.covers(*described, replace(difference, actual=ELSE[name](difference)), entry.witness)


def test_what_is_written_to_a_wider_dtype_was_computed_in_that_of_the_operands() -> None:
    """Of a number without dimensions beside a bfloat16 that has some, in bfloat16."""
    bfloat16 = np.ones(1, BY_NAME["bfloat16"].numpy)
    case = Case(
        (
            Input("input", (), "float32", (), 0, 1, Literal(bytes(4))),
            Input("other", (1,), "bfloat16", (1,), 0, 1, Literal(bfloat16.tobytes())),
            Input("out", (1,), "float32", (1,), 0, 1, Literal(bytes(4))),
        ),
        (Step("mul", Form.OUT, (Ref("input"), Ref("other")), (("out", Ref("out")),), ("result",)),),
    )
    values = np.zeros(1, np.float32)
    verdict = ValueVerdict(False, values == 0, 1.0, _actual=values, _exact=values, _dtype=BY_NAME["float32"])
    elements = met(case, Difference(Aspect.VALUES, 0, "out", values, values, verdict), in_program=False).elements
    assert elements is not None
    assert elements.dtype.name == "bfloat16"


def a_write(source: str) -> Case:
    """In place: what is put at two places of x comes from the variable of that name."""
    x = Input("x", (3,), "int64", (1,), 0, 3, Literal(bytes(24)))
    index = Input("index", (3,), "int64", (1,), 0, 3, Literal(bytes(24)))
    steps = (
        Step("detach", Form.METHOD, (Ref("x"),), (), ("alias",)),
        Step("clone", Form.METHOD, (Ref("x"),), (), ("copy",)),
        Step("index_add", Form.IN_PLACE, (Ref("x"), 0, Ref("index"), Ref(source)), (), ("last",)),
    )
    return Case((x, index), steps)


@pytest.mark.parametrize(
    ("source", "variable", "known"), [("alias", "x", True), ("copy", "x", False), ("alias", "copy", False)]
)
def test_a_wrong_write_is_known_where_it_reads_the_memory_that_it_writes(
    source: str, variable: str, known: bool
) -> None:
    (entry,) = (one for one in every_deviation() if one.name == "writes-from-a-tensor-with-gaps")
    difference = Difference(Aspect.VALUES, 2, variable, np.zeros(3, np.int64), np.ones(3, np.int64))
    assert entry.covers("index_add", PROGRAMS, "cpu", "mixed", difference, a_write(source)) is known


@pytest.mark.parametrize(
    ("value", "actual", "known"),
    [
        (1 + 2.0**-11 + 2.0**-40, 1.0, True),
        (65520 - 2.0**-30, np.inf, True),
        (-65520 + 2.0**-30, np.inf, False),
        (1 + 2.0**-11 + 2.0**-20, 1.0, False),  # cut off
        (1 + 2.0**-11, 1 + 2.0**-10, False),  # away from zero
        (1 + 2.0**-8 + 2.0**-40, 1.0, False),  # by way of bfloat16
    ],
)
def test_a_cast_is_known_to_round_twice_where_it_does_so_by_way_of_float32(
    value: float, actual: float, known: bool
) -> None:
    (entry,) = (one for one in every_deviation() if one.name == "cast-is-rounded-twice")
    given = Input("input", (2,), "float64", (1,), 0, 2, Literal(np.array([1, value]).tobytes()))
    case = Case((given,), (Step("half", Form.METHOD, (Ref("input"),), (), ("result",)),))
    seen = np.array([1, actual], np.float16)
    expected = np.array([1, value]).astype(np.float16)
    verdict = ValueVerdict(False, seen != expected, 1.0, _actual=seen, _exact=seen, _dtype=BY_NAME["float16"])
    difference = Difference(Aspect.VALUES, 0, "result", expected, seen, verdict)
    assert entry.covers("half", "agrees", "cpu", "float64", difference, case) is known


@pytest.mark.parametrize(
    ("factor", "actual", "known"), [(1.0, 0.0, True), (1.0, 1.0, False), (np.inf, np.nan, True), (np.inf, 1.0, False)]
)
def test_a_wrong_product_is_known_where_a_subnormal_number_counted_as_zero(
    factor: float, actual: float, known: bool
) -> None:
    (entry,) = (one for one in every_deviation() if one.name == "subnormal-numbers-in-products-of-bfloat16")
    bfloat16 = BY_NAME["bfloat16"].numpy
    tiny, other, seen = (np.full((1, 1), one, bfloat16) for one in (2.0**-130, factor, actual))
    left, right = (
        Input(name, (1, 1), "bfloat16", (1, 1), 0, 1, Literal(one.tobytes()))
        for name, one in (("input", tiny), ("mat2", other))
    )
    case = Case((left, right), (Step("mm", Form.FUNCTION, (Ref("input"), Ref("mat2")), (), ("result",)),))
    pattern = "nan gained" if seen != seen else "far off"
    verdict = ValueVerdict(
        False, np.ones((1, 1), np.bool_), np.inf, pattern=pattern, _actual=seen, _exact=seen, _dtype=BY_NAME["bfloat16"]
    )
    difference = Difference(Aspect.VALUES, 0, "result", tiny * other, seen, verdict)
    assert entry.covers("mm", "agrees", "cpu", "bfloat16", difference, case) is known


@pytest.mark.parametrize("circumstance", ["each sum is rounded", "subnormal numbers count as zero"])
@pytest.mark.parametrize("dtype", ["complex64", "float16"])
def test_a_sum_that_is_far_off_was_not_rounded_so(dtype: str, circumstance: str) -> None:
    x = Input("x", (3,), dtype, (1,), 0, 3, Literal(np.ones(3, BY_NAME[dtype].numpy).tobytes()))
    case = Case((x,), (Step("sum_all", Form.FUNCTION, (Ref("x"),), (), ("result",)),))
    seen = np.asarray(REFERENCE.run(case).last.variables["result"].values)
    verdict = ValueVerdict(False, np.ones(seen.shape, bool), 1.0, _actual=seen, _exact=seen, _dtype=BY_NAME[dtype])
    difference = Difference(Aspect.VALUES, 0, "result", seen, np.asarray(seen + seen.dtype.type(1)), verdict)
    assert not CIRCUMSTANCES[circumstance](met(case, difference, in_program=False))


def test_a_wrong_product_of_ordinary_numbers_is_not_known() -> None:
    (entry,) = (one for one in every_deviation() if one.name == "subnormal-numbers-in-products-of-bfloat16")
    bfloat16 = BY_NAME["bfloat16"].numpy
    one, expected, seen = (np.full((1, 1), number, bfloat16) for number in (1.0, 1.0, 1.0078125))
    given = Input("input", (1, 1), "bfloat16", (1, 1), 0, 1, Literal(one.tobytes()))
    case = Case((given,), (Step("mm", Form.FUNCTION, (Ref("input"), Ref("input")), (), ("result",)),))
    pattern, wrong = "off by one ulp", np.ones((1, 1), np.bool_)
    verdict = ValueVerdict(
        False, wrong, 1.0, pattern=pattern, _actual=seen, _exact=expected, _dtype=BY_NAME["bfloat16"]
    )
    difference = Difference(Aspect.VALUES, 0, "result", expected, seen, verdict)
    assert not entry.covers("mm", "agrees", "cpu", "bfloat16", difference, case)


@pytest.mark.parametrize(("off", "known"), [(1, True), (8, False)])
def test_a_uniform_number_is_known_only_as_near_as_two_roundings_are(off: int, known: bool) -> None:
    (entry,) = (one for one in every_deviation() if one.name == "uniform-numbers-rounded-twice")
    given = Input("self", (1,), "float64", (1,), 0, 1, Literal(np.zeros(1).tobytes()))
    call = Step("uniform_between", Form.IN_PLACE, (Ref("self"), 0.5, 1), (), ("result",))
    expected = np.array([0.75])
    seen = expected + off * np.spacing(expected)
    pattern, wrong = "off by a few ulp", np.ones(1, np.bool_)
    verdict = ValueVerdict(False, wrong, off, pattern=pattern, _actual=seen, _exact=expected, _dtype=BY_NAME["float64"])
    difference = Difference(Aspect.VALUES, 0, "self", expected, seen, verdict)
    assert entry.covers("uniform_between", "agrees", "cpu", "float64", difference, Case((given,), (call,))) is known
