"""The losses and metrics, once, in NumPy: every `val_` and test number comes from here.

`scores` is what a network gives before its link: logits (n, classes) for categorical
cross-entropy, logits (n, 1) for binary cross-entropy, values (n, 1) for mean squared error.
`y` is (n,): int64 classes or float values. Everything is computed in float64.
"""

from __future__ import annotations

import numpy as np

from common.problem import Loss, Problem


def link(loss: Loss, scores: np.ndarray) -> np.ndarray:
    """Predictions from scores: softmax (n, classes), sigmoid (n, 1) or the values themselves."""
    s = np.asarray(scores)
    if loss == "categorical_crossentropy":
        e = np.exp(s - s.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    if loss == "binary_crossentropy":
        # exp of -|s| cannot overflow
        e = np.exp(-np.abs(s))
        return np.where(s >= 0, 1 / (1 + e), e / (1 + e))
    return s


def loss_value(loss: Loss, scores: np.ndarray, y: np.ndarray) -> float:
    """Mean loss over rows, from scores, so that no probability is rounded to 0 or 1 on the way.

    Source of the stable forms: log-sum-exp, and max(s, 0) - s y + log(1 + exp(-|s|)) for the
    binary case (TensorFlow's documentation of `sigmoid_cross_entropy_with_logits`).
    """
    s = _scores(loss, scores, y)
    if loss == "categorical_crossentropy":
        top = s.max(axis=1)
        log_sum = top + np.log(np.exp(s - top[:, None]).sum(axis=1))
        return float(np.mean(log_sum - s[np.arange(len(y)), y.astype(np.int64)]))
    s = s[:, 0]
    if loss == "binary_crossentropy":
        return float(np.mean(np.maximum(s, 0) - s * y + np.log1p(np.exp(-np.abs(s)))))
    return float(np.mean((s - y) ** 2))


def metric_value(loss: Loss, scores: np.ndarray, y: np.ndarray) -> float:
    """Accuracy (share of rows) for the cross-entropies, mean absolute error for squared error."""
    s = _scores(loss, scores, y)
    if loss == "categorical_crossentropy":
        return float(np.mean(s.argmax(axis=1) == y))
    if loss == "binary_crossentropy":
        return float(np.mean((s[:, 0] > 0) == (y > 0.5)))
    return float(np.mean(np.abs(s[:, 0] - y)))


def evaluate(problem: Problem, scores: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """`{"loss": ..., "accuracy" or "mae": ...}` of the rows."""
    return {
        "loss": loss_value(problem.loss, scores, y),
        problem.metric: metric_value(problem.loss, scores, y),
    }


def _scores(loss: Loss, scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    s = np.asarray(scores, dtype=np.float64)
    columns = s.shape[1] if loss == "categorical_crossentropy" and s.ndim == 2 else 1
    if s.shape != (len(y), columns) or np.ndim(y) != 1 or len(y) == 0:
        # (n, 1) against (n,) would broadcast to (n, n) and give a number all the same
        raise ValueError(
            f"{loss} needs scores of shape (n, outputs) and y of shape (n,) with n >= 1, "
            f"got {np.shape(scores)} and {np.shape(y)}"
        )
    return s
