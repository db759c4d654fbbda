"""What a user tells autograd: track, detach, keep, hook, run backwards.

Source: https://docs.pytorch.org/docs/stable/notes/autograd.html
"""

from __future__ import annotations

from collections.abc import Callable

from reference.autograd.engine import backward as run_backward
from reference.errors import refuse
from reference.tensor import METHODS, Tensor

HookFunction = Callable[[Tensor], Tensor | None]


def backward(
    input: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add the gradient of ``input`` to every leaf's ``grad``; a non-scalar needs ``gradient``, of its own shape.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html
    """
    run_backward(input, gradient, retain_graph, create_graph)


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
