"""The losses and metrics, once, in NumPy and SciPy: every `val_` and test number comes from here.

`scores` is what a network gives before its link: logits (n, classes) for categorical
cross-entropy, logits (n, 1) for binary cross-entropy, values (n, 1) for mean squared error.
`y` is (n,): int64 classes or float values. Everything is computed in float64.
"""

from __future__ import annotations

import numpy as np

from common.problem import Loss, Problem


def link(loss: Loss, scores: np.ndarray) -> np.ndarray:
    """Predictions from scores: softmax (n, classes), sigmoid (n, 1) or the values themselves."""
    from scipy.special import expit, softmax  # takes longer to import than a small test to score

    if loss == "categorical_crossentropy":
        return softmax(scores, axis=1)
    return expit(scores) if loss == "binary_crossentropy" else np.asarray(scores)


def loss_value(loss: Loss, scores: np.ndarray, y: np.ndarray) -> float:
    """Mean loss over rows, from scores, so that no probability is rounded to 0 or 1 on the way."""
    s = _scores(loss, scores, y)
    if loss == "categorical_crossentropy":
        return float(np.mean(np.logaddexp.reduce(s, axis=1) - s[np.arange(len(y)), y]))
    s = s[:, 0]
    if loss == "binary_crossentropy":
        return float(np.mean(np.logaddexp(0, s) - s * y))  # log(1 + exp(s)) - s y
    return float(np.mean((s - y) ** 2))


def metric_value(loss: Loss, scores: np.ndarray, y: np.ndarray) -> float:
    """Accuracy (share of rows) for the cross-entropies, mean absolute error for squared error."""
    s = _scores(loss, scores, y)
    if loss == "categorical_crossentropy":
        return float(np.mean(s.argmax(axis=1) == y))
    if loss == "binary_crossentropy":
        return float(np.mean((s[:, 0] > 0) == y))
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
