"""What is saved and loaded again, or copied, is what it was, and shares its memory with what it shared it with.

https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import copy
import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from conformance.claims import Claims
from conformance.model.case import Drawn
from conformance.model.verdict import Documented
from conformance.session import Session
from conformance.targets.torch.eager import TorchTarget, absent_dtypes
from conformance.targets.torch.elements import to_numpy
from conformance.values import block
from reference.dtypes import TORCH_DTYPES, DType
from suites.claiming import claiming, refusal

MANUAL = Documented("https://docs.pytorch.org/docs/stable/notes/serialization.html")
LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.mT,
    "a part": lambda x: x[1:, ::2],
    "one number": lambda x: x[1, 2, 3],
    "expanded": lambda x: x[:1].expand(4, 4, 5),
    "empty": lambda x: x[:, :0],
}


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    with claiming("torch.save", "saving", valued_target, MANUAL, session) as made:
        yield made


def loaded(value: Any, **given: Any) -> Any:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return torch.load(buffer, **given)


COPIES: dict[str, Callable[[Any], Any]] = {
    "load": loaded,
    "load with pickle": lambda value: loaded(value, weights_only=False),
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "deepcopy": copy.deepcopy,
}


def facts(tensor: torch.Tensor) -> tuple[Any, ...]:
    """What is kept of a tensor beside its elements."""
    kind = type(tensor).__name__
    return kind, tensor.dtype, tuple(tensor.shape), tensor.stride(), tensor.requires_grad, tensor.is_leaf, tensor.device


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=lambda dtype: dtype.name)
def test_tensors(dtype: DType, device: torch.device, claims: Claims) -> None:
    if dtype.name in absent_dtypes():
        pytest.skip("this torch does not have it")
    base = TorchTarget("cpu").storage(block(Drawn("bits", 5), dtype, 60, 1)[0], dtype.name).view(3, 4, 5).to(device)
    for layout, lay in LAYOUTS.items():
        tensor = lay(base)
        before = to_numpy(tensor).tobytes()
        for way, copied in COPIES.items():
            found = copied(tensor)
            claims.same("agrees", f"{way}, {layout}", facts(tensor), facts(found), dtype.name)
            claims.same("agrees", f"{way}, {layout}: its elements", before, to_numpy(found).tobytes(), dtype.name)
            if found.numel() and 0 not in found.stride():
                found.zero_()
            claims.same(
                "aliasing", f"{way}, {layout}: memory of its own", before, to_numpy(tensor).tobytes(), dtype.name
            )


def test_conjugates_and_negatives(device: torch.device, claims: Claims) -> None:
    numbers = torch.tensor([1 + 2j, -3 + 0j, 0.5 - 1j], device=device)
    for name, tensor in (("conjugate", numbers.conj()), ("negative", numbers.conj().imag)):
        for way, copied in COPIES.items():
            found = copied(tensor)
            claims.exact("agrees", f"{way}, {name}", {"elements": to_numpy(tensor)}, {"elements": to_numpy(found)})


def test_what_requires_a_gradient(device: torch.device, claims: Claims) -> None:
    leaf = torch.arange(4.0, device=device, requires_grad=True)
    parameter = torch.nn.Parameter(torch.ones(2, device=device), requires_grad=False)
    loss: Any = (leaf * 3).sum()
    loss.backward()
    for way, copied in COPIES.items():
        claims.same("agrees", f"{way}, a leaf", facts(leaf), facts(copied(leaf)))
        claims.same("agrees", f"{way}, a parameter", facts(parameter), facts(copied(parameter)))
    again = copy.deepcopy(leaf)
    assert leaf.grad is not None, "a backward pass filled it"
    claims.same(
        "agrees",
        "deepcopy takes the gradient along",
        True,
        again.grad is not None and bool(again.grad.equal(leaf.grad)),
    )
    claims.same("aliasing", "of its own", False, again.grad is leaf.grad)
    claims.same("refusal", "deepcopy of what is no leaf", "RuntimeError", refusal(lambda: copy.deepcopy(leaf * 2)))


def test_views_share_their_memory_again(device: torch.device, claims: Claims) -> None:
    base = torch.arange(10.0, device=device)
    saved = {"all": base, "even": base[::2], "again": base, "other": base.clone(), "rows": base.view(2, 5).t()}
    for way, copied in COPIES.items():
        if way == "pickle":  # of which no page says so
            continue
        found = copied(saved)
        starts = [
            one.untyped_storage().data_ptr() == found["all"].untyped_storage().data_ptr() for one in found.values()
        ]
        claims.same("aliasing", f"{way}: who shares memory", [True, True, True, False, True], starts)
        claims.same("aliasing", f"{way}: one object", True, found["again"] is found["all"])
        found["even"][1] = 77
        seen = [float(found["all"][2]), float(found["rows"][2, 0]), float(found["other"][2]), float(base[2])]
        claims.same("aliasing", f"{way}: a write through a view", [77.0, 77.0, 2.0, 2.0], seen)
        claims.same("agrees", f"{way}: offsets", [0, 0, 0, 0, 0], [one.storage_offset() for one in found.values()])


def test_containers(device: torch.device, claims: Claims) -> None:
    saved: Any = {
        "numbers": [1, 2.5, True, None, "text", 3j, (1, 2)],
        "nested": OrderedDict(a=[torch.ones(2, device=device)], b=({},)),
        "size": torch.ones(2, 3).shape,
        "dtype": torch.float16,
        "device": torch.device("cpu"),
        3: {4, 5},
    }
    for way, copied in COPIES.items():
        found = copied(saved)
        plain = {key: value for key, value in saved.items() if key != "nested"}
        claims.same("agrees", f"{way}: values", plain, {key: found[key] for key in plain})
        claims.same(
            "agrees",
            f"{way}: kinds",
            (list(saved), OrderedDict, torch.Size),
            (list(found), type(found["nested"]), type(found["size"])),
        )


class Private:
    """What nobody said may be loaded."""


def test_only_weights_are_loaded(claims: Claims) -> None:
    refused = refusal(lambda: loaded(Private()))
    claims.same("refusal", "a class of one's own", "UnpicklingError", refused)
    claims.same("agrees", "unless asked for", "Private", type(loaded(Private(), weights_only=False)).__name__)
    cut = io.BytesIO()
    torch.save(torch.ones(1000), cut)
    short = io.BytesIO(cut.getvalue()[:-500])
    claims.same("refusal", "a file that is cut short", True, refusal(lambda: torch.load(short)) != "no refusal")


def test_a_network_and_its_optimizer_go_on(device: torch.device, claims: Claims) -> None:
    def network() -> torch.nn.Module:
        layers = (torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3))
        return torch.nn.Sequential(*layers).to(device)

    def step(net: torch.nn.Module, optimizer: torch.optim.Optimizer) -> torch.Tensor:
        optimizer.zero_grad()
        scores: Any = net(images)
        scores.square().sum().backward()
        optimizer.step()
        detached: torch.Tensor = scores.detach()
        return detached

    torch.manual_seed(3)
    images, net, other = torch.randn(4, 1, 4, 4).to(device), network(), network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    other_optimizer = torch.optim.SGD(other.parameters(), lr=0.5)
    step(net, optimizer)
    saved = loaded({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    matched = other.load_state_dict(saved["net"])
    other_optimizer.load_state_dict(saved["optimizer"])
    claims.same("agrees", "all keys match", ([], []), (matched.missing_keys, matched.unexpected_keys))
    for count in range(3):
        wanted, found = step(net, optimizer), step(other, other_optimizer)
        claims.exact("agrees", f"step {count}", {"scores": to_numpy(wanted)}, {"scores": to_numpy(found)})
    whole = loaded(net, weights_only=False)
    claims.exact(
        "agrees",
        "the module itself",
        {"scores": to_numpy(net(images).detach())},
        {"scores": to_numpy(whole(images).detach())},
    )
