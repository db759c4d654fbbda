"""Faults that show for one way of giving an argument: a dimension from the end, several of them, a size of a kernel."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant
from tests.conformance.planted.rare_faults import spoiled


def one_of_several_kept(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Of several dimensions of size one that were to be kept, the first is."""
    result = real(input, *args, **kwargs)
    dims = next((one for one in (*args, kwargs.get("dim")) if isinstance(one, (tuple, list)) and len(one) > 1), ())
    if input.requires_grad or result.ndim < input.ndim:
        return result
    return result.squeeze(tuple(sorted(dim % input.ndim for dim in dims)[1:]))


def before_the_last_as_first(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
    """Of three dimensions, -2 is taken for -3."""
    first = input if torch.is_tensor(input) else input[0]
    if first.ndim != 3 or first.requires_grad or "out" in kwargs:
        return real(input, *args, **kwargs)
    if kwargs.get("dim") == -2:
        kwargs["dim"] = -3
    elif args and type(args[-1]) is int and args[-1] == -2:
        args = (*args[:-1], -3)
    return real(input, *args, **kwargs)


def empty_without_a_dtype(real: Plant, tensors: Any, *args: Any, **kwargs: Any) -> Any:
    """What is passed over does not count in promotion."""
    return real([one for one in tensors if one.shape != (0,)] or tensors, *args, **kwargs)


def last_off_of_kernel(*kernel: int) -> Plant:
    """The last element of a convolution by a kernel of this size is another."""

    def off(real: Plant, input: torch.Tensor, weight: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(input, weight, *args, **kwargs)
        return spoiled(result) if weight.shape[2:] == kernel and not input.requires_grad else result

    return off


def smallest_number_last(real: Plant, *given: Any) -> Any:
    """Without a list for the result, its dimensions come in the reverse order of their numbers."""
    result = real(*given)
    return result.mT if len(given) % 2 == 0 and result.ndim == 2 and not result.requires_grad else result


def places_apart_alike(real: Plant, input: torch.Tensor, *, spacing: Any, **kwargs: Any) -> Any:
    """The places at the ends are right, and those between lie evenly."""
    if input.requires_grad:
        return real(input, spacing=spacing, **kwargs)
    even = [torch.linspace(float(one[0]), float(one[-1]), len(one)).to(one.dtype) for one in spacing]
    return real(input, spacing=even, **kwargs)


def device_by_name_alone(real: Plant, *args: Any, **kwargs: Any) -> Any:
    if isinstance(kwargs.get("device"), torch.device):
        raise TypeError("a device is a name")
    return real(*args, **kwargs)


def on_the_cpu(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs | {"device": "cpu"})


def small_at_the_ends(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """The last integers of an argument wrap around to 0 or 1."""

    def small(one: Any) -> Any:
        return one % 2 if type(one) is int and abs(one) >= 2**62 else one

    return real(input, *map(small, args), **{name: small(one) for name, one in kwargs.items()})


def numbers_narrowed(of: torch.dtype, to: torch.dtype) -> Plant:
    """Beside a tensor of one dtype, a Python number is rounded to another on its way."""

    def narrow(one: Any) -> Any:
        return torch.tensor(one, dtype=to).item() if isinstance(one, float) else one

    def narrowed(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
        if not torch.is_tensor(input) or input.dtype is not of:
            return real(input, *args, **kwargs)
        return real(input, *map(narrow, args), **{name: narrow(one) for name, one in kwargs.items()})

    return narrowed


def last_dimension_by_name(real: Plant, input: torch.Tensor, *dims: Any, **named: Any) -> Any:
    """What is given by its name counts for one dimension alone."""
    return real(input, *dims, **{name: one[-1:] for name, one in named.items()})


def nearest_last(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Of five dimensions, those of the channels are not innermost."""
    if kwargs.get("memory_format") is torch.channels_last_3d:
        kwargs["memory_format"] = torch.contiguous_format
    return real(input, *args, **kwargs)


def of_integers_by_parts(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Integers are divided by their largest before they are cast."""
    if input.is_floating_point() or input.is_complex() or not input.numel():
        return real(input, *args, **kwargs)
    return real(input // input.max().clamp_min(1), *args, **kwargs)


FAULTS = [
    *(
        Fault(f"{name} by a narrowed number", f"of {of} it is of {to}", name, "agrees", numbers_narrowed(of, to))
        for name in ("add", "clamp", "lerp", "pow_by_number", "masked_fill", "addmm")
        for of, to in ((torch.float64, torch.float32), (torch.float32, torch.bfloat16))
    ),
    Fault("flip by name", "the last alone", "flip", "agrees", last_dimension_by_name),
    *(
        Fault(f"{name} in five dimensions", "by rows", name, "agrees", nearest_last)
        for name in ("clone", "to", "empty_like")
    ),
    *(
        Fault(f"{name} of integers", "divided first", name, "agrees", of_integers_by_parts)
        for name in ("softmax_in_dtype", "log_softmax_in_dtype")
    ),
    *(
        Fault(f"{name} at the ends", "the last integers are small ones", name, "agrees", small_at_the_ends)
        for name in ("diagonal", "rot90", "tril")
    ),
    *(
        Fault(f"{name} takes the ends", "the last integers are small ones", name, "refusal", small_at_the_ends)
        for name in ("cumprod", "unsqueeze")
    ),
    *(
        Fault(f"{name} on a device by name", "an object is refused", name, "agrees", device_by_name_alone)
        for name in ("zeros", "full_like", "arange", "new_zeros", "tensor")
    ),
    *(
        Fault(f"{name} on the CPU", "wherever it is asked for", name, "metadata", on_the_cpu, device="meta")
        for name in ("ones", "eye")
    ),
    Fault("places alike", "along the dimension", "gradient_at", "agrees", places_apart_alike),
    *(
        Fault(f"{name} keeps one", "of several dimensions", name, "agrees", one_of_several_kept)
        for name in ("sum", "amax", "var", "norm")
    ),
    *(
        Fault(f"{name} along -2", "of three dimensions is along the first", name, "agrees", before_the_last_as_first)
        for name in ("cumsum", "argsort", "topk", "unbind", "tensor_split", "nanmedian", "trapezoid", "squeeze")
    ),
    Fault("empty without a dtype", "it does not count in promotion", "cat", "agrees", empty_without_a_dtype),
    *(
        Fault(f"kernel of {rows} by {columns}", "the last", "conv2d", "agrees", last_off_of_kernel(rows, columns))
        for rows, columns in ((1, 1), (3, 3), (2, 2))
    ),
    Fault("numbers reversed", "in the result", "einsum_by_sublists", "agrees", smallest_number_last),
]
