"""The property that tries all values: none is left out on any path, and what can be tried is tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from conformance.drivers import with_hypothesis
from conformance.model.case import Drawn
from conformance.operations import every_operation, find
from conformance.profiles import PROFILES
from conformance.standard import logical
from conformance.structures import structures
from conformance.sweep.inputs import PATHS, every_value, patterns, unary
from conformance.value_modes import EVERY
from conformance.values import block
from conformance.verify import Verification
from reference.dtypes import BFLOAT16, BOOL, FLOAT16, FLOAT32, INT8, INT16, UINT8, DType
from tests.conformance.planted.planting import EVERY_FORM, Fault, FaultyTarget, Plant

SMALL = (BOOL, UINT8, INT8, INT16, FLOAT16, BFLOAT16)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", SMALL, ids=lambda dtype: dtype.name)
def test_every_value_is_among_the_elements(path: str, dtype: DType) -> None:
    elements = logical(every_value("input", dtype, path))
    word = np.dtype(f"u{dtype.itemsize}")
    assert np.unique(np.ascontiguousarray(elements).view(word)).size == patterns(dtype)


def test_values_are_counted_from_the_seed() -> None:
    counted = block(Drawn(EVERY, 2**32 - 1), FLOAT32, 2, rows=2).view(np.uint32)
    assert counted.tolist() == [[2**32 - 1, 0], [1, 2]]
    assert block(Drawn(EVERY, 5, row=1), UINT8, 3, rows=1).tolist() == [[8, 9, 10]]


@pytest.mark.parametrize("name", ["exp", "relu", "isnan", "bitwise_not", "floor"])
def test_a_function_of_one_tensor_is_swept(name: str) -> None:
    assert unary(find(name))


@pytest.mark.parametrize("name", ["add", "where", "sum_all", "clone", "rand_like", "fill_", "zeros"])
def test_what_takes_more_or_gives_more_than_one_element_is_not(name: str) -> None:
    assert not unary(find(name))


def test_every_16_bit_function_of_one_tensor_is_found_without_a_list() -> None:
    named = {name for name, operation in every_operation().items() if unary(operation)}
    assert {"exp", "log", "sin", "cos", "tanh", "sqrt", "rsqrt", "neg", "abs", "round"} <= named


@pytest.mark.parametrize("name", ["isinf", "sign", "bitwise_not", "exp"])
def test_a_wrong_element_is_found_in_every_dtype(name: str) -> None:
    def plant(real: Plant, *args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if kwargs or not torch.is_tensor(result) or result.numel() < 10:
            return result
        tenth = torch.arange(result.numel()).view(result.shape) == 9
        return result.masked_fill(tenth, 7)

    fault = Fault("the tenth", "is seven, or true", name, "exhaustive", plant, EVERY_FORM)
    check = Verification(
        find(name), FaultyTarget(fault), PROFILES["smoke"], lambda event: None, only=frozenset({"exhaustive"})
    )
    for structure in structures(find(name), PROFILES["smoke"], 0, with_hypothesis):
        check.check(structure)
    assert {failure.prop.name for failure in check.failures.values()} == {"exhaustive"}
