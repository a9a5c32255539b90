"""The tutorial itself: a Keras script a problem, as the book prints it and its readers run it.

Source: F. Chollet, *Deep Learning with Python*, 2017, chapters 2 and 3. Rows are one dense float64
matrix, labels are one-hot, `evaluate` takes Keras's 32 rows at a time, and nothing is set that the
book does not set. Only the reading of the files is twinbench's, because it runs no pickle.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers, models, optimizers
from keras.utils import to_categorical

from benchmarks.records.job import Job
from common.data.sources import as_keras_loads
from common.problem import Metric, Problem


def train(job: Job, stages: Any, emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train and test as the book does: `metrics` and the clocks of a record."""
    problem = job.problem
    with stages("data"):
        x, y, x_test, y_test = _rows(problem, _loaded(job))
    held_out = problem.validation
    with stages("build"):
        keras.utils.set_random_seed(job.seed)
        net = _network(problem)
    clock = Clock(emit)
    with stages("fit"):
        net.fit(
            x[held_out:],
            y[held_out:],
            epochs=problem.epochs,
            batch_size=problem.batch_size,
            validation_data=(x[:held_out], y[:held_out]) if held_out else None,
            callbacks=[clock],
            verbose=0,
        )
    with stages("evaluate"):
        _, score = net.evaluate(x_test, y_test, verbose=0)
    return {"metrics": {problem.metric: float(score)}, **clock.seconds()}


def cross_validate(job: Job, stages: Any, emit: Callable[[dict], None]) -> dict[str, Any]:
    """The book's K-fold validation: the mean over folds of the last epoch's error."""
    problem = job.problem
    with stages("data"):
        x, y, _, _ = _rows(problem, _loaded(job))
    keras.utils.set_random_seed(job.seed)
    size, scores, clock = len(x) // problem.folds, [], Clock(emit)
    with stages("fit"):
        for fold in range(problem.folds):
            held_out = slice(fold * size, (fold + 1) * size)
            net = _network(problem)
            history = net.fit(
                np.concatenate([x[: held_out.start], x[held_out.stop :]]),
                np.concatenate([y[: held_out.start], y[held_out.stop :]]),
                epochs=problem.fold_epochs,
                batch_size=problem.fold_batch_size,
                validation_data=(x[held_out], y[held_out]),
                callbacks=[clock],
                verbose=0,
            )
            scores.append(history.history["val_mae"][-1])
    return {"metrics": {problem.metric: float(np.mean(scores))}, **clock.seconds()}


class Clock(keras.callbacks.Callback):
    """Training and validation of each epoch apart, both as `fit` runs them."""

    def __init__(self, emit: Callable[[dict], None]) -> None:
        super().__init__()
        self.emit = emit
        self.ends: list[tuple[float, float, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()
        self.trained: float | None = None

    def on_test_begin(self, logs: Any = None) -> None:
        self.trained = self.trained or time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        self.ends.append((self.started, self.trained or now, now))
        self.emit({"epoch": epoch + 1, **(logs or {})})

    def seconds(self) -> dict[str, list[float]]:
        """By epoch."""
        return {
            "epoch_seconds": [trained - began for began, trained, _ in self.ends],
            "validation_seconds": [ended - trained for _, trained, ended in self.ends],
        }


def _network(problem: Problem) -> keras.Model:
    last = {"categorical_crossentropy": "softmax", "binary_crossentropy": "sigmoid"}
    net = models.Sequential([keras.Input((problem.features,))])
    for width in problem.hidden:
        net.add(layers.Dense(width, activation="relu"))
    net.add(layers.Dense(problem.outputs, activation=last.get(problem.loss)))
    rule = optimizers.RMSprop(learning_rate=problem.learning_rate)
    net.compile(optimizer=rule, loss=problem.loss, metrics=[problem.metric.value])
    return net


def _loaded(job: Job) -> dict[str, Any]:
    return as_keras_loads(job.problem, data=job.data.choice, data_dir=job.data.folder)


def _rows(problem: Problem, split: dict[str, Any]) -> tuple:
    """The book's preparation of what `load_data` gives: x, y, x_test, y_test."""
    x, x_test = split["x"], split["x_test"]
    y, y_test = split["y"], split["y_test"]
    if problem.text:
        x, x_test = (_multi_hot(_lists(part), problem.features) for part in (x, x_test))
    elif problem.metric is Metric.ACCURACY:
        x, x_test = (part.reshape(len(part), -1).astype("float32") / 255 for part in (x, x_test))
    else:
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    if problem.outputs > 1:
        return x, to_categorical(y), x_test, to_categorical(y_test)
    return x, np.asarray(y).astype("float32"), x_test, np.asarray(y_test).astype("float32")


def _lists(rows: Any) -> list[list[int]]:
    """Rows of words as `load_data` gives them."""
    words = rows.words.tolist()
    return [words[start:end] for start, end in pairwise(rows.offsets.tolist())]


def _multi_hot(sequences: list[list[int]], dimension: int) -> np.ndarray:
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results
