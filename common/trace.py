"""Climb the ladder: a run as named arrays, rung by rung, and the comparison of two such traces.

A trace is a dictionary from `"rung/tensor"` to an array. The same code climbs for every framework
and for the reference, so that a difference between two traces is one between two Tasks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from common.batches import batches
from common.problem import Problem
from common.splits import Permutation, shared_order
from common.task import Task

Trace = dict[str, np.ndarray]

BOUNDS = Path(__file__).with_name("bounds.json")  # written by `twinbench parity --measure`
STEPS = (1, 10, 100)
SCORED_ROWS = 1000  # test rows whose scores are traced
FIRST_STEP = 1e-5  # the bound of PROTOCOL for scores, loss, gradients and one step
FLOOR = 1e-6  # the least bound: about 8 roundings of float32
KINK = 1e-3  # of a whole run's loss: any machine may carry an input over a relu's kink
ONE_ROW = 5e-3  # of an accuracy: it changes by whole rows, and fits of ten steps see few
EARLY = ("scores", "loss", "gradients", "step 1", "fit 1")  # before rounding is amplified
UNIT = 2.0**-8  # bfloat16 keeps 8 bits, and rounds by half of the last at most
UNITS = {
    "scores": 4,
    "loss": 4,
    "mae": 4,
    "gradients kernel": 4,
    "gradients bias": 64,
    "square kernel": 8,
    "square bias": 128,
    "kernel": 1,
}


@dataclass(frozen=True)
class Rows:
    """The rows of a ladder: for training, for testing, and held out (x, y) or None."""

    x: Any
    y: np.ndarray
    x_test: Any
    y_test: np.ndarray
    validation: tuple | None = None

    def digest(self) -> np.ndarray:
        """SHA-256 over types, shapes and values of all arrays, uint8 of shape (32,)."""
        digest = hashlib.sha256()
        for part in (self.x, self.y, self.x_test, self.y_test, *(self.validation or ())):
            csr = sparse.issparse(part)
            for array in (part.data, part.indices, part.indptr) if csr else (part,):
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return np.frombuffer(digest.digest(), np.uint8)


def rungs(steps: Sequence[int], epochs: int) -> list[str]:
    """Names of the rungs from the lowest up; a fault shows first at the lowest that it reaches."""
    early = ["data", "weights", "scores", "loss", "gradients"]
    by_step = [f"step {k}" for k in steps] + [f"fit {k}" for k in steps] + ["two epochs"]
    return early + by_step + [f"epoch {n}" for n in range(1, epochs + 1)] + ["final"]


def climb(
    make: Callable[[], Task],
    rows: Rows,
    *,
    steps: Sequence[int] = STEPS,
    epochs: int = 0,
    on_rung: Callable[[str], None] = lambda rung: None,
) -> Trace:
    """Climb the ladder with fresh Tasks from `make`, all with the same weights, rows and order.

    After the single steps `epochs` of the whole training are traced; with 0, they and the final
    predictions are left out.
    """
    trace: Trace = {}

    def write(rung: str, values: Mapping[str, Any]) -> None:
        trace.update({f"{rung}/{name}": np.asarray(value) for name, value in values.items()})
        on_rung(rung)

    task = make()
    write("data", {"digest": rows.digest(), "rows": len(rows.y)})
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
        write(f"fit {k}", {**_curves(history), **task.get_state()})
    task = make()
    history = task.fit(rows.x, rows.y, epochs=2, order=_few_rows(task.problem, rows, task.seed))
    write("two epochs", {**_curves(history), **task.get_state()})
    if epochs:
        _whole_run(make(), rows, epochs, write)
    return trace


def first_rows(problem: Problem, rows: int, steps: int, seed: int) -> np.ndarray:
    """Row numbers of the first `steps` batches; of several, the last is a quarter smaller.

    If an epoch has fewer batches, the next epoch's order follows: a batch may span both.
    """
    missing = problem.batch_size // 4 if steps > 1 else 0  # a loop that drops it must have others
    count = steps * problem.batch_size - missing
    order = shared_order("reshuffled", rows, seed)
    return np.concatenate([order(i) for i in range(-(-count // rows))])[:count]


def _state_to_carry(task: Task) -> dict[str, np.ndarray]:
    """The Task's weights with squares and a step count that no fresh optimiser has."""
    weights = task.get_weights()
    rng = np.random.default_rng(0)
    squares = {f"square/{k}": rng.random(v.shape, np.float32) for k, v in weights.items()}
    return weights | squares | {"step": np.array(3)}


def _few_rows(problem: Problem, rows: Rows, seed: int) -> Permutation:
    """The rows of four batches, in a new order every epoch: short enough for a tight bound."""
    few = first_rows(problem, len(rows.y), 4, seed)
    order = shared_order("reshuffled", len(few), seed)
    return lambda epoch: few[order(epoch)]


def _curves(values: Mapping[str, Any]) -> dict[str, Any]:
    """The losses and metrics of a history or of one of its rows, without the clocks."""
    return {k: v for k, v in values.items() if not k.endswith("_seconds")}


def _whole_run(task: Task, rows: Rows, epochs: int, write: Callable) -> None:
    def on_epoch(number: int, row: Mapping[str, float]) -> None:
        write(f"epoch {number}", {**_curves(row), **task.get_weights()})

    order = shared_order("reshuffled", len(rows.y), task.seed)
    options: dict[str, Any] = {"validation": rows.validation, "on_epoch": on_epoch}
    task.fit(rows.x, rows.y, epochs=epochs, order=order, **options)
    metrics = task.evaluate(rows.x_test, rows.y_test)
    write("final", {"predictions": task.predict(rows.x_test), **metrics})


class Difference(NamedTuple):
    """The error of one tensor at one rung of two traces; `bound` None: shown, but not judged."""

    rung: str
    tensor: str
    error: float
    bound: float | None

    @property
    def broken(self) -> bool:
        """Whether the error is over its bound; NaN always is."""
        return self.bound is not None and not self.error <= self.bound


def compare(
    actual: Trace, expected: Trace, problem: Problem, precision: str = "float32"
) -> list[Difference]:
    """Every tensor of `actual` against `expected`, in the order of the rungs.

    The error of a tensor that only one trace has is inf.
    """
    differences = []
    for key in expected | actual:
        rung, _, tensor = key.partition("/")
        error = np.inf
        if key in actual and key in expected:
            error = relative_error(actual[key], expected[key])
        limit = bound(problem, rung, tensor, precision)
        differences.append(Difference(rung, tensor, error, limit))
    return differences


def relative_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """max|a - b| / max|b| of one tensor (PROTOCOL); inf for unequal shapes, NaN for NaN."""
    if np.shape(actual) != np.shape(expected):
        return np.inf
    a, b = (np.asarray(v, np.float64) for v in (actual, expected))
    gap = float(np.max(np.abs(a - b), initial=0.0))
    scale = float(np.max(np.abs(b), initial=0.0))
    if gap == 0 or np.isnan(gap):
        return gap
    return gap / scale if scale else np.inf


def first_broken(differences: Iterable[Difference]) -> Difference | None:
    """The first breach from the lowest rung up, or None."""
    return next((d for d in differences if d.broken), None)


def bound(problem: Problem, rung: str, tensor: str, precision: str = "float32") -> float | None:
    """The largest error allowed, or None if the tensor is not judged.

    It is ten times the largest error measured, which `bounds.json` holds. Data, weights and step
    counts must be equal; up to the first step no bound exceeds 1e-5. Of a whole run the losses and
    metrics are judged, all epochs by one bound; the weights are not, since one input that rounding
    carries over a relu's kink separates two runs for good. After the first step nothing is judged
    that was not measured, as for a changed problem, nor where ten times the error is 1 or more.
    In bfloat16 nothing is measured: see `_bound_of_bfloat16`.
    """
    if rung in ("data", "weights") or tensor == "step":
        return 0.0
    if precision == "bfloat16":
        return _bound_of_bfloat16(rung, tensor)
    rung = judged_rung(rung)
    early = rung in EARLY
    errors = {} if problem.changes() else _measured().get(problem.name, {}).get(rung, {})
    if tensor not in errors:
        return FIRST_STEP if early else None
    allowed = max(_floor(rung, tensor), 10 * errors[tensor])
    if early:
        return min(allowed, FIRST_STEP)
    return allowed if allowed < 1 else None


def _bound_of_bfloat16(rung: str, tensor: str) -> float | None:
    """So many units of rounding; None where rounding in bfloat16 leaves nothing to judge.

    The reference rounds as the frameworks do, but sums may be rounded elsewhere (PyTorch adds a
    bias before it rounds a product): two numbers of bfloat16 are then neighbours, 2 units apart, in
    two layers 4. A bias's gradient is a sum over the batch, which TensorFlow and XLA round at every
    partial sum, PyTorch at its end; its weight is not judged. A square has twice the error of its
    gradient, a kernel little of it: a step is 0.003 of weights up to 0.1. After the first step
    RMSprop has made steps of the same size of what rounding left of gradients that nearly vanish.
    """
    if rung not in EARLY:
        return None
    kind = "gradients" if rung == "gradients" else tensor.partition("/")[0]
    role = tensor.rpartition("/")[2]
    units = UNITS.get(f"{kind} {role}", UNITS.get(role))
    return units and units * UNIT


def judged_rung(rung: str) -> str:
    """The rung that a rung's bounds are kept under: all epochs share one."""
    return "epoch" if rung.startswith("epoch") else rung


def _floor(rung: str, tensor: str) -> float:
    """The tightest bound: an error measured on one machine may be larger on the next."""
    if tensor.endswith("accuracy"):
        return ONE_ROW
    return KINK if rung in ("epoch", "final") else FLOOR


@cache
def _measured() -> dict[str, dict[str, dict[str, float]]]:
    """Problem -> rung -> tensor -> the largest error measured in any setting."""
    return json.loads(BOUNDS.read_text())["measured"] if BOUNDS.exists() else {}
