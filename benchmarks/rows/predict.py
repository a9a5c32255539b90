"""Test rows: what a reader sees in them, and what each trained framework predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.harness.progress import shown_child
from benchmarks.harness.worker import trained
from benchmarks.records.job import Job
from common.data import Data, words
from common.problem import Metric, Problem

SIDE = 28  # of a digit, in pixels
FEATURES = (
    *("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B"),
    "LSTAT",
)
SENTIMENTS = ("negative", "positive")
TOPIC_NAMES = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship
    cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin
    strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem
    dlr gas silver wpi hog lead
"""
# in the order of their numbers, as in keras.datasets.reuters.get_label_names()
TOPICS = tuple(TOPIC_NAMES.split())


def predicted(jobs: Sequence[Job], data: Data, rows: Iterable[int]) -> dict[str, Any]:
    """Plain values: a problem, its data, the metrics of each framework, and the rows.

    The jobs are of one problem, regime and seed, and each of another framework.
    """
    job, rows = jobs[0], list(rows)
    outcomes = {}
    for arm in jobs:
        with shown_child(arm) as call:
            outcomes[arm.framework] = call(f"{__name__}:train_and_predict", rows)
    return {
        "problem": job.problem.name,
        "regime": job.regime.name,
        "seed": job.seed,
        "epochs": job.problem.epochs,
        "changed": job.problem.changes(),
        "data": {"source": data.source, "origin": data.origin, "notice": data.notice},
        "metrics": {name: outcome["metrics"] for name, outcome in outcomes.items()},
        "rows": describe_rows(
            job.problem, data, rows, {name: o["predictions"] for name, o in outcomes.items()}
        ),
    }


def train_and_predict(job: Job, rows: list[int], emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train on the problem's rows and predict the given test rows; in a Child.

    Returns `predictions` (rows, outputs) float32 and `metrics` of all test rows.
    """
    task, data = trained(job, emit)
    return {
        "predictions": task.predict(data.x_test[rows]),
        "metrics": task.evaluate(data.x_test, data.y_test),
    }


def describe_rows(
    problem: Problem, data: Data, rows: list[int], predictions: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """For each test row its number, input, truth, and prediction by framework, as plain values.

    `predictions` are (rows, outputs) by framework: probabilities or values. A class has a `wrong`
    and a `probability`, a value an `error`.
    """
    described = []
    for i, row in enumerate(rows):
        by_framework = {
            name: _prediction(problem, values[i], data.y_test[row], data.real)
            for name, values in predictions.items()
        }
        truth = _name(problem, data.y_test[row].item(), data.real)
        described.append(
            {
                "row": row,
                "input": _input(problem, data, row),
                "truth": truth,
                "predictions": by_framework,
                "wrong": [name for name, p in by_framework.items() if p.get("wrong")],
            }
        )
    return described


def draw_digit(pixels: np.ndarray) -> str:
    """An image, (784,) of values in 0..1, as 14 lines of half blocks: each is two pixels high."""
    ink = pixels.reshape(SIDE // 2, 2, SIDE) > 0.5
    return "\n".join(
        "".join(" ▀▄█"[top + 2 * low] for top, low in zip(*pair, strict=True)) for pair in ink
    )


def _input(problem: Problem, data: Data, row: int) -> Any:
    """What the network was shown, as a reader would read it."""
    if problem.text:
        return words(problem, data, row, "test")
    if data.unscaled is not None:
        return dict(zip(FEATURES, data.unscaled[1][row].tolist(), strict=True))
    return draw_digit(data.x_test[row])


def _name(problem: Problem, target: float, real: bool) -> Any:
    """A class by its name, where it has one; generated newswires have topics without a meaning."""
    if problem.metric is Metric.MAE:
        return round(target, 4)
    if problem.outputs == 1:
        return SENTIMENTS[int(target)]
    return f"{int(target)} {TOPICS[int(target)]}" if problem.text and real else int(target)


def _prediction(problem: Problem, output: np.ndarray, target: Any, real: bool) -> dict[str, Any]:
    if problem.metric is Metric.MAE:
        value = float(output[0])
        return {"prediction": value, "error": value - float(target)}
    # a sigmoid's one output is the probability of class 1
    shares = output if problem.outputs > 1 else np.array([1 - output[0], output[0]])
    chosen = int(shares.argmax())
    return {
        "prediction": _name(problem, chosen, real),
        "probability": float(shares[chosen]),
        "wrong": chosen != int(target),
    }
