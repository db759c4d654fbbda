"""How a reference function is declared: a forward, and its vjps beneath it.

    @pointwise("ExpBackward0", promotion=to_float)
    def exp(input):
        return np.exp(input)

    exp.vjp("input", lambda g, result: g * result.conj())

A vjp's parameters name what it needs, and thereby what the graph saves: ``g`` (the gradient of the result),
``result``, ``result0`` (the first of several), any argument, or ``<argument>_shape``, ``_dtype``, ``_strides`` where
the tensor itself is not needed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from reference import layout
from reference.autograd.graph import CallNode, Vjp
from reference.autograd.mode import is_grad_enabled
from reference.broadcasting import broadcast_shapes, expanded_strides
from reference.dtypes import BOOL, Category, DType, default_dtype, extended, real_of, round_to, wider
from reference.promotion import Number, result_type
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
        # Whether torch looks for elements that share a place before it writes in place.
        self.looks_for_overlap = True
        # Arguments that the in-place form may not share with the tensor it writes to, not even as a whole.
        self.reads_apart: tuple[str, ...] = ()
        # Arguments that are read in another shape than their own, and what that makes of them.
        self.reads_as: Mapping[str, Callable[[Any], Any]] = {}
        # Arguments to which no gradient flows in a call with these.
        self.constant: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda arguments: ()
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
        if self.variadic in kwargs:  # what may stand in a row has a name, too
            args = (*args, kwargs.pop(self.variadic))
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
        constant = self.constant(arguments)
        vjps = {name: vjp for name, vjp in self.vjps.items() if name not in constant} if constant else self.vjps
        if not any_requires_grad([arguments[name] for name in vjps]):
            return
        node = CallNode(self.node_name(arguments), vjps, arguments, outputs, keeps_numbers=self.keeps_numbers)
        self._attach(node, outputs)
        node.save_result(result)

    def _attach(self, node: CallNode, outputs: Sequence[Tensor]) -> None:
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
        # Where the kernel's value is promised, of the same operands and settings; everywhere if None.
        self.promised: Kernel | None = None
        self.forward = self.compute
        self.for_out = False

    @property
    def into_out(self) -> Pointwise:
        """The same function as its ``out=`` form computes it: what torch then resizes may be laid out otherwise."""
        same = copy(self)
        same.for_out, same.forward = True, same.compute
        return same

    def promote(self, operands: Sequence[Tensor | Number], arguments: Mapping[str, Any]) -> tuple[DType, DType]:
        """The dtype to compute in and that of the result; ``arguments`` is for functions whose settings decide."""
        return self.promotion(operands)

    def result_dtype(self, arguments: Mapping[str, Any]) -> DType:
        """The dtype of the result of these arguments."""
        operands = [arguments[name] for name in self.operands if arguments[name] is not None]
        return self.promote(operands, arguments)[1]

    def compute(self, *args: Any, **kwargs: Any) -> Tensor:
        arguments = self.arguments(args, kwargs)
        operands = [arguments[name] for name in self.operands]
        present = [operand for operand in operands if operand is not None]
        dtype, out = self.promote(present, arguments)
        tensors = [operand for operand in present if isinstance(operand, Tensor)]
        shape = broadcast_shapes(*(tensor.shape for tensor in tensors))
        if self.check is not None:
            self.check(dtype, arguments)
        settings = {name: value for name, value in arguments.items() if name not in self.operands}
        with np.errstate(all="ignore"):
            arrays = [None if operand is None else self.operand_array(operand, dtype) for operand in operands]
            values = self.evaluate(arrays, settings, dtype)
            promised = self.is_promised(values, arrays, settings, out)
        if values.shape != shape:
            values = np.broadcast_to(values, shape)
        laid_out = self.out_strides if self.for_out else self.strides
        made = Tensor.of(values, out, laid_out(shape, present, dtype))
        if promised is not None and not promised.all():
            made.specified = np.broadcast_to(promised, shape)
        if dtype.is_floating_point and dtype.itemsize == 2 and any(_is_rounded(operand, dtype) for operand in present):
            made.specified = False
        return made

    def operand_array(self, operand: Tensor | Number, dtype: DType) -> np.ndarray:
        """The operand's values in the dtype of the computation, rounded first to the common dtype."""
        if not isinstance(operand, Tensor):
            return round_to(np.asarray(operand), dtype).astype(wider(dtype).numpy)
        array = operand.array
        if operand.dtype is not dtype:
            array = round_to(array, dtype)
        return array.astype(wider(dtype).numpy, copy=False)

    def evaluate(self, arrays: Sequence[Any], settings: Mapping[str, Any], dtype: DType) -> np.ndarray:
        """The kernel's values; ``dtype`` is for functions of the dtype itself, of which operands are wider copies."""
        return np.asarray(self.kernel(*arrays, **settings))

    def is_promised(
        self, values: np.ndarray, arrays: Sequence[Any], settings: Mapping[str, Any], out: DType
    ) -> np.ndarray | None:
        """Where the kernel's values are promised; None is everywhere."""
        return None if self.promised is None else self.promised(*arrays, **settings)

    def strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        """The strides of the result; an operand of another dtype counts as the copy into which torch casts it."""
        counted = [o for o in operands if isinstance(o, Tensor) or self.numbers_are_operands]
        return layout.pointwise_strides(shape, [cast_layout(operand, dtype) for operand in counted])

    def out_strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        """The strides that torch gives an ``out=`` of another shape."""
        return self.strides(shape, operands, dtype)


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

    def out_strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        return super().strides(shape, operands, dtype)


class RealOfComplex(LikeInput):
    """A function of a complex tensor that torch computes in complex numbers and copies into a real ``out=``."""

    def out_strides(self, shape: layout.Shape, operands: Sequence[Tensor | Number], dtype: DType) -> layout.Strides:
        return layout.contiguous_strides(shape) if dtype.is_complex else super().out_strides(shape, operands, dtype)


def cast_layout(operand: Tensor | Number, dtype: DType) -> tuple[layout.Shape, layout.Strides]:
    """The shape and strides of an operand once it is of that dtype; a number is a 0-d tensor."""
    if not isinstance(operand, Tensor):
        return (), ()
    kept = operand.dtype is dtype
    strides = operand.strides if kept else layout.preserved_strides(operand.shape, operand.strides)
    return operand.shape, strides


def _is_rounded(operand: Tensor | Number, dtype: DType) -> bool:
    """Whether an operand of one element is not exact in the common dtype, and so may be used as it is.

    The manual does not say that what counts less in promotion is rounded to 16 bits before it is computed with.
    """
    if isinstance(operand, Tensor) and (operand.numel != 1 or operand.dtype is dtype):
        return False
    value = operand.array if isinstance(operand, Tensor) else np.asarray(operand)
    return bool(np.any((extended(round_to(value, dtype)) != extended(value)) & ~np.isnan(value)))


def pointwise(
    node: NodeName = "", promotion: Promotion = arithmetic, check: Check | None = None
) -> Callable[[Kernel], Pointwise]:
    """Declare a pointwise function by its kernel on NumPy arrays of the computing dtype."""
    return lambda kernel: Pointwise(kernel, node, promotion, check)


def expand(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """``tensor`` broadcast to ``shape`` outside any graph, for functions that need equal shapes."""
    return tensor.view_as(shape, expanded_strides(tensor.shape, tensor.strides, shape))
