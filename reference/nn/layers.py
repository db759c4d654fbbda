"""Layers and losses as modules. https://docs.pytorch.org/docs/stable/nn.html"""

from __future__ import annotations

from collections.abc import Sequence

from reference.dtypes import default_dtype
from reference.errors import refuse_value
from reference.nn import functional as F  # noqa: N812 - the name that every network uses
from reference.nn.init import reset_layer
from reference.nn.module import Module, Parameter
from reference.nn.windows import pair
from reference.tensor import Tensor
from reference.views import flatten

Size = int | Sequence[int]


def _made(*shape: int) -> Parameter:
    return Parameter(Tensor.empty(shape, default_dtype()))


class Linear(Module):
    """An affine map of the last dimension. https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html"""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = _made(out_features, in_features)
        self.register_parameter("bias", _made(out_features) if bias else None)
        reset_layer(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = F.linear(input, self.weight, self.bias)
        return result

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Conv2d(Module):
    """A convolution of images. https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html"""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if groups <= 0 or in_channels % groups or out_channels % groups:
            refuse_value("in_channels and out_channels must be divisible by groups, which must be positive")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = pair(kernel_size, "kernel_size"), pair(stride, "stride")
        self.padding = padding if isinstance(padding, str) else pair(padding, "padding")
        self.dilation = pair(dilation, "dilation")
        if isinstance(padding, str) and (padding not in ("same", "valid") or self.stride != (1, 1)):
            refuse_value(f"padding={padding!r} is not supported, or not for strided convolutions")
        self.weight = _made(out_channels, in_channels // groups, *self.kernel_size)
        self.register_parameter("bias", _made(out_channels) if bias else None)
        reset_layer(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        return result

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding not in ((0, 0), "valid"):
            parts.append(f"padding={self.padding}")
        if self.dilation != (1, 1):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)


class MaxPool2d(Module):
    """The largest pixel of every window. https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html"""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        result: Tensor | tuple[Tensor, Tensor] = F.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )
        return result

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding},"
            f" dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class ReLU(Module):
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html"""

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = F.relu(input)
        return result


class Flatten(Module):
    """All dimensions from ``start_dim`` on as one.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = flatten(input, self.start_dim, self.end_dim)
        return result

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Sequential(Module):
    """One module after the other. https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html"""

    def __init__(self, *modules: Module) -> None:
        super().__init__()
        for position, module in enumerate(modules):
            self._modules[str(position)] = module

    def forward(self, input: Tensor) -> Tensor:
        for module in self._modules.values():
            input = module(input)
        return input


class MSELoss(Module):
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html"""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        loss: Tensor = F.mse_loss(input, target, reduction=self.reduction)
        return loss


class CrossEntropyLoss(Module):
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html"""

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.weight, self.reduction = weight, reduction
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        loss: Tensor = F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
        return loss
