"""Autograd as its user meets it: whose the gradients are and how they lie, hooks, modes, functions of one's own.

https://docs.pytorch.org/docs/stable/autograd.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every network uses

from conformance.claims import Claims
from conformance.model.verdict import Documented
from conformance.session import Session
from suites.claiming import claiming, refusal

MANUAL = Documented("https://docs.pytorch.org/docs/stable/autograd.html")
Call = Callable[..., torch.Tensor]
SHAPE = (2, 3, 4, 4)
LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "contiguous": lambda x: x,
    "channels last": lambda x: x.to(memory_format=torch.channels_last),
    "transposed": lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
    "stepped": lambda x: x.repeat_interleave(2, 3)[..., ::2],
}
OF_ONE: dict[str, Call] = {
    "itself": lambda x: x.clone(),
    "a view": lambda x: x.view_as(x),
    "a sum": lambda x: x.sum(),
    "a mean of rows": lambda x: x.mean(3),
    "a part": lambda x: x[:, 1:],
    "a transpose": lambda x: x.transpose(1, 3),
    "a permutation": lambda x: x.permute(3, 1, 0, 2) * 2,
    "expanded": lambda x: x.unsqueeze(0).expand(3, *SHAPE),
    "chosen": lambda x: x.index_select(1, torch.tensor([0, 0, 2], device=x.device)),
    "exp": lambda x: x.exp(),
    "relu": lambda x: x.relu(),
    "softmax": lambda x: x.softmax(1),
    "a pool": lambda x: F.max_pool2d(x, 2),
    "a convolution": lambda x: F.conv2d(x, torch.ones(2, 3, 2, 2, device=x.device)),
    "flat": lambda x: x.flatten(1) * 3,
    "a copy as float64": lambda x: x.double(),
}
OF_TWO: dict[str, Call] = {
    "a sum": torch.add,
    "a difference": torch.sub,
    "a product": torch.mul,
    "a quotient": torch.div,
    "the larger": torch.maximum,
    "joined": lambda x, y: torch.cat((x, y)),
    "stacked": lambda x, y: torch.stack((x, y)),
    "either": lambda x, y: torch.where(torch.ones_like(x, dtype=torch.bool), x, y),
    "matrices": torch.matmul,
    "a loss": F.mse_loss,
    "one in the other": lambda x, y: x.clone().copy_(y) + x,
}


@pytest.fixture
def claims(valued_target: str, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    with claiming("autograd", "autograd", valued_target, MANUAL, session) as made:
        yield made


def leaf(device: torch.device, layout: str = "contiguous", first: float = 1.0) -> Any:
    """A leaf of that layout, every element another one."""
    values = torch.arange(first, first + 96).view(SHAPE) / 16
    return LAYOUTS[layout](values.to(device)).detach().requires_grad_()


def layout_of(tensor: torch.Tensor) -> tuple[int, ...]:
    """The strides that the gradient of a leaf must have: those of the leaf where it is dense, else of rows.

    https://docs.pytorch.org/docs/stable/autograd.html#default-gradient-layouts
    """
    dense = sorted(zip(tensor.stride(), tensor.shape, strict=True))
    expected = 1
    for stride, size in dense:
        if stride != expected:
            return tuple(torch.empty(tensor.shape, device="meta").stride())
        expected *= size
    return tuple(tensor.stride())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_lie_as_their_leaves(layout: str, device: torch.device, claims: Claims) -> None:
    for name, call in OF_ONE.items():
        x = leaf(device, layout)
        for times in (1, 2):
            out = call(x)
            out.backward(torch.ones_like(out))  # type: ignore[no-untyped-call]
            claims.same("gradient", f"{name} of {layout}, {times} times", layout_of(x), tuple(x.grad.stride()))
            claims.same("gradient", f"{name} of {layout}: dtype", (x.dtype, x.shape), (x.grad.dtype, x.grad.shape))
            claims.same(
                "gradient", f"{name} of {layout}: it is a leaf", (False, True), (x.grad.requires_grad, x.grad.is_leaf)
            )
        for other, second in OF_TWO.items() if name == "itself" else ():
            x, y = leaf(device, layout), leaf(device, layout, 5.0)
            out = second(x, y)
            out.backward(torch.ones_like(out))  # type: ignore[no-untyped-call]
            found = [tuple(one.grad.stride()) for one in (x, y)]
            claims.same("gradient", f"{other} of {layout}", [layout_of(x), layout_of(y)], found)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_leaf_has_a_gradient_of_its_own(layout: str, device: torch.device, claims: Claims) -> None:
    for name, call in OF_TWO.items():
        x, y = leaf(device, layout), leaf(device, layout, 5.0)
        out = call(x, y)
        out.backward(torch.ones_like(out), retain_graph=True)  # type: ignore[no-untyped-call]
        tensors = {"x": x, "y": y, "result": out, "x.grad": x.grad, "y.grad": y.grad}
        starts = {one: tensor.data_ptr() for one, tensor in tensors.items()}
        shared = [pair for pair in combinations(starts, 2) if starts[pair[0]] == starts[pair[1]]]
        claims.same("aliasing", f"{name} of {layout}: no memory is shared", [], shared)
        once, objects = [x.grad.clone(), y.grad.clone()], [id(x.grad), id(y.grad)]
        out.backward(torch.ones_like(out))  # type: ignore[no-untyped-call]
        twice = [bool(one.equal(2 * first)) for one, first in zip((x.grad, y.grad), once, strict=True)]
        claims.same("gradient", f"{name} of {layout}: added", [True, True], twice)
        claims.same("gradient", f"{name} of {layout}: in place", objects, [id(x.grad), id(y.grad)])


def test_hooks_run_in_order(device: torch.device, claims: Claims) -> None:
    x, calls = torch.tensor([1.0, 2.0], device=device, requires_grad=True), list[str]()

    def hook(word: str, factor: float = 1.0) -> Callable[[torch.Tensor], torch.Tensor]:
        def called(gradient: torch.Tensor) -> torch.Tensor:
            calls.append(f"{word} {gradient.tolist()}")
            return gradient * factor

        return called

    y: Any = x * 3
    y.retain_grad()
    leaf: Any = x
    handles = [y.register_hook(hook("y 1", 2)), y.register_hook(hook("y 2", 5)), leaf.register_hook(hook("x 1", -1))]
    leaf.register_hook(hook("x 2"))
    leaf.register_post_accumulate_grad_hook(lambda one: calls.append(f"after {one.grad.tolist()}"))
    loss: Any = y.sum()
    loss.backward(retain_graph=True)
    order = ["y 1 [1.0, 1.0]", "y 2 [2.0, 2.0]", "x 1 [30.0, 30.0]", "x 2 [-30.0, -30.0]", "after [-30.0, -30.0]"]
    claims.same("gradient", "each hook sees what the one before returned", order, calls)
    claims.same(
        "gradient",
        "what is retained is behind the hooks",
        [10.0, 10.0],
        y.grad.tolist() if y.grad is not None else None,
    )
    for handle in handles:
        handle.remove()
    calls.clear()
    loss.backward()
    claims.same("gradient", "hooks that are removed", ["x 2 [3.0, 3.0]", "after [-27.0, -27.0]"], calls)
    claims.same("refusal", "the graph is gone", "RuntimeError", refusal(lambda: loss.backward()))
    claims.same(
        "refusal",
        "a hook of what is not tracked",
        "RuntimeError",
        refusal(lambda: leaf.detach().register_hook(print)),
    )


def test_gradients_that_are_asked_for(device: torch.device, claims: Claims) -> None:
    x, y, z = (torch.tensor([number], device=device, requires_grad=True) for number in (2.0, 3.0, 5.0))
    out = x * y + x
    found = torch.autograd.grad(out, (y, x), retain_graph=True)
    claims.same("gradient", "in their order", [[2.0], [4.0]], [one.tolist() for one in found])
    claims.same("gradient", "and no leaf has one", [None, None], [x.grad, y.grad])
    unused = refusal(lambda: torch.autograd.grad(out, (x, z), retain_graph=True))
    claims.same("refusal", "of what was not used", "RuntimeError", unused)
    allowed = torch.autograd.grad(out, (x, z), retain_graph=True, allow_unused=True)
    claims.same("gradient", "allow_unused", ([4.0], None), (allowed[0].tolist(), allowed[1]))
    zeros = torch.autograd.grad(out, (x, z), retain_graph=True, materialize_grads=True)
    claims.same("gradient", "materialize_grads", [[4.0], [0.0]], [one.tolist() for one in zeros])
    several = torch.autograd.grad(
        (out, x * 10), (x,), (torch.ones(1, device=device), torch.ones(1, device=device)), retain_graph=True
    )
    claims.same("gradient", "of several results", [14.0], several[0].tolist())
    torch.autograd.backward(out, inputs=[y], retain_graph=True)
    claims.same(
        "gradient", "backward into one", (None, [2.0]), (x.grad, y.grad.tolist() if y.grad is not None else None)
    )
    (first,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, create_graph=True)
    (third,) = torch.autograd.grad(second, x)
    claims.same("double backward", "of x ** 3", [12.0, 12.0, 6.0], [first.item(), second.item(), third.item()])
    claims.same(
        "double backward",
        "who requires one",
        [True, True, False],
        [one.requires_grad for one in (first, second, third)],
    )
    claims.same("refusal", "a gradient of another shape", "RuntimeError",
                refusal(lambda: torch.autograd.grad(out, x, torch.ones(2, device=device))))  # fmt: skip
    claims.same(
        "refusal", "a grad of another shape", "RuntimeError", refusal(lambda: setattr(x, "grad", torch.ones(2)))
    )


def test_modes(device: torch.device, claims: Claims) -> None:
    x = torch.ones(2, device=device, requires_grad=True)

    def fails(mode: Any) -> None:
        with mode:
            raise KeyError

    for name, mode in (
        ("no_grad", torch.no_grad()),
        ("enable_grad", torch.enable_grad()),
        ("set", torch.set_grad_enabled(False)),
    ):
        torch.set_grad_enabled(True)
        fails_as = refusal(lambda mode=mode: fails(mode))  # type: ignore[misc]
        claims.same("gradient", f"{name} ends with an error", ("KeyError", True), (fails_as, torch.is_grad_enabled()))
    with torch.no_grad():
        inside = [(x * 2).requires_grad]
        with torch.enable_grad():
            inside.append((x * 2).requires_grad)
        inside += [(x * 2).requires_grad, torch.zeros(1, requires_grad=True).requires_grad]
    claims.same("gradient", "modes within modes", [False, True, False, True], inside)

    @torch.no_grad()
    def decorated() -> bool:
        return (x * 2).requires_grad

    claims.same("gradient", "a function without", (False, True), (decorated(), (x * 2).requires_grad))
    with torch.inference_mode():
        made, other = x * 2, x * 3
        claims.same(
            "gradient", "inference mode", (True, False), (torch.is_inference_mode_enabled(), made.requires_grad)
        )
    claims.same("gradient", "what it makes", (True, False), (made.is_inference(), torch.is_inference_mode_enabled()))
    claims.same("refusal", "is not saved for a gradient", "RuntimeError", refusal(lambda: x * made))
    # It is refused, and done nevertheless (docs/findings/133): of another tensor, nothing else is claimed.
    claims.same("refusal", "nor written to", "RuntimeError", refusal(lambda: other.add_(1)))
    claims.same("refusal", "and has no version", "RuntimeError", refusal(lambda: made._version))
    claims.same("gradient", "but a copy of it is", [2.0, 2.0], (x * made.clone()).tolist())
    for wrong in (
        lambda: torch.ones(2, dtype=torch.int64, requires_grad=True),
        lambda: torch.ones(2).int().requires_grad_(),
    ):
        claims.same("refusal", "integers require no gradient", "RuntimeError", refusal(wrong))
    claims.same(
        "refusal", "nor does a result forget it", "RuntimeError", refusal(lambda: (x * 2).requires_grad_(False))
    )


class Scaled(torch.autograd.Function):
    """A product with a number, which says what it needs and what has no gradient."""

    needed: tuple[bool, ...] = ()

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: torch.Tensor, factor: float) -> tuple[torch.Tensor, torch.Tensor]:
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        rounded = (x * y).round()
        ctx.mark_non_differentiable(rounded)
        return x * y * factor, rounded

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        x, y = ctx.saved_tensors
        Scaled.needed = ctx.needs_input_grad
        return gradients[0] * y * ctx.factor, gradients[0] * x * ctx.factor, None


def test_functions_of_ones_own(device: torch.device, claims: Claims) -> None:
    x, y = torch.tensor([2.0], device=device, requires_grad=True), torch.tensor([5.0], device=device)
    apply: Any = Scaled.apply
    out, rounded = apply(x, y, 3.0)
    claims.same(
        "gradient",
        "what requires one",
        (True, False, True),
        (out.requires_grad, rounded.requires_grad, rounded.is_leaf),
    )
    out.backward(retain_graph=True)
    assert x.grad is not None, "a backward pass filled it"
    claims.same("gradient", "its backward", ([15.0], (True, False, False)), (x.grad.tolist(), Scaled.needed))
    with torch.no_grad():
        x.mul_(2)
    claims.same("refusal", "what was saved has changed", "RuntimeError", refusal(lambda: out.backward()))
    z: Any = x.detach()
    version = x._version
    z.add_(1)
    claims.same(
        "aliasing", "what is detached has the same version", (version + 1, version + 1), (x._version, z._version)
    )
    x.data.add_(1)
    claims.same("aliasing", "but not what is data", (version + 1, [6.0]), (x._version, x.tolist()))
