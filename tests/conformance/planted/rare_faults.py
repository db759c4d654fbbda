"""Faults that show where arguments, sizes or values are rare, or only between a call and its backward pass."""

from __future__ import annotations

from typing import Any

import torch

from conformance.operation import Form
from tests.conformance.planted.planting import IN_PLACE, OUT, Fault, Plant

OPERATORS = (Form.IN_PLACE_OPERATOR,)


def spoiled(result: torch.Tensor) -> torch.Tensor:
    """The last element is another one; no version tells."""
    if result.numel():
        last = result.data[tuple(size - 1 for size in result.shape)]
        last.copy_(~last if result.dtype is torch.bool else torch.where(last == 3, 4, 3))
    return result


def last_off_when_long(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    given = input if torch.is_tensor(input) else input[0]
    return spoiled(result) if any(size >= 16 for size in given.shape) else result


def nan_as_zero(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    if not input.is_floating_point() or input.requires_grad:
        return real(input, *args, **kwargs)
    return real(input.nan_to_num(0.0, float("inf"), float("-inf")), *args, **kwargs)


def zero_of_nothing(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    return result.nan_to_num(0) if not input.numel() and not result.requires_grad else result


def true_of_nothing(real: Plant, input: torch.Tensor) -> Any:
    return real(input) if input.numel() else ~real(input)


def without(*names: str) -> Plant:
    """These arguments are ignored."""

    def ignored(real: Plant, *args: Any, **kwargs: Any) -> Any:
        return real(*args, **{name: value for name, value in kwargs.items() if name not in names})

    return ignored


def double_unless_asked(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return result if "dtype" in kwargs else result.double()


def one_column_more(real: Plant, n: int, *args: Any, **kwargs: Any) -> Any:
    return real(n, *args, **kwargs) if args else real(n, n + 1, **kwargs)


def base_ten(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args[:3], **{name: value for name, value in kwargs.items() if name != "base"})


def third_part_copied(real: Plant, *args: Any, **kwargs: Any) -> Any:
    parts = real(*args, **kwargs)
    return (*parts[:2], *(part.clone() for part in parts[2:]))


def second_result_untracked(real: Plant, *args: Any, **kwargs: Any) -> Any:
    first, second = real(*args, **kwargs)
    return first, second.detach()


def rows_reversed(real: Plant, input: torch.Tensor, index: Any) -> Any:
    result = real(input, index)
    items = index if isinstance(index, tuple) else (index,)
    several = any(torch.is_tensor(item) and item.ndim > 1 for item in items)
    return result.flip(0) if several and result.ndim and not result.requires_grad else result


# -- writes ----------------------------------------------------------------------------------------------------------


def source_untracked(real: Plant, self: torch.Tensor, *args: Any) -> Any:
    return real(self, *(one.detach() if torch.is_tensor(one) else one for one in args))


def version_kept(real: Plant, self: torch.Tensor, *args: Any) -> Any:
    autograd: Any = torch.autograd
    with autograd._unsafe_preserve_version_counter(self):
        return real(self, *args)


def cast_quietly(real: Plant, self: torch.Tensor, other: Any) -> Any:
    try:
        return real(self, other)
    except RuntimeError as error:
        if "can't be cast" not in str(error):
            raise
        return real(self, other.to(self.dtype))


def neighbour_overwritten(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(self, *args, **kwargs)
    if self.storage_offset() and self.numel():
        torch.empty(0, dtype=self.dtype).set_(self.untyped_storage())[self.storage_offset() - 1] = 77
    return result


def leaf_written(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    with torch.set_grad_enabled(torch.is_grad_enabled() and not (self.is_leaf and self.requires_grad)):
        return real(self, *args, **kwargs)


def graph_of_the_base_kept(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    if self._base is not None and not self._base.is_leaf:
        with torch.no_grad():
            return real(self, *args, **kwargs)
    return real(self, *args, **kwargs)


def view_of_leaf_written(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(self, *args, **kwargs)
    except RuntimeError as error:
        if "view" not in str(error):
            raise
        with torch.no_grad():
            return real(self, *args, **kwargs)


def zeroed_before_it_is_read(real: Plant, input: Any, other: Any, *, out: torch.Tensor, **kwargs: Any) -> Any:
    if other is out and other is not input:
        out.zero_()
    return real(input, other, out=out, **kwargs)


def several_to_one_place(real: Plant, *args: Any, out: torch.Tensor, **kwargs: Any) -> Any:
    try:
        return real(*args, out=out, **kwargs)
    except RuntimeError as error:
        if "single memory location" not in str(error) or 0 not in out.stride():
            raise
        return out


# -- refusals --------------------------------------------------------------------------------------------------------


def counted_from_the_end(real: Plant, input: torch.Tensor, dim: int, index: torch.Tensor, **kwargs: Any) -> Any:
    if input.ndim and not index.is_floating_point():
        index = torch.where(index < 0, index + input.shape[dim], index)
    return real(input, dim, index, **kwargs)


def flattened(real: Plant, input: torch.Tensor, dim: int, index: torch.Tensor, **kwargs: Any) -> Any:
    return real(input, dim, index.flatten(), **kwargs)


def cut_to_the_first(real: Plant, input: torch.Tensor, dim: int) -> Any:
    return real(input, max(dim, -input.ndim - 1))


# -- between a call and its backward pass ------------------------------------------------------------------------------


class ExpOfNow(torch.autograd.Function):
    """An exponential whose derivative is read from its result, whatever has become of that."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor) -> torch.Tensor:
        ctx.result = torch.exp(input)
        result: torch.Tensor = ctx.result
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0] * ctx.result.data


def result_read_unchecked(real: Plant, input: torch.Tensor) -> Any:
    of_now: Any = ExpOfNow
    return of_now.apply(input) if input.requires_grad and input.is_floating_point() else real(input)


def refused_without_need(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    if result.requires_grad:
        read = [(one, one._version) for one in args if torch.is_tensor(one)]

        def check(gradient: torch.Tensor) -> None:
            if any(one._version != version for one, version in read):
                raise RuntimeError("one of the variables needed for gradient computation has been modified")

        result.register_hook(check)
    return result


def one_place_tracked(real: Plant, input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    return real(input, other.detach() if other is input else other, *args, **kwargs)


def number_counted_once(real: Plant, input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    """What has no dimensions gets the first of its terms."""
    if torch.is_tensor(other) and not other.ndim and other.requires_grad and torch.is_tensor(input) and input.ndim:
        terms: Any = other.expand(input.shape)
        terms.register_hook(lambda gradient: gradient * (torch.arange(gradient.numel()) == 0).view(gradient.shape))
        return real(input, terms, *args, **kwargs)
    return real(input, other, *args, **kwargs)


def by_two_sums(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    if not input.is_floating_point() or input.requires_grad or "out" in kwargs or args or set(kwargs) > {"correction"}:
        return real(input, *args, **kwargs)
    count, degrees = input.numel(), max(input.numel() - kwargs.get("correction", 1), 0)
    return ((input * input).sum() - input.sum() ** 2 / count) / degrees


def wrong_of_two_infinities(real: Plant, input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    result = real(input, other, *args, **kwargs)
    if not all(torch.is_tensor(one) and one.is_floating_point() for one in (input, other)):
        return result
    return torch.where((input == -torch.inf) & (other == torch.inf), 0.5, result).to(result.dtype)


def counts_as_if_with_dimensions(real: Plant, condition: Any, input: Any, other: Any, **kwargs: Any) -> Any:
    result = real(condition, input, other, **kwargs)
    widest = [one.dtype for one in (input, other) if torch.is_tensor(one) and not one.ndim]
    return result.to(torch.promote_types(result.dtype, *widest)) if len(widest) == 1 and not kwargs else result


def first_without_dimensions_counts(real: Plant, input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    result = real(input, other, *args, **kwargs)
    if not torch.is_tensor(input) or input.ndim or not torch.is_tensor(other) or input.dtype == other.dtype:
        return result
    return result.to(torch.promote_types(input.dtype, other.dtype)) if result.ndim and "out" not in kwargs else result


def cut_after(real: Plant, input: torch.Tensor, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
    if not input.is_floating_point() or input.requires_grad or "out" in kwargs:
        return real(input, *args, dtype=dtype, **kwargs)
    return real(input, *args, **kwargs).to(dtype)


FAULTS = [
    *(
        Fault(f"{name} cut after", "the result is, and not each number", f"{name}_in_integers", "agrees", cut_after)
        for name in ("sum", "cumprod")
    ),
    *(
        Fault(f"{name} of infinities", "of -inf beside inf it is a half", name, "agrees", wrong_of_two_infinities)
        for name in ("atan2", "copysign", "fmin")
    ),
    *(
        Fault(f"{name} of one tensor", "one place counts", name, "gradient", one_place_tracked)
        for name in ("mul", "hypot")
    ),
    *(
        Fault(f"{name} of a number", "its gradient is not summed", name, "gradient", number_counted_once)
        for name in ("div", "atan2")
    ),
    Fault("variance by two sums", "of near numbers nothing is left", "var", "agrees", by_two_sums),
    *(
        Fault(f"{name} of long", "the last element is another", name, "agrees", last_off_when_long)
        for name in ("flip", "gather", "cat", "tril", "cumsum")
    ),
    *(
        Fault(f"NaN lost by {name}", "it counts as 0", name, "agrees", nan_as_zero)
        for name in ("sum_all", "mean", "prod", "var", "dot", "lerp", "dist", "trapezoid")
    ),
    Fault("mean of nothing", "is 0", "mean_all", "agrees", zero_of_nothing),
    Fault("any of nothing", "is true", "any_all", "agrees", true_of_nothing),
    Fault("requires_grad= ignored", "what is made is not tracked", "zeros", "agrees", without("requires_grad")),
    Fault("dtype= ignored in full_like", "it is the input's", "full_like", "agrees", without("dtype")),
    Fault("dtype= ignored in softmax", "it is the input's", "softmax", "agrees", without("dtype")),
    Fault("copy= ignored", "the tensor itself is returned", "to", "agrees", without("copy")),
    Fault("default dtype", "float64, where none is asked for", "ones", "agrees", double_unless_asked),
    Fault("default columns", "one more than rows", "eye", "agrees", one_column_more),
    Fault("base ignored", "it is always 10", "logspace", "agrees", base_ten),
    Fault("third part copied", "the first two are views", "split", "agrees", third_part_copied),
    Fault("second result untracked", "the first is", "aminmax", "gradient", second_result_untracked),
    Fault("mask of two dimensions", "what it chooses is reversed", "getitem_by_mask", "agrees", rows_reversed),
    Fault("copied without its graph", "the source gets no gradient", "copy_", "gradient", source_untracked, IN_PLACE),
    Fault("set without its graph", "the value gets no gradient", "setitem", "gradient", source_untracked),
    Fault("mask set in secret", "the version stays", "setitem_by_mask", "agrees", version_kept),
    Fault("operator casts", "a cast that must be refused", "mul", "in place", cast_quietly, OPERATORS),
    *(
        Fault(f"leaf written by {name}", "that must be refused", name, "in place", leaf_written, IN_PLACE)
        for name in ("add", "clamp", "cumsum")
    ),
    *(
        Fault(f"{name} of zeros", "where out= is the second operand", name, "out", zeroed_before_it_is_read, OUT)
        for name in ("hypot", "maximum")
    ),
    *(
        Fault(f"{name} to one place", "it must be refused", name, "out", several_to_one_place, OUT)
        for name in ("add", "exp")
    ),
    Fault("counted from the end", "an index that must be refused", "gather", "refusal", counted_from_the_end),
    Fault("index of two dimensions", "it must be refused", "index_select", "refusal", flattened),
    Fault("dimension before the first", "it must be refused", "unsqueeze", "refusal", cut_to_the_first),
    Fault("no dimensions count", "in the dtype of a result", "where", "promotion", counts_as_if_with_dimensions),
    Fault("no dimensions count first", "in promotion", "hypot", "promotion", first_without_dimensions_counts),
    Fault("neighbour overwritten", "the element before a part", "neg", "parts", neighbour_overwritten, IN_PLACE),
    Fault("graph of the base kept", "a write to a part is not seen", "sub", "parts", graph_of_the_base_kept, IN_PLACE),
    Fault("view of a leaf written", "that must be refused", "mul", "parts", view_of_leaf_written, IN_PLACE),
    Fault("result read unchecked", "by the derivative", "exp", "saved", result_read_unchecked),
    Fault("refused without need", "no derivative reads the input", "add", "saved", refused_without_need),
]
