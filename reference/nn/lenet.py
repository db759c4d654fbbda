"""The networks of the beginner tutorials: LeNet with kernels of 3 or 5, and with pooling layers for colour images.

https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html
"""

from __future__ import annotations

from math import prod

from reference.nn import functional as F  # noqa: N812 - the name that every network uses
from reference.nn.layers import Conv2d, Linear, MaxPool2d
from reference.nn.module import Module
from reference.tensor import Tensor
from reference.views import view


class Net(Module):
    """For images of one channel, 32 by 32; ``kernel`` is 3 (16 * 6 * 6 features) or 5 (16 * 5 * 5)."""

    def __init__(self, kernel: int = 5) -> None:
        super().__init__()
        side = ((32 - kernel + 1) // 2 - kernel + 1) // 2
        self.conv1 = Conv2d(1, 6, kernel)
        self.conv2 = Conv2d(6, 16, kernel)
        self.fc1 = Linear(16 * side * side, 120)
        self.fc2 = Linear(120, 84)
        self.fc3 = Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = view(x, -1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        scores: Tensor = self.fc3(x)
        return scores

    def num_flat_features(self, x: Tensor) -> int:
        """How many numbers one image has become."""
        return prod(x.shape[1:])


class ColourNet(Module):
    """For images of three channels, 32 by 32, with one pooling layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = Conv2d(3, 6, 5)
        self.pool = MaxPool2d(2, 2)
        self.conv2 = Conv2d(6, 16, 5)
        self.fc1 = Linear(16 * 5 * 5, 120)
        self.fc2 = Linear(120, 84)
        self.fc3 = Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = view(x, -1, 16 * 5 * 5)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        scores: Tensor = self.fc3(x)
        return scores
