"""The twister, and the generator's seed and state."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from reference import distributions
from reference.dtypes import FLOAT32, FLOAT64
from reference.errors import Refusal
from reference.generator import DEFAULT_SEED, Generator
from reference.mt19937 import WORDS, MersenneTwister
from tests.reference import recorded_streams


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()[:16]


def published_initialisation(seed: int) -> list[int]:
    """The recurrence of Matsumoto and Nishimura's ``init_genrand``."""
    words = [seed & 0xFFFFFFFF]
    for index in range(1, WORDS):
        words.append((1812433253 * (words[-1] ^ (words[-1] >> 30)) + index) & 0xFFFFFFFF)
    return words


class TestTwister:
    def test_published_vectors(self) -> None:
        words = MersenneTwister(5489).draw(10_000)
        assert words[:5].tolist() == [3499211612, 581869302, 3890346734, 3586334585, 545404204]
        assert words[-1] == 4123659995

    @pytest.mark.parametrize("seed", [0, 1, 5489, 2**31, 2**32 - 1, 2**32 + 5, DEFAULT_SEED])
    def test_seeding_is_the_published_recurrence(self, seed: int) -> None:
        words, position = MersenneTwister(seed).get()
        assert words.tolist() == published_initialisation(seed)
        assert position == WORDS

    def test_draws_join_up(self) -> None:
        twister = MersenneTwister(1)
        pieces = np.concatenate([twister.draw(n) for n in (0, 1, 623, 1, 700, 5)])
        assert np.array_equal(pieces, MersenneTwister(1).draw(1330))


class TestGenerator:
    def test_64_bits_are_two_words_the_high_one_first(self) -> None:
        generator, same = Generator(3), Generator(3)
        assert generator.random64() == (same.random() << 32) + same.random()

    @pytest.mark.parametrize(("seed", "initial"), [(-1, 2**64 - 1), (-(2**63), 2**63), (2**64 - 1, 2**64 - 1)])
    def test_seeds_are_unsigned(self, seed: int, initial: int) -> None:
        assert Generator(seed).initial_seed() == initial

    @pytest.mark.parametrize("seed", [-(2**63) - 1, 2**64])
    def test_seeds_beyond_64_bits_are_refused(self, seed: int) -> None:
        generator = Generator(1)
        with pytest.raises(Refusal):
            generator.manual_seed(seed)
        assert generator.initial_seed() == 1

    def test_only_32_bits_of_the_seed_count(self) -> None:
        assert Generator(5).random() == Generator(2**32 + 5).random() != Generator(6).random()

    def test_manual_seed_starts_over(self) -> None:
        generator = Generator(9)
        distributions.normal(generator, 3, FLOAT32)
        assert generator.spare_normal is not None
        assert generator.manual_seed(9) is generator
        assert generator.get_state().tobytes() == Generator(9).get_state().tobytes()

    def test_seed_is_new_every_time(self) -> None:
        generator = Generator()
        assert generator.initial_seed() == DEFAULT_SEED
        first, second = generator.seed(), generator.seed()
        assert first != second == generator.initial_seed()
        assert generator.random() == Generator(second).random()

    def test_recorded_state(self) -> None:
        generator = Generator(3)
        assert digest(generator.get_state()) == recorded_streams.FRESH_STATE
        distributions.uniform(generator, 5, FLOAT32)
        assert digest(generator.get_state()) == recorded_streams.USED_STATE

    def test_the_spare_deviate_is_part_of_the_state(self) -> None:
        generator = Generator(3)
        distributions.normal(generator, 1, FLOAT32)
        state = generator.get_state()
        assert state[5024:5032].view("<f8")[0] == generator.spare_normal
        assert Generator().set_state(state).spare_normal == generator.spare_normal

    def test_a_clone_is_independent(self) -> None:
        generator = Generator(3)
        distributions.normal(generator, 5, FLOAT64)
        clone = generator.clone_state()
        assert clone.initial_seed() == 3
        ahead = [distributions.normal(clone, n, FLOAT64)[0].tolist() for n in (3, 20, 700)]
        assert ahead == [distributions.normal(generator, n, FLOAT64)[0].tolist() for n in (3, 20, 700)]

    def test_a_state_of_another_size_is_refused(self) -> None:
        with pytest.raises(Refusal, match="5056"):
            Generator().set_state(np.zeros(10, dtype=np.uint8))
