"""Calls that end their process, to be planted in torch."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable
from typing import Any

import torch

from conformance.model.case import Case, Input, Literal, Ref, Step
from conformance.operation import Form
from tests.conformance.planted.planting import EVERY_FORM, Fault, FaultyTarget, Plant


def killed(number: int) -> Plant:
    return lambda real, *args, **kwargs: os.kill(os.getpid(), number)


def abort(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    os.write(2, b"terminate called\n  what():  no such kernel\nframe #0\n")
    os.abort()


def read_nowhere(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return ctypes.string_at(0)


def hang(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    while True:
        time.sleep(1)


def allocate(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    held = []
    while True:
        held.append(bytearray(b"x") * (1 << 26))


def leave(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    os._exit(3)


def on_float32(plant: Plant) -> Plant:
    """The fault in one dtype alone."""

    def planted(real: Callable[..., Any], input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if input.dtype is torch.float32:
            return plant(real, input, *args, **kwargs)
        return real(input, *args, **kwargs)

    return planted


def faulty(plant: Plant, operation: str = "neg") -> FaultyTarget:
    """A CPU on which every form of an operation has a fault."""
    return FaultyTarget(Fault("planted", "it ends the process", operation, "survives", plant, EVERY_FORM))


def called(*operations: str) -> Case:
    """Calls one after the other, each on the same vector of ones."""
    given = Input("input", (2,), "float32", (1,), 0, 2, Literal(b"\x00\x00\x80\x3f" * 2))
    steps = [
        Step(operation, Form.FUNCTION, (Ref("input"),), (), (f"result{number}",))
        for number, operation in enumerate(operations)
    ]
    return Case((given,), tuple(steps))
