"""Modules: what they register, print, load and initialise; LeNet, layer by layer and node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference import distributions
from reference.autograd.engine import backward
from reference.dtypes import FLOAT32, INT64
from reference.errors import Refusal
from reference.generator import Generator
from reference.nn.layers import Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, MSELoss, ReLU, Sequential
from reference.nn.lenet import ColourNet, Net
from reference.nn.module import Module, Parameter
from reference.random import manual_seed
from reference.tensor import METHODS, Tensor

PRINTED = """\
Net(
  (conv1): Conv2d(1, 6, kernel_size=(3, 3), stride=(1, 1))
  (conv2): Conv2d(6, 16, kernel_size=(3, 3), stride=(1, 1))
  (fc1): Linear(in_features=576, out_features=120, bias=True)
  (fc2): Linear(in_features=120, out_features=84, bias=True)
  (fc3): Linear(in_features=84, out_features=10, bias=True)
)"""


def images(count: int, channels: int = 1) -> Tensor:
    return Tensor.of(np.random.default_rng(3).standard_normal((count, channels, 32, 32)), FLOAT32)


def test_the_printed_form_of_the_tutorial() -> None:
    assert repr(Net(3)) == PRINTED


def test_printed_settings() -> None:
    nested = Sequential(
        Conv2d(6, 16, (3, 5), stride=2, padding=(1, 0), dilation=2, groups=2, bias=False),
        MaxPool2d((2, 3), ceil_mode=True),
        Sequential(Flatten(), ReLU()),
    )
    assert repr(nested) == (
        "Sequential(\n"
        "  (0): Conv2d(6, 16, kernel_size=(3, 5), stride=(2, 2), padding=(1, 0), dilation=(2, 2), groups=2,"
        " bias=False)\n"
        "  (1): MaxPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0, dilation=1, ceil_mode=True)\n"
        "  (2): Sequential(\n"
        "    (0): Flatten(start_dim=1, end_dim=-1)\n"
        "    (1): ReLU()\n"
        "  )\n"
        ")"
    )
    assert repr(Sequential()) == "Sequential()"


@pytest.mark.parametrize("kernel", [3, 5])
def test_ten_parameters_weight_then_bias(kernel: int) -> None:
    side = {3: 6, 5: 5}[kernel]
    shapes = {name: parameter.shape for name, parameter in Net(kernel).named_parameters()}
    assert list(shapes.items()) == [
        ("conv1.weight", (6, 1, kernel, kernel)),
        ("conv1.bias", (6,)),
        ("conv2.weight", (16, 6, kernel, kernel)),
        ("conv2.bias", (16,)),
        ("fc1.weight", (120, 16 * side * side)),
        ("fc1.bias", (120,)),
        ("fc2.weight", (84, 120)),
        ("fc2.bias", (84,)),
        ("fc3.weight", (10, 84)),
        ("fc3.bias", (10,)),
    ]


@pytest.mark.parametrize("net", [Net(3), Net(5), ColourNet()])
def test_shapes_and_gradients(net: Module) -> None:
    channels = net.conv1.in_channels
    scores = net(images(2, channels))
    assert scores.shape == (2, 10)
    backward(CrossEntropyLoss()(scores, Tensor.of(np.array([1, 7]), INT64)))
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.shape == parameter.shape
        assert parameter.grad.array.any(), name
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())


def test_the_graph_behind_the_loss() -> None:
    loss = MSELoss()(Net(3)(images(1)), Tensor.of(np.ones((1, 10)), FLOAT32))
    names, node = [], loss.grad_fn
    while node is not None:
        names.append(node.name)
        # A linear layer's first edge leads to its bias, the second to its input.
        edges = [edge for edge, _ in node.next_functions if edge is not None and edge.name != "AccumulateGrad"]
        node = edges[0] if edges else None
    layer = ["ReluBackward0", "ConvolutionBackward0"]
    pooled = ["MaxPool2DWithIndicesBackward0", *layer]
    linear = ["AddmmBackward0", "ReluBackward0"]
    assert names == ["MseLossBackward0", *linear, *linear, "AddmmBackward0", "ViewBackward0", *pooled, *pooled]


def test_a_layer_is_its_formula() -> None:
    layer, x = Linear(3, 2), np.array([[1.0, -2.0, 0.5]])
    result = layer(Tensor.of(x, FLOAT32))
    np.testing.assert_allclose(result.array, x @ layer.weight.array.T + layer.bias.array, rtol=1e-6)


def test_initial_values_are_the_generators_uniforms() -> None:
    manual_seed(11)
    layer = Linear(4, 3)
    generator = Generator(11)
    bound = 0.5
    weight = distributions.uniform(generator, 12, FLOAT32, -bound, bound)
    bias = distributions.uniform(generator, 3, FLOAT32, -bound, bound)
    np.testing.assert_array_equal(layer.weight.array.reshape(-1), weight)
    np.testing.assert_array_equal(layer.bias.array, bias)


def test_convolutions_are_bounded_by_their_fan_in() -> None:
    manual_seed(0)
    layer = Conv2d(4, 8, 3, groups=2)
    bound = 1 / np.sqrt(2 * 9)
    for parameter in layer.parameters():
        assert np.abs(parameter.array).max() <= np.float32(bound)
    assert np.abs(layer.weight.array).max() > 0.9 * bound


def test_state_dict_shares_memory_and_loads_into_another() -> None:
    source, target = Net(3), Net(3)
    target.load_state_dict(source.state_dict())
    x = images(1)
    np.testing.assert_array_equal(source(x).array, target(x).array)
    state = source.state_dict()
    assert not state["fc3.bias"].requires_grad
    METHODS["zero_"](state["fc3.bias"])
    assert not source.fc3.bias.array.any()


def spoiled(change: str) -> dict[str, Tensor]:
    state = Linear(2, 3).state_dict()
    if change == "missing":
        del state["bias"]
    elif change == "unexpected":
        state["extra"] = state["bias"]
    else:
        state["bias"] = Tensor.of(np.ones(4), FLOAT32)
    return state


@pytest.mark.parametrize("change", ["missing", "unexpected", "misshaped"])
def test_a_state_that_does_not_fit_is_refused(change: str) -> None:
    with pytest.raises(Refusal):
        Linear(2, 3).load_state_dict(spoiled(change))


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: Conv2d(3, 4, 3, groups=2), "ValueError"),
        (lambda: Conv2d(1, 1, 3, padding="same", stride=2), "ValueError"),
        (lambda: setattr(Linear(1, 1), "weight", Tensor.of(np.ones(1), FLOAT32)), "TypeError"),
        (lambda: setattr(Net(3), "fc1", 3), "TypeError"),
        (lambda: Module()(1), "NotImplementedError"),
        (lambda: Net(3).register_parameter("fc1", None), "KeyError"),
    ],
)
def test_refusals(call: Any, kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        call()
    assert refusal.value.kind == kind


def test_a_parameter_shared_by_two_names_is_listed_once() -> None:
    net = Sequential(Linear(2, 2), Linear(2, 2))
    first, second = net._modules.values()
    second.weight = first.weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]


def test_a_parameter_looks_at_its_data() -> None:
    data = Tensor.of(np.ones(2), FLOAT32)
    parameter = Parameter(data)
    assert parameter.requires_grad
    assert parameter.storage is data.storage
