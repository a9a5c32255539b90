"""`Task`: one problem in one framework, with one method for each rung of the parity ladder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from common import metrics
from common.batches import dense
from common.clock import EpochLog, History
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
        log = self.epoch_log(validation, on_epoch)
        try:
            self.train_epochs(x, y, epochs, order, log)
        finally:
            self.epoch += log.epochs
        return log.history

    def epoch_log(
        self,
        validation: tuple | None,
        on_epoch: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> EpochLog:
        """The clock and the history of one `fit`."""
        validate = None if validation is None else partial(self.evaluate, *validation)
        return EpochLog(self.synchronize, validate, on_epoch)

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until the device has finished all it was given."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What ran: `versions` of the framework, `device`, `threads` as read back, `compiled`, and
        `peak_device_bytes` where a device that is not the CPU tells it, else None. A compiler may
        tell its `graph_breaks` and `recompilations` too."""

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

    def completed(self, state: State) -> State:
        """The state with what weights alone leave out: squares and a step count of zero.

        Raises ValueError when a state does not fit the network.
        """
        self.check_state(state)
        squares = {f"square/{name}": np.zeros_like(state[name]) for name in self.weight_names}
        return {**squares, "step": np.array(0, np.int64), **state}

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
