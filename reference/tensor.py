"""The tensor: a dtype, a shape, strides and an offset over a storage, and its place in the autograd graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from reference import layout
from reference.dtypes import DType, round_to
from reference.errors import refuse, refuse_type
from reference.storage import Storage, VersionCounter

if TYPE_CHECKING:
    from reference.autograd.graph import Node

METHODS: dict[str, Callable[..., Any]] = {}
"""Every reference function by name: a tensor has each of them as a method."""


def _operator(name: str) -> Callable[[Tensor, Any], Any]:
    def method(self: Tensor, other: Any) -> Any:
        return METHODS[name](self, other)

    return method


def _reflected(name: str) -> Callable[[Tensor, Any], Any]:
    def method(self: Tensor, other: Any) -> Any:
        return METHODS[name](other, self)

    return method


class Tensor:
    """A view of a storage: element ``i`` lies at ``offset + sum(i[d] * strides[d])``, counted in elements.

    ``base`` is the tensor whose view this is (for autograd), ``counter`` counts writes and is shared by all
    views. ``unrounded`` is the result before its rounding to ``dtype``, kept until the next write; where
    ``specified`` is false the manual promises no value. ``reinterprets`` names the node of a view that reads complex
    numbers as their parts, or parts as such numbers.
    """

    base: Tensor | None = None
    created = "default"
    specified: bool | np.ndarray = True
    grad: Tensor | None = None
    retains_grad = False
    reinterprets = ""
    output_nr = 0
    graph_version = 0
    accumulator: Node | None = None
    _flag = False
    _node: Node | None = None

    def __init__(
        self,
        storage: Storage,
        dtype: DType,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        offset: int = 0,
        counter: VersionCounter | None = None,
    ) -> None:
        self.storage = storage
        self.dtype = dtype
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.counter = counter or VersionCounter()
        self.hooks: list[Callable[[Tensor], Tensor | None]] = []

    # -- making one --------------------------------------------------------------------------------------------

    @classmethod
    def empty(cls, shape: tuple[int, ...], dtype: DType, strides: tuple[int, ...] | None = None) -> Tensor:
        """A new tensor of dense strides (row-major unless given) and unspecified values."""
        strides = layout.contiguous_strides(shape) if strides is None else strides
        made = cls(Storage.allocate(layout.extent(shape, strides), dtype), dtype, shape, strides)
        made.specified = False
        return made

    @classmethod
    def of(cls, array: np.ndarray, dtype: DType, strides: tuple[int, ...] | None = None) -> Tensor:
        """A new tensor holding ``array`` rounded once to ``dtype``, with the given dense strides."""
        shape = tuple(array.shape)
        dense = layout.contiguous_strides(shape)
        rounded = round_to(array, dtype)
        if strides is None or strides == dense:
            flat = rounded.flatten() if rounded is array else rounded.reshape(-1)  # what was rounded is a copy
            made = cls(Storage.of(flat), dtype, shape, dense)
            if array.dtype != dtype.numpy:
                # What lends its memory (another tensor's, a broadcast number) is not taken over.
                exact = np.ascontiguousarray(array) if array.flags.owndata else array.copy()
                made.storage.exact, made.storage.exact_dtype = exact.reshape(-1), dtype
            return made
        made = cls(Storage.allocate(layout.extent(shape, strides), dtype), dtype, shape, strides)
        made.array[...] = rounded
        if array.dtype != dtype.numpy:
            made.unrounded = array
        return made

    def view_as(self, shape: tuple[int, ...], strides: tuple[int, ...], offset: int | None = None) -> Tensor:
        """A tensor over the same storage and version counter, with another layout, outside any graph."""
        offset = self.offset if offset is None else offset
        viewed = Tensor(self.storage, self.dtype, shape, strides, offset, self.counter)
        viewed.specified = self.specified if isinstance(self.specified, bool) else False
        return viewed

    @property
    def unrounded(self) -> np.ndarray | None:
        """The elements before they were rounded to ``dtype``, as far as the storage knows them."""
        exact = self.storage.exact
        if exact is None or self.storage.exact_dtype is not self.dtype:
            return None
        return self._within(exact)

    @unrounded.setter
    def unrounded(self, array: np.ndarray | None) -> None:
        storage = self.storage
        if array is None and (storage.exact is None or storage.exact_dtype is not self.dtype):
            storage.exact = None
            return
        wide = storage.exact.dtype if array is None and storage.exact is not None else np.asarray(array).dtype
        exact = storage.keep_exact(self.dtype, wide)
        with np.errstate(all="ignore"):
            self._within(exact)[...] = self.array if array is None else array

    def _within(self, elements: np.ndarray) -> np.ndarray:
        """This tensor's elements in a flat array that runs parallel to the storage."""
        if 0 in self.shape:
            return np.empty(self.shape, elements.dtype)
        strides = tuple(stride * elements.itemsize for stride in self.strides)
        return np.ndarray(self.shape, elements.dtype, elements, self.offset * elements.itemsize, strides)

    # -- what it is --------------------------------------------------------------------------------------------

    @property
    def array(self) -> np.ndarray:
        """The elements as a NumPy view of the storage: writing to it writes the tensor."""
        dtype = self.dtype.numpy
        if 0 in self.shape:
            return np.empty(self.shape, dtype)
        itemsize = dtype.itemsize
        strides = tuple([stride * itemsize for stride in self.strides])
        try:
            return np.ndarray(self.shape, dtype, self.storage.memory, self.offset * itemsize, strides)
        except (TypeError, ValueError):  # as NumPy says that the buffer is too small
            refuse("setStorage: the tensor reaches beyond its storage")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def numel(self) -> int:
        return prod(self.shape)

    @property
    def version(self) -> int:
        return self.counter.value

    def is_contiguous(self) -> bool:
        return layout.is_contiguous(self.shape, self.strides)

    def item(self) -> bool | int | float | complex:
        """The one element as a Python number. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.item.html"""
        if self.numel != 1:
            refuse(f"a Tensor with {self.numel} elements cannot be converted to Scalar")
        value = self.array.reshape(-1)[0]
        kinds: dict[int, Callable[[Any], bool | int | float | complex]] = {0: bool, 1: int, 2: float, 3: complex}
        return kinds[self.dtype.category](value)

    def __len__(self) -> int:
        if not self.shape:
            refuse_type("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            refuse_type("iteration over a 0-d tensor")
        return iter(METHODS["unbind"](self, 0))

    def __bool__(self) -> bool:
        if self.numel != 1:
            refuse("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self.item())

    def __repr__(self) -> str:
        return str(METHODS["format_tensor"](self))

    # -- its place in the graph --------------------------------------------------------------------------------

    @property
    def grad_fn(self) -> Node | None:
        """The node that made this tensor; of a view whose base was written to, the node made anew.

        Refused then for one of several views of a call, and for a view that was made unrecorded.
        """
        stale = self.base is not None and self.graph_version != self.counter.value
        if stale and self.base is not None and (self._node is not None or self.base.requires_grad):
            if self.created != "default":
                refuse(f"a {self.created} view whose base or another view of its base has been modified inplace")
            from reference.autograd.graph import as_strided_node

            self.set_grad_fn(as_strided_node(self.base, self))
        return self._node

    def set_grad_fn(self, node: Node | None, output_nr: int = 0) -> None:
        """Make ``node`` the one that made this tensor; what ``retain_grad`` asked for is asked of it from now on."""
        if self.retains_grad and self._node is not None and node is not None:
            self._node.retained.pop(self.output_nr, None)
            node.retained[output_nr] = self
        self._node = node
        self.output_nr = output_nr
        self.graph_version = self.counter.value

    @property
    def requires_grad(self) -> bool:
        """Whether a user asked for its gradient, a node made it, or it is a view, made while operations were recorded,
        of a tensor that requires one."""
        if self._flag or self._node is not None:
            return True
        return self.base is not None and self.created != "no_grad" and self.base.requires_grad

    @property
    def tracked(self) -> bool:
        """Whether a user asked for the gradient of this tensor itself."""
        return self._flag

    @property
    def is_leaf(self) -> bool:
        return self.grad_fn is None

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Change in place whether autograd records operations on this leaf.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html
        """
        is_leaf = self._node is None
        if not is_leaf and not requires_grad:
            refuse("you can only change requires_grad flags of leaf variables.")
        if requires_grad and not self.dtype.is_differentiable:
            refuse("only Tensors of floating point dtype can require gradients")
        if is_leaf:
            self._flag = requires_grad
        return self

    def written(self) -> None:
        """Note a write: the version rises, and what was known of the values before rounding is forgotten."""
        self.counter.value += 1
        self.storage.computed = None
        self.unrounded = None
        self.specified = True

    def leave_open(self, where: np.ndarray) -> None:
        """Note which elements the manual promises no value for, beside those that it did not before."""
        if where.any():
            self.specified = np.asarray(self.specified & ~where)  # of no dimensions too: NumPy makes a scalar of it

    # -- methods and operators ---------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        function = METHODS.get(name)
        if function is None:
            raise AttributeError(f"the reference has no {name!r}")
        return partial(function, self)

    __add__ = __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("sub"), _operator("rsub")
    __mul__ = __rmul__ = _operator("mul")
    __truediv__, __rtruediv__ = _operator("div"), _operator("reciprocal_times")
    __floordiv__, __mod__ = _operator("floor_divide"), _operator("remainder")
    __pow__, __rpow__ = _operator("pow"), _reflected("pow")
    __matmul__ = _operator("matmul")
    __and__, __or__, __xor__ = _operator("bitwise_and"), _operator("bitwise_or"), _operator("bitwise_xor")
    __lt__, __le__ = _operator("lt"), _operator("le")
    __gt__, __ge__ = _operator("gt"), _operator("ge")
    __getitem__ = _operator("getitem")
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return METHODS["eq"](self, other)

    def __ne__(self, other: object) -> Any:
        return METHODS["ne"](self, other)

    def __invert__(self) -> Tensor:
        inverted: Tensor = METHODS["bitwise_not"](self)
        return inverted

    def __abs__(self) -> Tensor:
        absolute: Tensor = METHODS["abs"](self)
        return absolute

    def __neg__(self) -> Tensor:
        negated: Tensor = METHODS["neg"](self)
        return negated

    def __setitem__(self, index: Any, value: Any) -> None:
        METHODS["setitem"](self, index, value)
