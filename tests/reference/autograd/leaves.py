"""Leaves, their gradients, and calls that must be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference.dtypes import FLOAT64
from reference.errors import Refusal
from reference.tensor import Tensor


def leaf(*values: Any) -> Tensor:
    return Tensor.of(np.array(values, np.float64), FLOAT64).requires_grad_()


def gradient(tensor: Tensor) -> list[Any]:
    assert tensor.grad is not None
    found: list[Any] = tensor.grad.array.tolist()
    return found


def refused(call: Callable[[], Any], kind: str = "RuntimeError") -> None:
    with pytest.raises(Refusal) as refusal:
        call()
    assert refusal.value.kind == kind
