"""The default dtype: what takes it, and what has a dtype of its own.

https://docs.pytorch.org/docs/stable/generated/torch.set_default_dtype.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from conformance.claims import Claims
from conformance.model.verdict import Documented
from conformance.session import Session
from conformance.targets.torch.eager import TorchTarget
from suites.claiming import claiming

MANUAL = Documented(
    "https://docs.pytorch.org/docs/stable/generated/torch.set_default_dtype.html",
    "The default floating point dtype is initially torch.float32.",
)
COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}
REAL: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tensor": lambda n: torch.tensor([1, 2.5]),
    "a number": lambda n: torch.tensor(0.5),
    "as_tensor": lambda n: torch.as_tensor([0.5]),
    "Tensor": lambda n: torch.Tensor(2),
    "zeros": lambda n: torch.zeros(2),
    "ones": lambda n: torch.ones(2),
    "empty": lambda n: torch.empty(2),
    "full": lambda n: torch.full((2,), 1.0),
    "eye": lambda n: torch.eye(2),
    "arange": lambda n: torch.arange(0.0, 2.0),
    "linspace": lambda n: torch.linspace(0, 1, 2),
    "logspace": lambda n: torch.logspace(0, 1, 2),
    "rand": lambda n: torch.rand(2),
    "randn": lambda n: torch.randn(2),
    "scalar_tensor": lambda n: torch.scalar_tensor(1),
    "a quotient of integers": lambda n: n / n,
    "a quotient by a number": lambda n: n / 2,
    "true_divide": lambda n: torch.true_divide(n, n),
    "the reciprocal of integers": lambda n: n.reciprocal(),
    "integers and a number": lambda n: n + 0.5,
    "bool and a number": lambda n: (n > 1) * 0.5,
    "a root of integers": lambda n: n.sqrt(),
    "atan2 of integers": lambda n: torch.atan2(n, n),
    "sigmoid of bool": lambda n: (n > 1).sigmoid(),
    "an exponential of integers": lambda n: n.exp(),
    "where of numbers": lambda n: torch.where(n > 1, 0.5, 1.5),
    "deviates": lambda n: torch.normal(0.0, 1.0, (2,)),
    "a parameter": lambda n: torch.nn.Linear(2, 2).weight,
    "a kernel": lambda n: torch.nn.Conv2d(1, 1, 2).weight,
}
OF_THEIR_OWN: dict[str, tuple[torch.dtype, Callable[[torch.Tensor], torch.Tensor]]] = {
    "integers": (torch.int64, lambda n: torch.tensor([1, 2])),
    "truths": (torch.bool, lambda n: torch.tensor([True])),
    "a range of integers": (torch.int64, lambda n: torch.arange(3)),
    "full of an integer": (torch.int64, lambda n: torch.full((2,), 1)),
    "randint": (torch.int64, lambda n: torch.randint(3, (2,))),
    "randperm": (torch.int64, lambda n: torch.randperm(3)),
    "float16 and a number": (torch.float16, lambda n: torch.ones(2, dtype=torch.float16) * 0.5),
    "float16 and integers": (torch.float16, lambda n: torch.ones(3, dtype=torch.float16) / n),
    "bfloat16 and integers": (torch.bfloat16, lambda n: torch.ones(3, dtype=torch.bfloat16) + n),
    "a sum of integers": (torch.int64, lambda n: n.int().sum()),
    "a floor": (torch.int64, lambda n: n // 2),
    "float()": (torch.float32, lambda n: n.float()),
    "double()": (torch.float64, lambda n: n.double()),
    "float_power": (torch.float64, lambda n: torch.float_power(n, 2)),
}


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    opened = session.target(valued_target)
    if not isinstance(opened, TorchTarget) or not opened.on_cpu:
        pytest.skip("no device has a default dtype of its own")
    earlier = torch.get_default_dtype()
    with claiming("set_default_dtype", "default dtype", valued_target, MANUAL, session) as made:
        yield made
        torch.set_default_dtype(earlier)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_what_takes_it(dtype: torch.dtype, claims: Claims) -> None:
    torch.set_default_dtype(dtype)
    claims.same("agrees", "get_default_dtype", dtype, torch.get_default_dtype())
    numbers = torch.tensor([1, 2, 3])
    for name, call in REAL.items():
        claims.same("promotion", f"{name}, where it is {dtype}", dtype, call(numbers).dtype)
    for name, (own, call) in OF_THEIR_OWN.items():
        claims.same("promotion", f"{name}, where it is {dtype}", own, call(numbers).dtype)
    if dtype in COMPLEX:
        claims.same("promotion", f"a complex number, where it is {dtype}", COMPLEX[dtype], torch.tensor(1j).dtype)
        claims.same("promotion", f"and integers, where it is {dtype}", COMPLEX[dtype], (numbers * 1j).dtype)
        claims.same("agrees", f"a third in {dtype}", torch.tensor(1 / 3, dtype=dtype).item(), (numbers[:1] / 3).item())


def test_what_it_may_be(claims: Claims) -> None:
    for wrong in (torch.int64, torch.bool, torch.complex64):
        try:
            torch.set_default_dtype(wrong)
            refused = "no refusal"
        except TypeError:
            refused = "TypeError"
        claims.same("refusal", f"{wrong}", "TypeError", refused)
    claims.same("agrees", "what is refused changes nothing", torch.float32, torch.get_default_dtype())
