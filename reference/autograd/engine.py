"""The engine: runs the graph backwards, each node once, when all gradients of its outputs have arrived.

Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence

from reference.autograd.graph import AccumulateGrad, Edge, Grad, Node, gradient_node
from reference.autograd.mode import set_grad_enabled
from reference.errors import refuse
from reference.tensor import METHODS, Tensor


def backward(
    tensor: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add to every leaf's ``grad`` the gradient of ``tensor`` with respect to it, weighted by ``gradient``.

    A tensor that is not a scalar needs a gradient of its own shape. Unless ``retain_graph`` (which defaults to
    ``create_graph``), what the nodes saved is freed.
    """
    root = gradient_node(tensor)
    if root is None:
        refuse("element 0 of tensors does not require grad and does not have a grad_fn")
    seed = _seed(tensor, gradient)
    keep = create_graph if retain_graph is None else retain_graph
    with set_grad_enabled(create_graph):
        _run(root, tensor.output_nr, seed, keep)


def grad(output: Tensor, inputs: Sequence[Tensor], gradient: Tensor | None, retain_graph: bool) -> list[Grad]:
    """The gradient of ``output`` with respect to each of ``inputs``, None where it does not depend on one; no leaf
    gets any."""
    root = gradient_node(output)
    if root is None:
        refuse("element 0 of tensors does not require grad and does not have a grad_fn")
    places = [(gradient_node(one), one.output_nr) for one in inputs]
    if any(node is None for node, _ in places):
        refuse("One of the differentiated Tensors does not require grad")
    met: dict[tuple[Node, int], Grad] = {}
    with set_grad_enabled(False):
        _run(root, output.output_nr, _seed(output, gradient), retain_graph, met)
    return [met.get((node, position)) for node, position in places if node is not None]


def _seed(tensor: Tensor, gradient: Tensor | None) -> Tensor:
    if gradient is None:
        if tensor.numel != 1:
            refuse("grad can be implicitly created only for scalar outputs")
        if tensor.dtype.is_complex:
            refuse("grad can be implicitly created only for real scalar outputs but got " + repr(tensor.dtype))
        ones: Tensor = METHODS["ones_like"](tensor)
        return ones
    if gradient.shape != tensor.shape:
        refuse(
            f"Mismatch in shape: grad_output[0] has a shape of {list(gradient.shape)} and output[0] has a shape of"
            f" {list(tensor.shape)}."
        )
    if gradient.dtype.is_complex != tensor.dtype.is_complex:
        refuse("For complex Tensors, both grad_output and output are required to have the same dtype.")
    cast: Tensor = METHODS["to"](gradient, tensor.dtype)
    return cast


def _run(root: Node, output_nr: int, seed: Tensor, keep: bool, met: dict[tuple[Node, int], Grad] | None = None) -> None:
    """Run the graph backwards. With ``met``, gradients are noted there by node and output, and no leaf gets any."""
    waiting = _count_arrivals(root)
    arrived: dict[Node, dict[int, Tensor]] = defaultdict(dict)
    arrived[root][output_nr] = seed
    ready: list[tuple[int, int, Node]] = []
    _push(ready, root)
    while ready:
        _, _, node = heapq.heappop(ready)
        grads = _through_hooks(node, [arrived[node].get(position) for position in range(node.outputs)])
        if met is not None:
            met.update({(node, position): grad for position, grad in enumerate(grads)})
            if isinstance(node, AccumulateGrad):
                continue
        results = node.apply(grads)
        if not keep:
            node.release()
        for edge, grad in zip(node.edges, results, strict=False):
            if edge.node is None:
                continue
            if grad is not None:
                _arrive(arrived[edge.node], edge, grad)
            waiting[edge.node] -= 1
            if not waiting[edge.node]:
                _push(ready, edge.node)


def _count_arrivals(root: Node) -> dict[Node, int]:
    """How many edges lead to each node that can be reached."""
    counts: dict[Node, int] = defaultdict(int)
    seen, stack = {root}, [root]
    while stack:
        for edge in stack.pop().edges:
            if edge.node is not None:
                counts[edge.node] += 1
                if edge.node not in seen:
                    seen.add(edge.node)
                    stack.append(edge.node)
    return counts


def _push(ready: list[tuple[int, int, Node]], node: Node) -> None:
    """Later nodes first; accumulation before all."""
    heapq.heappush(ready, (0 if isinstance(node, AccumulateGrad) else 1, -node.order, node))


def _arrive(grads: dict[int, Tensor], edge: Edge, grad: Tensor) -> None:
    fitted = _fit(grad, edge)
    earlier = grads.get(edge.input_nr)
    grads[edge.input_nr] = fitted if earlier is None else earlier + fitted


def _fit(grad: Tensor, edge: Edge) -> Tensor:
    """The gradient in the shape and dtype of the input: summed over what was broadcast, its real part if need be."""
    if grad.shape != edge.shape:
        grad = METHODS["sum_to_size"](grad, edge.shape)
    return grad if grad.dtype is edge.dtype else METHODS["to"](grad, edge.dtype)


def _through_hooks(node: Node, grads: list[Grad]) -> Sequence[Grad]:
    """Run the tensor hooks in the order of their registration, then keep what ``retain_grad`` asked for."""
    hooks = node.hooks
    if isinstance(node, AccumulateGrad):
        hooks = [(0, hook) for hook in node.variable.hooks]
    for position, hook in hooks:
        grad = grads[position]
        if grad is not None:
            replacement = hook(grad)
            grads[position] = grad if replacement is None else replacement
    for position, tensor in node.retained.items():
        grad = grads[position]
        if grad is not None:
            tensor.grad = METHODS["clone"](grad) if tensor.grad is None else tensor.grad + grad
    return grads
