"""Wrong memory: copies for views, writes that miss, versions, layouts, ``out=``."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import torch

from reference.layout import contiguous_strides
from tests.conformance.planted.planting import EVERY_FORM, IN_PLACE, OUT, Fault, Plant

TURN = count()


def copied(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs).clone(memory_format=torch.preserve_format)


def array_copied(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return result.copy() if isinstance(result, np.ndarray) else result.clone()


def itself(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    return input


def row_major(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs).contiguous()


def strides_ignored(real: Plant, input: torch.Tensor) -> Any:
    dense = input.as_strided(input.shape, contiguous_strides(tuple(input.shape)))
    return real(input if 0 in input.stride() else dense)


def sometimes_off(real: Plant, input: torch.Tensor) -> Any:
    return real(input) * (1 + next(TURN) % 2)


def read_from_the_start(real: Plant, input: torch.Tensor, other: Any, *args: Any, **kwargs: Any) -> Any:
    is_number = isinstance(other, torch.Tensor) and not other.ndim
    return real(input, other.as_strided((), (), 0) if is_number else other, *args, **kwargs)


def left_on_the_cpu(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return torch.zeros(result.shape, dtype=result.dtype)


def always_float64(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return result.double() if result.dtype is torch.float32 else result


# -- in place ------------------------------------------------------------------------------------------------------


def version_kept(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    autograd: Any = torch.autograd
    with autograd._unsafe_preserve_version_counter(self):
        return real(self, *args, **kwargs)


def written_and_copied(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs).clone()


def not_written(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    real(self.clone(), *args, **kwargs)
    return self


def dtype_changed(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(self, *args, **kwargs)
    except RuntimeError as error:
        if "can't be cast" not in str(error):
            raise
        self.data = torch.mul(self, *args, **kwargs)
        return self


def grown(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(self, *args, **kwargs)
    except RuntimeError as error:
        if "doesn't match the broadcast shape" not in str(error):
            raise
        self.data = torch.sub(self, *args, **kwargs).to(self.dtype)
        return self


def overlap_allowed(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(self, *args, **kwargs)
    except RuntimeError as error:
        if "single memory location" not in str(error):
            raise
        return self


def other_left_changed(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(self, *args, **kwargs)
    for one in args:
        if torch.is_tensor(one) and one is not self and 0 not in one.stride():
            one.zero_()
    return result


# -- out -----------------------------------------------------------------------------------------------------------


def out_flat(real: Plant, *args: Any, out: torch.Tensor, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    if out.shape == result.shape:
        return real(*args, out=out, **kwargs)
    return out.resize_(result.numel()).copy_(result.flatten())


def out_kept_too_large(real: Plant, *args: Any, out: torch.Tensor, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    if out.numel() <= result.numel() or not out.is_contiguous():
        return real(*args, out=out, **kwargs)
    out.view(-1)[: result.numel()] = result.flatten()
    return out


def out_not_written(real: Plant, *args: Any, out: torch.Tensor, **kwargs: Any) -> Any:
    real(*args, out=out.clone(), **kwargs)
    return out


def out_not_returned(real: Plant, *args: Any, out: torch.Tensor, **kwargs: Any) -> Any:
    return real(*args, out=out, **kwargs).clone()


def out_replaced(real: Plant, *args: Any, out: torch.Tensor, **kwargs: Any) -> Any:
    result = real(*args, out=out, **kwargs)
    own = real(*args, **kwargs)
    if own.dtype is not out.dtype:
        out.data = own
    return result


def second_out_not_written(
    real: Plant, *args: Any, out: tuple[torch.Tensor, torch.Tensor], **kwargs: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    real(*args, out=(out[0], out[1].clone()), **kwargs)
    return out


FAULTS = [
    Fault("view copies", "a write to it is not seen", "view", "aliasing", copied),
    Fault("reshape copies", "even where a view is possible", "reshape", "aliasing", copied),
    Fault("expand copies", "every element has memory of its own", "expand", "aliasing", row_major),
    Fault("detach copies", "a write to it is not seen", "detach", "aliasing", copied),
    Fault("from_numpy copies", "the array is not shared", "from_numpy", "aliasing", array_copied),
    Fault("numpy copies", "the tensor is not shared", "numpy", "aliasing", array_copied),
    Fault("clone shares", "a write to it is seen", "clone", "aliasing", itself),
    Fault("contiguous does nothing", "the strides stay", "contiguous", "layout", itself),
    Fault("result row-major", "a transposed input's strides are lost", "mul", "layout", row_major),
    Fault("strides ignored", "memory is read in its order", "sqrt", "layout", strides_ignored),
    Fault("another result each time", "every second one is off", "exp", "determinism", sometimes_off),
    Fault("a number read from the start", "of its storage", "mul", "mixed devices", read_from_the_start, EVERY_FORM),
    Fault("left on the CPU", "the result, as of a fallback", "mul", "metadata", left_on_the_cpu, device="meta"),
    Fault("wrong dtype on meta", "float64 for float32", "mul", "metadata", always_float64, device="meta"),
    Fault("wrong strides on meta", "row-major, always", "mul", "layout", row_major, device="meta"),
    Fault("version not raised", "a write that nobody knows of", "add", "in place", version_kept, IN_PLACE),
    Fault("another tensor returned", "and not self", "mul", "in place", written_and_copied, IN_PLACE),
    Fault("not written", "self stays as it is", "neg", "in place", not_written, IN_PLACE),
    Fault("t_ makes a view", "self stays as it is", "t", "in place", not_written, IN_PLACE),
    Fault("dtype changed in place", "a cast that must be refused", "mul", "in place", dtype_changed, IN_PLACE),
    Fault("grown in place", "a shape that must be refused", "sub", "in place", grown, IN_PLACE),
    Fault("overlap written to", "an expanded tensor is accepted", "neg", "in place", overlap_allowed, IN_PLACE),
    Fault("operand overwritten", "the other operand is zeroed", "sub", "in place", other_left_changed, IN_PLACE),
    Fault("out resized flat", "to as many elements in a row", "add", "out", out_flat, OUT),
    Fault("out kept too large", "only its beginning is written", "mul", "out", out_kept_too_large, OUT),
    Fault("out not written", "it is returned as it was", "exp", "out", out_not_written, OUT),
    Fault("out not returned", "a copy of it is", "neg", "out", out_not_returned, OUT),
    Fault("second out not written", "the values are, the indices not", "sort", "out", second_out_not_written, OUT),
    Fault("out changes dtype", "to that of the result", "mul", "out", out_replaced, OUT),
]
