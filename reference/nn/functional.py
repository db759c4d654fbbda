"""The functions of ``torch.nn.functional``. https://docs.pytorch.org/docs/stable/nn.functional.html"""

from __future__ import annotations

from reference.errors import refuse_value
from reference.function import function
from reference.nn.convolution import conv2d, linear
from reference.nn.losses import cross_entropy, mse_loss, nll_loss
from reference.nn.pooling import max_pool2d
from reference.selection import relu
from reference.softmax import log_softmax, softmax
from reference.tensor import Tensor

__all__ = [
    "conv2d",
    "cross_entropy",
    "dropout",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "relu",
    "softmax",
]


@function()
def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """``input`` itself when not training: the reference draws no masks.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
    """
    if not 0 <= p <= 1:
        refuse_value(f"dropout probability has to be between 0 and 1, but got {p}")
    if training and p:
        raise NotImplementedError("dropout in training is not part of the reference")
    return input
