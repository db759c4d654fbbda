"""Random bits: none is likelier than its opposite, and none tells another, along places, rows or seeds."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.random_bits import random_bits

COUNT = 4096
ALONG = {
    "places": lambda start: random_bits(start, range(1), COUNT)[0],
    "rows": lambda start: random_bits(start, range(COUNT), 1)[:, 0],
    "every sixth row": lambda start: random_bits(start, range(5, 6 * COUNT, 6), 1)[:, 0],
    "seeds": lambda start: np.array([random_bits(start + n, range(1), 1)[0, 0] for n in range(COUNT)]),
    "distant seeds": lambda start: np.array([random_bits((start + n) << 20, range(1), 1)[0, 0] for n in range(COUNT)]),
}


def shares(words: np.ndarray) -> np.ndarray:
    """How often each of the 64 bits is set, in standard deviations from half of the words."""
    bits = np.unpackbits(words.view(np.uint8)).reshape(len(words), 64)
    return np.abs(bits.mean(axis=0) - 0.5) * 2 * np.sqrt(len(words))


@pytest.mark.parametrize("along", ALONG)
@pytest.mark.parametrize("start", [0, 1, 12345, 2**32 - COUNT])
def test_each_bit_is_set_in_half_of_the_words(along: str, start: int) -> None:
    assert shares(ALONG[along](start)).max() < 5


@pytest.mark.parametrize("along", ALONG)
@pytest.mark.parametrize("turn", range(0, 64, 7))
def test_a_word_does_not_tell_the_bits_of_the_next(along: str, turn: int) -> None:
    words = ALONG[along](7)
    turned = (words[:-1] >> np.uint64(turn)) | (words[:-1] << np.uint64((64 - turn) % 64))
    assert shares(turned ^ words[1:]).max() < 5


def test_words_of_two_inputs_do_not_tell_each_other() -> None:
    # A structure's inputs have seeds of their own, and the same places.
    one, other = (random_bits(seed, range(64), 64).ravel() for seed in (3, 4))
    assert max(shares(one ^ other).max(), shares((one >> np.uint64(32)) ^ (other << np.uint64(32))).max()) < 5


def test_the_numbers_that_are_below_a_bound_are_equally_frequent() -> None:
    counts = np.bincount((random_bits(1, range(100), 170).ravel() >> np.uint64(32)).astype(np.int64) * 17 >> 32)
    assert len(counts) == 17
    assert ((counts - 1000) ** 2 / 1000).sum() < 40  # chi-square of 16 degrees: one in a thousand is over 39
