"""What is known of an XLA device without one: how its inputs are made, and what cannot be asked of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.accuracy import Ulps
from conformance.accuracy.bound import Judged
from conformance.deviations import every_deviation
from conformance.examine import unsupported
from conformance.model.case import Case, Drawn, Input, Layout, Literal, Ref, Step
from conformance.model.observation import EVERY_ASPECT, Aspect, Observation, Refused, Trace
from conformance.targets.interpreter import Traits
from conformance.targets.torch.eager import TorchTarget, without_subnormals
from conformance.targets.torch.kinds.xla import HIDDEN
from conformance.targets.torch.xla import XlaTarget
from conformance.values import fill
from conformance.verify_deviations import decides
from reference.dtypes import BFLOAT16, FLOAT32

ELEMENTS = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], np.float32)
TURNED = Input("x", (3, 2), "float32", (1, 3), 0, 6, Literal(ELEMENTS.tobytes()))
CLONE = Step("clone", "function", (Ref("x"),), results=("result",))


@pytest.fixture
def xla() -> XlaTarget:
    return XlaTarget("xla:0", EVERY_ASPECT - HIDDEN, Traits(column="xla", flushes_subnormals=True))


def test_every_input_is_contiguous(xla: XlaTarget) -> None:
    (given,) = xla.adapted(Case((TURNED,), (CLONE,))).inputs
    assert (given.strides, given.offset, given.size) == ((2, 1), 0, 6)
    assert fill(given).tolist() == [0, 3, 1, 4, 2, 5]
    drawn = replace(TURNED, strides=(4, 2), offset=1, size=10, values=Drawn("small", 7))
    (given,) = xla.adapted(Case((drawn,), (CLONE,))).inputs
    assert (given.strides, given.offset, given.size, given.values) == ((2, 1), 0, 6, Drawn("small", 7))


def test_a_case_that_needs_no_change_is_the_same_object(xla: XlaTarget) -> None:
    case = Case((replace(TURNED, strides=(2, 1)),), (CLONE,))
    assert xla.adapted(case) is case
    turned = Case((TURNED,), (CLONE,))
    assert TorchTarget("cpu").adapted(turned) is turned


def test_subnormal_numbers_are_zero_from_the_start(xla: XlaTarget) -> None:
    least = np.array([1e-45, -1e-39, 1.2e-38, np.nan], np.float32)
    given = Input("x", (4,), "float32", (1,), 0, 4, Literal(least.tobytes()))
    (changed,) = xla.adapted(Case((given,), (CLONE,))).inputs
    assert np.array_equal(fill(changed), np.array([0, 0, 1.2e-38, np.nan], np.float32), equal_nan=True)
    numbers = Input("x", (2,), "complex64", (1,), 0, 2, Literal(np.array([1e-39j, 1], np.complex64).tobytes()))
    assert fill(without_subnormals(numbers)).tolist() == [0, 1]
    integers = Input("x", (1,), "int8", (1,), 0, 1, Literal(b"\1"))
    assert without_subnormals(integers) is integers


def test_a_layout_cannot_be_asked_for(xla: XlaTarget) -> None:
    asked = replace(CLONE, kwargs=(("memory_format", Layout("channels_last")),))
    plain = replace(CLONE, kwargs=(("memory_format", Layout("contiguous")),))
    case = Case((), (CLONE,))
    assert [xla.lacks(replace(case, steps=(step,))) for step in (asked, plain, CLONE)] == [True, False, False]


def test_names_of_types_are_the_cpus(xla: XlaTarget) -> None:
    named = Step("type_name", "method", (Ref("x"),), results=("result",))
    assert xla.lacks(Case((), (named,)))
    assert not TorchTarget("cpu").lacks(Case((), (named,)))


@pytest.mark.parametrize(
    ("dtype", "wanted", "found", "left_open"),
    [
        ("bool", Refused("RuntimeError", "", ("TypeError",)), None, True),  # of a dtype, of which it may have more
        ("bool", Refused("RuntimeError", ""), None, False),
        ("float8_e5m2", None, Refused("RuntimeError", "Type not supported"), True),
        ("float32", None, Refused("RuntimeError", "Type not supported"), False),
    ],
)
def test_which_dtypes_have_kernels_is_left_open(
    xla: XlaTarget, dtype: str, wanted: Refused | None, found: Refused | None, *, left_open: bool
) -> None:
    case = Case((replace(TURNED, dtype=dtype),), (CLONE,))
    traces = [Trace("", [Observation(0, refused, {})]) for refused in (wanted, found)]
    assert unsupported(case, *traces, xla) is left_open
    assert not unsupported(case, *traces, TorchTarget("cpu"))


def test_a_bound_in_16_bits_is_of_16_bits() -> None:
    judged = Judged("exp", BFLOAT16, np.array([1.0]))
    on_xla = replace(judged, column="xla")
    assert judged.computing is FLOAT32
    assert on_xla.computing is BFLOAT16
    assert Ulps("exp").allowed(on_xla) > Ulps("exp").allowed(judged)


def test_the_cpu_decides_about_entries_that_name_no_device(xla: XlaTarget) -> None:
    entry = next(one for one in every_deviation() if one.target == "*")
    assert decides(entry, TorchTarget("cpu"))
    assert not decides(entry, xla)
    assert decides(replace(entry, target="xla:0, cuda:0"), xla)


def test_strides_are_not_looked_at(xla: XlaTarget) -> None:
    assert xla.aspects.isdisjoint({Aspect.STRIDES, Aspect.STORAGE, Aspect.GRAD_FN})
    assert not xla.reaches_beyond(TorchTarget("cpu").make(TURNED))
