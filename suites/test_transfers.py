"""What is sent to a device and back is what it was, in every dtype: without that, no operation there can be judged.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.claims import Claims
from conformance.model.case import Drawn
from conformance.model.verdict import Documented
from conformance.session import Session
from conformance.targets.torch.eager import TorchTarget, absent_dtypes
from conformance.targets.torch.elements import to_numpy
from conformance.values import block
from reference.dtypes import TORCH_DTYPES, DType
from suites.claiming import claiming

MANUAL = Documented(
    "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html",
    "Otherwise, the returned tensor is a copy of self with the desired torch.dtype and torch.device.",
)

MODES = ("small", "normal", "bits")


@pytest.fixture
def claims(target_with_values: TorchTarget, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    with claiming("Tensor.to", "transfers", target_with_values.name, MANUAL, session) as made:
        yield made


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=lambda dtype: dtype.name)
def test_what_is_sent_comes_back(dtype: DType, target_with_values: TorchTarget, claims: Claims) -> None:
    if dtype.name in absent_dtypes():
        pytest.skip("this torch does not have it")
    device, cpu = target_with_values.device, TorchTarget("cpu")
    for mode in MODES:
        sent = cpu.storage(block(Drawn(mode, 5), dtype, 60, 1)[0], dtype.name).view(3, 4, 5)
        expanded = sent[:, :1].expand(3, 6, 5)
        for layout, tensor in (("contiguous", sent), ("transposed", sent.mT), ("expanded", expanded)):
            try:
                returned = to_numpy(tensor.to(device))
            except (RuntimeError, TypeError) as error:
                pytest.skip(f"{device} does not take it: {error}")
            claims.exact("agrees", f"{mode} values, {layout}", {dtype.name: to_numpy(tensor)}, {dtype.name: returned})
