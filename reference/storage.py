"""Storage: the bytes that tensors look at, and the counter that says how often they were written."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.dtypes import DType


class Storage:
    """A one-dimensional run of bytes, shared by every tensor that is a view of it.

    ``memory`` is a writeable or read-only uint8 array. ``owner`` keeps alive whatever lent the memory
    (``from_numpy``); such a storage cannot be resized. ``exact`` holds, element for element, what was computed
    before it was rounded to ``exact_dtype``; ``computed`` is the dtype of that computation where the result was
    then cast to another.
    """

    __slots__ = ("_address", "computed", "exact", "exact_dtype", "memory", "owner")

    def __init__(self, memory: np.ndarray, owner: Any = None) -> None:
        self.memory = memory
        self.owner = owner
        self._address: int | None = None
        self.exact: np.ndarray | None = None
        self.exact_dtype: DType | None = None
        self.computed: DType | None = None

    @classmethod
    def allocate(cls, count: int, dtype: DType) -> Storage:
        """A new storage of ``count`` elements, all bytes zero (what ``empty`` holds is nobody's promise)."""
        return cls(np.zeros(count * dtype.itemsize, dtype=np.uint8))

    @classmethod
    def of(cls, elements: np.ndarray) -> Storage:
        """A storage that takes over a one-dimensional contiguous array."""
        return cls(elements.view(np.uint8))

    @property
    def nbytes(self) -> int:
        return int(self.memory.size)

    @property
    def address(self) -> int:
        """Where the bytes begin: two storages over one NumPy array share memory."""
        if self._address is None:
            self._address = int(self.memory.ctypes.data)
        return self._address

    def resize(self, nbytes: int) -> None:
        """Grow to ``nbytes``, keeping what is there; never shrinks."""
        if nbytes > self.nbytes:
            grown = np.zeros(nbytes, dtype=np.uint8)
            grown[: self.nbytes] = self.memory
            self.memory, self._address = grown, None
            self.exact = None

    def keep_exact(self, dtype: DType, wide: np.dtype[Any]) -> np.ndarray:
        """The array that holds what is known before rounding, made from the elements themselves if there is none.

        Real values written into complex elements leave the imaginary parts of the others.
        """
        wide = np.result_type(wide, np.complex64) if dtype.is_complex else wide
        if self.exact is None or self.exact_dtype is not dtype or self.exact.dtype != wide:
            whole = self.memory[: self.nbytes - self.nbytes % dtype.itemsize].view(dtype.numpy)
            with np.errstate(all="ignore"):
                self.exact = whole.astype(wide)
            self.exact_dtype = dtype
        return self.exact


class VersionCounter:
    """Counts the in-place writes to a tensor and all its views."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0
