"""Verdicts: where the worst error is, what is held at the very edge of a bound, and what a flushing device excuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from conformance.accuracy import Accuracy, Exact, Judged, Rounded, Selected, Ulps, Unspecified, judge
from conformance.ulp import finfo
from reference.dtypes import COMPLEX64, FLOAT32, INT32
from tests.conformance.judged import verdict

NAN = float("nan")
ULP = 2.0**-23  # of float32, above 1
TINY = finfo(FLOAT32).tiny


@dataclass(frozen=True)
class Within:
    """A bound of so many units in the last place of 1 for each element."""

    units: tuple[float, ...]
    bitwise: ClassVar[bool] = False
    signed_zero: ClassVar[bool] = False
    words = "within"

    def allowed(self, judged: Judged) -> np.ndarray:
        return np.array(self.units) * ULP


@pytest.mark.parametrize(
    ("accuracy", "rounds", "worst"),
    [(Exact(), True, 0.0), (Selected(), True, 0.0), (Ulps(2), True, 0.5), (Ulps(2), False, 0.0)],
)
def test_of_the_same_bits_the_error_is_half_an_ulp_at_most_where_anything_was_rounded(
    accuracy: Accuracy, rounds: bool, worst: float
) -> None:
    exact = np.array([1.0, 2.0])
    values = exact.astype(np.float32)
    found = judge(values, values.copy(), exact if rounds else None, accuracy, Judged("op", FLOAT32, exact))
    assert (found.held, found.worst, found.worst_index) == (True, worst, ())


def test_the_worst_is_the_largest_error_and_a_wrong_one_if_any_is() -> None:
    values, exact = [1 + 8 * ULP, 1 + 2 * ULP, 1.0], [1.0, 1.0, 1.0]
    held = verdict(values, exact, Within((10, 3, 3)))
    assert (held.held, held.worst, held.worst_index, held.pattern) == (True, 8.0, (0,), "")
    broke = verdict(values, exact, Within((10, 1, 3)))
    assert (broke.held, broke.worst, broke.worst_index) == (False, 2.0, (1,))
    assert broke.wrong.tolist() == [False, True, False]
    last = verdict(values[::-1], exact, Within((10, 10, 10)))
    assert (last.held, last.worst_index) == (True, (2,))


def test_the_error_of_each_element() -> None:
    assert verdict([1.0, 1 + 3 * ULP, NAN], [1.0, 1.0, 1.0], Ulps(2)).ulps[:2].tolist() == [0.0, 3.0]
    assert verdict([1 + (1 + 2 * ULP) * 1j], [1 + 1j], Ulps(2), dtype=COMPLEX64).ulps.tolist() == [2.0]
    integers = np.array([1, 2, 3], np.int32)
    found = judge(integers + np.array([0, 0, 1], np.int32), integers, None, Exact(), Judged("add", INT32, integers))
    assert found.ulps.tolist()[:2] == [0.0, 0.0]
    assert np.isnan(found.ulps[2])


def test_a_verdict_prints_no_arrays_but_where_it_is_wrong() -> None:
    assert not any(name in repr(verdict([2.0], [1.0], Exact())) for name in ("_actual", "_exact", "_dtype"))


# A zero of the other sign makes the judge look at everything.
ZERO = (-0.0, 0.0)


@pytest.mark.parametrize("beside", [(1.0, 1.0), ZERO])
@pytest.mark.parametrize(("off", "held"), [(0, True), (3, True), (4, False)])
def test_a_bound_is_held_at_its_very_edge(off: int, held: bool, beside: tuple[float, float]) -> None:
    for factor, dtype in ((1.0, FLOAT32), (1 + 0j, COMPLEX64), (1j, COMPLEX64)):
        found = verdict([(1 + off * ULP) * factor, beside[0]], [factor, beside[1]], Within((3, 3)), dtype=dtype)
        assert found.held is held
        assert found.worst == (off or 0.5)


def test_what_nothing_is_promised_of_has_no_error() -> None:
    for values in ([5.0, 1.0], [5.0, NAN], [5.0, 0.0]):
        found = verdict(values, [1.0, 1.0], Unspecified())
        assert (found.held, found.worst, found.pattern) == (True, 0.5, "")


def test_a_zero_of_another_sign_has_no_error() -> None:
    assert verdict([-0.0, 1.0], [0.0, 1.0], Ulps(2)).worst == 0.5
    assert verdict([-0.0, 1.0], [0.0, 1.0], Selected()).worst == 0.0
    assert verdict([-0.0, 1.0], [0.0, 1.0], Selected()).held


def test_nan_for_nan_is_no_difference() -> None:
    found = verdict([NAN, 1 + ULP, -0.0], [NAN, 1.0, 0.0], Ulps(2))
    assert (found.held, found.worst, found.pattern) == (True, 1.0, "sign of zero")
    beside_infinity = verdict([np.inf, 1 + ULP, 1e-45], [np.inf, 1.0, 1e-45], Within((3, 3, 3)))
    assert (beside_infinity.held, beside_infinity.pattern) == (True, "")


@pytest.mark.parametrize(
    ("actual", "exact", "held"),
    [
        (complex(-0.0, 0), 0j, False),
        (complex(-0.0, 0), complex(1e-60, 0), True),
        (complex(1, 0), 0j, False),
        (-0.0, 0.0, False),
        (-0.0, 1e-60, False),
    ],
)
def test_the_sign_of_a_zero_that_underflowed_is_judged_of_real_numbers_alone(
    actual: complex, exact: complex, held: bool
) -> None:
    dtype = COMPLEX64 if isinstance(actual, complex) else FLOAT32
    assert verdict([actual], [exact], Rounded(complex_units=3), dtype=dtype).held is held
    if actual == 1:
        assert not verdict([actual], [exact], Ulps(2), dtype=dtype).held


def test_a_zero_of_the_other_sign_is_excused_whatever_stands_beside_it() -> None:
    found = verdict([complex(-0.0, 1), complex(5, 0)], [complex(0, 1), complex(1, 0)], Selected(), dtype=COMPLEX64)
    assert (found.wrong.tolist(), found.worst_index) == ([False, True], (1,))


@pytest.mark.parametrize("accuracy", [Selected(), Ulps(2)])
def test_a_zero_of_the_other_sign_excuses_no_nan_beside_it(accuracy: Accuracy) -> None:
    gained = verdict([complex(-0.0, NAN)], [complex(0, 1)], accuracy, dtype=COMPLEX64)
    lost = verdict([complex(-0.0, 1)], [complex(0, NAN)], accuracy, dtype=COMPLEX64)
    assert [(one.held, one.pattern) for one in (gained, lost)] == [(False, "nan gained"), (False, "nan lost")]
    assert verdict([complex(-0.0, NAN)], [complex(0, NAN)], accuracy, dtype=COMPLEX64).held


@pytest.mark.parametrize(
    ("actual", "exact", "pattern"),
    [
        (1 + 2 * ULP, 1 + ULP / 2, "off by one ulp"),
        (1 + 2 * ULP, 1.0, "off by a few ulp"),
        (1 + 16 * ULP, 1.0, "off by a few ulp"),
        (1 + 17 * ULP, 1.0, "off by many ulp"),
        (1 + 2.0**18 * ULP, 1.0, "off by many ulp"),
        (1 + 2.0**19 * ULP, 1.0, "far off"),
        (-1.0, 1.0, "far off"),
        (2 * TINY, TINY, "far off"),
        (TINY, 2 * TINY, "far off"),
        (2.0**-140, 2.0**-127, "subnormal"),
    ],
)
def test_how_far_off_a_value_is_in_words(actual: float, exact: float, pattern: str) -> None:
    assert verdict([actual], [exact], Rounded()).pattern == pattern


# -- devices that flush subnormals -----------------------------------------------------------------------------------


def flushed(actual: Any, exact: Any, *inputs: list[float], dtype: Any = FLOAT32) -> list[bool]:
    """Which elements are held where subnormals are flushed."""
    arrays = [np.array(given, np.float64) for given in inputs]
    return (~verdict(actual, exact, Exact(), *arrays, dtype=dtype, flushes_subnormals=True).wrong).tolist()


def test_any_subnormal_may_stand_for_another_and_the_smallest_normal_number_for_none() -> None:
    assert flushed([TINY / 2, TINY, TINY / 2], [TINY / 4, TINY / 2, TINY]) == [True, False, False]


def test_both_parts_of_a_complex_number_must_be_subnormal() -> None:
    small, other = 0.9 * TINY, TINY / 4  # whose modulus, of both parts, is no subnormal
    actual = [complex(small, small), complex(small, 1), complex(1, small), complex(small, small)]
    exact = [complex(other, other), complex(other, 2), complex(2, other), complex(other, 1)]
    assert flushed(actual, exact, dtype=COMPLEX64) == [True, False, False, False]


def test_a_subnormal_input_excuses_its_own_result_and_nothing_else_does() -> None:
    assert flushed([5.0] * 4, [1.0] * 4, [TINY / 2, 0.0, 1.0, TINY]) == [True, False, False, False]
    assert flushed([5.0], [1.0], [TINY / 2, TINY / 2]) == [False]
