"""The reference's random streams against those of the installed torch, over seeds, sizes, dtypes and bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference import distributions
from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FLOATING,
    INT8,
    INT16,
    INT32,
    INT64,
    INTEGRAL,
    UINT8,
    DType,
)
from reference.generator import Generator

torch = pytest.importorskip("torch")

SEEDS = (0, 1, 7, 2**32 + 5, -1)
SIZES = (0, 1, 2, 15, 16, 17, 31, 32, 33, 623, 625, 1000)
# Elsewhere the compiler rounds a product before it adds, and the angles of blocks of normal deviates in another way.
needs_avx2 = pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"), reason="torch rounds differently on this CPU"
)


def torch_dtype(dtype: DType) -> Any:
    return getattr(torch, dtype.name)


def as_numpy(tensor: Any, dtype: DType) -> np.ndarray:
    """The elements in order, exact."""
    if dtype is BFLOAT16:
        return np.asarray(tensor.reshape(-1).view(torch.int16).numpy()).view(dtype.numpy)
    return np.asarray(tensor.reshape(-1).numpy())


def assert_same_stream(
    dtype: DType, size: int, reference: Callable[[Generator], np.ndarray], fill: Callable[[Any], Any]
) -> None:
    """Same bits, and the same number of words taken from the generator."""
    for seed in SEEDS:
        ours, theirs = Generator(seed), torch.Generator().manual_seed(seed)
        expected = reference(ours)
        actual = as_numpy(fill(theirs), dtype)
        assert expected.dtype == dtype.numpy
        assert expected.tobytes() == actual.tobytes(), (seed, dtype, size)
        assert ours.get_state().tobytes() == theirs.get_state().numpy().tobytes(), (seed, dtype, size)


def empty(size: int, dtype: DType) -> Any:
    return torch.empty(size, dtype=torch_dtype(dtype))


@pytest.mark.parametrize("seed", [*SEEDS, 2**63, 2**64 - 1, -(2**63)])
def test_state_bytes(seed: int) -> None:
    ours, theirs = Generator(seed), torch.Generator().manual_seed(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    for drawn in (0, 1, 622, 1, 1, 5):
        ours.words(drawn)
        torch.empty(drawn).uniform_(generator=theirs)
        assert ours.get_state().tobytes() == theirs.get_state().numpy().tobytes()
    copied = Generator().set_state(theirs.get_state().numpy())
    assert copied.random() % 2**31 == int(torch.empty((), dtype=torch.int32).random_(generator=theirs))


def test_default_seed() -> None:
    assert Generator().initial_seed() == torch.Generator().initial_seed()


@pytest.mark.parametrize("dtype", [*FLOATING, COMPLEX64, COMPLEX128])
@pytest.mark.parametrize("size", SIZES)
def test_rand(dtype: DType, size: int) -> None:
    assert_same_stream(
        dtype,
        size,
        lambda generator: distributions.uniform(generator, size, dtype),
        lambda generator: torch.rand(size, dtype=torch_dtype(dtype), generator=generator),
    )


@needs_avx2
@pytest.mark.parametrize("dtype", [*FLOATING, COMPLEX64, COMPLEX128])
@pytest.mark.parametrize(
    ("low", "high"),
    [(-1, 1), (2, 5), (0.1, 0.3), (0, 0), (1e-3, 5e4), (-3.3, 100.7), (1000, 1001), (50000, 50000.01), (-1e-30, 3e-30)],
)
def test_uniform_bounds(dtype: DType, low: float, high: float) -> None:
    size = 5000
    assert_same_stream(
        dtype,
        size,
        lambda generator: distributions.uniform(generator, size, dtype, low, high),
        lambda generator: empty(size, dtype).uniform_(low, high, generator=generator),
    )


@needs_avx2
@pytest.mark.parametrize(("low", "high"), [(-8e307, 8e307), (1e308, 1.5e308), (2e-307, 3e-300), (-1e-300, 1e30)])
def test_uniform_bounds_at_the_ends_of_float64(low: float, high: float) -> None:
    test_uniform_bounds(FLOAT64, low, high)


@pytest.mark.parametrize("dtype", [BOOL, *INTEGRAL, *FLOATING])
@pytest.mark.parametrize("size", SIZES)
def test_random_full(dtype: DType, size: int) -> None:
    assert_same_stream(
        dtype,
        size,
        lambda generator: distributions.random_full(generator, size, dtype),
        lambda generator: empty(size, dtype).random_(generator=generator),
    )


BOUNDS: dict[DType, list[tuple[int, int | None]]] = {
    BOOL: [(0, 2), (0, 1), (1, 2)],
    UINT8: [(0, 256), (3, 10), (5, None)],
    INT8: [(-128, 128), (-5, 5), (5, None), (-7, None)],
    INT16: [(-(2**15), 2**15), (0, 1000), (-3, None)],
    INT32: [(-(2**31), 2**31), (0, 2**28 - 1), (0, 2**28), (-5, 2**28 - 5), (7, None), (-9, None)],
    INT64: [
        (0, 2**28 - 1),
        (0, 2**28),
        (0, 2**32 + 1),
        (-(2**63), 2**63 - 1),
        (0, 2**63 - 1),
        (-(2**63), None),
        (-5, None),
        (5, None),
    ],
    FLOAT16: [(0, 2048), (-3000, 4095), (-2049, 2049), (0, 60001), (5, None)],
    BFLOAT16: [
        (0, 256),
        (0, 2048),
        (-300, 301),
        (-1001, 65535),
        (-1007, 65535),
        (0, 2**28),
        (-(2**63), None),
        (5, None),
    ],
    FLOAT32: [
        (0, 2**24 + 1),
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**31), 2**31 - 1),
        (-(2**30) + 1, 9),
        (2**25 + 1, 2**26),
        (0, 2**63 - 1),
        (-(2**63), 2**63 - 1),
        (-(2**63), 2**62),
        (-(2**63), None),
        (5, None),
    ],
    FLOAT64: [(0, 2**53), (0, 2**53 + 1), (-(2**60) + 1, 2**60 - 1), (-(2**63), 2**62), (-(2**63), None), (5, None)],
}


@pytest.mark.filterwarnings("ignore:.*out of bounds.*precision limitations")
@pytest.mark.parametrize(("dtype", "low", "high"), [(dtype, *pair) for dtype in BOUNDS for pair in BOUNDS[dtype]])
def test_random_integers(dtype: DType, low: int, high: int | None) -> None:
    size = 700
    assert_same_stream(
        dtype,
        size,
        lambda generator: distributions.random_integers(generator, size, dtype, low, high),
        lambda generator: empty(size, dtype).random_(low, high, generator=generator),
    )
    if high is not None:
        assert_same_stream(
            dtype,
            size,
            lambda generator: distributions.random_integers(generator, size, dtype, low, high),
            lambda generator: torch.randint(low, high, (size,), dtype=torch_dtype(dtype), generator=generator),
        )


@pytest.mark.parametrize("dtype", [*INTEGRAL, *FLOATING])
@pytest.mark.parametrize("size", [*SIZES, 127, 256, 2049, 70_000])
def test_permutation(dtype: DType, size: int) -> None:
    largest = {UINT8: 256, INT8: 127, INT16: 2**15 - 1, FLOAT16: 2049}.get(dtype, size + 1)
    size = min(size, largest - 1)
    assert_same_stream(
        dtype,
        size,
        lambda generator: distributions.permutation(generator, size, dtype),
        lambda generator: torch.randperm(size, dtype=torch_dtype(dtype), generator=generator),
    )


def ulp_of(values: np.ndarray, digits: int, emin: int) -> np.ndarray:
    exponents = np.maximum(np.frexp(np.abs(values))[1] - 1, emin)
    return np.asarray(np.ldexp(np.ones_like(values), exponents - (digits - 1)))


def rounding_bound(values: np.ndarray, dtype: DType) -> np.ndarray:
    """Half an ulp; a 16-bit number was rounded to float32 before."""
    half = 0.5 * ulp_of(values, *FORMAT[dtype])
    return half + 0.5 * ulp_of(values, *FORMAT[FLOAT32]) if dtype.itemsize == 2 else half


FORMAT = {FLOAT16: (11, -14), BFLOAT16: (8, -126), FLOAT32: (24, -126), FLOAT64: (53, -1022)}
ALLOWED_ULPS_OF_Z = {FLOAT16: (3, FLOAT32), BFLOAT16: (3, FLOAT32), FLOAT32: (3, FLOAT32), FLOAT64: (4, FLOAT64)}


def assert_normal(
    dtype: DType, drawn: tuple[np.ndarray, np.ndarray], actual: np.ndarray, mean: float, std: float
) -> None:
    """The bound that ``distributions.normal`` states."""
    rounded, unrounded = drawn
    assert rounded.dtype == dtype.numpy
    wide = unrounded.dtype.type
    ulps, compute = ALLOWED_ULPS_OF_Z[dtype]
    exact_std, exact_mean = wide(compute.numpy.type(std)), wide(compute.numpy.type(mean))
    z = (unrounded - exact_mean) / exact_std
    bound = rounding_bound(unrounded, dtype) + exact_std * ulps * ulp_of(z, *FORMAT[compute])
    if actual.size:
        excess = np.abs(actual.astype(wide) - unrounded) / bound
        assert excess.max() <= 1.0, (excess.max(), excess.argmax())


@needs_avx2
@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("size", [*SIZES, 100_000])
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1.0, 1.0), (0.1, 3.3), (100.0, 1e-3)])
def test_normal(dtype: DType, size: int, mean: float, std: float) -> None:
    for seed in SEEDS:
        ours, theirs = Generator(seed), torch.Generator().manual_seed(seed)
        drawn = distributions.normal(ours, size, dtype, mean, std)
        actual = as_numpy(empty(size, dtype).normal_(mean, std, generator=theirs), dtype)
        assert_normal(dtype, drawn, actual, mean, std)
        assert ours.random() % 2**31 == int(torch.empty((), dtype=torch.int32).random_(generator=theirs))


@needs_avx2
@pytest.mark.parametrize("dtype", FLOATING)
def test_normal_drawn_piecemeal_keeps_the_spare(dtype: DType) -> None:
    ours, theirs = Generator(3), torch.Generator().manual_seed(3)
    for size in (1, 2, 0, 3, 1, 20, 5, 1):
        drawn = distributions.normal(ours, size, dtype, 0.5, 2.0)
        actual = as_numpy(empty(size, dtype).normal_(0.5, 2.0, generator=theirs), dtype)
        assert_normal(dtype, drawn, actual, 0.5, 2.0)
    spare, theirs_spare = ours.get_state()[5024:5032].view("<f8"), theirs.get_state().numpy()[5024:5032].view("<f8")
    assert spare[0] != 0
    np.testing.assert_array_max_ulp(spare, theirs_spare, 4)


@needs_avx2
@pytest.mark.parametrize(("dtype", "part"), [(COMPLEX64, FLOAT32), (COMPLEX128, FLOAT64)])
@pytest.mark.parametrize("size", [1, 7, 8, 9, 100])
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1.0, 3.0)])
def test_complex_normal(dtype: DType, part: DType, size: int, mean: float, std: float) -> None:
    ours, theirs = Generator(3), torch.Generator().manual_seed(3)
    rounded, unrounded = distributions.normal(ours, size, dtype, mean, std)
    actual = as_numpy(empty(size, dtype).normal_(mean, std, generator=theirs), dtype)
    assert rounded.dtype == dtype.numpy
    parts = (rounded.view(part.numpy), unrounded.view(unrounded.real.dtype))
    assert_normal(part, parts, actual.view(part.numpy), mean, std / 2**0.5)


@needs_avx2
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64])
def test_fills_go_by_memory_address(dtype: DType) -> None:
    ours, theirs = Generator(5), torch.Generator().manual_seed(5)
    transposed = empty(40, dtype).view(5, 8).t()
    transposed.uniform_(generator=theirs)
    assert np.array_equal(distributions.uniform(ours, 40, dtype), as_numpy(transposed.t(), dtype))
    transposed.normal_(generator=theirs)
    drawn = distributions.normal(ours, 40, dtype, contiguous=False)
    assert_normal(dtype, drawn, as_numpy(transposed.t(), dtype), 0.0, 1.0)
    channels_last = torch.empty(2, 3, 4, 5, dtype=torch_dtype(dtype)).to(memory_format=torch.channels_last)
    channels_last.normal_(generator=theirs)
    drawn = distributions.normal(ours, 120, dtype, contiguous=False)
    assert_normal(dtype, drawn, as_numpy(channels_last.permute(0, 2, 3, 1), dtype), 0.0, 1.0)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("rate", [1.0, 0.3, 50.0])
def test_exponential(dtype: DType, rate: float) -> None:
    for seed in SEEDS:
        ours, theirs = Generator(seed), torch.Generator().manual_seed(seed)
        rounded, unrounded = distributions.exponential(ours, 1000, dtype, rate)
        actual = as_numpy(empty(1000, dtype).exponential_(rate, generator=theirs), dtype)
        bound = rounding_bound(unrounded, dtype) + 3 * ulp_of(unrounded, *FORMAT[FLOAT64])
        assert rounded.dtype == dtype.numpy
        assert (np.abs(actual.astype(unrounded.dtype) - unrounded) <= bound).all()
        assert ours.get_state().tobytes() == theirs.get_state().numpy().tobytes()


@pytest.mark.parametrize("dtype", [BOOL, INT32, FLOAT16, FLOAT32, FLOAT64])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_bernoulli(dtype: DType, p: float) -> None:
    assert_same_stream(
        dtype,
        1000,
        lambda generator: distributions.bernoulli(generator, 1000, p).astype(dtype.numpy),
        lambda generator: empty(1000, dtype).bernoulli_(p, generator=generator),
    )


@pytest.mark.parametrize("dtype", FLOATING)
def test_bernoulli_each(dtype: DType) -> None:
    chances = np.linspace(0, 1, 1000).astype(dtype.numpy)
    given = torch.from_numpy(chances.astype(np.float64)).to(torch_dtype(dtype))
    assert_same_stream(
        dtype,
        1000,
        lambda generator: distributions.bernoulli_each(generator, chances).astype(dtype.numpy),
        lambda generator: torch.bernoulli(given, generator=generator),
    )


def test_dropout_mask() -> None:
    torch.manual_seed(11)
    kept = torch.nn.functional.dropout(torch.ones(1000), 0.3) != 0
    assert np.array_equal(distributions.bernoulli(Generator(11), 1000, 0.7), kept.numpy())
