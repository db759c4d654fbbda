"""Circumstances of what a call is asked for: which arguments it is given, and how they fit the tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np

from conformance.deviations.met import arguments_of, given_as
from conformance.model.case import Case, Dots, DTypeName, Input, Layout, Ref, references
from conformance.ulp import finfo
from reference import casts
from reference.dtypes import BY_NAME, Category


def _out_is_an_input(case: Case) -> bool:
    """``out=`` is a tensor that the call reads."""
    out = dict(case.main.kwargs).get("out")
    return isinstance(out, Ref) and any(out.name in references(argument) for argument in arguments_of(case.main))


def _order_is_infinite(case: Case) -> bool:
    return any(isinstance(argument, float) and math.isinf(argument) for argument in arguments_of(case.main))


def _an_integer_is_at_an_end(case: Case) -> bool:
    """One of the last that an argument can be: what is added to it may wrap around."""
    return any(type(argument) is int and abs(argument) >= 2**62 for argument in arguments_of(case.main))


def _no_dimensions_are_given(case: Case) -> bool:
    return () in arguments_of(case.main)


def _no_degrees_of_freedom_are_left(case: Case) -> bool:
    """Of the elements along the dimensions that are given, or of all, less the correction."""
    shape, (_, *places), keywords = case.inputs[0].shape, case.main.args, dict(case.main.kwargs)
    named = places[0] if places else keywords.get("dim")
    dims = named if isinstance(named, (tuple, list)) else (named,)
    count = prod([shape[dim] for dim in dims if type(dim) is int and -len(shape) <= dim < len(shape)] or shape)
    correction = keywords.get("correction")
    return count <= (correction if isinstance(correction, (int, float)) else 1)


def _another_dtype_is_asked_for(case: Case) -> bool:
    asked = dict(case.main.kwargs).get("dtype")
    return isinstance(asked, DTypeName) and asked.name != case.inputs[0].dtype


def _alpha_is_given(case: Case) -> bool:
    return "alpha" in dict(case.main.kwargs)


def _distances_are_taken_by_products(case: Case) -> bool:
    """Euclidean ones of more than 25 rows, unless another way is asked for."""
    settings = dict(case.main.kwargs)
    rows = [one.shape[-2] for one in map(partial(given_as, case), arguments_of(case.main)) if one is not None]
    return (
        settings.get("p", 2.0) == 2.0 and not str(settings.get("compute_mode")).startswith("donot") and max(rows) > 25
    )


def _include_self_is_false(case: Case) -> bool:
    return dict(case.main.kwargs).get("include_self") is False


def order_of(case: Case) -> float:
    """That of a norm, 2 unless it is said."""
    numbers = [one for one in case.main.args if isinstance(one, (int, float))]
    settings = dict(case.main.kwargs)
    order = settings.get("p", settings.get("ord", numbers[0] if numbers else 2))
    return float(order) if isinstance(order, (int, float)) else 2.0


def _the_order_is_zero(case: Case) -> bool:
    return order_of(case) == 0


def _the_order_is_negative(case: Case) -> bool:
    return order_of(case) < 0


def _ten_to_the_decimals_overflows(case: Case) -> bool:
    decimals, given = dict(case.main.kwargs).get("decimals"), case.inputs[0]
    return isinstance(decimals, int) and np.longdouble(10) ** abs(decimals) > finfo(BY_NAME[given.dtype]).max


def _differences_are_taken_twice(case: Case) -> bool:
    """Or more often."""
    return any(argument > 1 for argument in arguments_of(case.main)[1:2] if type(argument) is int)


def _it_wraps(case: Case) -> bool:
    """Around the end of a tall matrix."""
    rows, *columns = case.inputs[0].shape
    return any(argument is True for argument in arguments_of(case.main)) and columns == [n for n in columns if n < rows]


def _the_base_is_one(case: Case) -> bool:
    return arguments_of(case.main)[0] == 1


def _a_memory_format_is_asked_for(case: Case) -> bool:
    return any(isinstance(argument, Layout) for argument in arguments_of(case.main))


def _the_dtype_stays(case: Case) -> bool:
    """Of an input that is cast: the dtype that is named, that of another tensor, or the one that names the cast.

    What an earlier step has made may have it.
    """
    first, *others = arguments_of(case.main)
    input = given_as(case, first)
    named = [one.name for one in others if isinstance(one, DTypeName)]
    asked = [given.dtype for one in others if (given := given_as(case, one)) is not None]
    of_name = [casts.NAMED[case.main.operation].name] if case.main.operation in casts.NAMED else []
    return input is None or input.dtype in (*named, *asked, *of_name)


def _the_size_stays(case: Case) -> bool:
    """Of the tensor that is written to: the size that is given, or that of another tensor where none is."""
    written, *others = (given_as(case, argument) for argument in arguments_of(case.main))
    sizes = [argument for argument in arguments_of(case.main) if isinstance(argument, tuple)]
    return written is not None and written.shape in (sizes or [other.shape for other in others if other is not None])


def _a_number_does_not_fit(case: Case) -> bool:
    """Into the dtype of the first input, if that is integral."""
    if BY_NAME[case.inputs[0].dtype].category is not Category.INTEGRAL:
        return False
    info = np.iinfo(case.inputs[0].dtype)
    numbers = [argument for argument in arguments_of(case.main) if isinstance(argument, (int, float))]
    return any(not info.min <= one <= info.max for one in numbers)


def _a_number_is_the_first_beyond_int64(case: Case) -> bool:
    """As a float: the largest int64 is equal to it once it is rounded to float64."""

    def among(argument: object) -> bool:
        if isinstance(argument, (list, tuple)):
            return any(map(among, argument))
        return isinstance(argument, float) and argument == 2.0**63

    return among(arguments_of(case.main))


def _the_steps_are_infinite(case: Case) -> bool:
    """Rounded to float16, all but one of them."""
    return any(type(argument) is int and argument > 65520 for argument in arguments_of(case.main))


def _something_follows_a_mask(case: Case) -> bool:
    """In an index: a mask of several dimensions, which the items behind it have to pass over."""
    index = next((argument for argument in arguments_of(case.main) if isinstance(argument, tuple)), ())
    masks = [place for place, item in enumerate(index) if _is_wide_mask(given_as(case, item))]
    return bool(masks) and any(not isinstance(item, Dots) for item in index[masks[0] + 1 :])


def _is_wide_mask(given: Input | None) -> bool:
    return given is not None and given.dtype == "bool" and len(given.shape) > 1


ARGUMENTS: dict[str, Callable[[Case], bool]] = {
    "out is an input": _out_is_an_input,
    "the dtype stays": _the_dtype_stays,
    "a memory format is asked for": _a_memory_format_is_asked_for,
    "the size stays": _the_size_stays,
    "the order is infinite": _order_is_infinite,
    "an integer is at an end": _an_integer_is_at_an_end,
    "another dtype is asked for": _another_dtype_is_asked_for,
    "alpha is given": _alpha_is_given,
    "distances are taken by products": _distances_are_taken_by_products,
    "include_self is false": _include_self_is_false,
    "it wraps": _it_wraps,
    "the base is one": _the_base_is_one,
    "a number does not fit": _a_number_does_not_fit,
    "a number is the first beyond int64": _a_number_is_the_first_beyond_int64,
    "no degrees of freedom are left": _no_degrees_of_freedom_are_left,
    "no dimensions are given": _no_dimensions_are_given,
    "the steps are infinite": _the_steps_are_infinite,
    "something follows a mask": _something_follows_a_mask,
    "the order is negative": _the_order_is_negative,
    "the order is zero": _the_order_is_zero,
    "ten to the decimals overflows": _ten_to_the_decimals_overflows,
    "differences are taken twice": _differences_are_taken_twice,
}
