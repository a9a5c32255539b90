"""What a user might take instead: scikit-learn's multi-layer perceptron, of the same sizes.

It has Adam and no RMSprop, and squared error is halved; so its metric is near ours and not ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.harness import worker
from benchmarks.records.job import Job
from common.problem import Metric
from common.splits import hold_out


def train(job: Job, stages: Any, emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train an epoch at a time, and test: `metrics` and the clocks of a record."""
    problem = job.problem
    with stages("data"):
        data = worker.planned_data(job)
        (x, y), validation = hold_out(data.x, data.y, problem.validation)
    kind = MLPRegressor if problem.metric is Metric.MAE else MLPClassifier
    with stages("build"):
        net = kind(
            hidden_layer_sizes=problem.hidden,
            solver="adam",
            alpha=0.0,
            batch_size=problem.batch_size,
            learning_rate_init=problem.learning_rate,
            random_state=job.seed,
        )
    classes = {} if problem.metric is Metric.MAE else {"classes": np.unique(data.y)}
    trained, validated = [], []
    with stages("fit"):
        for epoch in range(problem.epochs):
            started = time.perf_counter()
            net.partial_fit(x, y, **(classes if epoch == 0 else {}))
            trained.append(time.perf_counter() - started)
            if validation:
                started = time.perf_counter()
                _score(net, *validation)
                validated.append(time.perf_counter() - started)
            emit({"epoch": epoch + 1, "loss": net.loss_})
    with stages("evaluate"):
        value = _score(net, data.x_test, data.y_test)
    return {
        "metrics": {problem.metric: value},
        "epoch_seconds": trained,
        "validation_seconds": validated,
    }


def _score(net: MLPClassifier | MLPRegressor, x: Any, y: np.ndarray) -> float:
    """Accuracy, or mean absolute error of values."""
    if isinstance(net, MLPRegressor):
        return float(np.mean(np.abs(net.predict(x) - y)))
    return float(net.score(x, y))
