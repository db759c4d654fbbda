"""Modules: what they register and in which order, the state that is taken out and put in, hooks, modes and casts.

https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from conformance.claims import Claims
from conformance.model.verdict import Documented
from conformance.session import Session
from suites.claiming import claiming, refusal

MANUAL = Documented("https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html")
NAMES = ["own", "first.weight", "first.bias", "rest.0.weight", "rest.0.bias", "rest.1.weight"]


class Block(nn.Module):
    """A parameter of its own, layers, two buffers of which one is not saved, and one layer under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.tensor([1.0, 2.0]))
        self.first = nn.Linear(2, 2)
        self.rest = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, bias=False), nn.Dropout(0.5))
        self.again = self.first
        self.register_buffer("count", torch.tensor(3))
        self.register_buffer("scale", torch.tensor([0.5, 2.0]))
        self.register_buffer("passing", torch.ones(1), persistent=False)
        self.register_parameter("nothing", None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.rest(self.again(self.first(x * self.own)))
        return made


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    with claiming("nn.Module", "modules", valued_target, MANUAL, session) as made:
        yield made


def arrays(state: Any) -> dict[str, np.ndarray]:
    return {name: one.detach().cpu().numpy().copy() for name, one in state.items()}


def test_what_is_registered(device: torch.device, claims: Claims) -> None:
    block = Block().to(device)
    both = [*NAMES, "again.weight", "again.bias"]
    claims.same("agrees", "parameters, each once", NAMES, [name for name, _ in block.named_parameters()])
    named = [name for name, _ in block.named_parameters(remove_duplicate=False)]
    claims.same("agrees", "and under all of their names", sorted(both), sorted(named))
    claims.same("agrees", "its own alone", ["own"], [name for name, _ in block.named_parameters(recurse=False)])
    claims.same("agrees", "buffers", ["count", "scale", "passing"], [name for name, _ in block.named_buffers()])
    modules = ["", "first", "rest", "rest.0", "rest.1", "rest.2"]
    claims.same("agrees", "modules", modules, [name for name, _ in block.named_modules()])
    claims.same("agrees", "children", ["first", "rest"], [name for name, _ in block.named_children()])
    state = block.state_dict()
    claims.same("agrees", "what is saved", {*both, "count", "scale"}, set(state))
    prefixed = {f"net.{name}" for name in state}
    claims.same("agrees", "under a prefix", prefixed, set(block.state_dict(prefix="net.")))
    claims.same("agrees", "by its name", True, block.get_parameter("rest.0.weight") is block.rest[0].weight)
    del block.own
    claims.same("agrees", "what is deleted is gone", NAMES[1:], [name for name, _ in block.named_parameters()])
    block.first.bias = None  # type: ignore[assignment]
    claims.same("agrees", "None is none", [*NAMES[1:2], *NAMES[3:]], [name for name, _ in block.named_parameters()])
    wrong = refusal(lambda: setattr(block.first, "weight", torch.ones(2, 2)))
    claims.same("refusal", "a tensor in the place of a parameter", "TypeError", wrong)
    claims.same(
        "refusal", "a name with a dot", "KeyError", refusal(lambda: block.register_buffer("a.b", torch.ones(1)))
    )
    wrong = refusal(lambda: block.register_parameter("sum", block.first.weight * 2))  # type: ignore[arg-type]
    claims.same("refusal", "a result as a parameter", "TypeError", wrong)


def test_state_that_is_taken_out(device: torch.device, claims: Claims) -> None:
    block = Block().to(device)
    state = block.state_dict()
    claims.same(
        "aliasing", "it shares memory with the parameters", True, state["own"].data_ptr() == block.own.data_ptr()
    )
    claims.same("agrees", "and requires no gradient", {False}, {one.requires_grad for one in state.values()})
    kept = block.state_dict(keep_vars=True)
    claims.same("agrees", "keep_vars=True", True, kept["own"] is block.own)
    with torch.no_grad():
        block.own.fill_(7)
    claims.same("aliasing", "a write is seen", [7.0, 7.0], state["own"].tolist())
    state["scale"] = torch.zeros(2)
    claims.same("aliasing", "an entry is not", [0.5, 2.0], block.get_buffer("scale").tolist())


def test_state_that_is_put_in(device: torch.device, claims: Claims) -> None:
    source, block = Block().to(device), Block().to(device)
    with torch.no_grad():
        for place, one in enumerate(source.parameters()):
            one.copy_(torch.arange(one.numel(), device=device).view(one.shape) + place)
    block.rest[1].weight.requires_grad_(False)
    state = {name: one.clone() for name, one in source.state_dict().items()} | {"count": torch.tensor(9)}
    objects = [(id(one), one.data_ptr(), one.requires_grad) for one in block.parameters()]
    found = block.load_state_dict(state)
    claims.same("agrees", "nothing is left", ([], []), (found.missing_keys, found.unexpected_keys))
    claims.exact("agrees", "loaded", arrays(state), arrays(block.state_dict()))
    after = [(id(one), one.data_ptr(), one.requires_grad) for one in block.parameters()]
    claims.same("in place", "the parameters are the same tensors", objects, after)
    state["own"].fill_(-1)
    claims.same("aliasing", "with memory of their own", [0.0, 1.0], block.own.tolist())
    claims.same("agrees", "leaves still", {True}, {one.is_leaf for one in block.parameters()})
    double = {name: one.double() if one.is_floating_point() else one for name, one in state.items()}
    block.load_state_dict(double)
    claims.same("agrees", "cast to their dtype", {torch.float32}, {one.dtype for one in block.parameters()})
    short = {name: one for name, one in state.items() if name != "first.bias"} | {"more": torch.ones(1)}
    claims.same(
        "refusal", "a key is missing, one unexpected", "RuntimeError", refusal(lambda: block.load_state_dict(short))
    )
    found = block.load_state_dict(short, strict=False)
    claims.same(
        "agrees", "unless strict=False", (["first.bias"], ["more"]), (found.missing_keys, found.unexpected_keys)
    )
    wrong = state | {"own": torch.ones(3)}
    for strict in (True, False):
        refused = refusal(partial(block.load_state_dict, wrong, strict=strict))
        claims.same("refusal", f"a wrong size, strict={strict}", "RuntimeError", refused)
    claims.same("refusal", "no dictionary", "TypeError", refusal(lambda: block.load_state_dict([])))  # type: ignore[arg-type]


def test_state_that_is_assigned(device: torch.device, claims: Claims) -> None:
    block = Block().to(device)
    block.rest[1].weight.requires_grad_(False)
    kinds = [(type(one).__name__, one.requires_grad) for one in block.parameters()]
    state = {name: one.clone().double() if one.is_floating_point() else one for name, one in block.state_dict().items()}
    block.load_state_dict(state, assign=True)
    claims.same("aliasing", "the tensors themselves", True, block.own.data_ptr() == state["own"].data_ptr())
    claims.same("agrees", "in their dtype", torch.float64, block.own.dtype)
    after = [(type(one).__name__, one.requires_grad) for one in block.parameters()]
    claims.same("agrees", "parameters, which require a gradient as before", kinds, after)


def test_modes_and_casts(device: torch.device, claims: Claims) -> None:
    block = Block().to(device)
    modes = {False: block.eval, True: block.train}
    for wanted, change in modes.items():
        claims.same("agrees", "it returns itself", True, change() is block)
        claims.same("agrees", f"training={wanted} everywhere", {wanted}, {one.training for one in block.modules()})
    block.eval()
    given = torch.ones(64, device=device)
    claims.same("agrees", "no dropout in eval", given.tolist(), block.rest[2](given).tolist())
    kept = set(block.rest[2].train()(given).tolist())
    claims.same("agrees", "in train, twice as much or nothing", {0.0, 2.0}, kept)
    block.to(torch.float64)
    dtypes = {name: one.dtype for name, one in block.state_dict().items()}
    claims.same("agrees", "what is floating is cast", {torch.float64}, {v for n, v in dtypes.items() if n != "count"})
    claims.same("agrees", "an integer is not", torch.int64, dtypes["count"])
    claims.same("agrees", "one tensor under two names still", True, block.again.weight is block.first.weight)
    block.requires_grad_(False)
    claims.same("agrees", "requires_grad_", {False}, {one.requires_grad for one in block.parameters()})
    visited: list[str] = []
    block.apply(lambda one: visited.append(type(one).__name__))
    order = ["Linear", "Linear", "Linear", "Dropout", "Sequential", "Block"]
    claims.same("agrees", "apply visits children first", order, visited)


def test_hooks(device: torch.device, claims: Claims) -> None:
    layer, calls = nn.Linear(2, 2).to(device), list[str]()
    x = torch.ones(1, 2, device=device, requires_grad=True)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(2))
        layer.bias.zero_()

    def note(word: str, value: Any = None) -> Any:
        calls.append(word)
        return value

    handles = [
        layer.register_forward_pre_hook(lambda module, args: note("pre 1")),
        layer.register_forward_pre_hook(lambda module, args: note("pre 2", (args[0] * 2,))),
        layer.register_forward_hook(lambda module, args, out: note("post 1", out + 1)),
        layer.register_forward_hook(lambda module, args, out: note(f"post 2 {out.tolist()}")),
        layer.register_forward_pre_hook(lambda module, args: note("pre 0"), prepend=True),
        layer.register_full_backward_hook(lambda module, gi, go: note("back", (gi[0] * 3,))),  # type: ignore[index]
        layer.register_full_backward_pre_hook(lambda module, go: note("pre back")),
    ]
    out: Any = layer(x)
    out.sum().backward()
    order = ["pre 0", "pre 1", "pre 2", "post 1", "post 2 [[3.0, 3.0]]", "pre back", "back"]
    claims.same("agrees", "in order", order, calls)
    assert x.grad is not None, "a backward pass filled it"
    claims.same("agrees", "what they return counts", ([[3.0, 3.0]], [[6.0, 6.0]]), (out.tolist(), x.grad.tolist()))
    for handle in handles[1:]:
        handle.remove()
    calls.clear()
    claims.same("agrees", "what is removed is not called", ([[1.0, 1.0]], ["pre 1"]), (layer(x).tolist(), calls))
    again = copy.deepcopy(layer)
    claims.same("aliasing", "a copy has its own parameters", False, again.weight is layer.weight)
    with torch.no_grad():
        again.weight.zero_()
    claims.same("aliasing", "and memory", [[1.0, 0.0], [0.0, 1.0]], layer.weight.tolist())


def test_containers(device: torch.device, claims: Claims) -> None:
    layers = [nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1)]
    chain, several = nn.Sequential(*layers), nn.ModuleList(layers)
    claims.same(
        "agrees",
        "Sequential",
        (3, True, ["0", "1"]),
        (len(chain), chain[-1] is layers[2], list(dict(chain[:2].named_children()))),
    )
    several.append(nn.ReLU())
    several.insert(0, nn.Flatten())
    claims.same(
        "agrees", "ModuleList", ["Flatten", "Linear", "ReLU", "Linear", "ReLU"], [type(one).__name__ for one in several]
    )
    claims.same(
        "agrees",
        "its names",
        ["1.weight", "1.bias", "3.weight", "3.bias"],
        [name for name, _ in several.named_parameters()],
    )
    named = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.ReLU()})
    claims.same("agrees", "ModuleDict", ["a", "b"], list(named))
    values = nn.ParameterList([torch.ones(1), nn.Parameter(torch.ones(2))])
    claims.same("agrees", "ParameterList", [1, 2], [one.numel() for one in values.parameters()])
    order = nn.Sequential(*layers).to(device)
    x = torch.tensor([[2.0]], device=device)
    wanted = layers[2](layers[1](layers[0](x)))
    claims.same("agrees", "one after the other", wanted.tolist(), order(x).tolist())
