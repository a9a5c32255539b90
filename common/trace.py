"""A run written down as named arrays, rung by rung, and the comparison of two of them.

A trace is a dictionary from `"rung/tensor"` to an array. Climbing is the same code for every
framework and for the reference, so that a difference between two traces is one between two Tasks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from common.problem import Problem
from common.splits import shared_order
from common.task import Task, batches

Trace = dict[str, np.ndarray]

STEPS = (1, 10, 100)
SCORED_ROWS = 1000
FIRST_STEP = 1e-5  # PROTOCOL: scores, loss, gradients and one step
FLOOR = 1e-6  # about 8 roundings of float32: no bound is tighter, since a machine may differ


@dataclass(frozen=True)
class Rows:
    """What a ladder is climbed on: training and test rows, held-out rows or None, a digest."""

    x: Any
    y: np.ndarray
    x_test: Any
    y_test: np.ndarray
    validation: tuple | None = None
    digest: str = ""


def rungs(steps: Iterable[int] = STEPS, epochs: int = 0) -> list[str]:
    """The rungs from the lowest up; a fault shows first at the lowest rung that it can reach."""
    early = ["data", "weights", "scores", "loss", "gradients"]
    by_step = [f"step {k}" for k in steps] + [f"fit {k}" for k in steps]
    return early + by_step + [f"epoch {n}" for n in range(1, epochs + 1)] + ["final"]


def climb(
    make: Callable[[], Task],
    rows: Rows,
    *,
    steps: Iterable[int] = STEPS,
    epochs: int = 0,
    on_rung: Callable[[str], None] = lambda rung: None,
) -> Trace:
    """Climb the ladder with fresh Tasks from `make`: all on the same weights, rows and order.

    `epochs` of the whole training are traced after the single steps; 0 leaves them and the final
    predictions out.
    """
    trace: Trace = {}

    def write(rung: str, values: Mapping[str, Any]) -> None:
        trace.update({f"{rung}/{name}": np.asarray(value) for name, value in values.items()})
        on_rung(rung)

    task = make()
    write("data", {"digest": np.frombuffer(rows.digest.encode(), np.uint8), "rows": len(rows.y)})
    state = _state_to_carry(task)
    task.set_state(state)
    write("weights", task.get_state())
    task.set_state({name: state[name] for name in task.weight_names})
    write("scores", {"scores": task.scores(rows.x_test[:SCORED_ROWS])})
    order = first_rows(task.problem, len(rows.y), max(steps), task.seed)
    taken = batches(rows.x, rows.y, order, task.problem.batch_size)
    for number, (x, y) in enumerate(taken, start=1):
        if number == 1:
            loss, gradients = task.loss_and_gradients(x, y)
            write("loss", {"loss": loss})
            write("gradients", gradients)
        loss = task.train_step(x, y)
        if number in steps:
            write(f"step {number}", {"loss": loss, **task.get_state()})
    for k in steps:
        task = make()
        some = first_rows(task.problem, len(rows.y), k, task.seed)
        history = task.fit(rows.x, rows.y, epochs=1, order=some[None])
        write(f"fit {k}", {**_means(history), **task.get_state()})
    if epochs:
        _whole_run(make(), rows, epochs, write)
    return trace


def first_rows(problem: Problem, rows: int, steps: int, seed: int) -> np.ndarray:
    """Rows of the first `steps` batches, the last a quarter smaller than the others.

    Where an epoch has fewer batches, the next epoch's order follows: a batch may span both.
    """
    count = steps * problem.batch_size - problem.batch_size // 4
    order = shared_order("reshuffled", rows, seed)
    return np.concatenate([order(i) for i in range(-(-count // rows))])[:count]


def _state_to_carry(task: Task) -> dict[str, np.ndarray]:
    """Weights with squares and a step count that no fresh optimiser has."""
    weights = task.get_weights()
    rng = np.random.default_rng(0)
    squares = {f"square/{k}": rng.random(v.shape, np.float32) for k, v in weights.items()}
    return weights | squares | {"step": np.array(3, np.int64)}


def _means(history: Mapping[str, list[float]]) -> dict[str, float]:
    """The last epoch's loss and metric, without the clocks."""
    return {k: v[-1] for k, v in history.items() if not k.endswith("_seconds")}


def _whole_run(task: Task, rows: Rows, epochs: int, write: Callable) -> None:
    def on_epoch(number: int, row: Mapping[str, float]) -> None:
        means = {k: v for k, v in row.items() if not k.endswith("_seconds")}
        write(f"epoch {number}", {**means, **task.get_weights()})

    order = shared_order("reshuffled", len(rows.y), task.seed)
    task.fit(
        rows.x,
        rows.y,
        epochs=epochs,
        order=order,
        validation=rows.validation,
        on_epoch=on_epoch,
    )
    tested = task.evaluate(rows.x_test, rows.y_test)
    write("final", {"predictions": task.predict(rows.x_test), **tested})


class Difference(NamedTuple):
    """One tensor at one rung of two traces; `bound` is None where it is shown and not judged."""

    rung: str
    tensor: str
    error: float
    bound: float | None

    @property
    def broken(self) -> bool:
        """Whether the error is over its bound; an error that is not a number always is."""
        return self.bound is not None and not self.error <= self.bound


def compare(found: Trace, expected: Trace, problem: Problem) -> list[Difference]:
    """Every tensor of `found` against `expected`, in the order of the rungs.

    A tensor that only one of them has counts as infinitely far from the other.
    """
    differences = []
    for key in [*expected, *(key for key in found if key not in expected)]:
        rung, _, tensor = key.partition("/")
        gap = float("inf")
        if key in found and key in expected:
            gap = relative_error(found[key], expected[key])
        differences.append(Difference(rung, tensor, gap, bound(problem, rung, tensor)))
    return differences


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    """max|a - b| / max|b| of one tensor (PROTOCOL); inf for other shapes, NaN for NaN."""
    if np.shape(found) != np.shape(expected):
        return float("inf")
    a, b = (np.asarray(v, np.float64) for v in (found, expected))
    gap = float(np.max(np.abs(a - b), initial=0.0))
    scale = float(np.max(np.abs(b), initial=0.0))
    return gap if gap == 0 or np.isnan(gap) else gap / scale if scale else float("inf")


def first_broken(differences: Iterable[Difference]) -> Difference | None:
    """The first breach from the lowest rung up, or None."""
    return next((d for d in differences if d.broken), None)


def bound(problem: Problem, rung: str, tensor: str) -> float | None:
    """The largest error allowed: ten times the largest measured, which `bounds.json` holds.

    Data, weights and step counts must be equal; up to the first step no bound is over 1e-5. Of a
    whole run the losses and metrics are judged, one bound for all its epochs; its weights are
    shown and not judged, since one input that rounding carries over a relu's kink sets two runs
    apart for good. Nothing later than the first step is judged where nothing was measured, as for
    a changed problem.
    """
    if rung in ("data", "weights") or tensor == "step":
        return 0.0
    rung = "epoch" if rung.startswith("epoch") else rung
    early = rung in ("scores", "loss", "gradients", "step 1", "fit 1")
    known = {} if problem.changes() else _measured().get(problem.name, {}).get(rung, {})
    if tensor not in known:
        return FIRST_STEP if early else None
    allowed = max(FLOOR, 10 * known[tensor])
    return min(allowed, FIRST_STEP) if early else allowed


@cache
def _measured() -> dict[str, dict[str, dict[str, float]]]:
    """Problem -> rung -> tensor -> the largest error that was measured on any machine setting."""
    path = Path(__file__).with_name("bounds.json")
    return json.loads(path.read_text())["measured"] if path.exists() else {}
