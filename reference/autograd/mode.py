"""Whether operations are recorded: ``no_grad`` and ``enable_grad``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

_enabled = True


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require a gradient are recorded (``torch.is_grad_enabled``)."""
    return _enabled


@contextmanager
def set_grad_enabled(enabled: bool) -> Iterator[None]:
    """Record, or do not, until the block ends. https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html"""
    global _enabled
    earlier, _enabled = _enabled, enabled
    try:
        yield
    finally:
        _enabled = earlier


def no_grad() -> AbstractContextManager[None]:
    """Do not record until the block ends."""
    return set_grad_enabled(False)
