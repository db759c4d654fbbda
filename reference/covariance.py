"""Covariance and correlation of variables, each a row of observations.

Both are written as torch composes them, step by step, since every step rounds; but integers are floating point
numbers before they are multiplied by how often they count, which may leave their range.
https://docs.pytorch.org/docs/stable/generated/torch.cov.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.arithmetic import conjugate
from reference.complex_parts import complex as complex_of
from reference.dtypes import BOOL, INT64, Category, default_dtype
from reference.errors import refuse
from reference.function import function
from reference.linalg import mm
from reference.reduction import sum
from reference.slicing import diagonal, squeeze, unsqueeze
from reference.tensor import METHODS, Tensor
from reference.views import reshape, transpose

_OBSERVATIONS = 1


def _variables(name: str, input: Tensor) -> Tensor:
    """The input with a row for each variable: one row if it has no two dimensions."""
    if input.ndim > 2:
        refuse(f"{name}(): expected input to have two or fewer dimensions but got {input.ndim}")
    if input.dtype is BOOL:
        refuse(f"{name}(): bool dtype is not supported for input")
    rows: Tensor = input if input.ndim == 2 else reshape(input, (1, input.numel))
    return rows


def _check_weights(name: str, weights: Tensor, category: Category, count: int) -> None:
    if weights.ndim > 1:
        refuse(f"cov(): expected {name} to have one or fewer dimensions but got {weights.ndim}")
    if weights.dtype.category is not category:
        refuse(f"cov(): expected {name} to have {category.name.lower()} dtype but got {weights.dtype!r}")
    if weights.numel != count:
        refuse(f"cov(): expected {name} to have the same numel as there are observations but got {weights.numel}")
    if not (weights.array >= 0).all():
        refuse(f"cov(): {name} cannot be negative")


def _count(number: int) -> Tensor:
    return Tensor.of(np.asarray(number, np.int64), INT64)


@function()
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The mean product of the distances of two variables from their means, for each two.

    Each observation counts ``fweights`` times and weighs ``aweights``; the sum is divided by what all weigh less
    ``correction``, times the mean ``aweights`` if there are any. Where that is not positive, nothing is specified.
    https://docs.pytorch.org/docs/stable/generated/torch.cov.html
    """
    rows = _variables("cov", input)
    count = rows.shape[_OBSERVATIONS]
    if aweights is None and not rows.dtype.is_differentiable:
        rows = METHODS["to"](rows, default_dtype())
    weights: Any = None
    if fweights is not None:
        _check_weights("fweights", fweights, Category.INTEGRAL, count)
        weights = fweights
    if aweights is not None:
        _check_weights("aweights", aweights, Category.FLOATING, count)
        weights = aweights if weights is None else weights * aweights
    weight = _count(count) if weights is None else sum(weights)
    if weights is not None and weight.array == 0:
        refuse("cov(): weights sum to zero, can't be normalized")
    average = sum(rows if weights is None else rows * weights, _OBSERVATIONS) / weight
    freedom = weight - correction
    if aweights is not None and correction:
        freedom = weight - sum(weights * aweights) * correction / weight
    apart = rows - unsqueeze(average, 1)
    products = mm(apart, conjugate(transpose(apart if weights is None else apart * weights, 0, 1)))
    result: Tensor = squeeze(products / (freedom if freedom.array > 0 else _count(0)))
    if not freedom.array > 0:
        result.specified = False
    return result


@function()
def corrcoef(input: Tensor) -> Tensor:
    """The covariance of each two variables over the roots of both variances; of one variable 1.

    https://docs.pytorch.org/docs/stable/generated/torch.corrcoef.html
    """
    covariance = cov(_variables("corrcoef", input))
    if not covariance.ndim:
        alone: Tensor = covariance / covariance
        return _as_specified(alone, covariance)
    variances = diagonal(covariance)
    roots = METHODS["sqrt"](METHODS["real"](variances) if input.dtype.is_complex else variances)
    quotients = covariance / unsqueeze(roots, 1) / unsqueeze(roots, 0)
    parts = [quotients]
    if input.dtype.is_complex:
        parts = [METHODS["real"](quotients), METHODS["imag"](quotients)]
    clipped = [METHODS["clamp"](part, -1, 1) for part in parts]
    return _as_specified(complex_of(*clipped) if len(clipped) == 2 else clipped[0], covariance)


def _as_specified(result: Tensor, covariance: Tensor) -> Tensor:
    if covariance.specified is False:
        result.specified = False
    return result
