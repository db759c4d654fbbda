"""How a reference function is declared: a forward, its vjps beneath it, and from these its in-place and out= forms.

    @pointwise("ExpBackward0", promotion=to_float)
    def exp(input):
        return np.exp(input)

    exp.vjp("input", lambda g, result: g * result.conj())

A vjp's parameters name what it needs, and thereby what the graph saves: ``g`` (the gradient of the result),
``result``, any argument, or ``<argument>_shape``, ``_dtype``, ``_strides`` where the tensor itself is not needed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from reference import layout
from reference.autograd.graph import CallNode, CopySlices, Vjp
from reference.autograd.mode import is_grad_enabled
from reference.broadcasting import broadcast_shapes, expanded_strides
from reference.dtypes import BOOL, Category, DType, default_dtype, real_of, round_to, wider
from reference.errors import refuse, refuse_type
from reference.promotion import Number, can_cast, result_type
from reference.storage import Storage
from reference.tensor import METHODS, Tensor

Kernel = Callable[..., np.ndarray]
NodeName = str | Callable[[Mapping[str, Any]], str]
Check = Callable[[DType, Mapping[str, Any]], None]


class Function:
    """A reference function: calling it computes, and records a node when an argument requires a gradient.

    ``views`` says that the result shares its first argument's storage.
    """

    def __init__(self, forward: Callable[..., Any], node: NodeName = "", *, views: bool = False) -> None:
        self.forward = forward
        self.name = forward.__name__.rstrip("_") if views else forward.__name__
        self.node = node
        self.views = views
        # Whether torch casts a Python number to a tensor and saves that (``mul``, ``div``).
        self.keeps_numbers = False
        self.vjps: dict[str, tuple[Vjp, tuple[str, ...]]] = {}
        self.__doc__ = forward.__doc__
        self.__name__ = forward.__name__
        self.__module__ = forward.__module__
        signature = inspect.signature(forward)
        self.parameters = tuple(signature.parameters)
        self.variadic = next((n for n, p in signature.parameters.items() if p.kind is p.VAR_POSITIONAL), None)
        self.defaults = {n: p.default for n, p in signature.parameters.items() if p.default is not p.empty}
        METHODS[self.name] = self

    def vjp(self, argument: str, product: Callable[..., Any]) -> None:
        """Declare the vector-Jacobian product with respect to ``argument``."""
        self.vjps[argument] = (product, tuple(inspect.signature(product).parameters))

    def arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments by name, defaults filled in."""
        bound = dict(self.defaults)
        if self.variadic:
            position = self.parameters.index(self.variadic)
            bound[self.variadic] = tuple(args[position:])
            args = args[:position]
        bound.update(zip(self.parameters, args, strict=False))
        bound.update(kwargs)
        return bound

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.forward(*args, **kwargs)
        if self.views:
            _become_view(result, args[0])
        if self.vjps and is_grad_enabled() and any_requires_grad(args, kwargs.values()):
            self._record(result, self.arguments(args, kwargs))
        return result

    def _record(self, result: Any, arguments: Mapping[str, Any]) -> None:
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        if not any(output.dtype.is_differentiable for output in outputs):
            return
        node = CallNode(self.node_name(arguments), self.vjps, arguments, outputs, keeps_numbers=self.keeps_numbers)
        self._attach(node, outputs)
        node.save_result(result)

    def _attach(self, node: CallNode, outputs: Sequence[Tensor]) -> None:
        if all(edge.node is None for edge in node.edges):
            return
        node.output_like = [(output.shape, output.dtype) for output in outputs]
        for position, output in enumerate(outputs):
            if output.dtype.is_differentiable:
                output.set_grad_fn(node, position)

    def node_name(self, arguments: Mapping[str, Any]) -> str:
        """The name torch gives the node of this call: some overloads have nodes of their own."""
        return self.node if isinstance(self.node, str) else self.node(arguments)

    def __repr__(self) -> str:
        return f"<reference function {self.name}>"


def any_requires_grad(*groups: Any) -> bool:
    """Whether any tensor among the arguments, lists included, requires a gradient."""
    for group in groups:
        for value in group:
            if isinstance(value, Tensor):
                if value.requires_grad:
                    return True
            elif isinstance(value, (list, tuple)) and any_requires_grad(value):
                return True
    return False


def _become_view(result: Any, base: Tensor) -> None:
    several = isinstance(result, (tuple, list))
    for output in result if several else [result]:
        if output is base or output.storage is not base.storage:
            continue
        output.base = base.base if base.base is not None else base
        output.graph_version = output.counter.value
        if several:
            output.created = "multi-output"
        elif not is_grad_enabled():
            output.created = "no_grad"
        elif base.base is not None:
            output.created = base.created


def function(node: NodeName = "") -> Callable[[Callable[..., Any]], Function]:
    """Declare a function of tensors that makes a new tensor (or a tuple of them)."""
    return lambda forward: Function(forward, node)


def view(node: NodeName = "") -> Callable[[Callable[..., Any]], Function]:
    """Declare a function whose result is a view of its first argument."""
    return lambda forward: Function(forward, node, views=True)


# -- promotion policies: (dtype to compute in, dtype of the result) ------------------------------------------------

Promotion = Callable[[Sequence[Tensor | Number]], tuple[DType, DType]]


def arithmetic(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    """The common dtype of the operands."""
    common = result_type(operands)
    return common, common


def to_float(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    """The common dtype, the default dtype in place of an integral one."""
    common = result_type(operands)
    common = common if common.is_differentiable else default_dtype()
    return common, common


def comparison(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    """Compared in the common dtype; the result is bool."""
    return result_type(operands), BOOL


def real_part(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    """Computed in the common dtype; the result is its real counterpart (``abs``)."""
    common = result_type(operands)
    return common, real_of(common)


class Pointwise(Function):
    """A function of each element: operands are promoted, broadcast, computed wide and rounded once.

    Positional parameters of the kernel are operands (None passes through); keyword-only ones are settings.
    """

    def __init__(
        self, kernel: Kernel, node: NodeName = "", promotion: Promotion = arithmetic, check: Check | None = None
    ) -> None:
        super().__init__(kernel, node)
        signature = inspect.signature(kernel).parameters
        self.operands = tuple(n for n, p in signature.items() if p.kind is p.POSITIONAL_OR_KEYWORD)
        self.kernel = kernel
        self.promotion = promotion
        self.check = check
        # Whether a Python number counts as a 0-d tensor when the result is laid out, or as a setting.
        self.numbers_are_operands = True
        self.forward = self.compute

    def promote(self, operands: Sequence[Tensor | Number], arguments: Mapping[str, Any]) -> tuple[DType, DType]:
        """The dtype to compute in and that of the result; ``arguments`` is for functions whose settings decide."""
        return self.promotion(operands)

    def compute(self, *args: Any, **kwargs: Any) -> Tensor:
        arguments = self.arguments(args, kwargs)
        operands = [arguments[name] for name in self.operands]
        present = [operand for operand in operands if operand is not None]
        dtype, out = self.promote(present, arguments)
        tensors = [operand for operand in present if isinstance(operand, Tensor)]
        shape = broadcast_shapes(*(tensor.shape for tensor in tensors))
        if self.check is not None:
            self.check(dtype, arguments)
        computing = wider(dtype).numpy
        arrays = [None if operand is None else _operand_array(operand, dtype, computing) for operand in operands]
        settings = {name: value for name, value in arguments.items() if name not in self.operands}
        with np.errstate(all="ignore"):
            values = np.asarray(self.kernel(*arrays, **settings))
        if values.shape != shape:
            values = np.broadcast_to(values, shape)
        return Tensor.of(values, out, self.strides(shape, present, dtype))

    def strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        """The strides of the result; an operand of another dtype counts as the copy into which torch casts it."""
        counted = [o for o in operands if isinstance(o, Tensor) or self.numbers_are_operands]
        return layout.pointwise_strides(shape, [cast_layout(operand, dtype) for operand in counted])


class LikeInput(Pointwise):
    """A function of one tensor whose result torch lays out as ``empty_like`` does, for these categories of dtype."""

    def __init__(self, *declaration: Any, categories: Sequence[Category] = tuple(Category), **settings: Any) -> None:
        super().__init__(*declaration, **settings)
        self.categories = categories

    def strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        (operand,) = operands
        if isinstance(operand, Tensor) and dtype.category in self.categories:
            return layout.preserved_strides(operand.shape, operand.strides)
        return super().strides(shape, operands, dtype)


def cast_layout(operand: Tensor | Number, dtype: DType) -> tuple[layout.Shape, layout.Strides]:
    """The shape and strides of an operand once it is of that dtype; a number is a 0-d tensor."""
    if not isinstance(operand, Tensor):
        return (), ()
    kept = operand.dtype is dtype
    strides = operand.strides if kept else layout.preserved_strides(operand.shape, operand.strides)
    return operand.shape, strides


def _operand_array(operand: Tensor | Number, dtype: DType, computing: np.dtype[Any]) -> np.ndarray:
    """The operand's values in the dtype of the computation, rounded first to the common dtype."""
    if not isinstance(operand, Tensor):
        return round_to(np.asarray(operand), dtype).astype(computing)
    array = operand.array
    if operand.dtype is not dtype:
        array = round_to(array, dtype)
    return array.astype(computing, copy=False)


def pointwise(
    node: NodeName = "", promotion: Promotion = arithmetic, check: Check | None = None
) -> Callable[[Kernel], Pointwise]:
    """Declare a pointwise function by its kernel on NumPy arrays of the computing dtype."""
    return lambda kernel: Pointwise(kernel, node, promotion, check)


# -- in place and out= ---------------------------------------------------------------------------------------------


def refuse_leaf_write(tensor: Tensor, *others: Any) -> None:
    """Refuse an in-place write that autograd cannot record.

    https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd
    """
    if not is_grad_enabled():
        return
    if tensor.base is not None and tensor.created == "no_grad" and tensor.base.requires_grad:
        refuse("A view was created in no_grad mode and is being modified inplace with grad mode enabled.")
    if not any_requires_grad([tensor], others):
        return
    if tensor.base is not None:
        if tensor.created == "multi-output":
            refuse("This view is the output of a function that returns multiple views.")
        if tensor.requires_grad and tensor.base.is_leaf:
            refuse("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor.requires_grad and tensor.is_leaf:
        refuse("a leaf Variable that requires grad is being used in an in-place operation.")


def refuse_overlapping_write(written: Tensor, *read: Any) -> None:
    """Refuse a write to a tensor that overlaps itself, or partly overlaps one that is read."""
    if layout.may_overlap_itself(written.shape, written.strides):
        refuse(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
            " Please clone() the tensor before performing the operation."
        )
    for tensor in read:
        if isinstance(tensor, Tensor) and partly_overlap(written, tensor):
            refuse(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single"
                " memory location. Please clone() the tensor before performing the operation."
            )


def partly_overlap(first: Tensor, second: Tensor) -> bool:
    """Whether two dense tensors of one storage share some places without being the same elements."""
    if first is second or first.storage.address != second.storage.address or not first.numel or not second.numel:
        return False
    dense = all(layout.is_non_overlapping_and_dense(tensor.shape, tensor.strides) for tensor in (first, second))
    if not dense:
        return False
    begin, other_begin = first.offset * first.dtype.itemsize, second.offset * second.dtype.itemsize
    end, other_end = begin + first.numel * first.dtype.itemsize, other_begin + second.numel * second.dtype.itemsize
    if begin == other_begin and end == other_end:
        return first.strides != second.strides
    return begin < other_end and other_begin < end


def in_place(called: Function, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The in-place form ``target.op_(...)`` of a function: the same values, written into its first argument.

    Refused when the result's shape or category does not fit, and where autograd or overlap forbids the write.
    """
    # What has no derivative (``logical_not_``) is no business of autograd's.
    if called.vjps:
        refuse_leaf_write(target, *args, *kwargs.values())
    result = called.forward(target, *args, **kwargs)
    if result.shape != target.shape:
        refuse(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}")
    if not can_cast(result.dtype, target.dtype):
        refuse(f"result type {result.dtype!r} can't be cast to the desired output type {target.dtype!r}")
    refuse_overlapping_write(target, *args, *kwargs.values())
    arguments = called.arguments((target, *args), kwargs)
    return write(target, result, called, arguments)


def write(target: Tensor, result: Tensor, called: Function, arguments: Mapping[str, Any]) -> Tensor:
    """Write ``result`` into ``target``, raise its version, and rebase its history on the call."""
    node: CallNode | None = None
    recorded = called.vjps and target.dtype.is_differentiable and is_grad_enabled()
    if recorded and any_requires_grad([target], arguments.values()):
        first = called.parameters[0]
        original = (first, _copy(target)) if any(first in needs for _, needs in called.vjps.values()) else None
        name, keeps = called.node_name(arguments), called.keeps_numbers
        node = CallNode(name, called.vjps, arguments, [target], original=original, keeps_numbers=keeps)
        node.output_like = [(target.shape, target.dtype)]
    unordered = _reads_what_it_writes(target, arguments.values())
    _overwrite(target, result)
    if unordered:
        target.specified = False
    if node is not None and any(edge.node is not None for edge in node.edges):
        rebase_history(target, node)
        node.save_result(target)
    return target


def _reads_what_it_writes(target: Tensor, read: Iterable[Any]) -> bool:
    """Whether the outcome may depend on the order of the elements: nothing is promised then.

    Torch refuses the overlaps that it finds (``refuse_overlapping_write``); it does not look for all.
    """
    if not layout.surely_distinct(target.shape, target.strides):
        return True
    place = (target.shape, target.strides, target.offset)
    return any(
        np.shares_memory(target.array, tensor.array)
        for tensor in read
        if isinstance(tensor, Tensor)
        and tensor is not target
        and tensor.storage.address == target.storage.address
        and (tensor.shape, tensor.strides, tensor.offset) != place
    )


def rebase_history(target: Tensor, node: CallNode) -> None:
    """Make ``node`` the grad_fn of ``target``; through a view, the base gets ``CopySlices``."""
    if target.base is None:
        target.set_grad_fn(node)
        return
    base = target.base
    base.set_grad_fn(CopySlices(base, target, node))
    target.graph_version = -1


def _copy(tensor: Tensor) -> Tensor:
    return Tensor.of(tensor.array.copy(), tensor.dtype)


def with_out(result: Tensor, out: Tensor, *read: Any) -> Tensor:
    """The ``out=`` form: ``out`` takes the result's shape (resized if it differs) and keeps its own dtype.

    https://docs.pytorch.org/docs/stable/notes/out.html describes resizing; casting to a lower category is refused.
    """
    if is_grad_enabled() and any_requires_grad([out], read):
        refuse("out=... arguments don't support automatic differentiation, but one of the arguments requires grad.")
    if not isinstance(out, Tensor):
        refuse_type("out must be a Tensor")
    if not can_cast(result.dtype, out.dtype):
        refuse(f"result type {result.dtype!r} can't be cast to the desired output type {out.dtype!r}")
    refuse_overlapping_write(out, *read)
    if out.shape != result.shape:
        refuse_overlapping_write(out.view_as(result.shape, result.strides), *read)
        resize(out, result.shape, result.strides)
    _overwrite(out, result)
    return out


def _overwrite(target: Tensor, result: Tensor) -> None:
    """Replace the values of ``target``: the result is rounded to its own dtype first, then cast."""
    unrounded = result.unrounded
    target.array[...] = round_to(result.array, target.dtype)
    target.written()
    target.unrounded, target.specified = unrounded, result.specified
    if unrounded is not None and result.dtype is not target.dtype:
        target.storage.computed = result.dtype


def resize(tensor: Tensor, shape: tuple[int, ...], strides: tuple[int, ...] | None = None) -> None:
    """Give ``tensor`` another shape in place, dense, growing its storage if it must."""
    tensor.shape = shape
    tensor.strides = layout.contiguous_strides(shape) if strides is None else strides
    needed = (tensor.offset + layout.extent(shape, tensor.strides)) * tensor.dtype.itemsize
    storage: Storage = tensor.storage
    storage.resize(needed)


def expand(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """``tensor`` broadcast to ``shape`` outside any graph, for functions that need equal shapes."""
    return tensor.view_as(shape, expanded_strides(tensor.shape, tensor.strides, shape))
