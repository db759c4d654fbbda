"""The random streams: as recorded from torch, and as their distributions demand."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from reference import distributions
from reference.dtypes import (
    BFLOAT16,
    BY_NAME,
    COMPLEX64,
    COMPLEX128,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FLOATING,
    INT8,
    INT64,
    DType,
    wider,
)
from reference.errors import Refusal
from reference.generator import Generator
from tests.reference import recorded_streams


@pytest.mark.parametrize(("function", "dtype", "n", "seed", "bounds", "digest"), recorded_streams.EXACT)
def test_recorded_bit_for_bit(
    function: str, dtype: str, n: int, seed: int, bounds: tuple[float | None, ...], digest: str
) -> None:
    drawn = getattr(distributions, function)(Generator(seed), n, BY_NAME[dtype], *bounds)
    assert drawn.dtype == BY_NAME[dtype].numpy
    assert drawn.shape == (n,)
    assert hashlib.sha256(drawn.tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize(("dtype", "n", "seed", "recorded"), recorded_streams.NORMAL)
def test_recorded_normal(dtype: str, n: int, seed: int, recorded: list[float]) -> None:
    rounded, unrounded = distributions.normal(Generator(seed), n, BY_NAME[dtype])
    assert rounded.dtype == BY_NAME[dtype].numpy
    assert unrounded.dtype == wider(BY_NAME[dtype]).numpy
    # Four ulp where nothing more was recorded than torch's own rounding.
    tolerance = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-22, "float64": 2.0**-51}[dtype]
    np.testing.assert_allclose(unrounded.astype(np.float64), recorded, rtol=tolerance, atol=0)


def test_recorded_normal_of_1000() -> None:
    _, unrounded = distributions.normal(Generator(0), 1000, FLOAT32)
    for index, recorded in recorded_streams.NORMAL_OF_1000.items():
        assert unrounded[index] == pytest.approx(recorded, rel=2.0**-22)


def test_recorded_exponential() -> None:
    rounded, _ = distributions.exponential(Generator(0), 5, FLOAT64, 0.5)
    np.testing.assert_array_max_ulp(rounded, np.array(recorded_streams.EXPONENTIAL), 3)


def test_recorded_bernoulli() -> None:
    assert distributions.bernoulli(Generator(0), 20, 0.3).tolist() == recorded_streams.BERNOULLI
    chances = np.full(20, 0.3, dtype=np.float32)
    assert distributions.bernoulli_each(Generator(0), chances).tolist() == recorded_streams.BERNOULLI_EACH


STREAMS: dict[str, Callable[[Generator, int], np.ndarray]] = {
    "uniform": lambda generator, n: distributions.uniform(generator, n, FLOAT32),
    "uniform bounds": lambda generator, n: distributions.uniform(generator, n, FLOAT64, -1, 3),
    "integers": lambda generator, n: distributions.random_integers(generator, n, INT64, 0, 2**40),
    "full": lambda generator, n: distributions.random_full(generator, n, FLOAT16),
    "exponential": lambda generator, n: distributions.exponential(generator, n, FLOAT32)[0],
    "bernoulli": lambda generator, n: distributions.bernoulli(generator, n, 0.5),
    "normal singles": lambda generator, n: distributions.normal(generator, n, FLOAT64, contiguous=False)[0],
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_drawn_in_pieces_is_the_same_stream(name: str) -> None:
    draw, generator = STREAMS[name], Generator(4)
    pieces = np.concatenate([draw(generator, n) for n in (0, 1, 15, 16, 17, 3, 648)])
    assert pieces.tobytes() == draw(Generator(4), 700).tobytes()
    assert pieces.tobytes() != draw(Generator(5), 700).tobytes()


def chi_square(counts: np.ndarray, expected: np.ndarray | float) -> float:
    return float(((counts - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("dtype", FLOATING)
def test_uniform_is_uniform_and_half_open(dtype: DType) -> None:
    drawn = distributions.uniform(Generator(1), 100_000, dtype, 2, 4).astype(np.float64)
    assert drawn.min() >= 2
    assert drawn.max() < 4
    assert chi_square(np.histogram(drawn, 16, (2, 4))[0], 6250) < 50  # 15 degrees of freedom: p = 1e-5 at 50


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16])
def test_what_rounds_to_the_upper_bound_becomes_the_lower(dtype: DType) -> None:
    drawn = distributions.uniform(Generator(1), 100_000, dtype).astype(np.float64)
    wide = distributions.uniform(Generator(1), 100_000, FLOAT32)
    to_one = wide.astype(dtype.numpy) == 1
    assert to_one.any()
    assert (drawn[to_one] == 0).all()


@pytest.mark.parametrize(("dtype", "part"), [(COMPLEX64, FLOAT32), (COMPLEX128, FLOAT64)])
def test_complex_streams_are_pairs(dtype: DType, part: DType) -> None:
    pairs = distributions.uniform(Generator(1), 20, part).reshape(10, 2)
    drawn = distributions.uniform(Generator(1), 10, dtype)
    assert np.array_equal(drawn, pairs[:, 0] + 1j * pairs[:, 1])
    rounded, unrounded = distributions.normal(Generator(1), 50_000, dtype)
    assert unrounded.dtype == wider(dtype).numpy
    assert float(np.abs(rounded.astype(np.complex128) ** 2).mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-5, 7), (100, 116)])
def test_integers_are_uniform(low: int, high: int) -> None:
    drawn = distributions.random_integers(Generator(1), 50_000, INT8, low, high)
    counts = np.bincount(drawn.astype(np.int64) - low, minlength=high - low)
    assert counts.size == high - low
    assert chi_square(counts, 50_000 / (high - low)) < 50
    assert np.array_equal(
        distributions.random_to(Generator(2), 9, INT64, 5), distributions.random_integers(Generator(2), 9, INT64, 0, 5)
    )


@pytest.mark.parametrize(("span", "words"), [(2**28 - 1, 1), (2**28, 2)])
def test_wide_ranges_take_two_words(span: int, words: int) -> None:
    generator, same = Generator(1), Generator(1)
    distributions.random_integers(generator, 10, INT64, -3, span - 3)
    same.words(10 * words)
    assert generator.random() == same.random()


def test_integers_over_all_64_bits() -> None:
    drawn = distributions.random_integers(Generator(1), 1000, INT64, -(2**63), None)
    assert drawn.view(np.uint64).tolist() == Generator(1).words64(1000).tolist()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 16, 1000])
def test_permutation_holds_each_number_once(n: int) -> None:
    drawn = distributions.permutation(Generator(n), n)
    assert drawn.dtype == np.int64
    assert sorted(drawn.tolist()) == list(range(n))


def test_permutation_takes_a_word_a_swap() -> None:
    generator, same = Generator(1), Generator(1)
    distributions.permutation(generator, 10)
    same.words(9)
    assert generator.random() == same.random()


def test_permutations_are_equally_likely() -> None:
    generator = Generator(1)
    counts = Counter(tuple(distributions.permutation(generator, 4).tolist()) for _ in range(12_000))
    assert len(counts) == 24
    assert chi_square(np.array(list(counts.values())), 500) < 65  # 23 degrees of freedom


def test_a_permutation_that_torch_shuffles_in_another_way_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        distributions.permutation(Generator(1), 214_748_364)
    assert refusal.value.kind == "NotImplementedError"


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("contiguous", [True, False])
def test_normal_is_normal(dtype: DType, contiguous: bool) -> None:
    rounded, _ = distributions.normal(Generator(1), 100_001, dtype, 3.0, 2.0, contiguous=contiguous)
    z = (rounded.astype(np.float64) - 3) / 2
    assert abs(z.mean()) < 0.015
    assert abs(z.std() - 1) < 0.01
    edges = np.array([-np.inf, -1.2815516, -0.5244005, 0.0253, 0.5244005, 1.2815516, np.inf])
    shares = np.array([0.1, 0.2, 0.2100921, 0.1899079, 0.2, 0.1])
    assert chi_square(np.histogram(z, edges)[0], 100_001 * shares) < (400 if dtype is BFLOAT16 else 40)


@pytest.mark.parametrize("n", [15, 16, 17, 100])
def test_neighbours_in_a_normal_stream_are_independent(n: int) -> None:
    generator = Generator(1)
    rows = np.stack([distributions.normal(generator, n, FLOAT32)[0] for _ in range(4000)]).astype(np.float64)
    correlation = np.corrcoef(rows.T) - np.eye(n)
    assert np.abs(correlation).max() < 0.09  # 5.7 standard deviations of 4000 rows


def test_normal_without_spread_is_the_mean() -> None:
    rounded, _ = distributions.normal(Generator(1), 40, FLOAT32, 1.5, 0.0)
    assert (rounded == 1.5).all()


def test_a_spare_deviate_is_used_once() -> None:
    generator, whole = Generator(1), Generator(1)
    expected = distributions.normal(whole, 4, FLOAT64)[0]
    pieces = [float(distributions.normal(generator, 1, FLOAT64)[0][0]) for _ in range(4)]
    assert pieces == expected.tolist()
    assert len(set(pieces)) == 4
    assert generator.spare_normal is None


def test_exponential_is_exponential() -> None:
    rounded, _ = distributions.exponential(Generator(1), 100_000, FLOAT32, 2.0)
    assert (rounded >= 0).all()
    assert float(rounded.mean()) == pytest.approx(0.5, abs=0.01)
    assert float((rounded > 1).mean()) == pytest.approx(np.exp(-2), abs=0.006)


def test_bernoulli_follows_its_chances() -> None:
    assert distributions.bernoulli(Generator(1), 100_000, 0.3).mean() == pytest.approx(0.3, abs=0.008)
    chances = np.repeat(np.array([0.0, 0.25, 1.0], dtype=np.float32), 10_000)
    drawn = distributions.bernoulli_each(Generator(1), chances).reshape(3, -1).mean(axis=1)
    assert drawn[0] == 0
    assert drawn[1] == pytest.approx(0.25, abs=0.025)
    assert drawn[2] == 1
