"""Initial values of parameters. https://docs.pytorch.org/docs/stable/nn.init.html"""

from __future__ import annotations

import math
from math import prod

from reference.autograd.mode import no_grad
from reference.errors import refuse_value
from reference.random_inplace import uniform_ as draw_uniform
from reference.tensor import Tensor


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Fill ``tensor`` with numbers of [a, b) from the default generator."""
    with no_grad():
        filled: Tensor = draw_uniform(tensor, a, b)
        return filled


def calculate_fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output of this weight has, and how many outputs an input.

    >>> from reference.dtypes import FLOAT32
    >>> calculate_fans(Tensor.empty((6, 3, 5, 5), FLOAT32))
    (75, 150)
    """
    if tensor.ndim < 2:
        refuse_value("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def kaiming_uniform_(tensor: Tensor, a: float = 0.0) -> Tensor:
    """Fill a weight from [-bound, bound) with bound = sqrt(6 / ((1 + a^2) fan_in)).

    https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_
    """
    fan_in, _ = calculate_fans(tensor)
    # In the order of torch: gain / sqrt(fan_in) first, then times sqrt(3), so that every bit agrees.
    bound = math.sqrt(3.0) * (math.sqrt(2.0 / (1 + a**2)) / math.sqrt(fan_in))
    return uniform_(tensor, -bound, bound)


def reset_layer(weight: Tensor, bias: Tensor | None) -> None:
    """Draw the weight and then the bias of a linear or convolutional layer: both within 1 / sqrt(fan_in)."""
    fan_in, _ = calculate_fans(weight)
    if fan_in:
        kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        uniform_(bias, -bound, bound)
