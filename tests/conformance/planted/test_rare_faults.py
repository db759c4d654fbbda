"""A fault that shows only where several things meet, a dtype, a layout, a kind of values, is met by nearly every smoke
run; what is so rare that half of these miss it, by every run of the default profile."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from conformance.drivers import seed_of, with_hypothesis
from conformance.operations import find
from conformance.profiles import PROFILES, Profile
from conformance.structures import structures
from conformance.verify import Verification
from tests.conformance.planted import (
    argument_faults,
    complex_faults,
    kernel_faults,
    large_faults,
    lent_faults,
    number_faults,
    place_faults,
    power_faults,
    product_faults,
    rare_faults,
    reduction_faults,
    stream_faults,
    tie_faults,
    unusual_faults,
)
from tests.conformance.planted.planting import Fault, FaultyTarget, Plant

SEEDS = range(1, 5)
SMOKE, STANDARD = PROFILES["smoke"], PROFILES["standard"]
# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")


def is_by_columns(input: torch.Tensor) -> bool:
    return input.ndim == 2 and input.stride(0) == 1 and not input.is_contiguous()


def other_triangle(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    return input.triu(*args, **kwargs) if is_by_columns(input) else real(input, *args, **kwargs)


def by_rows_unless_asked(real: Plant, input: torch.Tensor, **kwargs: Any) -> Any:
    result = real(input, **kwargs)
    return result if kwargs or not is_by_columns(input) else result.contiguous()


def off_in_float32(real: Plant, input: torch.Tensor) -> Any:
    result = real(input)
    return torch.where(input.abs() > 0.25, result * 1.001, result) if input.dtype is torch.float32 else result


def last_of_equals(real: Plant, input: torch.Tensor, dim: Any = (), keepdim: bool = False) -> Any:
    if not isinstance(dim, int) or not input.requires_grad or not input.ndim:
        return real(input, dim, keepdim)
    place = input.flip(dim).argmin(dim, keepdim=True)
    result = input.flip(dim).gather(dim, place)
    return result if keepdim else result.squeeze(dim)


def nan_beside_minus_infinity(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    return result * torch.nan if (input == -torch.inf).any() else result


def graph_kept(real: Plant, input: torch.Tensor) -> Any:
    return input.view_as(input) if input.grad_fn is not None else real(input)


FAULTS = [
    Fault("triangle by columns", "the upper one, of a transposed matrix", "tril", "agrees", other_triangle),
    Fault("copy by columns", "by rows, unless a format is named", "clone", "agrees", by_rows_unless_asked),
    Fault("float32 alone", "wrong by a tenth of a percent", "sinh", "agrees", off_in_float32),
    Fault("equals along one dimension", "the last gets the gradient", "amin", "gradient", last_of_equals),
    *(
        Fault(f"minus infinity in {name}", "makes NaN of all", name, "agrees", nan_beside_minus_infinity)
        for name in ("logsumexp", "softmax", "log_softmax")
    ),
    Fault("graph kept", "of what another call has made", "detach", "gradient", graph_kept),
    *rare_faults.FAULTS,
    *large_faults.FAULTS,
    *argument_faults.FAULTS,
    *unusual_faults.FAULTS,
    *kernel_faults.FAULTS,
    *complex_faults.FAULTS,
    *tie_faults.FAULTS,
    *product_faults.FAULTS,
    *place_faults.FAULTS,
    *power_faults.FAULTS,
    *lent_faults.FAULTS,
    *number_faults.FAULTS,
    *reduction_faults.FAULTS,
    *stream_faults.FAULTS,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_run_meets_it(fault: Fault) -> None:
    missed = [seed for seed in SEEDS if not breaks(fault, SMOKE, seed)]
    if len(missed) > 1:
        missed = [seed for seed in SEEDS if not breaks(fault, STANDARD, seed)]
        assert not missed, f"standard runs {missed} missed: {fault.wrong}"


def breaks(fault: Fault, profile: Profile, seed: int) -> bool:
    """Whether a run finds the property broken."""
    check = Verification(
        find(fault.verified), FaultyTarget(fault), profile, lambda event: None, only=frozenset({fault.property})
    )
    check.structures(structures(check.operation, profile, seed_of(fault.verified, seed), with_hypothesis))
    return bool(check.failures)
