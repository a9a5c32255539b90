"""`Task`: one problem in one framework, with one method for each rung of the parity ladder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from common import metrics
from common.clock import EpochLog, History, StackLog
from common.initial import initial_weights
from common.problem import Problem
from common.regime import MATCHED, Regime
from common.splits import Permutation, shared_order

Weights = dict[str, np.ndarray]
"""`"hidden1/kernel"`: (fan_in, fan_out) and `"hidden1/bias"`: (fan_out,), ..., `"output/bias"`."""

State = dict[str, np.ndarray]
"""Weights, `"square/<weight>"` (RMSprop's running squares, same shapes) and `"step"` (int64)."""

Order = np.ndarray | Permutation | None
"""Rows of each epoch: int array (epochs, rows); a function of the epoch number, which counts all
epochs that the Task has trained; or None for the framework's own shuffle."""

SCORE_ROWS = 512  # rows scored at a time; Keras's own default of 32 takes 5-8 s on IMDB's test rows


def dense(x: np.ndarray | sparse.csr_matrix) -> np.ndarray:
    """`x` as one dense float32 array; MemoryError when the machine has not the room for it."""
    if not sparse.issparse(x):
        return np.ascontiguousarray(x, dtype=np.float32)
    need = 4 * x.shape[0] * x.shape[1]
    room = _available_bytes()
    if room is not None and need > 0.8 * room:
        raise MemoryError(
            f"a dense array of {x.shape[0]:,} x {x.shape[1]:,} float32 takes {need / 1e9:.1f} GB "
            f"and {room / 1e9:.1f} GB are free; use the regime 'matched', which keeps text sparse"
        )
    return sparse.csr_matrix(x, dtype=np.float32).toarray()


def _available_bytes() -> int | None:
    """Memory that can be had without swapping, where the system tells (Linux)."""
    try:
        with open("/proc/meminfo") as file:
            facts = dict(line.split(":") for line in file)
        return int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return None


def choose_device(name: str, devices: Sequence[str], framework: str) -> str:
    """The device of that name, `auto` being the best; ValueError names those there are.

    `devices` begins with "cpu" and goes on with what is better, the best first.
    """
    wanted = {"auto": devices[min(1, len(devices) - 1)], "cuda": "cuda:0"}
    device = wanted.get(name, name)
    if device not in devices:
        seen = ", ".join(devices)
        raise ValueError(f"{framework} sees no device {name!r} here; it sees: {seen}")
    return device


def batches(x: Any, y: np.ndarray, rows: np.ndarray, batch_size: int) -> Iterator[tuple]:
    """Dense float32 batches of `x` and `y` at the given rows; the last one may be smaller."""
    for start in range(0, len(rows), batch_size):
        chosen = rows[start : start + batch_size]
        yield dense(x[chosen]), y[chosen]


def _one_table(
    xs: Sequence[np.ndarray], ys: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All rows in one table, and where in it each replica's begin, int64 (replicas, 1)."""
    if all(x is xs[0] and y is ys[0] for x, y in zip(xs, ys, strict=True)):
        return dense(xs[0]), ys[0], np.zeros((len(xs), 1), np.int64)
    starts = np.arange(len(xs))[:, None] * len(xs[0])
    return dense(np.concatenate(xs)), np.concatenate(ys), starts


class Task(ABC):
    """One problem in one framework, on one device.

    NumPy arrays go in and come out of every method. `x` is a float32 array (n, features) or a
    `scipy.sparse.csr_matrix` of float32; `y` is int64 classes or float32 values of shape (n,).
    """

    native: ClassVar[Mapping[str, Any]]  # what the framework does where a regime leaves it open

    def __init__(
        self, problem: Problem, *, regime: Regime = MATCHED, device: str = "cpu", seed: int = 0
    ) -> None:
        """A fresh network. Raises ValueError for a device that is not there, NotImplementedError
        for a regime that this framework does not have."""
        self.problem, self.regime, self.seed = problem, regime, seed
        self.rules = regime.resolve(self.native)
        self.epoch = 0  # epochs trained so far
        self.build(device)
        if regime.shared_initial:
            self.set_state(self.initial_weights())

    @abstractmethod
    def build(self, device: str) -> None:
        """Make the network and its optimiser on the device."""

    def initial_weights(self) -> Weights:
        """What training starts from where the frameworks share it, drawn in NumPy."""
        return initial_weights(self.problem, self.seed, self.rules)

    @abstractmethod
    def get_state(self) -> State:
        """Rung 0: copies of the weights, the optimiser's running squares and its step count."""

    @abstractmethod
    def set_state(self, state: State) -> None:
        """Take over a state; weights alone make the optimiser start afresh.

        Raises ValueError when a weight is missing, unknown or of the wrong shape.
        """

    def write_native(self, path: Path) -> None:
        """Write the weights as the framework's own users keep them; `path` has its suffix."""
        raise NotImplementedError(f"{type(self).__name__} has no file of its own for weights")

    def read_native(self, path: Path) -> Weights:
        """The weights in such a file, of which no code is run; the Task stays as it is.

        Raises ValueError for another network, and what the framework raises for a damaged file.
        """
        raise NotImplementedError(f"{type(self).__name__} has no file of its own for weights")

    @abstractmethod
    def forward(self, x: np.ndarray) -> np.ndarray:
        """Scores (n, outputs), float32, of one dense batch."""

    @abstractmethod
    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        """Rung 2: the mean loss of one batch and its gradient by weight; changes nothing."""

    @abstractmethod
    def train_step(self, x: Any, y: np.ndarray) -> float:
        """Rung 3: one optimiser step on one batch; the loss is that before the step."""

    @abstractmethod
    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        """What `fit` does, with `log.start()` before an epoch's first batch and `log.stop(means)`
        after its last. `rows_of_epochs` starts the clock; where `order` is None, do it by hand.

        Nothing of an epoch is done before its clock starts, nor by a thread that prefetches."""

    def fit(
        self,
        x: Any,
        y: np.ndarray,
        *,
        epochs: int,
        order: Order = None,
        validation: tuple | None = None,
        on_epoch: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> History:
        """Rung 4: train for some epochs; a second call goes on where the first ended.

        `order` may name fewer rows than `x` has: an epoch is the rows it names. `on_epoch` is
        called outside the clock with the number of the epoch, from 1, and its row of the history.
        """
        log = self._log(validation, on_epoch)
        try:
            self.train_epochs(x, y, epochs, order, log)
        finally:
            self.epoch += log.epochs
        return log.history

    def _log(self, validation: tuple | None, on_epoch: Callable | None) -> EpochLog:
        validate = None if validation is None else partial(self.evaluate, *validation)
        return EpochLog(self.synchronize, validate, on_epoch)

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until the device has finished all it was given."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What ran: `versions` of the framework, `device`, `threads` as read back, `compiled`, and
        `peak_device_bytes` where a device that is not the CPU tells it, else None."""

    def activations(self, x: np.ndarray) -> Weights:
        """What goes into each layer and comes out of it, by name; empty where it is not told."""
        return {}

    def get_weights(self) -> Weights:
        """Copies of the weights alone."""
        state = self.get_state()
        return {name: state[name] for name in self.weight_names}

    @property
    def weight_names(self) -> list[str]:
        """Canonical names from input to output, a kernel before its bias."""
        kinds = ("kernel", "bias")
        return [f"{layer.name}/{kind}" for layer in self.problem.layers for kind in kinds]

    def check_state(self, state: State) -> None:
        """Raise ValueError when a state does not fit the network."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in self.problem.layers:
            shapes[f"{layer.name}/kernel"] = (layer.fan_in, layer.fan_out)
            shapes[f"{layer.name}/bias"] = (layer.fan_out,)
        squares = {f"square/{name}": shape for name, shape in shapes.items()}
        if "step" in state or any(name in state for name in squares):
            shapes |= squares | {"step": ()}
        given = {name: np.shape(value) for name, value in state.items()}
        wrong = [
            f"{name} is {given.get(name, 'missing')}, expected {shapes.get(name, 'no such name')}"
            for name in sorted(given.keys() | shapes.keys())
            if given.get(name) != shapes.get(name)
        ]
        if wrong:
            raise ValueError("the state does not fit the network: " + "; ".join(wrong))

    def scores(self, x: Any) -> np.ndarray:
        """Rung 1: logits (n, classes) or (n, 1), or values (n, 1), float32."""
        starts = range(0, x.shape[0], SCORE_ROWS)
        return np.concatenate([self.forward(dense(x[i : i + SCORE_ROWS])) for i in starts])

    def predict(self, x: Any) -> np.ndarray:
        """Probabilities (n, classes) or (n, 1), or values (n, 1)."""
        return metrics.link(self.problem.loss, self.scores(x))

    def evaluate(self, x: Any, y: np.ndarray) -> dict[str, float]:
        """`loss` and `accuracy` or `mae` of the rows, by `common.metrics`."""
        return metrics.evaluate(self.problem, self.scores(x), y)

    def order(self, rows: int) -> Order:
        """The order in which this regime visits rows: shared by all frameworks, or None."""
        return self.regime.order and shared_order(self.regime.order, rows, self.seed)

    def rows_of_epochs(self, order: Order, epochs: int, log: EpochLog) -> Iterator[np.ndarray]:
        """The rows of each of the next epochs, without the last batch where it is dropped.

        To ask for those of an epoch starts its clock: making its order is a part of it.
        """
        for number in range(epochs):
            log.start()
            rows = order(self.epoch + number) if callable(order) else np.asarray(order)[number]
            if self.rules.last_batch == "dropped":
                rows = rows[: len(rows) // self.problem.batch_size * self.problem.batch_size]
            yield rows

    @classmethod
    def fit_replicas(
        cls,
        tasks: Sequence[Task],
        xs: Sequence[Any],
        ys: Sequence[np.ndarray],
        *,
        orders: Sequence[Order],
        epochs: int,
        validation: Sequence[tuple | None],
        on_epoch: Callable[[int, int, Mapping[str, float]], None] | None = None,
    ) -> list[History]:
        """Train Tasks of one problem, each on rows of its own, as if each had its `fit` called.

        Where the framework can `stack` them, and the rows are dense and as many for each, it is one
        batched program, in lock-step, and an epoch's seconds are each Task's share of it. A first
        layer that takes sparse rows leaves so little to the others that it would not pay.
        `on_epoch` is told which Task, counted from 0, before what `fit` tells.
        """
        told = [on_epoch and partial(on_epoch, i) for i in range(len(tasks))]
        alike = all(isinstance(x, np.ndarray) and len(x) == len(xs[0]) for x in xs)
        if len(tasks) > 1 and alike and (stack := cls.stack(tasks)):
            logged = zip(tasks, validation, told, strict=True)
            log = StackLog([task._log(held_out, tell) for task, held_out, tell in logged])
            x, y, starts = _one_table(xs, ys)
            every = zip(tasks, orders, log.logs, strict=True)
            rows = [task.rows_of_epochs(order, epochs, own) for task, order, own in every]
            turns = (np.stack(each) + starts for each in zip(*rows, strict=True))
            stack.train_epochs(x, y, epochs, turns, log)
            for task in tasks:
                task.epoch += epochs
            return [own.history for own in log.logs]
        each = zip(tasks, xs, ys, orders, validation, told, strict=True)
        return [
            task.fit(x, y, epochs=epochs, order=order, validation=held_out, on_epoch=tell)
            for task, x, y, order, held_out, tell in each
        ]

    @classmethod
    def stack(cls, tasks: Sequence[Any]) -> Any:
        """The Tasks as one that trains all of them; None where the framework has no such thing.

        Its `train_epochs(x, y, epochs, turns, log)` takes all rows as one dense table, an iterator
        over epochs of the rows of each Task in it, int64 (tasks, n), and a StackLog. To ask for the
        rows of an epoch starts its clock.
        """
        return None
