"""Optimizers: what their steps do to parameters, and what they leave alone; state that is saved and loaded again.

https://docs.pytorch.org/docs/stable/optim.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch

from conformance.accuracy import Network
from conformance.claims import Claims
from conformance.model.case import Drawn
from conformance.model.verdict import Documented
from conformance.session import Session
from conformance.values import block
from reference.dtypes import FLOAT64
from reference.optim.rules import RULES
from suites.claiming import claiming, refusal

MANUAL = Documented("https://docs.pytorch.org/docs/stable/optim.html")
STEPS = 4
# In float64: a few hundred roundings, which the roots of small squares magnify.
ROUNDING = Network(tolerance=1e-11)
SHAPES = ((3, 4), (5,), (), (0,), (2, 3, 2), (17,))
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD, momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
    "SGD, dampened": ("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.25, "maximize": True}),
    "SGD, Nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    "Adam": ("Adam", {}),
    "Adam, AMSGrad": ("Adam", {"lr": 0.1, "betas": (0.5, 0.25), "amsgrad": True, "weight_decay": 0.1}),
    "Adam, maximized": ("Adam", {"lr": 0.1, "eps": 0.5, "maximize": True, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {"lr": 0.1, "weight_decay": 0.25}),
    "AdamW, AMSGrad": ("AdamW", {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.25), "maximize": True}),
    "RMSprop": ("RMSprop", {"alpha": 0.5}),
    "RMSprop, centered": ("RMSprop", {"centered": True, "momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
    "Adagrad": ("Adagrad", {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1, "initial_accumulator_value": 0.25}),
}
WAYS = ("", "foreach", "fused")
CASES = [
    pytest.param(name, way, id=f"{name}-{way or 'plain'}")
    for name, (kind, _) in SETTINGS.items()
    for way in WAYS
    if not way or way in signature(getattr(torch.optim, kind)).parameters
]
pytestmark = pytest.mark.usefixtures("dynamo")


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    with claiming("optimizers", "optimizers", valued_target, MANUAL, session) as made:
        yield made


def drawn(seed: int) -> list[np.ndarray]:
    """An array of every shape."""
    values = [block(Drawn("normal", seed + n), FLOAT64, int(np.prod(shape)), 1)[0] for n, shape in enumerate(SHAPES)]
    return [one.reshape(shape) for one, shape in zip(values, SHAPES, strict=True)]


def parameters(device: torch.device) -> list[torch.nn.Parameter]:
    """A parameter of every shape, the first by columns, and one that never has a gradient."""
    made = [torch.tensor(values, device=device) for values in drawn(1)]
    made[0] = made[0].t().contiguous().t()
    return [torch.nn.Parameter(one) for one in (*made, torch.ones(3, dtype=torch.float64, device=device))]


def give_gradients(params: list[torch.nn.Parameter], count: int, way: str) -> list[np.ndarray | None]:
    """Other gradients at every step; one parameter has none at the second.

    They lie in rows, as a user's may, unless the step is fused: then in the order of the parameter (docs/findings/132).
    """
    given: list[np.ndarray | None] = [*drawn(100 * (count + 1)), None]
    if count == 1:
        given[1] = None
    for param, gradient in zip(params, given, strict=True):
        param.grad = None if gradient is None else torch.tensor(gradient, device=param.device)
        if param.grad is not None and way == "fused":
            param.grad = torch.empty_like(param).copy_(param.grad)
    return given


def arrays(params: list[torch.nn.Parameter]) -> dict[str, np.ndarray]:
    return {f"parameter {n}": one.detach().cpu().numpy().copy() for n, one in enumerate(params)}


def made(name: str, way: str, params: Any) -> torch.optim.Optimizer:
    kind, settings = SETTINGS[name]
    optimizer: torch.optim.Optimizer = getattr(torch.optim, kind)(params, **settings, **({way: True} if way else {}))
    return optimizer


@pytest.mark.parametrize(("name", "way"), CASES)
def test_steps(name: str, way: str, device: torch.device, claims: Claims) -> None:
    kind, settings = SETTINGS[name]
    params = parameters(device)
    optimizer = made(name, way, params)
    expected, states = [*drawn(1), np.ones(3)], [dict[str, Any]() for _ in params]
    where = [(id(one), one.data_ptr(), one.stride(), one.requires_grad) for one in params]
    for count in range(STEPS):
        given = give_gradients(params, count, way)
        grads = [one.grad for one in params]
        before = [None if one is None else one._version for one in grads]
        optimizer.step()
        for place, gradient in enumerate(given):
            if gradient is not None:
                expected[place] = RULES[kind](expected[place], gradient, states[place], **settings)
        wanted = {f"parameter {place}": one for place, one in enumerate(expected)}
        claims.near("agrees", f"{name} {way} {count}", wanted, wanted, arrays(params), ROUNDING)
        kept = [(one.grad, None if one.grad is None else one.grad._version) for one in params]
        same = all(
            one is other and (one, then) == (one, now)
            for (one, now), other, then in zip(kept, grads, before, strict=True)
        )
        claims.same("aliasing", f"{name} {way} {count}: gradients are left alone", True, same, "float64")
        unchanged = {f"{n}.grad": one for n, one in enumerate(given) if one is not None}
        found = {f"{n}.grad": one.grad.cpu().numpy() for n, one in enumerate(params) if one.grad is not None}
        claims.exact("aliasing", f"{name} {way} {count}", unchanged, found)
    after = [(id(one), one.data_ptr(), one.stride(), one.requires_grad) for one in params]
    claims.same("in place", f"{name} {way}: the parameters are the same tensors", where, after, "float64")
    if kind == "Adagrad":  # which sums from the start
        return
    without = [place for place, one in enumerate(params) if not optimizer.state.get(one)]
    expected_without = [place for place, state in enumerate(states) if not state]
    claims.same("agrees", f"{name} {way}: a parameter without a gradient has no state", expected_without, without)


@pytest.mark.parametrize(("name", "way"), CASES)
def test_state_that_is_loaded_goes_on(name: str, way: str, device: torch.device, claims: Claims) -> None:
    params = parameters(device)
    optimizer = made(name, way, params)
    for count in range(2):
        give_gradients(params, count, way)
        optimizer.step()
    others = [torch.nn.Parameter(one.detach().clone()) for one in params]
    other = made(name, way, others)
    saved = optimizer.state_dict()
    kept = copy.deepcopy(saved)  # which what is loaded may share its memory with
    other.load_state_dict(kept)
    claims.same("agrees", f"{name}: what is loaded is there", True, alike(saved, other.state_dict()), "float64")
    give_gradients(others, 2, way)
    other.step()
    other.param_groups[0]["lr"] = 9.0
    rates = (kept["param_groups"][0]["lr"], optimizer.param_groups[0]["lr"])
    claims.same("aliasing", f"{name}: a group of its own", (optimizer.defaults["lr"],) * 2, rates, "float64")
    give_gradients(params, 2, way)
    optimizer.step()
    claims.exact("agrees", f"{name}: as the first goes on", arrays(params), arrays(others))
    groups = [group["params"] for group in kept["param_groups"]]
    claims.same("agrees", f"{name}: parameters are numbers in the state", [list(range(len(params)))], groups)


def alike(one: Any, other: Any) -> bool:
    """Whether two states are the same, element by element."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and bool(torch.equal(one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def test_groups_have_settings_of_their_own(device: torch.device, claims: Claims) -> None:
    params = parameters(device)
    groups: Any = [{"params": params[:2], "lr": 0.5}, {"params": params[2:4]}]
    optimizer = torch.optim.SGD(groups, lr=0.25, momentum=0.5)
    optimizer.add_param_group({"params": params[4:], "weight_decay": 0.5, "momentum": 0.0})
    settings = [{"lr": 0.5, "momentum": 0.5}] * 2 + [{"lr": 0.25, "momentum": 0.5}] * 2
    settings += [{"lr": 0.25, "weight_decay": 0.5}] * 3
    expected, states = [*drawn(1), np.ones(3)], [dict[str, Any]() for _ in params]
    for count in range(3):
        given = give_gradients(params, count, "")
        if count == 2:  # as a scheduler does
            for group in optimizer.param_groups:
                group["lr"] *= 0.5
            settings = [one | {"lr": one["lr"] * 0.5} for one in settings]
        optimizer.step()
        for place, gradient in enumerate(given):
            if gradient is not None:
                expected[place] = RULES["SGD"](expected[place], gradient, states[place], **settings[place])
    wanted = {f"parameter {place}": one for place, one in enumerate(expected)}
    claims.near("agrees", "three groups", wanted, wanted, arrays(params), ROUNDING)
    again = refusal(lambda: optimizer.add_param_group({"params": params[:1]}))
    claims.same("refusal", "a parameter of two groups", "ValueError", again, "float64")


def test_what_is_refused(device: torch.device, claims: Claims) -> None:
    params = parameters(device)
    calls: dict[str, tuple[str, Callable[[], Any]]] = {
        "a negative lr": ("ValueError", lambda: torch.optim.SGD(params, lr=-0.1)),
        "Nesterov without momentum": ("ValueError", lambda: torch.optim.SGD(params, lr=0.1, nesterov=True)),
        "a beta of one": ("ValueError", lambda: torch.optim.Adam(params, betas=(1.0, 0.9))),
        "no parameters": ("ValueError", lambda: torch.optim.Adam([], lr=0.1)),
        "a tensor of parameters": ("TypeError", lambda: torch.optim.SGD(params[0], lr=0.1)),
        "what is no leaf": ("ValueError", lambda: torch.optim.SGD([params[0] * 2], lr=0.1)),
    }
    for words, (kind, call) in calls.items():
        claims.same("refusal", words, kind, refusal(call), "float64")
    first, second = torch.optim.SGD(params, lr=0.1), torch.optim.SGD(params[:2], lr=0.1)
    wrong = refusal(lambda: second.load_state_dict(first.state_dict()))
    claims.same("refusal", "a state of more parameters", "ValueError", wrong, "float64")


def test_closures_and_zero_grad(device: torch.device, claims: Claims) -> None:
    params = parameters(device)
    optimizer = torch.optim.SGD(params, lr=0.5)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss: Any = sum((one * one).sum() for one in params[:3])
        loss.backward()
        made: torch.Tensor = loss
        return made

    with torch.no_grad():
        wanted = sum(float((one * one).sum()) for one in params[:3])
        returned = optimizer.step(closure)
    claims.same("agrees", "step returns what its closure does", wanted, float(returned))
    stepped = {f"parameter {place}": np.zeros(SHAPES[place]) for place in range(3)}
    claims.exact("agrees", "x - 0.5 * 2 x is zero", stepped, arrays(params[:3]))
    optimizer.zero_grad(set_to_none=False)
    grads = [None if one.grad is None else float(one.grad.abs().sum()) for one in params]
    claims.same("agrees", "zeros where gradients were", [0.0, 0.0, 0.0, None, None, None, None], grads)
    optimizer.zero_grad()
    claims.same("agrees", "no gradients", {None}, {one.grad for one in params})
    claims.same("agrees", "grad mode is what it was", True, torch.is_grad_enabled())
