"""`JaxTask`: the Task methods, once for JAX on every problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import Array

from common.batches import batches, dense, is_sparse
from common.clock import EpochLog
from common.task import Order, State, Task, Weights, choose_device
from jax_impl import backend, tuned
from jax_impl.manifest import NATIVE
from jax_impl.networks import Network, network
from jax_impl.objectives import OBJECTIVES
from jax_impl.program import Program, Training, means
from jax_impl.replicas import Stack
from jax_impl.rmsprop import rmsprop, squares, with_squares
from jax_impl.saved import read_saved


class JaxTask(Task):
    """One problem in JAX, on one device: a compiled step in a Python loop, as JAX's users write."""

    native = NATIVE

    def build(self, device: str) -> None:
        self.device = choose_device(device, backend.runtime()["devices"], "JAX")
        backend.prepare(self.rules)
        self.objective = self.make_objective()
        optimizer = rmsprop(self.problem.learning_rate, self.rules)
        self.program = Program(self.make_network(), self.objective, optimizer)
        shared = self.regime.shared_initial
        self.set_state(self.initial_weights() if shared else self._fresh_weights())

    def make_network(self) -> Network:
        """The problem's network, a function of weights and rows."""
        return network(self.problem, self.rules.precision)

    def make_objective(self) -> Any:
        """The loss, metric and targets of its kind of problem."""
        return OBJECTIVES[self.problem.loss](self.problem, self.rules.loss_on)

    def get_state(self) -> State:
        state = _arrays(self.weight_names, self.training.weights)
        held = _arrays(self.weight_names, squares(self.training.slots))
        state |= {f"square/{name}": value for name, value in held.items()}
        return state | {"step": np.array(self.steps, np.int64)}

    def set_state(self, state: State) -> None:
        state, place = self.completed(state), backend.device(self.device)

        def on_device(prefix: str) -> dict[str, Array]:
            # copies: on a cpu JAX may go on using the memory that it is given
            copies = {k: np.array(state[prefix + k], np.float32) for k in self.weight_names}
            return jax.device_put(copies, place)

        weights = on_device("")
        slots = jax.eval_shape(self.program.optimizer.init, weights)  # its squares alone are arrays
        self.training = Training(weights, with_squares(slots, on_device("square/")))
        self.steps = int(state["step"])  # Optax's RMSprop counts none

    def write_native(self, path: Path) -> None:
        np.savez(path, **self.get_weights())  # type: ignore[arg-type]

    def read_native(self, path: Path) -> Weights:
        weights = read_saved(path, self.problem)
        self.check_state(weights)
        return weights

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.program.scores(self.training.weights, x))

    def scores(self, x: Any) -> np.ndarray:
        if self.rules.tuned and is_sparse(x):
            return np.asarray(self.program.scores(self.training.weights, tuned.sparse_rows(x)))
        return super().scores(x)

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        weights, targets = self.training.weights, self.targets(y)
        (loss, _), gradients = self.program.gradients(weights, dense(x), targets)
        return float(loss), _arrays(self.weight_names, gradients)

    def train_step(self, x: Any, y: np.ndarray) -> float:
        loss_sum, _ = self.step(dense(x), self.targets(y))
        return float(loss_sum) / len(y)

    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        if order is None:
            x, order = dense(x), self._own_order(len(y))
        targets = self.targets(y)
        train = tuned.trainer(self, x, targets) if self.rules.tuned else self._trainer(x, targets)
        for rows in self.rows_of_epochs(order, epochs, log):
            log.stop(train(rows))

    @classmethod
    def stack(cls, tasks: Sequence[Any]) -> Stack | None:
        return Stack(tasks) if all(task.rules.tuned for task in tasks) else None

    def synchronize(self) -> None:
        jax.block_until_ready(self.training)

    def facts(self) -> dict[str, Any]:
        return backend.runtime() | {
            "device": self.device,
            "compiled": True,
            "peak_device_bytes": backend.peak_bytes(self.device),
        }

    def targets(self, y: np.ndarray) -> np.ndarray:
        return self.objective.targets(y)

    def step(self, x: np.ndarray, y: np.ndarray) -> Array:
        """One step on one batch: sums over its rows of the loss before the step and the metric."""
        self.training, sums = self.program.step(self.training, x, y)
        self.steps += 1
        return sums

    def _trainer(self, x: Any, targets: np.ndarray) -> Callable[[np.ndarray], Any]:
        """A function that trains on the rows of an epoch in turn, and gives the means over them."""

        def train(rows: np.ndarray) -> Callable[[], Mapping[str, float]]:
            steps = batches(x, targets, rows, self.problem.batch_size)
            return means(self.problem, [self.step(*batch) for batch in steps], len(rows))

        return train

    def _keys(self) -> Array:
        """One for the weights and one for the order: JAX's `split` and `fold_in` give the same."""
        return jax.random.split(jax.random.key(self.seed))

    def _fresh_weights(self) -> Weights:
        """As a Flax user's layers start: kernels by LeCun's rule, biases of zero."""
        draw, layers = jax.nn.initializers.lecun_normal(), self.problem.layers
        weights: Weights = {}
        keys = jax.random.split(self._keys()[0], len(layers))
        for layer, key in zip(layers, keys, strict=True):
            weights[f"{layer.name}/kernel"] = np.asarray(draw(key, (layer.fan_in, layer.fan_out)))
            weights[f"{layer.name}/bias"] = np.zeros(layer.fan_out, np.float32)
        return weights

    def _own_order(self, rows: int) -> Callable[[int], np.ndarray]:
        """A new permutation an epoch, by JAX's random numbers."""
        key, number = self._keys()[1], jax.random.fold_in
        return lambda epoch: np.asarray(jax.random.permutation(number(key, epoch), rows))


def _arrays(names: Sequence[str], held: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """Copies in the order of the names; JAX sorts those of a dictionary."""
    return {name: np.array(held[name]) for name in names}
