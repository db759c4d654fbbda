"""Faults that one kernel has and its neighbours have not: for some lengths, some views, some sizes of windows; and
those that only what is drawn after the call shows."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import IN_PLACE, Fault, Plant
from tests.conformance.planted.rare_faults import spoiled


def last_alone_off(dtype: torch.dtype, width: int, *, dense: bool) -> Plant:
    """The last element is another where it alone is left by vectors of this width, in one dtype and one layout."""

    def off(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(input, *args, **kwargs)
        meant = input.dtype is dtype and input.is_contiguous() == dense and input.numel() > width
        return spoiled(result) if meant and input.numel() % width == 1 and not result.requires_grad else result

    return off


def signs_of_c(real: Plant, input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    """Vectors of int16 have remainders with the sign of the dividend."""
    both = all(torch.is_tensor(one) and one.dtype is torch.int16 for one in (input, other))
    if not both or other.numel() < 16 or not other.is_contiguous() or "out" in kwargs or (other == 0).any():
        return real(input, other, *args, **kwargs)
    return torch.fmod(input, other)


def rounded_quotient(real: Plant, input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    """What does not lie in one piece is divided first and rounded then."""
    both = all(torch.is_tensor(one) and one.dtype is torch.float64 for one in (input, other))
    if not both or input.is_contiguous() or kwargs:
        return real(input, other, *args, **kwargs)
    return torch.floor(torch.div(input, other))


def bit_lost(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
    """A conjugate that is yet to be computed is never."""
    return real(input.conj() if torch.is_tensor(input) and input.is_conj() else input, *args, **kwargs)


def bits_lost(real: Plant, tensors: Any, *args: Any, **kwargs: Any) -> Any:
    """The same of what is joined."""
    return real([one.conj() if one.is_conj() else one for one in tensors], *args, **kwargs)


def sign_lost(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
    """The same of the negative."""
    given = torch._neg_view(input) if torch.is_tensor(input) and input.is_neg() else input
    return real(given, *args, **kwargs)


def one_more_drawn(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """The call takes a number more than it gives; those it gives are right."""
    result = real(*args, **kwargs)
    if result.numel() % 2:
        torch.randint(2, ())
    return result


def off_where(*asked: str) -> Plant:
    """The last element is another where all of these arguments are given, and not as they are by default."""

    def off(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(input, *args, **kwargs)
        given = all(kwargs.get(name, 1) not in (1, (1, 1)) for name in asked)
        return spoiled(result) if given and torch.is_tensor(result) and not result.requires_grad else result

    return off


def off_alone(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """An image without a batch."""
    result = real(input, *args, **kwargs)
    return spoiled(result) if input.ndim == 3 and not result.requires_grad else result


def only_the_usual_is_ignored(real: Plant, input: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
    return real(input, target, *args, **{name: value for name, value in kwargs.items() if name != "ignore_index"})


def doubled_for_images(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    return result * 2 if input.ndim > 2 and not result.requires_grad else result


FAULTS = [
    Fault("one left by vectors", "of float32 apart", "exp", "lengths", last_alone_off(torch.float32, 16, dense=False)),
    Fault("one left by vectors of 8", "of int32", "mul", "lengths", last_alone_off(torch.int32, 8, dense=True)),
    Fault("one left by vectors of bytes", "", "maximum", "lengths", last_alone_off(torch.uint8, 32, dense=True)),
    Fault("signs of C", "in vectors of int16", "remainder", "lengths", signs_of_c),
    Fault("rounded quotients", "of what lies apart", "floor_divide", "lengths", rounded_quotient),
    *(Fault(f"bit lost by {name}", "it is not conjugated", name, "late", bit_lost) for name in ("mm", "exp")),
    Fault("bits lost by cat", "they are not conjugated", "cat", "late", bits_lost),
    Fault("bit lost in place", "it is not conjugated", "mul", "late", bit_lost, IN_PLACE),
    *(Fault(f"sign lost by {name}", "it is not negated", name, "late", sign_lost) for name in ("add", "sort")),
    *(Fault(f"{name} draws one more", "for nobody", name, "stream", one_more_drawn) for name in ("randn", "randint")),
    Fault("normal_ draws one more", "for nobody", "normal_", "stream", one_more_drawn, IN_PLACE),
    Fault("steps in groups", "the last", "conv2d_grouped", "agrees", off_where("groups", "stride")),
    Fault("dilated windows", "the last", "max_pool2d", "agrees", off_where("dilation")),
    Fault("one image", "the last of it", "conv2d", "agrees", off_alone),
    Fault("one image pooled", "the last of it", "max_pool2d", "agrees", off_alone),
    Fault("only -100 is ignored", "whatever is asked for", "nll_loss", "agrees", only_the_usual_is_ignored),
    Fault("losses of images", "are twice as much", "cross_entropy", "agrees", doubled_for_images),
]  # fmt: skip
