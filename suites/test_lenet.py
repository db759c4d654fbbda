"""LeNet as the tutorials write it: what it prints, computes and learns, beside the reference's.

https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every network uses
from torch import nn, optim

from conformance import lenet
from conformance.accuracy import Network
from conformance.claims import Claims
from conformance.lenet import Problem
from conformance.model.observation import Aspect
from conformance.model.verdict import Documented
from conformance.session import Session
from conformance.targets.torch.eager import TorchTarget
from reference.dtypes import FLOAT32, FLOAT64
from reference.nn.lenet import Net as ReferenceNet
from suites.claiming import claiming, refusal

TUTORIAL = Documented("https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html")
SEEDS = (1, 7)
pytestmark = pytest.mark.usefixtures("dynamo")
# Rounding in float32 is allowed a relative 2^-17 beside its double, TF32 its 10 bits.
ROUNDING = Network(tolerance=10 * 2.0**-17)
TF32 = Network(tolerance=10 * 2.0**-8)
OPTIMIZERS: dict[str, lenet.Settings] = {
    "SGD": {"lr": 0.5},
    "momentum": {"lr": 0.5, "momentum": 0.5},
    "dampening and decay": {"lr": 0.25, "momentum": 0.5, "dampening": 0.5, "weight_decay": 0.25},
    "Nesterov": {"lr": 0.5, "momentum": 0.5, "nesterov": True},
}


class Net(nn.Module):
    def __init__(self, kernel: int) -> None:
        super().__init__()
        side = ((32 - kernel + 1) // 2 - kernel + 1) // 2
        self.conv1 = nn.Conv2d(1, 6, kernel)
        self.conv2 = nn.Conv2d(6, 16, kernel)
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        scores: torch.Tensor = self.fc3(x)
        return scores

    def num_flat_features(self, x: torch.Tensor) -> int:
        size = x.size()[1:]
        num_features = 1
        for s in size:
            num_features *= s
        return num_features


@pytest.fixture(params=(3, 5), ids=("3x3", "5x5"))
def kernel(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


@pytest.fixture
def claims(kernel: int, target_with_values: TorchTarget, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    subject = f"LeNet {kernel}x{kernel}"
    with claiming(subject, "networks", target_with_values.name, TUTORIAL, session) as made:
        yield made


def on(device: torch.device, array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(array)).to(device)


def network(problem: Problem, device: torch.device) -> Net:
    """A network on the device, with the parameters of the problem."""
    net = Net(problem.kernel).to(getattr(torch, problem.dtype.name))
    net.load_state_dict({name: torch.from_numpy(values) for name, values in problem.parameters.items()})
    return net.to(device)


def arrays(named: Any, suffix: str = "") -> dict[str, np.ndarray]:
    return {name + suffix: tensor.detach().cpu().numpy().copy() for name, tensor in named}


def gradients(net: nn.Module) -> dict[str, np.ndarray]:
    return arrays(((name, one.grad) for name, one in net.named_parameters() if one.grad is not None), ".grad")


def rounded_once(drawn: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Uniform numbers as they are where product and sum are fused: without such instructions, each is rounded."""
    twice = np.abs(drawn - expected) <= 8 * np.finfo(drawn.dtype).epsneg * np.abs(expected).max()
    return np.where(twice, expected, drawn)


def test_what_it_is(kernel: int, device: torch.device, claims: Claims) -> None:
    reference = ReferenceNet(kernel)
    net = Net(kernel).to(device)
    claims.same("agrees", "the printed form", repr(reference), repr(net))
    shapes = [(name, tuple(one.shape)) for name, one in net.named_parameters()]
    claims.same(
        "agrees", "ten parameters, weight then bias", [(n, p.shape) for n, p in reference.named_parameters()], shapes
    )
    claims.same("agrees", "the first parameter", (6, 1, kernel, kernel), tuple(next(net.parameters()).size()))
    claims.same("agrees", "every parameter is a leaf that requires a gradient", {(True, True)},
                {(one.is_leaf, one.requires_grad) for one in net.parameters()})  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_gives_the_same_parameters(kernel: int, seed: int, device: torch.device, claims: Claims) -> None:
    torch.manual_seed(seed)
    net = Net(kernel).to(device)
    wanted = lenet.initial_parameters(kernel, seed)
    found = {name: rounded_once(one, wanted[name]) for name, one in arrays(net.named_parameters()).items()}
    claims.exact("determinism", "initial parameters", wanted, found)


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_and_gradients_of_integers(kernel: int, seed: int, device: torch.device, claims: Claims) -> None:
    problem = lenet.integer_problem(kernel, seed)
    net, images = network(problem, device), on(device, problem.images).requires_grad_()
    scores = net(images)
    scores.backward(on(device, problem.cotangent))
    expected = lenet.forward_and_backward(problem)
    actual = arrays((("scores", scores), ("images.grad", images.grad))) | gradients(net)
    claims.exact("agrees", "integers", {"scores": expected.pop("scores")}, actual)
    claims.exact("gradient", "integers", expected, actual)
    together = net(images).detach()
    alone = torch.cat([net(images[place : place + 1]) for place in range(len(images))]).detach()
    claims.exact("agrees", "a batch is its images", arrays([("scores", together)]), arrays([("scores", alone)]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_of_sgd(kernel: int, name: str, device: torch.device, claims: Claims) -> None:
    problem, settings = lenet.integer_problem(kernel, SEEDS[0]), OPTIMIZERS[name]
    net = network(problem, device)
    optimizer = optim.SGD(net.parameters(), **settings)
    net(on(device, problem.images)).backward(on(device, problem.cotangent))
    for count, expected in enumerate(lenet.steps(problem, settings, 2), 1):
        optimizer.step()
        claims.exact("agrees", f"{count} of {name}", expected, arrays(net.named_parameters()))


def test_a_step_by_hand_is_one_of_sgd(kernel: int, device: torch.device, claims: Claims) -> None:
    problem = lenet.integer_problem(kernel, SEEDS[0])
    by_hand, by_optimizer = network(problem, device), network(problem, device)
    for net in (by_hand, by_optimizer):
        net(on(device, problem.images)).backward(on(device, problem.cotangent))
    for f in by_hand.parameters():
        assert f.grad is not None
        f.data.sub_(f.grad.data * 0.5)
    optim.SGD(by_optimizer.parameters(), lr=0.5).step()
    expected = arrays(by_optimizer.named_parameters())
    claims.exact("agrees", "f.data.sub_(f.grad.data * lr)", expected, arrays(by_hand.named_parameters()))


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_round_as_they_must(
    kernel: int, seed: int, device: torch.device, target_with_values: TorchTarget, claims: Claims
) -> None:
    problem = lenet.random_problem(kernel, seed)
    actual: dict[str, np.ndarray] = {}
    for name, loss, wanted in (
        ("mse", nn.MSELoss(), problem.wanted),
        ("cross entropy", nn.CrossEntropyLoss(), problem.labels),
    ):
        net = network(problem, device)
        scores = net(on(device, problem.images))
        value = loss(scores, on(device, wanted))
        value.backward()
        actual |= arrays((("scores", scores), (name, value)))
        actual |= {f"{name}: {key}": array for key, array in gradients(net).items()}
    bound = TF32 if target_with_values.traits.tf32 else ROUNDING
    exact, eager = lenet.losses(problem, FLOAT64), lenet.losses(problem, FLOAT32)
    computed = {name for name in exact if not name.endswith(".grad")}
    for prop, names in (("agrees", computed), ("gradient", exact.keys() - computed)):
        claims.near(prop, "float32", {name: exact[name] for name in sorted(names)}, eager, actual, bound)


def test_the_graph_behind_the_loss(kernel: int, target_with_values: TorchTarget, claims: Claims) -> None:
    if Aspect.GRAD_FN not in target_with_values.aspects:
        pytest.skip("the nodes of this device have names of their own")
    device = target_with_values.device
    problem = lenet.random_problem(kernel, SEEDS[0])
    net = network(problem, device)
    node: Any = nn.MSELoss()(net(on(device, problem.images)), on(device, problem.wanted)).grad_fn
    names: list[str] = []
    while node is not None:
        names.append(type(node).__name__)
        node = next((edge for edge, _ in node.next_functions if edge and type(edge).__name__ != "AccumulateGrad"), None)
    claims.same("gradient", "loss.grad_fn.next_functions and on", lenet.graph(problem), names)


def test_gradients_are_cleared_and_fill_again(kernel: int, device: torch.device, claims: Claims) -> None:
    problem = lenet.integer_problem(kernel, SEEDS[0])
    net, images, cotangent = network(problem, device), on(device, problem.images), on(device, problem.cotangent)
    claims.same("gradient", "no gradient before backward", [], list(gradients(net)), "float64")
    net(images).backward(cotangent)
    once = gradients(net)
    net(images).backward(cotangent)
    claims.exact("gradient", "accumulated", {name: 2 * grad for name, grad in once.items()}, gradients(net))
    net.zero_grad()
    claims.same("gradient", "none after zero_grad", [], list(gradients(net)), "float64")
    net(images).backward(cotangent)
    claims.exact("gradient", "filled again", once, gradients(net))
    net.zero_grad(set_to_none=False)
    claims.exact("gradient", "zeros", {name: np.zeros_like(grad) for name, grad in once.items()}, gradients(net))


def test_pooling_and_images_without_a_batch(kernel: int, device: torch.device, claims: Claims) -> None:
    problem = lenet.integer_problem(kernel, SEEDS[0])
    net, images = network(problem, device), on(device, problem.images)
    pooled = [("pooled", F.max_pool2d(images, 2))], [("pooled", F.max_pool2d(images, (2, 2)))]
    claims.exact("agrees", "max_pool2d(x, 2) is max_pool2d(x, (2, 2))", arrays(pooled[0]), arrays(pooled[1]))
    batched, alone = arrays([("image", net.conv1(images)[0])]), arrays([("image", net.conv1(images[0]))])
    claims.exact("agrees", "a convolution takes an image without a batch", batched, alone)
    # Its sixteen channels are then taken for a batch, which the first linear layer refuses.
    claims.same("refusal", "the network does not", "RuntimeError", refusal(lambda: net(images[0])), "float64")
    wrong = refusal(lambda: net(images.float()))
    claims.same("refusal", "nor images of another dtype than its parameters", "RuntimeError", wrong, "float64")
