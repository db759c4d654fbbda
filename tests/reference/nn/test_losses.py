"""Losses against their formulas, computed for one sample at a time with Python's floats."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import FLOAT16, FLOAT32, FLOAT64, INT32, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor

LOGITS = [[0.3, -1.2, 2.0], [1.5, 0.0, -0.7], [-0.4, 0.8, 0.1], [2.2, -2.0, 0.6]]
LABELS = [2, 0, 1, -100]
WEIGHTS = [0.5, 2.0, 1.5]


def tensor(values: Any, dtype: Any = FLOAT64) -> Tensor:
    return Tensor.of(np.array(values), dtype)


def log_softmax(row: list[float]) -> list[float]:
    total = math.log(sum(math.exp(x) for x in row))
    return [x - total for x in row]


def sample_loss(row: list[float], label: int, smoothing: float) -> tuple[float, float]:
    """The weighted loss of one sample, and the weight that "mean" divides by."""
    if label == -100:
        return 0.0, 0.0
    logs = log_softmax(row)
    plain = -WEIGHTS[label] * logs[label]
    uniform = -sum(w * x for w, x in zip(WEIGHTS, logs, strict=True)) / len(row)
    return (1 - smoothing) * plain + smoothing * uniform, WEIGHTS[label]


@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_cross_entropy_with_classes(reduction: str, smoothing: float) -> None:
    losses = [sample_loss(row, label, smoothing) for row, label in zip(LOGITS, LABELS, strict=True)]
    total = sum(loss for loss, _ in losses)
    expected = {
        "none": [loss for loss, _ in losses],
        "sum": total,
        "mean": total / sum(weight for _, weight in losses),
    }[reduction]
    result = METHODS["cross_entropy"](
        tensor(LOGITS), tensor(LABELS, INT64), tensor(WEIGHTS), reduction=reduction, label_smoothing=smoothing
    )
    np.testing.assert_allclose(result.array, expected, rtol=1e-13)


def test_cross_entropy_with_probabilities() -> None:
    targets = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.6, 0.4], [0.1, 0.1, 0.8]]
    total = -sum(
        p * w * x
        for row, target in zip(LOGITS, targets, strict=True)
        for p, w, x in zip(target, WEIGHTS, log_softmax(row), strict=True)
    )
    result = METHODS["cross_entropy"](tensor(LOGITS), tensor(targets), tensor(WEIGHTS))
    np.testing.assert_allclose(result.item(), total / len(LOGITS), rtol=1e-13)


def test_the_tutorial() -> None:
    result = METHODS["cross_entropy"](tensor([[-0.7715, -0.6205, -0.2562]], FLOAT32), tensor([0], INT64))
    assert round(result.item(), 4) == 1.3447


def test_images_are_samples_at_every_pixel() -> None:
    rows = tensor(LOGITS)
    images = METHODS["permute"](METHODS["reshape"](rows, 1, 2, 2, 3), 0, 3, 1, 2)
    labels = tensor(LABELS, INT64)
    flat = METHODS["nll_loss"](rows, labels)
    square = METHODS["nll_loss"](images, METHODS["reshape"](labels, 1, 2, 2))
    line = METHODS["nll_loss"](METHODS["reshape"](images, 1, 3, 4), METHODS["reshape"](labels, 1, 4))
    assert flat.item() == square.item() == line.item()


def test_what_is_ignored_does_not_count_even_if_nan() -> None:
    rows = [[math.nan] * 3, LOGITS[1]]
    result = METHODS["nll_loss"](tensor(rows), tensor([-100, 0], INT64))
    assert result.item() == -LOGITS[1][0]


def test_all_ignored() -> None:
    labels = tensor([-100] * 4, INT64)
    assert math.isnan(METHODS["nll_loss"](tensor(LOGITS), labels).item())
    assert METHODS["nll_loss"](tensor(LOGITS), labels, reduction="sum").item() == 0


@pytest.mark.parametrize(
    ("rows", "labels", "settings", "kind"),
    [
        (LOGITS, tensor([0, 1, 2, 3], INT64), {}, "IndexError"),
        (LOGITS, tensor([0, 1, 2, -1], INT64), {}, "IndexError"),
        (LOGITS, tensor([0, 1, 2, 0], INT32), {}, "RuntimeError"),
        (LOGITS, tensor([0, 1, 2], INT64), {}, "ValueError"),
        (LOGITS, tensor(LABELS, INT64), {"reduction": "max"}, "ValueError"),
        (LOGITS, tensor(LABELS, INT64), {"label_smoothing": 1.5}, "RuntimeError"),
        (LOGITS, tensor(LABELS, INT64), {"weight": tensor([1.0, 2.0])}, "RuntimeError"),
    ],
)
def test_refusals(rows: Any, labels: Tensor, settings: dict[str, Any], kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        METHODS["cross_entropy"](tensor(rows), labels, **settings)
    assert refusal.value.kind == kind


@pytest.mark.parametrize(("reduction", "expected"), [("none", [1.0, 4.0]), ("sum", 5.0), ("mean", 2.5)])
def test_mse_loss(reduction: str, expected: Any) -> None:
    result = METHODS["mse_loss"](tensor([1.0, 5.0]), tensor([2.0, 3.0]), reduction=reduction)
    np.testing.assert_array_equal(result.array, expected)


def test_mse_loss_warns_when_it_broadcasts() -> None:
    with pytest.warns(UserWarning, match="different"):
        METHODS["mse_loss"](tensor([[1.0], [2.0]]), tensor([1.0, 2.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        METHODS["mse_loss"](tensor([1.0]), tensor([2.0]))


def test_mse_loss_is_laid_out_as_its_operands_in_one_dtype() -> None:
    repeated = METHODS["expand"](tensor([[[1.0, 2.0]]], FLOAT16), 3, 2, 2)
    other = METHODS["permute"](tensor(np.ones((2, 2, 3)), FLOAT32), 2, 1, 0)
    assert METHODS["mse_loss"](repeated, other, reduction="none").strides == (4, 2, 1)
    alike = METHODS["expand"](tensor([[[1.0, 2.0]]], FLOAT32), 3, 2, 2)
    assert METHODS["mse_loss"](alike, other, reduction="none").strides == (1, 3, 6)


def test_mse_loss_of_integers_is_refused() -> None:
    with pytest.raises(Refusal):
        METHODS["mse_loss"](tensor([1], INT64), tensor([1], INT64))
