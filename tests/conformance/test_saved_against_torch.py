"""What the nodes of the reference save is what torch's nodes save, as a write to an input or a result shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from reference.autograd.engine import backward
from reference.dtypes import EXTENDED
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, tensor
from tests.reference.test_every_vjp import TABLES

torch = pytest.importorskip("torch")

ROOMS = (torch, torch.nn.functional, torch.linalg, torch.special, torch.Tensor)
NAMES = {
    "linalg_cross": (torch.linalg, "cross"),
    "special_i1": (torch.special, "i1"),
    "unfold": (torch.Tensor, "unfold"),
}
# kron writes down no version (finding 046); the gradient of polar is of its result in torch, where 0 has no angle.
KNOWN = {"kron", "polar"}
# Functions of the reference alone, or whose arguments have other names in torch.
APART = {"alias", "on_diagonal", "placed_along", "scatter", "slice", "split_evenly", "taken_along", "reciprocal_times"}


def of_torch(name: str) -> Callable[..., Any] | None:
    room, called = NAMES.get(name) or (next((room for room in ROOMS if hasattr(room, name)), None), name)
    return getattr(room, called) if room is not None else None


def examples() -> Iterator[Example]:
    """One of each function and each set of settings."""
    for example in (example for table in TABLES for example in table):
        if example.function and example.function not in APART and of_torch(example.function):
            yield example


def as_torch(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.from_numpy(np.array(value.array, value.array.dtype if value.dtype is not EXTENDED else np.float64))
    return type(value)(map(as_torch, value)) if isinstance(value, (list, tuple)) else value


def as_float64(value: Any) -> Any:
    return tensor(value.array.astype(np.float64)) if isinstance(value, Tensor) and value.dtype is EXTENDED else value


def parts(made: Any) -> list[Any]:
    return list(made) if isinstance(made, (tuple, list)) else [made]


def noticed_by_torch(example: Example, place: int) -> bool | None:
    given = [torch.tensor(np.array(array), requires_grad=True) * 1 for array in example.arrays]
    call = of_torch(example.function)
    assert call is not None
    made = parts(call(*given, **{name: as_torch(value) for name, value in example.settings.items()}))
    if not written(given, made, place, lambda one: one.detach().fill_(1)):
        return None
    try:
        made[0].backward(torch.ones_like(made[0]))
    except RuntimeError as error:
        if "inplace" not in str(error):
            raise
        return True
    return False


def noticed_by_reference(example: Example, place: int) -> bool | None:
    given = [tensor(np.array(array), requires_grad=True) * 1 for array in example.arrays]
    settings = {name: as_float64(value) for name, value in example.settings.items()}
    made = parts(METHODS[example.function](*given, **settings))
    if not written(given, made, place, lambda one: METHODS["fill_"](METHODS["detach"](one), 1)):
        return None
    try:
        backward(made[0], tensor(np.ones(made[0].shape, made[0].array.dtype)))
    except Refusal as refusal:
        if "inplace" not in refusal.message:
            raise
        return True
    return False


def written(given: Sequence[Any], made: Sequence[Any], place: int, write: Callable[[Any], Any]) -> bool:
    """Write to an input, or behind them to a result; false where there is no such."""
    everything = [*given, *made[:2]]
    if place >= len(everything):
        return False
    write(everything[place])
    return True


@pytest.mark.filterwarnings("ignore:Using torch.cross")
@pytest.mark.parametrize("function", sorted({example.function for example in examples()} - KNOWN))
def test_a_write_is_noticed_where_torch_notices_it(function: str) -> None:
    for example in examples():
        if example.function == function:
            for place in range(5):
                expected = noticed_by_torch(example, place)
                assert noticed_by_reference(example, place) == expected, f"{example}: tensor {place}"
