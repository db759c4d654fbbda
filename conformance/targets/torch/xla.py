"""Torch on an XLA device."""

from __future__ import annotations

import numpy as np
import torch

from conformance.targets.torch.eager import TorchTarget


class XlaTarget(TorchTarget):
    """Runs cases on an XLA device, to which inputs are sent: its storages cannot be written through."""

    def storage(self, elements: np.ndarray, dtype: str) -> torch.Tensor:
        made = torch.empty(elements.size, dtype=getattr(torch, dtype))
        if elements.size:
            lent = torch.frombuffer(bytearray(elements.tobytes()), dtype=torch.uint8)
            made.untyped_storage().copy_(lent.untyped_storage())
        return made.to(self.device)
