"""LeNet on the reference: problems to train it on, and what one step of training makes of them.

https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.model.case import Drawn
from conformance.values import block
from reference.autograd.engine import backward
from reference.dtypes import FLOAT32, FLOAT64, INT64, DType, set_default_dtype
from reference.nn.layers import CrossEntropyLoss, MSELoss
from reference.nn.lenet import Net
from reference.optim.sgd import SGD
from reference.random import manual_seed
from reference.tensor import Tensor

BATCH = 3
CLASSES = 10
Settings = dict[str, Any]
"""What an optimizer is made with."""


@dataclass(frozen=True)
class Problem:
    """What a network is trained on: its parameters, images, a cotangent of its scores, labels and wanted scores."""

    kernel: int
    dtype: DType
    parameters: dict[str, np.ndarray]
    images: np.ndarray
    cotangent: np.ndarray
    labels: np.ndarray
    wanted: np.ndarray


def initial_parameters(kernel: int, seed: int) -> dict[str, np.ndarray]:
    """The parameters of a network that is made right after seeding."""
    manual_seed(seed)
    return {name: np.array(parameter.array) for name, parameter in Net(kernel).named_parameters()}


def integer_problem(kernel: int, seed: int) -> Problem:
    """In float64, of integers so small that nothing is rounded, whatever the order of the sums."""
    shapes = {name: values.shape for name, values in initial_parameters(kernel, seed).items()}
    parameters = {name: _integers(shape, seed + place, 1) for place, (name, shape) in enumerate(shapes.items(), 1)}
    return _problem(kernel, FLOAT64, parameters, _integers((BATCH, 1, 32, 32), seed, 2), seed)


def random_problem(kernel: int, seed: int) -> Problem:
    """In float32: the parameters that a new network has, and images of noise."""
    images = block(Drawn("normal", seed), FLOAT32, BATCH * 32 * 32, 1)
    return _problem(kernel, FLOAT32, initial_parameters(kernel, seed), images.reshape(BATCH, 1, 32, 32), seed)


def _problem(kernel: int, dtype: DType, parameters: dict[str, np.ndarray], images: np.ndarray, seed: int) -> Problem:
    cotangent = _integers((BATCH, CLASSES), seed + 100, 2).astype(dtype.numpy)
    wanted = _integers((BATCH, CLASSES), seed + 101, 2).astype(dtype.numpy)
    labels = np.abs(_integers((BATCH,), seed + 102, CLASSES - 1)).astype(np.int64)
    return Problem(kernel, dtype, parameters, images, cotangent, labels, wanted)


def _integers(shape: tuple[int, ...], seed: int, reach: int) -> np.ndarray:
    """Integers from -reach to reach."""
    raw = block(Drawn("bits", seed), INT64, int(np.prod(shape)), 1)
    return (raw % (2 * reach + 1) - reach).astype(np.float64).reshape(shape)


# -- training ------------------------------------------------------------------------------------------------------


def network(problem: Problem, dtype: DType) -> Net:
    """The network of a problem, its parameters in ``dtype``."""
    with _default_dtype(dtype):
        made = Net(problem.kernel)
        made.load_state_dict({name: Tensor.of(values, dtype) for name, values in problem.parameters.items()})
    return made


def forward_and_backward(problem: Problem) -> dict[str, np.ndarray]:
    """The scores, and all gradients for the cotangent, that of the images too."""
    made = network(problem, problem.dtype)
    images = Tensor.of(problem.images, problem.dtype).requires_grad_()
    scores = made(images)
    backward(scores, Tensor.of(problem.cotangent, problem.dtype))
    assert images.grad is not None, "the images require a gradient"
    return {"scores": scores.array, "images.grad": images.grad.array, **gradients(made)}


def losses(problem: Problem, dtype: DType) -> dict[str, np.ndarray]:
    """The scores, both losses and the gradients of each, computed in ``dtype``."""
    found: dict[str, np.ndarray] = {}
    for name, loss, wanted in (
        ("mse", MSELoss(), Tensor.of(problem.wanted, dtype)),
        ("cross entropy", CrossEntropyLoss(), Tensor.of(problem.labels, INT64)),
    ):
        made = network(problem, dtype)
        scores = made(Tensor.of(problem.images, dtype))
        value = loss(scores, wanted)
        backward(value)
        found |= {"scores": scores.array, name: value.array}
        found |= {f"{name}: {key}": array for key, array in gradients(made).items()}
    return found


def steps(problem: Problem, settings: Settings, count: int) -> Iterator[dict[str, np.ndarray]]:
    """The parameters after each of ``count`` steps of SGD along one gradient."""
    made = network(problem, problem.dtype)
    optimizer = SGD(made.parameters(), **settings)
    backward(made(Tensor.of(problem.images, problem.dtype)), Tensor.of(problem.cotangent, problem.dtype))
    for _ in range(count):
        optimizer.step()
        yield {name: parameter.array.copy() for name, parameter in made.named_parameters()}


def gradients(made: Net) -> dict[str, np.ndarray]:
    """The gradient of every parameter."""
    return {f"{name}.grad": one.grad.array for name, one in made.named_parameters() if one.grad is not None}


def graph(problem: Problem) -> list[str]:
    """The names of the nodes from the mean squared error back to the first layer."""
    made = network(problem, problem.dtype)
    loss = MSELoss()(made(Tensor.of(problem.images, problem.dtype)), Tensor.of(problem.wanted, problem.dtype))
    names, node = [], loss.grad_fn
    while node is not None:
        names.append(node.name)
        node = next((edge for edge, _ in node.next_functions if edge and edge.name != "AccumulateGrad"), None)
    return names


@contextmanager
def _default_dtype(dtype: DType) -> Iterator[None]:
    earlier = set_default_dtype(dtype)
    try:
        yield
    finally:
        set_default_dtype(earlier)
