"""The oracle of vjps: central differences in extended precision, which every declared vjp must agree with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import reference as reference  # its modules register their functions
from reference.autograd.engine import backward
from reference.autograd.recording import retain_grad
from reference.dtypes import BY_NAME, BY_NUMPY, DType
from reference.tensor import METHODS, Tensor

STEP = np.longdouble(2.0) ** -16
# The step's square, times what third derivatives there are.
TOLERANCE = 1e-7
Call = Callable[..., Any]


@dataclass(frozen=True)
class Example:
    """A call and where to test it. Second derivatives too, unless the function is constant almost everywhere.

    ``function`` and ``settings`` are those of a call of one function, for who wants to make it elsewhere.
    """

    name: str
    call: Call
    arrays: tuple[np.ndarray, ...]
    second: bool = True
    function: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def check(self, *, second: bool = True) -> None:
        assert_gradients(self.call, self.arrays, second=second and self.second)


def method(name: str, *arrays: np.ndarray, second: bool = True, then: Call | None = None, **settings: Any) -> Example:
    """A function and its settings; of several results, ``then`` makes the one that is tested."""

    def call(*given: Tensor) -> Any:
        made = METHODS[name](*given, **settings)
        return then(made) if then else made

    kinds = "complex" if any(array.dtype.kind == "c" for array in arrays) else "real"
    told = "".join(f" {key}={value}" for key, value in settings.items() if not isinstance(value, Tensor))
    return Example(f"{name} {kinds}{told}", call, arrays, second, name, settings)


def on(name: str, call: Call, *arrays: np.ndarray, second: bool = True) -> Example:
    return Example(name, call, arrays, second)


def tensor(values: Any, dtype: str = "", *, requires_grad: bool = False) -> Tensor:
    """A contiguous tensor of these values, of the array's own dtype unless given."""
    array = np.asarray(values)
    kind: DType = BY_NAME[dtype] if dtype else BY_NUMPY[array.dtype]
    return Tensor.of(array.copy(), kind).requires_grad_(requires_grad)


def first(result: Any) -> Tensor:
    """The differentiable output of a function of one or several outputs."""
    made: Tensor = result[0] if isinstance(result, tuple) else result
    return made


def assert_gradients(
    call: Call, arrays: Sequence[np.ndarray], *, tolerance: float = 1e-7, second: bool = False
) -> None:
    """Each input's gradient is its central difference; with ``second``, so is the gradient of the gradient."""
    inputs = [tensor(wide(array), requires_grad=True) for array in arrays]
    result = first(call(*inputs))
    cotangent = weights(result.shape, result.array.dtype)
    assert result.grad_fn is not None, "the call is not recorded"
    backward(result, tensor(cotangent))
    for position, given in enumerate(inputs):
        assert given.grad is not None, f"input {position} got no gradient"
        numeric = differences(call, [wide(array) for array in arrays], position, cotangent)
        np.testing.assert_allclose(
            given.grad.array.astype(np.clongdouble),
            numeric,
            rtol=tolerance,
            atol=tolerance,
            err_msg=f"input {position}",
        )
    if second:
        assert_gradients(lambda *given: _gradient(call, given), arrays)


def _gradient(call: Call, given: Sequence[Tensor]) -> Tensor:
    """The gradient of the first input as a function of all of them, itself recorded.

    The result is squared, so that the gradient of a linear function depends on its inputs too.
    """
    tracked = given[0] * 1 if given[0].requires_grad else given[0].detach().requires_grad_() * 1
    outcome = first(call(tracked, *given[1:]))
    outcome = outcome * outcome
    retain_grad(tracked)
    backward(outcome, tensor(weights(outcome.shape, outcome.array.dtype)), create_graph=True)
    gradient = tracked.grad
    assert gradient is not None
    for one in given:
        one.grad = None
    return gradient


def differences(call: Call, arrays: list[np.ndarray], position: int, cotangent: np.ndarray) -> np.ndarray:
    """The gradient of Re <cotangent, call> by central differences; of a complex input, along both of its parts."""
    base = arrays[position]
    found = np.zeros(base.shape, np.clongdouble)
    units: list[Any] = [np.longdouble(1), 1j] if base.dtype.kind == "c" else [np.longdouble(1)]
    for index in np.ndindex(base.shape):
        for unit in units:
            ends = []
            for step in (STEP, -STEP):
                moved = base.copy()
                moved[index] += step * unit
                output = first(call(*(tensor(moved if n == position else one) for n, one in enumerate(arrays))))
                ends.append(np.sum((np.conj(cotangent) * output.array).real))
            found[index] += unit * (ends[0] - ends[1]) / (2 * STEP)
    return found


def wide(array: np.ndarray) -> np.ndarray:
    return np.asarray(array).astype(np.clongdouble if np.asarray(array).dtype.kind == "c" else np.longdouble)


def weights(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """A cotangent without symmetry, so that a transposed or summed gradient shows."""
    count = int(np.prod(shape))
    values = (np.arange(count) * 7 % 11 - 4.5) / 3
    made = values + 1j * ((np.arange(count) * 5 % 7) - 2.5) / 2 if np.dtype(dtype).kind == "c" else values
    return made.reshape(shape).astype(dtype)
