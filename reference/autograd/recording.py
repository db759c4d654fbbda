"""What a user tells autograd: track, detach, keep, hook, run backwards.

Source: https://docs.pytorch.org/docs/stable/notes/autograd.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reference.autograd import engine
from reference.errors import refuse, unmodelled
from reference.tensor import METHODS, Tensor

HookFunction = Callable[[Tensor], Tensor | None]


def backward(
    input: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add the gradient of ``input`` to every leaf's ``grad``; a non-scalar needs ``gradient``, of its own shape.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html
    """
    engine.backward(input, gradient, retain_graph, create_graph)


def grad(
    outputs: Tensor,
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradient of one output with respect to each of ``inputs``. A graph of it is no part of the reference.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    if create_graph or not isinstance(outputs, Tensor):
        unmodelled("a graph of a backward pass, or one from several outputs,")
    asked = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    found: list[Tensor] = []
    for given, gradient in zip(asked, engine.grad(outputs, asked, grad_outputs, bool(retain_graph)), strict=True):
        if gradient is None and not materialize_grads:
            refuse("One of the differentiated Tensors appears to not have been used in the graph.")
        found.append(METHODS["zeros_like"](given) if gradient is None else gradient)
    return tuple(found)


def requires_grad_(input: Tensor, requires_grad: bool = True) -> Tensor:
    """Change in place whether autograd records operations on a leaf; return it.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html
    """
    return input.requires_grad_(requires_grad)


def retain_grad(input: Tensor) -> None:
    """Keep the gradient of a tensor that is not a leaf; of a leaf this does nothing.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html
    """
    if not input.requires_grad:
        refuse("can't retain_grad on Tensor that has requires_grad=False")
    node = input.grad_fn
    if node is not None:
        input.retains_grad = True
        node.retained[input.output_nr] = input


def register_hook(input: Tensor, hook: HookFunction) -> None:
    """Call ``hook`` with each gradient of ``input``; what it returns, if anything, takes the gradient's place.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
    """
    if not input.requires_grad:
        refuse("cannot register a hook on a tensor that doesn't require gradient")
    node = input.grad_fn
    if node is None:
        input.hooks.append(hook)
    else:
        node.hooks.append((input.output_nr, hook))


METHODS.update({"backward": backward, "retain_grad": retain_grad, "register_hook": register_hook})
