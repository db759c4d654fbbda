"""The state of random generators: what is seeded, saved and restored gives the same numbers again.

https://docs.pytorch.org/docs/stable/generated/torch.Generator.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from conformance.claims import Claims
from conformance.model.verdict import Documented
from conformance.session import Session
from reference.generator import Generator
from suites.claiming import claiming, refusal

MANUAL = Documented("https://docs.pytorch.org/docs/stable/generated/torch.Generator.html")
SEEDS = (0, 7, 2**32 + 5, 2**63, 2**64 - 1)
# An odd number of deviates leaves half of a pair behind: a state that forgets it goes on with another number.
DRAWS: dict[str, Callable[..., torch.Tensor]] = {
    "rand": lambda **given: torch.rand(1000, **given),
    "randn": lambda **given: torch.randn(7, **given),
    "one deviate": lambda **given: torch.randn((), dtype=torch.float64, **given),
    "randint": lambda **given: torch.randint(2**40, (5,), **given),
    "randperm": lambda **given: torch.randperm(30, **given),
}


def _means(device: torch.device) -> torch.Tensor:
    return torch.arange(5.0, device=device)


# Nothing says how these are drawn on another device than the CPU, but from which generator.
OTHERS: dict[str, Callable[..., torch.Tensor]] = {
    "normal of tensors": lambda device, **given: torch.normal(_means(device), _means(device), **given),
    "normal of means": lambda device, **given: torch.normal(_means(device), 2.0, **given),
    "normal of deviations": lambda device, **given: torch.normal(1.0, _means(device), **given),
    "bernoulli": lambda device, **given: torch.bernoulli(_means(device) / 5, **given),
    "bernoulli of p": lambda device, **given: torch.bernoulli(_means(device), 0.5, **given),
    "bernoulli_": lambda device, **given: _means(device).bernoulli_(0.5, **given),
    "bernoulli_ by a tensor": lambda device, **given: _means(device).bernoulli_(_means(device) / 5, **given),
    "multinomial": lambda device, **given: torch.multinomial(_means(device), 3, **given),
    "multinomial, replaced": lambda device, **given: torch.multinomial(_means(device), 9, replacement=True, **given),
    "poisson": lambda device, **given: torch.poisson(_means(device), **given),
    "uniform_": lambda device, **given: _means(device).uniform_(**given),
    "normal_": lambda device, **given: _means(device).normal_(**given),
    "random_": lambda device, **given: _means(device).random_(100, **given),
    "exponential_": lambda device, **given: _means(device).exponential_(**given),
    "geometric_": lambda device, **given: _means(device).geometric_(0.5, **given),
    "cauchy_": lambda device, **given: _means(device).cauchy_(**given),
    "log_normal_": lambda device, **given: _means(device).log_normal_(**given),
}


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    with claiming("Generator", "generators", valued_target, MANUAL, session) as made:
        yield made


def draws(device: torch.device, **given: Any) -> dict[str, np.ndarray]:
    """Numbers of every kind, drawn one after the other."""
    return {name: draw(device=device, **given).cpu().numpy() for name, draw in (DRAWS | OTHERS).items()}


def generator_on(device: torch.device) -> torch.Generator:
    """A generator of the device; some have none of their own, and nothing can be claimed of it."""
    try:
        return torch.Generator(device)
    except RuntimeError as error:
        pytest.skip(f"torch has no generator for {device}: {error}")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_gives_the_same_numbers(seed: int, device: torch.device, claims: Claims) -> None:
    claims.same("agrees", "manual_seed returns a generator", "Generator", type(torch.manual_seed(seed)).__name__)
    first = draws(device)
    claims.same("agrees", "initial_seed is what it was seeded with", seed, torch.initial_seed())
    torch.manual_seed(seed)
    claims.exact("determinism", "seeded again", first, draws(device))
    generator = generator_on(device).manual_seed(seed)
    claims.same("agrees", "a generator's initial_seed", seed, generator.initial_seed())
    claims.exact("determinism", "a generator of that seed", first, draws(device, generator=generator))


@pytest.mark.parametrize("seed", [-(2**63) - 1, 2**64])
def test_a_seed_out_of_range_is_refused(seed: int, device: torch.device, claims: Claims) -> None:
    # With a RuntimeError, says the manual; torch 2.13 raises a ValueError (docs/findings/007).
    generator = generator_on(device)
    for name, seeded in (("manual_seed", torch.manual_seed), ("Generator.manual_seed", generator.manual_seed)):
        refused = refusal(partial(seeded, seed)) in ("RuntimeError", "ValueError")
        claims.same("refusal", f"{name}({seed}) is refused", True, refused)


def test_seed_starts_from_a_number_that_it_returns(device: torch.device, claims: Claims) -> None:
    seed = torch.seed()
    first = draws(torch.device("cpu"))
    claims.same("agrees", "seed returns the seed", torch.initial_seed(), seed)
    claims.same("agrees", "of 64 bits", True, 0 <= seed < 2**64)
    torch.manual_seed(seed)
    claims.exact("determinism", "seeded with it again", first, draws(torch.device("cpu")))
    generator = generator_on(device)
    claims.same("agrees", "two calls give two seeds", False, generator.seed() == generator.seed())


@pytest.mark.parametrize("before", DRAWS)
def test_a_state_that_is_restored_goes_on_as_it_did(before: str, device: torch.device, claims: Claims) -> None:
    torch.manual_seed(3)
    DRAWS[before]()
    state = torch.get_rng_state()
    first = draws(torch.device("cpu"))
    torch.set_rng_state(state)
    claims.exact("determinism", f"set_rng_state after {before}", first, draws(torch.device("cpu")))
    generator = generator_on(device).manual_seed(3)
    DRAWS[before](device=device, generator=generator)
    state, clone = generator.get_state(), generator.clone_state()
    first = draws(device, generator=generator)
    claims.exact("determinism", f"set_state after {before}", first, draws(device, generator=generator.set_state(state)))
    claims.exact("determinism", f"clone_state after {before}", first, draws(device, generator=clone))


def test_the_state_is_a_tensor_of_bytes(claims: Claims) -> None:
    state = torch.get_rng_state()
    seen = (state.dtype, state.ndim, state.device.type)
    claims.same("agrees", "get_rng_state gives a vector of bytes", (torch.uint8, 1, "cpu"), seen)
    claims.same("refusal", "a state that is too short", "RuntimeError", refusal(lambda: torch.set_rng_state(state[1:])))
    claims.same("refusal", "a state that is no bytes", "TypeError", refusal(lambda: torch.set_rng_state(state.int())))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_state_is_that_of_a_mersenne_twister(seed: int, device: torch.device, claims: Claims) -> None:
    """The bytes that torch 2.13 gives on the CPU: a state that was saved goes on with the next release too."""
    if device.type != "cpu":
        pytest.skip("another device has a generator of its own")
    ours, theirs = Generator(seed), torch.Generator().manual_seed(seed)
    claims.exact("agrees", f"seed {seed}", {"state": ours.get_state()}, {"state": theirs.get_state().numpy()})
    ours.words(1000)
    torch.randint(2**20, (1000,), generator=theirs)
    claims.exact("agrees", f"seed {seed}, later", {"state": ours.get_state()}, {"state": theirs.get_state().numpy()})


def test_generators_are_independent(device: torch.device, claims: Claims) -> None:
    torch.manual_seed(5)
    expected = draws(device)
    torch.manual_seed(5)
    other = generator_on(device).manual_seed(6)
    first = draws(device, generator=other)
    claims.exact("aliasing", "drawing from another generator", expected, draws(device))
    torch.manual_seed(5)
    with torch.random.fork_rng():
        torch.manual_seed(8)
        draws(device)
    claims.exact("aliasing", "drawing inside of fork_rng", expected, draws(device))
    claims.exact("aliasing", "the other", first, draws(device, generator=other.manual_seed(6)))


def test_what_a_generator_says_of_itself(device: torch.device, claims: Claims) -> None:
    generator = generator_on(device)
    claims.same("agrees", "device", device.type, generator.device.type)
    claims.same("agrees", "default_generator is that of the CPU", "cpu", torch.default_generator.device.type)
    torch.manual_seed(11)
    claims.same("agrees", "manual_seed seeds default_generator", 11, torch.default_generator.initial_seed())
