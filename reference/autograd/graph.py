"""The graph: nodes with torch's names, edges to the nodes before them, and what they saved.

Source: https://docs.pytorch.org/docs/stable/notes/autograd.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Protocol

from reference.autograd.mode import is_grad_enabled
from reference.dtypes import DType
from reference.errors import refuse
from reference.layout import Shape, Strides, contiguous_strides, extent, is_non_overlapping_and_dense
from reference.tensor import METHODS, Tensor

Grad = Tensor | None
_sequence = count()


class Saved:
    """A tensor kept for the backward pass, and its version at that time."""

    __slots__ = ("tensor", "version")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.version = tensor.version

    def unpack(self) -> Tensor:
        """The tensor, refused if it was written to since."""
        if self.tensor.version != self.version:
            refuse(
                "one of the variables needed for gradient computation has been modified by an inplace operation:"
                f" is at version {self.tensor.version}; expected version {self.version} instead"
            )
        return self.tensor


class Edge:
    """Where a gradient goes next: an input of ``node``. ``like`` is the shape and dtype that it must have."""

    __slots__ = ("dtype", "input_nr", "node", "shape")

    def __init__(self, tensor: Tensor) -> None:
        self.node: Node | None = gradient_node(tensor)
        self.input_nr = tensor.output_nr
        self.shape = tensor.shape
        self.dtype = tensor.dtype


def gradient_node(tensor: Tensor) -> Node | None:
    """The node that takes the gradient of ``tensor``: its grad_fn, the accumulator of a leaf, or None.

    A view made before its base came to require a gradient has none of its own to accumulate.
    """
    if tensor.grad_fn is not None:
        return tensor.grad_fn
    if not tensor.tracked:
        return None
    if tensor.accumulator is None:
        tensor.accumulator = AccumulateGrad(tensor)
    return tensor.accumulator


class Node:
    """One recorded call. ``apply`` turns gradients of its outputs into gradients along its edges."""

    name = "Node"

    def __init__(self, edges: Sequence[Edge], outputs: int = 1) -> None:
        self.edges = list(edges)
        self.outputs = outputs
        self.order = next(_sequence)
        self.output_like: list[tuple[Shape, DType]] = []
        self.hooks: list[tuple[int, Callable[[Tensor], Tensor | None]]] = []
        self.retained: dict[int, Tensor] = {}

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes before this one and which of their outputs each edge came from."""
        return tuple((edge.node, edge.input_nr) for edge in self.edges)

    def apply(self, grads: Sequence[Grad]) -> Sequence[Grad]:
        raise NotImplementedError

    def release(self) -> None:
        """Forget what was saved: a second backward pass is refused if there was anything."""


class AccumulateGrad(Node):
    """Adds the gradient to a leaf's ``grad``: in place, unless the addition itself is recorded.

    https://docs.pytorch.org/docs/stable/autograd.html#default-gradient-layouts
    """

    name = "AccumulateGrad"

    def __init__(self, variable: Tensor) -> None:
        super().__init__(())
        self.variable = variable

    def apply(self, grads: Sequence[Grad]) -> Sequence[Grad]:
        (grad,) = grads
        variable = self.variable
        # A leaf that was detached, or no longer tracked, since it was recorded gets none.
        if grad is None or not variable.requires_grad:
            return ()
        if variable.grad_fn is not None:
            refuse("leaf variable has been moved into the graph interior")
        if variable.grad is None:
            variable.grad = _first_grad(grad, variable)
        elif is_grad_enabled():
            variable.grad = variable.grad + grad
        else:
            total = variable.grad + grad
            if total.shape != variable.grad.shape:
                refuse(f"output with shape {variable.grad.shape} doesn't match the broadcast shape {total.shape}")
            variable.grad.array[...] = total.array
            variable.grad.written()
        return ()


def _first_grad(grad: Tensor, variable: Tensor) -> Tensor:
    """A copy of ``grad`` with the strides of the variable if it is dense, else contiguous."""
    dense = is_non_overlapping_and_dense(variable.shape, variable.strides)
    strides = variable.strides if dense else contiguous_strides(variable.shape)
    copy: Tensor = METHODS["clone"](grad)
    if copy.strides == strides:
        return copy
    made = Tensor.of(copy.array, copy.dtype, strides)
    made.set_grad_fn(copy.grad_fn, copy.output_nr)
    return made


class Vjp(Protocol):
    """A vector-Jacobian product of one argument: the parameters name what it needs."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


class CallNode(Node):
    """A call of a reference function: saves what the vjps of the arguments that need a gradient name."""

    def __init__(
        self,
        name: str,
        vjps: Mapping[str, tuple[Vjp, tuple[str, ...]]],
        arguments: Mapping[str, Any],
        outputs: Sequence[Tensor],
        *,
        original: tuple[str, Tensor] | None = None,
        keeps_numbers: bool = False,
    ) -> None:
        """``original`` is (name, copy) of the argument that an in-place call is about to overwrite.

        ``keeps_numbers``: a Python number that a vjp needs is saved as a tensor would be, and freed with the graph.
        """
        self.name = name
        self.keeps_numbers = keeps_numbers
        self.targets: list[tuple[str, list[int]]] = []
        edges: list[Edge] = []
        for argument in vjps:
            given = arguments[argument]
            tensors = given if isinstance(given, (list, tuple)) else [given]
            if not any(isinstance(tensor, Tensor) for tensor in tensors):
                continue
            positions = []
            for tensor in tensors:
                positions.append(len(edges))
                edges.append(Edge(tensor))
            self.targets.append((argument, positions))
        super().__init__(edges, len(outputs))
        self.vjps = vjps
        self.is_list = {name for name, _ in self.targets if isinstance(arguments[name], (list, tuple))}
        self.values: dict[str, Any] = {}
        self.released = False
        self.original = original
        self._save(arguments)

    def _save(self, arguments: Mapping[str, Any]) -> None:
        for argument, positions in self.targets:
            # Torch saves a result for whichever argument would need it, an input only for those that do.
            self.values.update({need: None for need in self.vjps[argument][1] if need.startswith("result")})
            untracked = all(self.edges[position].node is None for position in positions)
            for need in self.vjps[argument][1]:
                # What several need it saves in any case.
                if not untracked or self._is_of_several(need):
                    self.values.setdefault(need, self._saved(need, arguments))

    def _is_of_several(self, need: str) -> bool:
        """Whether more than one derivative needs it."""
        return sum(need in needs for _, needs in self.vjps.values()) > 1

    def _saved(self, need: str, arguments: Mapping[str, Any]) -> Any:
        if need == "g" or need.startswith("result"):
            return None
        if need.endswith("_shape"):
            given = arguments[need.removesuffix("_shape")]
            return [tensor.shape for tensor in given] if isinstance(given, (list, tuple)) else given.shape
        if need.endswith("_strides"):
            return arguments[need.removesuffix("_strides")].strides
        if need.endswith("_offset") and need not in arguments:
            return arguments[need.removesuffix("_offset")].offset
        value = self.original[1] if self.original and need == self.original[0] else arguments[need]
        return _save_value(value)

    def save_result(self, result: Any) -> None:
        """Save the result, once it is written, if a vjp names it or a part of it: of values and indices, the latter."""
        if "result0" in self.values:
            self.values["result0"] = _save_value(result[0])
        if "result" in self.values:
            if isinstance(result, tuple) and not all(part.dtype.is_differentiable for part in result):
                result = tuple(None if part.dtype.is_differentiable else part for part in result)
            self.values["result"] = _save_value(result)

    def apply(self, grads: Sequence[Grad]) -> Sequence[Grad]:
        if self.released:
            refuse(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have"
                " already been freed)."
            )
        # An output without a gradient counts as having a gradient of zero.
        filled = [self._zero(position) if grad is None else grad for position, grad in enumerate(grads)]
        values = {name: _unpack_value(value) for name, value in self.values.items()}
        values["g"] = filled[0] if self.outputs == 1 else tuple(filled)
        result: list[Grad] = [None] * len(self.edges)
        for argument, positions in self.targets:
            if all(self.edges[position].node is None for position in positions):
                continue
            vjp, needs = self.vjps[argument]
            found = vjp(*(values[need] for need in needs))
            for position, grad in zip(positions, found if argument in self.is_list else [found], strict=True):
                result[position] = grad
        return result

    def _zero(self, position: int) -> Tensor:
        shape, dtype = self.output_like[position]
        made = Tensor.empty(shape, dtype)
        made.written()
        return made

    def release(self) -> None:
        # Of a write through a view, torch forgets the function itself.
        if self.name == "CopySlices" or any(self._is_freed(value) for value in self.values.values()):
            self.released = True
            self.values = {}

    def _is_freed(self, value: Any) -> bool:
        return self.keeps_numbers or isinstance(value, Saved) or _holds_saved(value)


def _holds_saved(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(isinstance(part, Saved) or _holds_saved(part) for part in value)


def _save_value(value: Any) -> Any:
    if isinstance(value, Tensor):
        return Saved(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_save_value(part) for part in value)
    return value


def _unpack_value(value: Any) -> Any:
    if isinstance(value, Saved):
        return value.unpack()
    if isinstance(value, (list, tuple)):
        return type(value)(_unpack_value(part) for part in value)
    return value


class AsStridedNode(Node):
    """The node of a view whose base was written to: the gradient goes to the view's place in the base.

    Of complex numbers and their parts, one viewed as the other, the place is that of the parts.
    """

    def __init__(self, base: Tensor, view: Tensor) -> None:
        super().__init__([Edge(base)])
        self.name = view.reinterprets or "AsStridedBackward0"
        self.parts = base.dtype.is_complex != view.dtype.is_complex
        self.view, self.base = (_of_parts(one) if self.parts else _geometry(one) for one in (view, base))
        self.is_complex = base.dtype.is_complex

    def apply(self, grads: Sequence[Grad]) -> Sequence[Grad]:
        (grad,) = grads
        if grad is None:
            return [None]
        if self.name == "ViewAsRealBackward0":  # which reads pairs, and refuses a gradient in which none begins
            grad = METHODS["view_as_complex"](METHODS["contiguous"](grad))
        if self.parts and grad.dtype.is_complex:
            grad = METHODS["view_as_real"](grad)
        placed = METHODS["as_strided_scatter_add"](grad, self.base, self.view)
        return [METHODS["view_as_complex"](placed) if self.parts and self.is_complex else placed]


def _geometry(tensor: Tensor) -> tuple[Shape, Strides, int]:
    return tensor.shape, tensor.strides, tensor.offset


def _of_parts(tensor: Tensor) -> tuple[Shape, Strides, int]:
    """The geometry of a tensor's parts: of a complex one, a last dimension of two."""
    if not tensor.dtype.is_complex:
        return _geometry(tensor)
    return (*tensor.shape, 2), (*(2 * stride for stride in tensor.strides), 1), 2 * tensor.offset


def as_strided_node(base: Tensor, view: Tensor) -> Node:
    return AsStridedNode(base, view)


class CopySlices(Node):
    """The node of a base after a write through one of its views.

    The gradient of the base is cut: the part the write covered goes through ``written``, the rest straight on.
    """

    name = "CopySlices"

    def __init__(self, base: Tensor, view: Tensor, written: Node) -> None:
        super().__init__([Edge(base), *written.edges[1:]])
        self.base, self.view = _geometry(base), _geometry(view)
        self.dtype, self.start = view.dtype, base.offset * base.dtype.itemsize // view.dtype.itemsize
        self.written = written
        self.released = False

    def apply(self, grads: Sequence[Grad]) -> Sequence[Grad]:
        (grad,) = grads
        if self.released:
            refuse("Trying to backward through the graph a second time")
        if grad is None:
            return [None] * len(self.edges)
        whole = Tensor.empty(*_dense(self.base, grad.dtype))
        whole = whole.view_as(self.base[0], self.base[1], 0)
        whole.array[...] = grad.array
        shape, strides, offset = self.view
        # A view that lies outside its base, which was moved since, reaches beyond this storage: that is refused.
        part = Tensor(whole.storage, self.dtype, shape, strides, offset - self.start, whole.counter)
        inner = list(self.written.apply([METHODS["clone"](part)]))
        if inner[0] is not None:  # without one nothing was tracked before the write, and nothing reads this part
            part.array[...] = inner[0].array
        return [whole, *inner[1:]]

    def release(self) -> None:
        self.released = True
        self.written.release()


def _dense(geometry: tuple[Shape, Strides, int], dtype: DType) -> tuple[Shape, DType]:
    """A flat shape long enough for a layout that starts at zero."""
    shape, strides, _ = geometry
    return (extent(shape, strides),), dtype
