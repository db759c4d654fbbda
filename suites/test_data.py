"""Data: which samples a loader gives, in which order and batches, by itself and with workers.

https://docs.pytorch.org/docs/stable/data.html
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils import data

from conformance.claims import Claims
from conformance.model.verdict import Documented
from conformance.session import Session
from conformance.targets.torch.eager import TorchTarget
from suites.claiming import claiming, refusal

MANUAL = Documented("https://docs.pytorch.org/docs/stable/data.html")
SIZES = ((10, 3), (12, 4), (1, 1), (5, 7), (0, 2), (33, 16))
Point = namedtuple("Point", "x y")


class Squares(data.Dataset[torch.Tensor]):
    """The squares of so many numbers."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> torch.Tensor:
        if not 0 <= index < self.count:
            raise IndexError(index)
        return torch.tensor(index * index)


class Seeds(Squares):
    """The number, the worker and the seed with which a sample is made, and a number drawn for it."""

    def __getitem__(self, index: int) -> torch.Tensor:
        worker = data.get_worker_info()
        who = (-1, 0) if worker is None else (worker.id, worker.num_workers)
        return torch.tensor([index, *who, torch.initial_seed() % 2**40, int(torch.randint(2**30, ()))])


class Broken(Squares):
    """What fails at its fourth sample."""

    def __getitem__(self, index: int) -> torch.Tensor:
        if index == 3:
            raise KeyError("the fourth")
        return super().__getitem__(index)


class Stream(data.IterableDataset[int]):
    """Numbers, divided among the workers."""

    def __iter__(self) -> Iterator[int]:
        worker = data.get_worker_info()
        return iter(range(7)) if worker is None else iter(range(worker.id, 7, worker.num_workers))


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    opened = session.target(valued_target)
    if not isinstance(opened, TorchTarget) or not opened.on_cpu:
        pytest.skip("data are loaded on the CPU")
    with claiming("DataLoader", "data", valued_target, MANUAL, session) as made:
        yield made


def batches(dataset: Any, **given: Any) -> list[Any]:
    return [one.tolist() if isinstance(one, torch.Tensor) else one for one in data.DataLoader(dataset, **given)]


def first(samples: Any) -> Any:
    """The one batch of two samples."""
    return next(iter(data.DataLoader(samples, batch_size=2)))


@pytest.mark.parametrize(("count", "size"), SIZES)
def test_batches_in_order(count: int, size: int, claims: Claims) -> None:
    squares = [number * number for number in range(count)]
    wanted = [squares[start : start + size] for start in range(0, count, size)]
    whole = [one for one in wanted if len(one) == size]
    dataset = Squares(count)
    claims.same("agrees", "in order", wanted, batches(dataset, batch_size=size))
    claims.same("agrees", "without a short one", whole, batches(dataset, batch_size=size, drop_last=True))
    claims.same("agrees", "one by one", [[one] for one in squares], batches(dataset))
    claims.same("agrees", "without batches", squares, batches(dataset, batch_size=None))
    lengths = [len(data.DataLoader(dataset, batch_size=size, drop_last=last)) for last in (False, True)]
    claims.same("agrees", "how many", [len(wanted), len(whole)], lengths)
    loader = data.DataLoader(dataset, batch_size=size)
    twice = [[one.tolist() for one in loader] for _ in range(2)]
    claims.same("determinism", "a second epoch", [wanted, wanted], twice)
    kinds = {one.dtype for one in loader}
    claims.same("agrees", "dtypes", {torch.int64} if count else set(), kinds)


@pytest.mark.parametrize(("count", "size"), [one for one in SIZES if one[0]])
def test_shuffled(count: int, size: int, claims: Claims) -> None:
    def epochs(seed: int, **given: Any) -> list[list[Any]]:
        loader = data.DataLoader(
            Squares(count), batch_size=size, shuffle=True, generator=torch.Generator().manual_seed(seed), **given
        )
        return [[one.tolist() for one in loader] for _ in range(2)]

    squares = [number * number for number in range(count)]
    before = torch.get_rng_state()
    found = epochs(7)
    claims.same("aliasing", "the default generator is left alone", True, bool(before.equal(torch.get_rng_state())))
    for epoch in found:
        claims.same("agrees", "every sample once", squares, sorted(one for batch in epoch for one in batch))
        claims.same(
            "agrees",
            "the last is short",
            [len(one) for one in batches(Squares(count), batch_size=size)],
            list(map(len, epoch)),
        )
    claims.same("determinism", "the same seed", found, epochs(7))
    if count >= 10:
        claims.same("agrees", "another order than without", False, list(chain.from_iterable(found[0])) == squares)
        claims.same("agrees", "another in the next epoch", False, found[0] == found[1])
        claims.same("agrees", "another with another seed", False, found == epochs(8))
    torch.manual_seed(5)
    once = batches(Squares(count), batch_size=size, shuffle=True)
    torch.manual_seed(5)
    claims.same(
        "determinism", "the default generator seeds it", once, batches(Squares(count), batch_size=size, shuffle=True)
    )


def test_workers_give_the_same(claims: Claims) -> None:
    def order(workers: int, **given: Any) -> list[Any]:
        return batches(
            Squares(23), batch_size=4, num_workers=workers, generator=torch.Generator().manual_seed(3), **given
        )

    for given in ({}, {"shuffle": True}, {"shuffle": True, "drop_last": True}):
        alone = order(0, **given)
        for workers in (1, 2):
            claims.same("agrees", f"{workers} workers, {given}", alone, order(workers, **given))
    loader = data.DataLoader(Squares(9), batch_size=2, num_workers=2, persistent_workers=True)
    twice = [[one.tolist() for one in loader] for _ in range(2)]
    claims.same("agrees", "workers that stay", [batches(Squares(9), batch_size=2)] * 2, twice)
    streamed = sorted(one for batch in batches(Stream(), batch_size=2, num_workers=2) for one in batch)
    claims.same("agrees", "a stream is divided", list(range(7)), streamed)
    claims.same("refusal", "what fails in a worker", "KeyError", refusal(lambda: batches(Broken(6), num_workers=1)))
    claims.same("refusal", "and without", "KeyError", refusal(lambda: batches(Broken(6))))


def test_workers_have_seeds_of_their_own(claims: Claims) -> None:
    def seen(seed: int) -> list[Any]:
        torch.manual_seed(seed)
        return [row for batch in batches(Seeds(8), batch_size=2, num_workers=2) for row in batch]

    once = seen(11)
    claims.same("agrees", "workers take turns", [0, 0, 1, 1, 0, 0, 1, 1], [row[1] for row in once])
    claims.same("agrees", "how many they are", {2}, {row[2] for row in once})
    own = sorted({(row[1], row[3]) for row in once})
    claims.same("agrees", "base_seed + worker_id", 1, own[1][1] - own[0][1] if len(own) == 2 else None)
    claims.same("agrees", "no two draw the same", len(once), len({row[4] for row in once}))
    claims.same("determinism", "the same seed", once, seen(11))
    claims.same("agrees", "another seed", False, once == seen(12))
    alone = batches(Seeds(2), batch_size=None)
    claims.same("agrees", "without workers there is none", [[0, -1, 0], [1, -1, 0]], [row[:3] for row in alone])


def test_samples_are_collated(claims: Claims) -> None:
    samples: dict[str, tuple[list[Any], Any]] = {
        "integers": ([1, 2], torch.tensor([1, 2])),
        "fractions": ([1.5, 2], torch.tensor([1.5, 2.0], dtype=torch.float64)),
        "tensors": ([torch.ones(2), torch.zeros(2)], torch.tensor([[1.0, 1.0], [0.0, 0.0]])),
        "arrays": ([np.ones(2, np.float32)] * 2, torch.ones(2, 2)),
        "numbers of NumPy": ([np.int16(1), np.int16(2)], torch.tensor([1, 2], dtype=torch.int16)),
        "text": (["a", "b"], ["a", "b"]),
        "tuples": ([(1, 2.5), (3, 4.5)], [torch.tensor([1, 3]), torch.tensor([2.5, 4.5], dtype=torch.float64)]),
        "dictionaries": ([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], {"a": torch.tensor([1, 2]), "b": ["x", "y"]}),
        "named tuples": ([Point(1, 2), Point(3, 4)], Point(torch.tensor([1, 3]), torch.tensor([2, 4]))),
        "truths": ([True, False], torch.tensor([True, False])),
    }
    for name, (given, wanted) in samples.items():
        found = first(given)
        claims.same("agrees", name, _told(wanted), _told(found))
    shared = torch.zeros(2)
    found = first([shared, shared])
    found += 1
    claims.same("aliasing", "a batch has memory of its own", [0.0, 0.0], shared.tolist())
    odd = refusal(lambda: first([torch.ones(2), torch.ones(3)]))
    claims.same("refusal", "tensors of two sizes", "RuntimeError", odd)
    own = batches(Squares(4), batch_size=2, collate_fn=lambda some: [int(one) for one in some])
    claims.same("agrees", "collate_fn", [[0, 1], [4, 9]], own)


def _told(value: Any) -> Any:
    """A batch in terms that are compared by value."""
    if isinstance(value, torch.Tensor):
        return value.dtype, value.tolist()
    if isinstance(value, dict):
        return {key: _told(one) for key, one in value.items()}
    return (type(value).__name__, [_told(one) for one in value]) if isinstance(value, (list, tuple)) else value


def test_samplers(claims: Claims) -> None:
    dataset = Squares(5)
    claims.same("agrees", "a sampler", [[16, 0], [4]], batches(dataset, sampler=[4, 0, 2], batch_size=2))
    claims.same("agrees", "a batch_sampler", [[1, 1], [9]], batches(dataset, batch_sampler=[[1, 1], [3]]))
    chosen = list(data.WeightedRandomSampler([0.0, 1.0, 0.0], 6))
    claims.same("agrees", "weights of zero are never drawn", [1] * 6, chosen)
    often = sorted(data.RandomSampler(range(5), generator=torch.Generator().manual_seed(1)))
    claims.same("agrees", "RandomSampler", [0, 1, 2, 3, 4], often)
    cut = list(data.BatchSampler(data.SequentialSampler(range(5)), 2, drop_last=True))
    claims.same("agrees", "BatchSampler", [[0, 1], [2, 3]], cut)
    for name, given in (
        ("a sampler that is shuffled", {"sampler": [1], "shuffle": True}),
        ("batches of no size", {"batch_size": 0}),
        ("a batch_sampler of some size", {"batch_sampler": [[1]], "batch_size": 2}),
        ("workers that stay where there are none", {"persistent_workers": True}),
    ):
        claims.same("refusal", name, "ValueError", refusal(partial(data.DataLoader, dataset, **given)))


def test_datasets_of_others(claims: Claims) -> None:
    numbers, letters = torch.arange(6), list("abcdef")
    anything: Any = data
    pairs = data.TensorDataset(numbers, numbers * 2)
    claims.same("agrees", "TensorDataset", (6, [3, 6]), (len(pairs), [int(one) for one in pairs[3]]))
    wrong = refusal(lambda: data.TensorDataset(numbers, numbers[1:]))
    claims.same("refusal", "tensors of two lengths", True, wrong != "no refusal")
    joined = anything.ConcatDataset([letters, Squares(3)])
    claims.same("agrees", "ConcatDataset", (9, "f", 4), (len(joined), joined[5], int(joined[-1])))
    some = anything.Subset(letters, [4, 1])
    claims.same("agrees", "Subset", ["e", "b"], [some[0], some[1]])

    def parts(lengths: Any) -> list[list[int]]:
        drawn = anything.random_split(range(10), lengths, torch.Generator().manual_seed(2))
        return [list(part) for part in drawn]

    for lengths, sizes in (((7, 3), [7, 3]), ((0.55, 0.45), [6, 4]), ((0.5, 0.25, 0.25), [6, 2, 2])):
        found = parts(lengths)
        claims.same("agrees", f"random_split {lengths}", sizes, list(map(len, found)))
        claims.same("agrees", f"random_split {lengths}: each once", list(range(10)), sorted(chain.from_iterable(found)))
        claims.same("determinism", f"random_split {lengths}", found, parts(lengths))
    claims.same("refusal", "parts that are not all", "ValueError", refusal(lambda: parts((4, 4))))
