"""Comparing values and gradients: judged by their bound, where there is one to judge by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.accuracy import GradientOf, Judged, Selected, Several, Summation, Ulps
from conformance.compare import (
    Comparison,
    GradientScale,
    coarser,
    error_of,
    same_kind,
    same_kind_of_value,
    same_python_value,
)
from conformance.counting import COMPARED
from conformance.model.observation import EVERY_ASPECT, Aspect, Observation, Refused, Seen, Trace
from conformance.targets.interpreter import Traits
from reference.dtypes import BFLOAT16, COMPLEX64, COMPLEX128, FLOAT16, FLOAT32, FLOAT64, INT64
from tests.conformance.comparing import NAN, ONE, STANDARD, compared, differing, seen, trace

# -- values ----------------------------------------------------------------------------------------------------------


def test_values_are_judged_by_the_bound_and_the_worst_is_kept() -> None:
    near, far = seen([ONE, 2.0]), seen([1.0, 2 + 2.0**-21])
    held = compared(trace(seen()), trace(near))
    assert (held.differences, held.worst_ulps) == ([], 1.0)
    broke = compared(trace(seen()), trace(far))
    assert [one.aspect for one in broke.differences] == [Aspect.VALUES]
    both = compared(trace(seen(), seen()), trace(near, seen()))
    assert both.worst_ulps == 1.0


def test_the_worst_error_of_a_sum_is_kept() -> None:
    exact = np.array([1.3, 2.3])
    wanted = seen(exact, unrounded=exact)
    near = seen(np.nextafter(exact.astype(np.float32), np.float32(0)))
    found = compared(trace(wanted), trace(near), EVERY_ASPECT, replace(STANDARD, accuracy=Summation()))
    assert found.differences == []
    assert 0.5 < found.worst_ulps < 1.5


def test_what_was_not_computed_must_not_change_by_a_bit() -> None:
    held = seen(unrounded=None)
    (found,) = compared(trace(held), trace(seen([ONE, 2.0]))).differences
    assert found.allowed is None
    assert differing(held, seen([ONE, 2.0])) == [Aspect.VALUES]
    assert differing(held, seen()) == []


def test_a_variable_of_another_shape_than_the_result_is_seen_in_the_result() -> None:
    other_shape = replace(STANDARD, shapes=((3,),))
    assert differing(seen(), seen([5.0, 2.0]), EVERY_ASPECT, other_shape) == []
    gradient = {"grad": np.ones(2, np.float32), "grad_unrounded": np.ones(2)}
    wrong = {"grad": np.full(2, 2, np.float32)}
    assert differing(seen(**gradient), seen(**wrong), EVERY_ASPECT, other_shape) == [Aspect.GRAD]


def test_a_variable_over_other_elements_of_the_result_is_seen_in_the_result() -> None:
    for place, found in (({}, [Aspect.VALUES]), ({"offset": 1}, []), ({"strides": (2,)}, [])):
        given, result = seen(**place), seen()
        wrong = seen([5.0, 2.0], **place)
        pair = [Trace("t", [Observation(0, None, {"input": one, "result": result})]) for one in (given, wrong)]
        assert [one.aspect for one in compared(*pair).differences] == found


def test_where_no_result_has_a_name_what_was_computed_is_judged() -> None:
    for values, found in (([ONE, 2.0], []), ([5.0, 2.0], [Aspect.VALUES])):
        pair = [Trace("t", [Observation(0, None, {"written": one})]) for one in (seen(), seen(values))]
        assert [one.aspect for one in compared(*pair).differences] == found


def test_what_was_not_computed_is_compared_whatever_its_shape() -> None:
    other_shape = replace(STANDARD, shapes=((3,),))
    assert differing(seen(unrounded=None), seen([5.0, 2.0]), EVERY_ASPECT, other_shape) == [Aspect.VALUES]


def test_what_was_selected_may_be_either_zero_and_what_was_given_may_not() -> None:
    expected, actual = seen([0.0, 1.0], unrounded=None), seen([-0.0, 1.0])
    for name, found in (("result", []), ("result1", []), ("input", [Aspect.VALUES])):
        pair = [Trace("t", [Observation(0, None, {name: one})]) for one in (expected, actual)]
        differences = compared(*pair, EVERY_ASPECT, replace(STANDARD, accuracy=Selected())).differences
        assert [one.aspect for one in differences] == found


def test_where_the_result_was_written_to_it_may_be_either_zero_too() -> None:
    expected, actual = seen([0.0, 1.0], unrounded=None), seen([-0.0, 1.0])
    for storage, found in (("result", []), ("other", [Aspect.VALUES])):
        names = {"out0": replace(expected, storage=storage), "result0": expected}
        pair = [Trace("t", [Observation(0, None, one)]) for one in (names, dict.fromkeys(names, actual))]
        differences = compared(*pair, frozenset({Aspect.VALUES}), replace(STANDARD, accuracy=Selected())).differences
        assert [one.aspect for one in differences] == found


def test_an_integer_has_no_allowance() -> None:
    expected = seen([1, 2], dtype=INT64, unrounded=np.array([1, 2]))
    (found,) = compared(trace(expected), trace(seen([1, 3], dtype=INT64))).differences
    assert found.allowed is None


def test_every_result_is_judged_whatever_its_shape() -> None:
    both = replace(STANDARD, shapes=((3,), (2,)))
    assert differing(seen(), seen([5.0, 2.0]), EVERY_ASPECT, both) == [Aspect.VALUES]


def test_values_that_the_manual_leaves_open() -> None:
    wrong = seen([1.0, 9.0])
    assert differing(seen(specified=False), wrong) == []
    assert differing(seen(specified=np.array([True, False])), wrong) == []
    assert differing(seen(specified=np.array([False, True])), wrong) == [Aspect.VALUES]
    assert differing(seen(specified=np.array([True, False])), seen([ONE, 9.0])) == []
    not_computed = seen(specified=np.array([True, False]), unrounded=None)
    assert differing(not_computed, wrong) == []
    assert differing(not_computed, seen([8.0, 2.0])) == [Aspect.VALUES]
    of_any_dtype = EVERY_ASPECT - {Aspect.DTYPE}
    assert differing(seen(specified=np.array([True, False])), seen(dtype=FLOAT16), of_any_dtype) == [Aspect.VALUES]


def test_elements_are_counted_over_all_comparisons() -> None:
    before = COMPARED.elements
    compared(trace(seen()), trace(seen()))
    assert COMPARED.elements == before + 2


def test_how_much_was_compared() -> None:
    only = frozenset({Aspect.VALUES})
    assert compared(trace(seen()), trace(seen()), only).compared == 2
    assert compared(trace(seen(specified=False)), trace(seen()), only).compared == 0
    assert compared(trace(replace(seen(), values=None)), trace(seen()), only).compared == 0
    assert compared(trace(seen()), trace(replace(seen(), values=None)), only).compared == 0
    three = seen([1.0, 2.0, 3.0], specified=np.array([True, True, False]))
    assert compared(trace(three), trace(seen([1.0, 2.0, 3.0])), only).compared == 2
    assert compared(trace(seen()), trace(seen()), frozenset({Aspect.SHAPE, Aspect.OFFSET})).compared == 2
    assert compared(trace(seen()), trace(seen()), frozenset({Aspect.GRAD_FN})).compared == 1
    assert compared(trace(Seen("int", 3)), trace(Seen("int", 3)), only).compared == 1


def test_a_dtype_that_has_no_name_is_compared_as_it_is() -> None:
    array = np.array(["a", "b"])
    unknown = Seen("array", array, "str32")
    assert differing(unknown, replace(unknown)) == []
    assert differing(unknown, replace(unknown, values=np.array(["a", "c"]))) == [Aspect.VALUES]
    without = EVERY_ASPECT - {Aspect.DTYPE}
    assert differing(seen(), seen(dtype=FLOAT64), without) == [Aspect.VALUES]
    called_otherwise = replace(seen(), dtype="complex32")
    assert differing(called_otherwise, seen(), without) == []
    assert differing(called_otherwise, seen([1.0, 2.5]), without) == [Aspect.VALUES]
    assert differing(called_otherwise, seen([1.0]), without - {Aspect.SHAPE, Aspect.STRIDES}) == [Aspect.VALUES]
    alike = replace(called_otherwise, values=np.ones(2, np.float32))
    assert differing(alike, seen([1.0]), without - {Aspect.SHAPE, Aspect.STRIDES}) == [Aspect.VALUES]
    assert differing(alike, seen([1.0, 1.0], dtype=FLOAT64), without) == [Aspect.VALUES]


def test_several_results_are_judged_each_by_its_own_bound() -> None:
    standard = replace(STANDARD, accuracy=Several((Ulps(1.0), Ulps(4.0))))
    near = seen([1 + 3 * 2.0**-23, 2.0])

    def found(name: str) -> list[Aspect]:
        expected, actual = (Trace("t", [Observation(0, None, {name: one})]) for one in (seen(), near))
        return [one.aspect for one in compared(expected, actual, EVERY_ASPECT, standard).differences]

    assert found("result1") == []
    assert found("result0") == found("result") == [Aspect.VALUES]


def test_a_result_that_was_cast_has_the_digits_it_was_computed_with() -> None:
    off = seen([1 + 2.0**-23, 2.0], dtype=FLOAT64)
    assert differing(seen(dtype=FLOAT64), off) == [Aspect.VALUES]
    assert differing(seen(dtype=FLOAT64, computed="float32"), off) == []
    assert coarser(FLOAT64, FLOAT32) is FLOAT32
    assert coarser(FLOAT32, FLOAT64) is FLOAT32
    assert coarser(FLOAT16, BFLOAT16) is BFLOAT16
    assert coarser(COMPLEX128, COMPLEX64) is FLOAT32
    assert coarser(COMPLEX64, FLOAT32) is COMPLEX64
    assert coarser(FLOAT32, None) is coarser(FLOAT32, INT64) is FLOAT32
    assert coarser(INT64, FLOAT32) is INT64


def test_what_was_not_rounded_was_not_computed_in_another_dtype() -> None:
    """Bits are compared whatever ``computed`` says."""
    off = seen([1 + 2.0**-40, 2.0], dtype=FLOAT64)
    found = compared(trace(seen(dtype=FLOAT64, computed="float32", unrounded=None)), trace(off))
    assert [one.aspect for one in found.differences] == [Aspect.VALUES]
    assert found.worst_ulps == 2.0**12


# -- gradients -------------------------------------------------------------------------------------------------------


def with_grad(values: Any, exact: bool = True, dtype: Any = np.float32) -> Seen:
    array = None if values is None else np.asarray(values, dtype)
    unrounded = array.astype(np.float64) if array is not None and exact else None
    return seen(grad=array, grad_unrounded=unrounded)


@pytest.mark.parametrize(
    ("expected", "actual", "alike"),
    [
        (None, None, True),
        ([0.0, 0.0], None, True),
        ([0.0, 1.0], None, False),
        ([0.0, 0.0], [0.0, 1.0], False),
        (None, [0.0, 0.0], False),
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0], [ONE, 2.0], True),
        ([1.0, 2.0], [1.5, 2.0], False),
        ([1.0, 2.0], [1.0], False),
    ],
)
def test_gradients(expected: Any, actual: Any, alike: bool) -> None:
    assert differing(with_grad(expected), with_grad(actual)) == ([] if alike else [Aspect.GRAD])


def test_a_gradient_has_a_bound_of_its_own_a_dtype_and_a_scale() -> None:
    right = with_grad([1.0, 2.0])
    near = with_grad([ONE, 2.0])
    assert differing(right, with_grad([1.0, 2.0], dtype=np.float64)) == [Aspect.GRAD]
    assert differing(right, near, EVERY_ASPECT, replace(STANDARD, gradient=Ulps(0.5))) == [Aspect.GRAD]
    assert differing(right, near, EVERY_ASPECT, replace(STANDARD, accuracy=Ulps(0.1))) == []
    assert differing(with_grad([1.0, 2.0], exact=False), near) == [Aspect.GRAD]
    coarse = replace(STANDARD, coarsest=FLOAT16)
    assert differing(right, with_grad([1 + 2.0**-11, 2.0]), EVERY_ASPECT, coarse) == []
    asked: list[str] = []

    def scale(name: str) -> GradientScale:
        asked.append(name)
        return GradientScale(np.ones(2), np.ones(2))

    differing(right, near, EVERY_ASPECT, replace(STANDARD, gradient_scale=scale))
    assert asked == ["result"]
    differing(seen(), seen([ONE, 2.0]), EVERY_ASPECT, replace(STANDARD, gradient_scale=scale))
    assert asked == ["result"]


class Noting:
    """A bound that allows anything and keeps what it was shown."""

    bitwise = signed_zero = False
    words = "anything"

    def __init__(self) -> None:
        self.shown: list[Judged] = []

    def allowed(self, judged: Judged) -> np.ndarray:
        self.shown.append(judged)
        return np.full(judged.exact.shape, np.inf)


def test_a_bound_is_shown_the_value_before_rounding_the_inputs_and_the_terms() -> None:
    bound, inputs = Noting(), (np.ones(2),)
    standard = replace(STANDARD, accuracy=bound, inputs=inputs, magnitude=lambda: np.full(2, 7.0))
    unrounded = np.array([1.1, 2.2])
    traits = Traits(column="cuda", flushes_subnormals=True, tf32=True)
    comparison = Comparison(EVERY_ASPECT, traits, lambda: standard)
    assert (
        comparison.traces(trace(seen(unrounded.astype(np.float32), unrounded=unrounded)), trace(seen())).differences
        == []
    )
    (shown,) = bound.shown
    assert (shown.operation, shown.dtype, shown.inputs, shown.terms) == ("exp", FLOAT32, inputs, 1)
    assert (shown.exact.dtype, shown.exact.tolist()) == (np.float64, unrounded.tolist())
    assert shown.sum_of_terms.tolist() == [7.0, 7.0]
    assert (shown.column, shown.flushes_subnormals, shown.tf32) == ("cuda", True, True)
    assert (shown.own_error, shown.rounds_terms) == (None, False)


@pytest.mark.parametrize("rounds", [False, True])
def test_the_bound_of_a_gradient_is_shown_its_terms_and_the_error_of_the_reference(rounds: bool) -> None:
    bound, own = Noting(), [2.0**-26, 0.0]
    scale = GradientScale(np.full(2, 9.0), np.full(2, 3.0), *([True] if rounds else []))
    standard = replace(STANDARD, gradient=bound, gradient_scale=lambda name: scale, count_terms=lambda: 5)
    expected = seen(grad=np.ones(2, np.float32), grad_unrounded=np.array([1 + own[0], 1]))
    assert differing(expected, with_grad([ONE, 1.0]), EVERY_ASPECT, standard) == []
    (shown,) = bound.shown
    assert shown.own_error is not None
    assert shown.own_error.tolist() == own
    assert [one.tolist() for one in shown.inputs] == [[3.0, 3.0]]
    assert shown.sum_of_terms.tolist() == [9.0, 9.0]
    assert (shown.terms, shown.rounds_terms) == (5, rounds)


def test_the_error_of_the_reference_is_none_where_both_are_special() -> None:
    rounded, exact = np.array([1.0, NAN, 2.0, NAN, 4.0], np.float32), np.array([1.0, NAN, NAN, 3.0, 4.5])
    assert np.nan_to_num(error_of(rounded, exact), nan=-1).tolist() == [0, 0, -1, -1, 0.5]


def test_a_gradient_is_known_before_rounding_only_where_that_is_asked() -> None:
    asked: list[str] = []

    def unrounded(name: str) -> np.ndarray:
        asked.append(name)
        return np.array([1.0, 2.0])

    standard = replace(STANDARD, unrounded_gradient=unrounded)
    right, near = with_grad([1.0, 2.0], exact=False), with_grad([ONE, 2.0])
    assert differing(right, with_grad([1.0, 2.0]), EVERY_ASPECT, standard) == []
    assert asked == []
    assert differing(right, near, EVERY_ASPECT, standard) == []
    assert differing(right, near, EVERY_ASPECT, standard) == []
    assert asked == ["result"], "what was asked once is kept"


def with_complex_grad(values: Any) -> Seen:
    array = np.asarray(values, np.complex64)
    return seen(dtype=COMPLEX64, unrounded=None, grad=array, grad_unrounded=array.astype(np.complex128))


def test_a_complex_gradient_is_judged_in_both_parts_where_a_real_dtype_is_the_coarsest() -> None:
    right = with_complex_grad([1 + 3j, 2j])
    coarse = replace(STANDARD, gradient=Ulps(1.0), coarsest=BFLOAT16)
    assert differing(right, with_complex_grad([1 + (3 + 2.0**-7) * 1j, 2j]), EVERY_ASPECT, coarse) == []
    assert differing(right, with_complex_grad([1 + 3.1j, 2j]), EVERY_ASPECT, coarse) == [Aspect.GRAD]
    assert differing(right, with_complex_grad([1 + 3j, -2j]), EVERY_ASPECT, coarse) == [Aspect.GRAD]
    bound = Noting()
    differing(right, with_complex_grad([1 + 3j, 3j]), EVERY_ASPECT, replace(coarse, gradient=bound))
    assert (bound.shown[0].dtype, bound.shown[0].exact.dtype) == (BFLOAT16, np.complex128)


def test_the_difference_of_gradients_that_do_not_fit_is_put_in_words() -> None:
    (found,) = compared(trace(with_grad([1.0, 2.0])), trace(with_grad([1.0]))).differences
    assert (found.expected, found.actual) == ("float32 of shape (2,)", "float32 of shape (1,)")
    (found,) = compared(trace(with_grad([1.0, 2.0])), trace(with_grad([1.0, 2.0], dtype=np.float64))).differences
    assert found.actual == "float64 of shape (2,)"


# -- Python values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (1, 1, True),
        (1, 2, False),
        (NAN, NAN, True),
        (NAN, 1.0, False),
        (1.0, NAN, False),
        (complex(NAN, 1), complex(NAN, 1), True),
        (complex(NAN, 1), complex(NAN, 2), False),
        (complex(1, NAN), complex(2, NAN), False),
        ([1, [NAN]], [1, [NAN]], True),
        ((1, 2), [1, 2], True),
        ([1, 2], [1, 3], False),
        ([1, 2], [1], False),
        ([], [], True),
        ([1], 1, False),
        (1, [1], False),
        ("a", "a", True),
        (None, 0, False),
    ],
)
def test_python_values(first: Any, second: Any, same: bool) -> None:
    assert same_python_value(first, second) is same
    expected, actual = (Seen(type(first).__name__, one) for one in (first, second))
    assert differing(expected, actual) == ([] if same else [Aspect.VALUES])


def test_kinds_of_values() -> None:
    assert same_kind_of_value(Seen("tuple"), Seen("Size"))
    assert same_kind_of_value(Seen("Size"), Seen("tuple"))
    assert same_kind_of_value(Seen("DType"), Seen("dtype"))
    assert not same_kind_of_value(Seen("tuple"), Seen("list"))
    assert not same_kind_of_value(Seen("int"), Seen("bool"))


def test_an_error_is_one_that_a_caller_would_catch() -> None:
    kinds = {
        ("RuntimeError", "NotImplementedError"): True,
        ("NotImplementedError", "RuntimeError"): False,
        ("RuntimeError", "TorchRuntimeError"): True,
        ("Unmodelled", "RuntimeError"): True,
        ("ValueError", "TypeError"): False,
    }
    for (expected, actual), same in kinds.items():
        assert same_kind(Refused(expected, ""), Refused(actual, "")) is same


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_an_infinite_gradient_is_asked_for_unless_complex_numbers_made_it(dtype: str) -> None:
    infinite = np.array([np.inf, 1.0])
    scale = GradientScale(np.ones(2), np.ones(2))
    standard = replace(STANDARD, gradient=GradientOf(), gradient_scale=lambda name: scale)
    expected = seen(grad=infinite.astype(np.float32), grad_unrounded=infinite)
    other = replace(seen(), dtype=dtype, values=None)
    comparison = Comparison(EVERY_ASPECT, Traits(), lambda: standard)
    wanted, found = ({"result": one, "other": other} for one in (expected, with_grad([np.nan, 1.0])))
    both = (Trace("cpu", [Observation(0, None, variables)]) for variables in (wanted, found))
    broke = [one.aspect for one in comparison.traces(*both).differences]
    assert broke == ([] if dtype == "complex64" else [Aspect.GRAD])
