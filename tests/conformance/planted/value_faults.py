"""Wrong values and dtypes: what the property ``agrees`` is meant to see."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def alpha_ignored(real: Plant, *args: Any, **kwargs: Any) -> Any:
    kwargs.pop("alpha", None)
    return real(*args, **kwargs)


def alpha_negated(real: Plant, *args: Any, **kwargs: Any) -> Any:
    alpha = kwargs.pop("alpha", 1)
    return real(*args, **kwargs) if isinstance(alpha, bool) else real(*args, alpha=-alpha)


def last_dropped(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs)[:-1]


def end_left_out(real: Plant, start: Any, end: Any, steps: int, **kwargs: Any) -> Any:
    return real(start, end, steps + 1, **kwargs)[:steps].clone() if steps > 1 else real(start, end, steps, **kwargs)


def floor_as_trunc(real: Plant, *args: Any, rounding_mode: str) -> Any:
    return real(*args, rounding_mode="trunc")


def rounding_mode_ignored(real: Plant, *args: Any, rounding_mode: str) -> Any:
    result = real(*args, rounding_mode=rounding_mode)
    return real(*args).to(result.dtype)


def half_rounded_up(real: Plant, input: torch.Tensor) -> Any:
    return torch.floor(input + 0.5) if input.is_floating_point() else real(input)


def integer_quotient(real: Plant, *args: Any) -> Any:
    result = real(*args)
    integers = all(not torch.is_tensor(one) or not (one.is_floating_point() or one.is_complex()) for one in args)
    return result.to(torch.int64) if integers and not any(isinstance(one, (float, complex)) for one in args) else result


def boolean_kept(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return result.bool() if torch.is_tensor(args[0]) and args[0].dtype is torch.bool else result


def promoted_by_scalar(real: Plant, *args: Any) -> Any:
    result = real(*args)
    double = any(torch.is_tensor(one) and not one.ndim and one.dtype is torch.float64 for one in args)
    return result.double() if double and result.dtype is torch.float32 else result


def bytes_kept_unsigned(real: Plant, *args: Any) -> Any:
    result = real(*args)
    eight = {one.dtype for one in args if torch.is_tensor(one)} == {torch.uint8, torch.int8}
    return result.to(torch.uint8) if eight else result


def saturated(real: Plant, *args: Any) -> Any:
    result = real(*args)
    if result.dtype not in (torch.int8, torch.uint8, torch.int16, torch.int32):
        return result
    reach = torch.iinfo(result.dtype)
    wide = [one.long() if torch.is_tensor(one) else one for one in args]
    return real(*wide).clamp(reach.min, reach.max).to(result.dtype)


def nan_dropped(real: Plant, input: torch.Tensor, other: torch.Tensor) -> Any:
    return torch.fmax(input, other)


def nan_clamped(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    return real(input.nan_to_num(0.0, float("inf"), float("-inf")), *args, **kwargs)


def nan_skipped(real: Plant, input: torch.Tensor) -> Any:
    return real(input.nan_to_num(float("-inf"), float("inf"), float("-inf")) if input.is_floating_point() else input)


def negative_zero_lost(real: Plant, input: torch.Tensor) -> Any:
    return 0 - input


def in_bfloat16(real: Plant, *args: Any, **kwargs: Any) -> Any:
    if any(torch.is_tensor(one) and one.dtype is not torch.float32 for one in args):
        return real(*args, **kwargs)
    return real(*(one.bfloat16() for one in args), **kwargs).float()


def naive_tanh(real: Plant, input: torch.Tensor) -> Any:
    twice = torch.exp(2 * input)
    return (twice - 1) / (twice + 1)


def tenth_of_a_percent(real: Plant, input: torch.Tensor) -> Any:
    return real(input) * 1.001


def exp_less_one(real: Plant, input: torch.Tensor) -> Any:
    return torch.exp(input) - 1


def log_of_one_more(real: Plant, input: torch.Tensor) -> Any:
    return torch.log(input + 1)


def largest_not_taken_off(real: Plant, input: torch.Tensor, dim: int) -> Any:
    powers = torch.exp(input)
    return powers / powers.sum(dim, keepdim=True)


def high_included(real: Plant, low: int, high: int, *args: Any, **kwargs: Any) -> Any:
    return real(low, high + 1, *args, **kwargs)


def first_twice(real: Plant, n: int, **kwargs: Any) -> Any:
    result = real(n, **kwargs)
    return result[[0, *range(n - 1)]] if n > 1 else result


def one_too_far_on(real: Plant, input: torch.Tensor, index: Any) -> Any:
    items = index if isinstance(index, tuple) else (index,)
    return real(input, tuple(item + 1 if type(item) is int and item < -1 else item for item in items))


def written_to_a_copy(real: Plant, input: torch.Tensor, index: Any, value: Any) -> Any:
    return real(input.clone(), index, value)


def shifted_by_one(real: Plant, input: torch.Tensor, dim: int, start: Any, length: int) -> Any:
    result = real(input, dim, start, length)
    size = input.shape[dim]
    return real(input, dim, start % size + 1, length) if start % max(size, 1) + length < size else result


def three_ulps_off_at_one_value(real: Plant, input: torch.Tensor) -> Any:
    result = real(input)
    if input.dtype is not torch.bfloat16:
        return result
    off = (result.view(torch.int16) + 3).view(torch.bfloat16)
    return torch.where(input.view(torch.int16) == 0x3C55, off, result)


def one_value_wrong_in_short_rows(real: Plant, input: torch.Tensor) -> Any:
    result = real(input)
    return torch.where(input == -2.0, -1.0, result) if input.ndim > 1 and input.shape[-1] < 8 else result


def is_narrowed(input: torch.Tensor, result: torch.Tensor) -> bool:
    return input.dtype in (torch.float32, torch.float64) and result.element_size() == 2


def cut_off(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    if is_narrowed(input, result):
        result.data.view(torch.int16).sub_(result.abs() > input.abs())
    return result


def ties_away_from_zero(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    if is_narrowed(input, result):
        bits = result.data.view(torch.int16)
        beyond = (bits + 1).view(result.dtype)
        bits.add_((result.double() + beyond.double()) / 2 == input.double())
    return result


def by_way_of_bfloat16(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    wide = input.dtype in (torch.float32, torch.float64)
    return real(input.bfloat16().to(input.dtype) if wide else input, *args, **kwargs)


FAULTS = [
    Fault("cast cut off", "what does not fit is, towards zero", "half", "agrees", cut_off),
    Fault("cast away from zero", "in the middle of two numbers", "to", "agrees", ties_away_from_zero),
    Fault("cast twice", "by way of bfloat16", "half", "agrees", by_way_of_bfloat16),
    Fault("alpha ignored", "other is added as it is", "add", "agrees", alpha_ignored),
    Fault("alpha negated", "other is added instead", "sub", "agrees", alpha_negated),
    Fault("range too short", "the last number is missing", "arange", "agrees", last_dropped),
    Fault("end left out", "steps lie between start and end", "linspace", "agrees", end_left_out),
    Fault("floor truncates", "quotients are rounded to zero", "div_rounded", "agrees", floor_as_trunc),
    Fault("rounding mode ignored", "quotients keep fractions", "div_rounded", "agrees", rounding_mode_ignored),
    Fault("half rounded up", "2.5 becomes 3", "round", "agrees", half_rounded_up),
    Fault("integer quotient", "3 / 2 is 1", "div", "promotion", integer_quotient),
    Fault("bool + int is bool", "the dtype is the first one's", "add", "promotion", boolean_kept),
    Fault("0-d raises dtype", "float32 * 0-d float64 is float64", "mul", "promotion", promoted_by_scalar),
    Fault("uint8 * int8 is uint8", "and not int16", "mul", "promotion", bytes_kept_unsigned),
    Fault("overflow saturates", "integers do not wrap", "mul", "agrees", saturated),
    Fault("maximum loses NaN", "the number wins", "maximum", "agrees", nan_dropped),
    Fault("clamp loses NaN", "it becomes 0", "clamp", "agrees", nan_clamped),
    Fault("max loses NaN", "the largest number wins", "max_all", "agrees", nan_skipped),
    Fault("neg loses -0", "it is taken from 0", "neg", "agrees", negative_zero_lost),
    Fault("sum in bfloat16", "the accumulator has 8 bits", "sum_all", "agrees", in_bfloat16),
    Fault("product in bfloat16", "the factors have 8 bits", "mm", "agrees", in_bfloat16),
    Fault("naive tanh", "the formula overflows and cancels", "tanh", "agrees", naive_tanh),
    Fault("inexact sigmoid", "wrong by a tenth of a percent", "sigmoid", "agrees", tenth_of_a_percent),
    Fault("expm1 by exp", "it cancels near 0", "expm1", "agrees", exp_less_one),
    Fault("log1p by log", "it cancels near 0", "log1p", "agrees", log_of_one_more),
    Fault("softmax overflows", "the largest logit is not taken off", "softmax", "agrees", largest_not_taken_off),
    Fault("high included", "numbers of [low, high]", "randint", "agrees", high_included),
    Fault("no permutation", "one number twice, one never", "randperm", "agrees", first_twice),
    Fault("negative index off", "-2 is the last", "getitem", "agrees", one_too_far_on),
    Fault("assignment to a copy", "nothing is written", "setitem", "agrees", written_to_a_copy),
    Fault("wrong offset", "the view begins one late", "narrow", "agrees", shifted_by_one),
    Fault("3 ulp off at one value", "of 65,536", "exp", "exhaustive", three_ulps_off_at_one_value),
    Fault("one value, in ends", "floor(-2) is -1 in short rows", "floor", "exhaustive", one_value_wrong_in_short_rows),
]
