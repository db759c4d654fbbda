"""What complex functions make of zeros of either sign, infinities and NaN: rows of C99, Annex G.6, typed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reference import trigonometric as trigonometric  # its functions are registered
from reference.dtypes import COMPLEX64, COMPLEX128, DType
from reference.tensor import METHODS, Tensor

INF, NAN, PI = math.inf, math.nan, math.pi
Z = complex

ROWS: list[tuple[str, complex, complex | float]] = [
    ("sqrt", Z(-4, 0.0), Z(0, 2)),
    ("sqrt", Z(-4, -0.0), Z(0, -2)),
    ("sqrt", Z(-0.0, 0.0), Z(0, 0)),
    ("sqrt", Z(3, INF), Z(INF, INF)),
    ("sqrt", Z(NAN, -INF), Z(INF, -INF)),
    ("sqrt", Z(-INF, 3), Z(0, INF)),
    ("sqrt", Z(INF, -3), Z(INF, -0.0)),
    ("sqrt", Z(NAN, 3), Z(NAN, NAN)),
    ("exp", Z(0.0, -0.0), Z(1, -0.0)),
    ("exp", Z(-INF, 1), Z(0, 0)),
    ("exp", Z(INF, 0.0), Z(INF, 0)),
    ("exp", Z(INF, 2), Z(-INF, INF)),
    ("exp", Z(2, INF), Z(NAN, NAN)),
    ("exp", Z(NAN, 0.0), Z(NAN, 0)),
    ("log", Z(-1, 0.0), Z(0, PI)),
    ("log", Z(-1, -0.0), Z(0, -PI)),
    ("log", Z(-0.0, 0.0), Z(-INF, PI)),
    ("log", Z(0.0, 0.0), Z(-INF, 0)),
    ("log", Z(-INF, INF), Z(INF, 3 * PI / 4)),
    ("log", Z(NAN, INF), Z(INF, NAN)),
    ("cosh", Z(0.0, 0.0), Z(1, 0)),
    ("cosh", Z(INF, 0.0), Z(INF, 0)),
    ("cosh", Z(INF, NAN), Z(INF, NAN)),
    ("cosh", Z(3, INF), Z(NAN, NAN)),
    ("sinh", Z(INF, 2), Z(-INF, INF)),
    ("sinh", Z(0.0, -0.0), Z(0, -0.0)),
    ("tanh", Z(INF, 1), Z(1, 0)),
    ("tanh", Z(-INF, 1), Z(-1, 0)),
    ("tanh", Z(NAN, 0.0), Z(NAN, 0)),
    ("acos", Z(2, 0.0), Z(0, -math.acosh(2))),
    ("acos", Z(2, -0.0), Z(0, math.acosh(2))),
    ("acos", Z(INF, INF), Z(PI / 4, -INF)),
    ("acos", Z(-INF, 3), Z(PI, -INF)),
    ("acosh", Z(0.0, 0.0), Z(0, PI / 2)),
    ("acosh", Z(-INF, 1), Z(INF, PI)),
    ("asinh", Z(1, INF), Z(INF, PI / 2)),
    ("asinh", Z(NAN, 0.0), Z(NAN, 0)),
    ("atanh", Z(1, 0.0), Z(INF, 0)),
    ("atanh", Z(2, -0.0), Z(math.log(3) / 2, -PI / 2)),
    ("atanh", Z(INF, 1), Z(0, PI / 2)),
    ("abs", Z(INF, NAN), INF),
    ("abs", Z(NAN, -INF), INF),
    ("abs", Z(NAN, 1), NAN),
    ("angle", Z(-0.0, -0.0), -PI),
    ("angle", Z(-0.0, 0.0), PI),
    ("angle", Z(-INF, INF), 3 * PI / 4),
]


@pytest.mark.parametrize("dtype", [COMPLEX64, COMPLEX128], ids=repr)
@pytest.mark.parametrize(("name", "argument", "wanted"), ROWS)
def test_a_row_of_annex_g(name: str, argument: complex, wanted: complex | float, dtype: DType) -> None:
    result = METHODS[name](Tensor.of(np.array([argument]), dtype)).array[0]
    parts = [(result.real, wanted.real), (result.imag, wanted.imag)] if np.iscomplexobj(result) else [(result, wanted)]
    for found, part in parts:
        np.testing.assert_allclose(found, part, rtol=1e-6)
        if part == 0:
            assert math.copysign(1, found) == math.copysign(1, part)
