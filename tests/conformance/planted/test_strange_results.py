"""Whatever a faulty library returns, or raises, is a discrepancy: never an error of the suite."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from conformance.drivers import seed_of, with_hypothesis
from conformance.operations import find
from conformance.profiles import PROFILES
from conformance.structures import structures
from conformance.verify import Verification
from tests.conformance.planted.planting import EVERY_FORM, Fault, FaultyTarget, Plant

# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")


class Unspeakable(Exception):
    """An exception with words that no terminal can show."""

    def __str__(self) -> str:
        return "\udcff\x00"


def raised(error: BaseException) -> Callable[[torch.Tensor], Any]:
    def instead(result: torch.Tensor) -> Any:
        raise error

    return instead


STRANGE: dict[str, Callable[[torch.Tensor], Any]] = {
    "nothing": lambda result: None,
    "a number": lambda result: 1.5,
    "a text": lambda result: "\udcff<b>",
    "a list": lambda result: [result],
    "two": lambda result: (result, result),
    "another dtype": lambda result: result.detach().to(torch.int16 if result.dtype != torch.int16 else torch.int8),
    "complex": lambda result: result.detach().to(torch.complex64),
    "one dimension more": lambda result: result.detach().unsqueeze(0),
    "one element less": lambda result: result.detach().flatten()[:-1],
    "expanded": lambda result: result.detach().flatten()[:1].expand(7, -1),
    "not a number": lambda result: torch.full_like(result.detach(), math.nan, dtype=torch.float32),
    "a parameter": lambda result: torch.nn.Parameter(result.detach().to(torch.float32)),
    "an array": lambda result: result.detach().to(torch.float32).numpy(),
    "sparse": lambda result: result.detach().reshape(-1).to_sparse(),
    "on meta": lambda result: result.detach().to("meta"),
    "KeyError": raised(KeyError("key")),
    "AssertionError": raised(AssertionError()),
    "MemoryError": raised(MemoryError()),
    "StopIteration": raised(StopIteration()),
    "RecursionError": raised(RecursionError("deep")),
    "an exception that nobody can say": raised(Unspeakable()),
    "a long message": raised(RuntimeError("x" * 100_000)),
}


@pytest.mark.parametrize("name", ["add", "isinf", "sum", "getitem_of_places", "clone", "mm"])
@pytest.mark.parametrize("strange", STRANGE)
def test_it_is_found(name: str, strange: str) -> None:
    def plant(real: Plant, *args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        return STRANGE[strange](result) if torch.is_tensor(result) else result

    target = FaultyTarget(Fault(strange, "is returned", name, "agrees", plant, EVERY_FORM))
    check = Verification(find(name), target, PROFILES["smoke"], lambda event: None)
    for number, structure in enumerate(structures(find(name), PROFILES["smoke"], seed_of(name, 0), with_hypothesis)):
        if number % 6 == 0:
            check.structures([structure])
    assert check.failures
