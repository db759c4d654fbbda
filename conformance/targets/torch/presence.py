"""Whether a torch that can be tested is here, found out without a traceback."""

from __future__ import annotations

import importlib
import os
import re
import warnings
from typing import Any

import numpy as np

OLDEST = (2, 1)


class TorchMissing(Exception):
    """There is no torch to test: one line says why."""


class TorchTooOld(TorchMissing):
    """The torch that is here is older than the suite knows."""


def require_torch() -> Any:
    """The torch module; ``TorchMissing`` where there is none, or only one that cannot be loaded or is too old."""
    torch = load_torch()
    version = str(getattr(torch, "__version__", ""))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None:
        raise TorchMissing(f"the module torch at {getattr(torch, '__file__', None)} is not PyTorch: it has no version")
    if (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise TorchTooOld(f"torch {version} is too old: the suite needs {OLDEST[0]}.{OLDEST[1]} or later")
    try:
        torch.from_numpy(np.zeros(1))
    except RuntimeError:  # before 2.3 it was built for NumPy 1
        raise TorchTooOld(f"torch {version} cannot use NumPy {np.__version__}: pip install 'numpy<2'") from None
    return torch


def load_torch() -> Any:
    """The torch module, however old."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that have nothing to do leave the cores to others
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what an old torch says of a new Python or NumPy is no fault of the suite
            return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise TorchMissing("torch is not installed: pip install torch, or use tox -e conformance") from None
        raise TorchMissing(f"torch cannot be imported: {error}") from None
    except (ImportError, OSError) as error:  # a shared library that is missing or does not fit
        raise TorchMissing(f"torch cannot be imported: {' '.join(str(error).split())}") from None
