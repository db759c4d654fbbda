"""Faults planted in modules, optimizers, loaders, what is saved, and autograd: the suites about these see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn, optim
from torch.utils import data

from conformance.claims import Claims
from conformance.model.verdict import Observed
from suites import test_autograd, test_data, test_default_dtype, test_modules, test_optimizers, test_saving

CPU = torch.device("cpu")
Claimed = Callable[..., None]
Planted = Callable[..., Any]


@dataclass(frozen=True)
class SuiteFault:
    """What is called in the place of an attribute, a function of torch's own, and the test that must see it."""

    name: str
    owner: Any
    attribute: str
    plant: Planted
    claimed: Claimed


def decay_into_the_gradient(real: Planted, self: Any, *args: Any) -> Any:
    before = [
        (one, one.detach().clone()) for group in self.param_groups for one in group["params"] if one.grad is not None
    ]
    result = real(self, *args)
    for one, value in before:
        one.grad.add_(value, alpha=self.defaults["weight_decay"])
    return result


def largest_forgotten(real: Planted, self: Any, *args: Any) -> Any:
    for state in self.state.values():
        if "max_exp_avg_sq" in state:
            state["max_exp_avg_sq"].zero_()
    return real(self, *args)


def counted_anew(real: Planted, self: Any, given: Any) -> None:
    real(self, given)
    for state in self.state.values():
        state["step"] = torch.zeros_like(state["step"])


def of_two_generators(real: Planted, self: Any) -> Any:
    torch.randint(2, ())
    return real(self)


def of_one_seed(real: Planted, *args: Any) -> Any:
    kind, *some, base_seed, _, worker, count, stay, shared = args
    return real(kind, *some, base_seed, lambda number: torch.manual_seed(base_seed), worker, count, stay, shared)


def views_cloned(real: Planted, given: Any, *args: Any, **kwargs: Any) -> Any:
    if isinstance(given, dict):
        given = {name: one.clone() if torch.is_tensor(one) else one for name, one in given.items()}
    return real(given, *args, **kwargs)


def in_rows(real: Planted, *args: Any, **kwargs: Any) -> Any:
    found = real(*args, **kwargs)
    return found.contiguous() if torch.is_tensor(found) and not found.requires_grad else found


def state_copied(real: Planted, self: Any, *args: Any, **kwargs: Any) -> Any:
    state = real(self, *args, **kwargs)
    return {name: one if kwargs.get("keep_vars") else one.clone() for name, one in state.items()}


def state_shared(real: Planted, self: Any, given: Any, strict: bool = True, assign: bool = False) -> Any:
    found = real(self, given, strict, assign)
    for name, one in self.named_parameters():
        if name in given and given[name].dtype is one.dtype and not assign:
            one.data = given[name].data
    return found


def thawed(real: Planted, self: Any, given: Any, strict: bool = True, assign: bool = False) -> Any:
    found = real(self, given, strict, assign)
    if assign:
        self.requires_grad_(True)
    return found


def first_hook_last(real: Planted, self: Any, hook: Any) -> Any:
    handle = real(self, hook)
    hooks = self._backward_hooks
    kept = list(hooks.items())
    hooks.clear()
    hooks.update([kept[-1], *kept[:-1]])
    return handle


def gradients_in_rows(real: Planted, self: Any, *args: Any, **kwargs: Any) -> None:
    real(self, *args, **kwargs)
    for node, _ in (*self.grad_fn.next_functions, *((edge, 0) for edge, _ in self.grad_fn.next_functions)):
        leaf = getattr(node, "variable", None)
        if leaf is not None and leaf.grad is not None:
            leaf.grad = leaf.grad.contiguous()


def float32_alone(real: Planted, *args: Any, **kwargs: Any) -> Any:
    found = real(*args, **kwargs)
    both = all(torch.is_tensor(one) and not one.is_floating_point() for one in args)
    return found.float() if both else found


STEPS = test_optimizers.test_steps
FAULTS = [
    SuiteFault("decay in grad", optim.Adam, "step", decay_into_the_gradient, partial(STEPS, "Adam, AMSGrad", "", CPU)),
    SuiteFault("no largest", optim.Adam, "step", largest_forgotten, partial(STEPS, "Adam, AMSGrad", "", CPU)),
    SuiteFault(
        "steps counted anew",
        optim.Adam,
        "load_state_dict",
        counted_anew,
        partial(test_optimizers.test_state_that_is_loaded_goes_on, "Adam", "", CPU),
    ),
    SuiteFault(
        "two generators", data.RandomSampler, "__iter__", of_two_generators, partial(test_data.test_shuffled, 10, 3)
    ),
    SuiteFault(
        "one seed", data._utils.worker, "_worker_loop", of_one_seed, test_data.test_workers_have_seeds_of_their_own
    ),
    SuiteFault(
        "views cloned", torch, "save", views_cloned, partial(test_saving.test_views_share_their_memory_again, CPU)
    ),
    SuiteFault(
        "loaded in rows", torch, "load", in_rows, partial(test_saving.test_tensors, test_saving.TORCH_DTYPES[-1], CPU)
    ),
    SuiteFault(
        "state copied", nn.Module, "state_dict", state_copied, partial(test_modules.test_state_that_is_taken_out, CPU)
    ),
    SuiteFault(
        "state shared", nn.Module, "load_state_dict", state_shared, partial(test_modules.test_state_that_is_put_in, CPU)
    ),
    SuiteFault("thawed", nn.Module, "load_state_dict", thawed, partial(test_modules.test_state_that_is_assigned, CPU)),
    SuiteFault(
        "first hook last",
        torch.Tensor,
        "register_hook",
        first_hook_last,
        partial(test_autograd.test_hooks_run_in_order, CPU),
    ),
    SuiteFault(
        "gradients in rows",
        torch.Tensor,
        "backward",
        gradients_in_rows,
        partial(test_autograd.test_gradients_lie_as_their_leaves, "channels last", CPU),
    ),
    SuiteFault(
        "float32 alone",
        torch,
        "true_divide",
        float32_alone,
        partial(test_default_dtype.test_what_takes_it, torch.float64),
    ),
]


def found(claimed: Claimed) -> list[str]:
    """The claims that do not hold."""
    claims = Claims("planted", "planted", "cpu", Observed(torch.__version__), lambda event: None)
    earlier = torch.get_default_dtype()
    try:
        claimed(claims=claims)
    finally:
        torch.set_default_dtype(earlier)
    return [one.variable for one in claims.finish()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_suite_sees_it(fault: SuiteFault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not found(fault.claimed), "torch without the fault"
    real = getattr(fault.owner, fault.attribute)
    monkeypatch.setattr(fault.owner, fault.attribute, lambda *args, **kwargs: fault.plant(real, *args, **kwargs))
    assert found(fault.claimed)
