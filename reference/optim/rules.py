"""What one step of an optimizer does, in float64: the pseudocode of each page of https://docs.pytorch.org/docs/stable/optim.html.

A rule is called with a parameter, its gradient, the state that it keeps for it (empty before the first step) and its
settings; it returns the parameter after the step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

State = dict[str, Any]
Rule = Callable[..., np.ndarray]


def _direction(
    parameter: np.ndarray, gradient: np.ndarray, weight_decay: float = 0.0, maximize: bool = False
) -> np.ndarray:
    return (-gradient if maximize else gradient) + weight_decay * parameter


def sgd(
    parameter: np.ndarray,
    gradient: np.ndarray,
    state: State,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> np.ndarray:
    """Against the gradient, or what has gathered of gradients with momentum.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html

    >>> sgd(np.array([1.0]), np.array([2.0]), {}, lr=0.25)
    array([0.5])
    """
    direction = _direction(parameter, gradient, weight_decay, maximize)
    if momentum:
        buffer = state.get("momentum_buffer")
        state["momentum_buffer"] = direction if buffer is None else momentum * buffer + (1 - dampening) * direction
        direction = direction + momentum * state["momentum_buffer"] if nesterov else state["momentum_buffer"]
    return parameter - lr * direction


def adam(
    parameter: np.ndarray,
    gradient: np.ndarray,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
) -> np.ndarray:
    """By the average gradient over the root of the average of its squares, both as if they had not begun at zero.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html

    >>> adam(np.array([1.0]), np.array([2.0]), {}, lr=0.25, eps=0.0)
    array([0.75])
    """
    return _adapted(parameter, _direction(parameter, gradient, weight_decay, maximize), state, lr, betas, eps, amsgrad)


def adamw(
    parameter: np.ndarray,
    gradient: np.ndarray,
    state: State,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
    maximize: bool = False,
) -> np.ndarray:
    """As ``adam``, but the parameter decays by itself and not through its gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html

    >>> adamw(np.array([1.0]), np.array([0.0]), {}, lr=0.5, weight_decay=0.5)
    array([0.75])
    """
    direction = -gradient if maximize else gradient
    return _adapted(parameter * (1 - lr * weight_decay), direction, state, lr, betas, eps, amsgrad)


def _adapted(
    parameter: np.ndarray,
    direction: np.ndarray,
    state: State,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    amsgrad: bool,
) -> np.ndarray:
    count = state["step"] = state.get("step", 0) + 1
    mean = state["exp_avg"] = betas[0] * state.get("exp_avg", 0.0) + (1 - betas[0]) * direction
    square = state["exp_avg_sq"] = betas[1] * state.get("exp_avg_sq", 0.0) + (1 - betas[1]) * direction**2
    if amsgrad:
        square = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", 0.0), square)
    moved = mean / (1 - betas[0] ** count) / (np.sqrt(square / (1 - betas[1] ** count)) + eps)
    return parameter - lr * moved


def rmsprop(
    parameter: np.ndarray,
    gradient: np.ndarray,
    state: State,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> np.ndarray:
    """By the gradient over the root of the average of its squares, or of their variance where centered.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html

    >>> rmsprop(np.array([1.0]), np.array([2.0]), {}, lr=0.25, alpha=0.75, eps=0.0)
    array([0.5])
    """
    direction = _direction(parameter, gradient, weight_decay, maximize)
    square = state["square_avg"] = alpha * state.get("square_avg", 0.0) + (1 - alpha) * direction**2
    if centered:
        mean = state["grad_avg"] = alpha * state.get("grad_avg", 0.0) + (1 - alpha) * direction
        square = square - mean**2
    moved = direction / (np.sqrt(square) + eps)
    if momentum:
        moved = state["momentum_buffer"] = momentum * state.get("momentum_buffer", 0.0) + moved
    return parameter - lr * moved


def adagrad(
    parameter: np.ndarray,
    gradient: np.ndarray,
    state: State,
    *,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> np.ndarray:
    """By the gradient over the root of the sum of all its squares.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html

    >>> adagrad(np.array([1.0]), np.array([2.0]), {}, lr=0.25, eps=0.0)
    array([0.75])
    """
    direction = _direction(parameter, gradient, weight_decay, maximize)
    count = state["step"] = state.get("step", 0) + 1
    total = state["sum"] = state.get("sum", initial_accumulator_value) + direction**2
    return parameter - lr / (1 + (count - 1) * lr_decay) * direction / (np.sqrt(total) + eps)


RULES: dict[str, Rule] = {"SGD": sgd, "Adam": adam, "AdamW": adamw, "RMSprop": rmsprop, "Adagrad": adagrad}
"""The rules by torch's names of the optimizers."""
