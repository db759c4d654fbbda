"""Memory shared with NumPy: a write through either side is seen through the other.

https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import layout
from reference.dtypes import BFLOAT16, BY_NUMPY, TORCH_DTYPES, UNSIGNED, DType
from reference.errors import refuse, refuse_type, refuse_value
from reference.function import function
from reference.storage import Storage
from reference.tensor import METHODS, Tensor

# The dtypes that NumPy has too; ml_dtypes' are not NumPy's own.
LENT = frozenset((*TORCH_DTYPES, *UNSIGNED)) - {BFLOAT16}


class _Memory:
    """The bytes that a strided array reaches, as NumPy's array interface describes them; keeps the array alive."""

    def __init__(self, array: np.ndarray, nbytes: int) -> None:
        self.lender = array
        self.__array_interface__ = {
            "shape": (nbytes,),
            "typestr": "|u1",
            "data": (array.ctypes.data, not array.flags.writeable),
            "version": 3,
        }


def alias(array: np.ndarray) -> Tensor:
    """A tensor over the array's own memory; its storage begins at the array's first element.

    Refused (ValueError): negative strides, strides that are no multiple of the element, foreign byte order.
    Refused (TypeError): a dtype that torch does not have.
    """
    dtype = _torch_dtype(array.dtype.newbyteorder("="))
    itemsize = dtype.itemsize
    if any(stride < 0 for stride in array.strides):
        refuse_value("At least one stride in the given numpy array is negative")
    if any(stride % itemsize for stride in array.strides):
        refuse_value("given numpy array strides not a multiple of the element byte size")
    if not array.dtype.isnative:
        refuse_value("given numpy array has byte order different from the native byte order")
    strides = tuple(stride // itemsize for stride in array.strides)
    return _over(array, dtype, strides)


def _torch_dtype(dtype: np.dtype[Any]) -> DType:
    found = BY_NUMPY.get(dtype)
    if found not in LENT:
        refuse_type(f"can't convert np.ndarray of type {dtype}")
    return found


def _over(array: np.ndarray, dtype: DType, strides: tuple[int, ...]) -> Tensor:
    nbytes = layout.extent(array.shape, strides) * dtype.itemsize
    memory = np.asarray(_Memory(array, nbytes)) if nbytes else np.zeros(0, dtype=np.uint8)
    return Tensor(Storage(memory, owner=array), dtype, tuple(array.shape), strides)


@function()
def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares the array's memory. Of a read-only array torch warns, and writing is undefined.

    https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html
    """
    if not isinstance(ndarray, np.ndarray):
        refuse_type(f"expected np.ndarray (got {type(ndarray).__name__})")
    return alias(ndarray)


@function()
def frombuffer(buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A vector over the bytes of a buffer from ``offset`` on: ``count`` elements, or all that are left.

    Refused (ValueError): nothing to share, an offset outside of the buffer, more elements than it has, bytes left over.
    https://docs.pytorch.org/docs/stable/generated/torch.frombuffer.html
    """
    if not isinstance(buffer, np.ndarray) or not buffer.flags.c_contiguous:
        refuse("could not retrieve buffer from object")
    length, itemsize = buffer.nbytes, dtype.itemsize
    if not length or not count:
        refuse_value(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        refuse_value(f"offset ({offset} bytes) must be non-negative and no greater than {length} minus 1")
    left = length - offset
    if count < 0 and left % itemsize:
        refuse_value(f"buffer length ({left} bytes) must be a multiple of element size ({itemsize})")
    if count * itemsize > left:
        refuse_value(f"requested buffer length ({count} * {itemsize} bytes) must not be greater than {left} bytes")
    size = left // itemsize if count < 0 else count
    begin = buffer.reshape(-1).view(np.uint8)[offset : offset + size * itemsize]
    made = Tensor(Storage(begin, owner=buffer), dtype, (size,), (1,))
    return made.requires_grad_() if requires_grad else made


@function()
def numpy(self: Tensor, *, force: bool = False) -> np.ndarray:
    """An array that shares the tensor's memory. Refused for bfloat16, and for what requires a gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.numpy.html
    """
    if self.requires_grad and not force:
        refuse("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if self.dtype not in LENT:
        refuse_type(f"Got unsupported ScalarType {self.dtype.name}")
    return self.array


@function()
def array_of(self: Tensor, dtype: DType | None = None) -> np.ndarray:
    """What ``numpy.asarray(tensor, dtype)`` gives: the shared array, or a copy if the dtype differs."""
    shared: np.ndarray = METHODS["numpy"](self)
    return shared if dtype is None else shared.astype(dtype.numpy, copy=False)


@function()
def from_dlpack(ext_tensor: Any, *, copy: bool | None = None) -> Tensor:
    """A tensor over the memory that another library's array, or another tensor, lends.

    Its storage begins at the first element. Refused (BufferError): what requires a gradient, dtypes that DLPack
    has not. https://docs.pytorch.org/docs/stable/generated/torch.from_dlpack.html
    """
    shared = _imported(ext_tensor)
    return Tensor.of(shared.array, shared.dtype, shared.strides) if copy else shared


def _imported(lender: Any) -> Tensor:
    if isinstance(lender, Tensor):
        if lender.requires_grad:
            refuse("Can't export tensors that require gradient, use tensor.detach()", "BufferError")
        return _over(lender.array, lender.dtype, lender.strides)
    if not isinstance(lender, np.ndarray):
        refuse("from_dlpack received an invalid capsule")
    if not lender.dtype.isnative or BY_NUMPY.get(lender.dtype) not in LENT:
        refuse(
            f"DLPack only supports signed/unsigned integers, float and complex dtypes, not {lender.dtype}",
            "BufferError",
        )
    if any(stride < 0 for stride in lender.strides):
        refuse("tensors with negative strides are not supported")
    return alias(lender)
