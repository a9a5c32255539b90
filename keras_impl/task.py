"""`KerasTask`: the Task methods, once for Keras on every problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from common.batches import dense, is_sparse
from common.clock import EpochLog
from common.task import Order, State, Task, Weights, choose_device
from keras_impl import backend
from keras_impl.feed import Turns, clock
from keras_impl.manifest import VARIANTS
from keras_impl.networks import network
from keras_impl.objectives import OBJECTIVES
from keras_impl.rmsprop import RMSpropOutside, squares
from keras_impl.saved import read_saved


class KerasTask(Task):
    """One problem in Keras, on one device: `compile` and `fit` as a Keras user writes them."""

    variant = next(variant for variant in VARIANTS if backend.NAME in variant.requires)
    native = variant.native

    def build(self, device: str) -> None:
        self.variant.check_runs(self.rules)
        self.device = choose_device(device, backend.runtime()["devices"], "Keras")
        backend.prepare(self.rules)
        keras.utils.set_random_seed(self.seed)
        self.objective = self.make_objective()
        self.program: Any = None  # of a whole epoch, on a backend that compiles one
        fast = backend.tuned() if self.rules.tuned else None
        with self.on_device():
            self.net = self.make_network()
            if fast and self.problem.text:
                self.net = fast.accept_sparse(self.net)
            asked = self.rules.compiled or "auto"
            self.compile_network(fast.compiled(self.problem) if fast else asked)
            self.net.optimizer.build(self.net.trainable_variables)

    def make_network(self) -> keras.Model:
        """The problem's network, with fresh weights."""
        return network(self.problem, self.rules.loss_on, self.rules.precision)

    def make_objective(self) -> Any:
        """The loss, metric and targets of its kind of problem."""
        return OBJECTIVES[self.problem.loss](self.problem, self.rules.loss_on)

    def compile_network(self, compiled: bool | str) -> None:
        """Give the network its optimiser, loss and metric."""
        self.net.compile(
            optimizer=self.make_optimizer(),
            loss=self.objective.loss(),
            metrics=[self.objective.metric()],
            jit_compile=compiled,
        )
        self.scorer, self.probe = self.companions()
        self.probe.compile(optimizer=KeepGradients(), loss=self.net.loss)

    def make_optimizer(self) -> keras.optimizers.Optimizer:
        """RMSprop, by the regime's rule."""
        rule = keras.optimizers.RMSprop if self.rules.epsilon_inside_root else RMSpropOutside
        return rule(self.problem.learning_rate, rho=self.rules.rho, epsilon=self.rules.epsilon)

    def get_state(self) -> State:
        state = _arrays(self.variables())
        squares = self.by_weight(self.squares)
        state |= _arrays({f"square/{name}": square for name, square in squares.items()})
        step = ops.convert_to_numpy(self.net.optimizer.iterations)
        return state | {"step": np.array(step, np.int64)}

    def set_state(self, state: State) -> None:
        state = self.completed(state)
        for name, variable in self.variables().items():
            variable.assign(state[name])
        for name, square in self.by_weight(self.squares).items():
            square.assign(state[f"square/{name}"])
        self.net.optimizer.iterations.assign(int(state["step"]))

    def write_native(self, path: Path) -> None:
        # a fresh one in float32: neither an optimiser nor a layer of ours would load elsewhere
        net = network(self.problem, self.rules.loss_on)
        net.set_weights(self.net.get_weights())
        net.save(path)

    def read_native(self, path: Path) -> Weights:
        return read_saved(path, self.problem)

    def forward(self, x: np.ndarray) -> np.ndarray:
        with self.on_device():
            return np.asarray(self.scorer.predict_on_batch(x))

    def scores(self, x: Any) -> np.ndarray:
        if self.rules.tuned and is_sparse(x):
            with self.on_device():
                scores = backend.tuned().sparse_rows(x)
                for layer in self.scorer.layers:
                    scores = layer(scores)
            return np.asarray(scores)
        return super().scores(x)

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        with self.on_device():
            self.probe.reset_metrics()  # before 3.15 Keras gives the mean since the last reset
            loss = self.probe.train_on_batch(dense(x), self.targets(y))
        return float(np.ravel(loss)[0]), _arrays(self.by_weight(self.probe.optimizer.kept))

    def train_step(self, x: Any, y: np.ndarray) -> float:
        with self.on_device():
            self.net.reset_metrics()
            logs = self.net.train_on_batch(self.fed(x), self.targets(y), return_dict=True)
        return float(logs["loss"])

    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        turns, size = self.rows_of_epochs(order, epochs, log), self.problem.batch_size
        with self.on_device():
            if order is None:
                self.net.fit(
                    self.fed(x),
                    self.targets(y),
                    batch_size=size,
                    epochs=epochs,
                    callbacks=[clock(log)],
                    verbose=0,
                )
            elif self.rules.tuned:
                backend.tuned().fit(self, x, self.targets(y), epochs, turns, log)
            else:
                # one fit over all epochs: one call an epoch costs half as much again on Boston
                feed = backend.Feed(lambda rows: (self.fed(x[rows]), self.targets(y[rows])), size)
                callback = Turns(turns, feed.give, lambda logs: log.stop(lambda: logs))
                self.net.fit(
                    feed.data(epochs),
                    steps_per_epoch=-(-len(callback.rows) // size),
                    epochs=epochs,
                    shuffle=False,
                    callbacks=[callback],
                    verbose=0,
                )

    @classmethod
    def stack(cls, tasks: Sequence[Any]) -> Any:
        return backend.tuned().stack(tasks) if all(task.rules.tuned for task in tasks) else None

    def synchronize(self) -> None:
        backend.synchronize(self.device)

    def facts(self) -> dict[str, Any]:
        return backend.runtime() | {
            "device": self.device,
            "compiled": self.net.jit_compile,
            "peak_device_bytes": backend.peak_bytes(self.device),
        }

    def fed(self, x: Any) -> Any:
        """Rows as `fit` takes them."""
        return dense(x)

    def targets(self, y: np.ndarray) -> Any:
        return self.objective.targets(y)

    def variables(self) -> dict[str, keras.Variable]:
        """What a state has beside the optimiser's, by canonical name."""
        return self.by_weight(self.net.trainable_variables)

    def by_weight(self, slots: Iterable[keras.Variable]) -> dict[str, keras.Variable]:
        """What goes with each trained variable, by canonical name."""
        return dict(zip(self.weight_names, slots, strict=True))

    @property
    def squares(self) -> list[keras.Variable]:
        return squares(self.net.optimizer)

    def companions(self) -> tuple[keras.Model, keras.Model]:
        """The same layers twice more: up to the scores, and to keep gradients unapplied."""
        scorer = keras.Sequential([*self.net.layers[:-1], Scores(self.net.layers[-1])])
        return scorer, keras.Sequential(self.net.layers)

    def on_device(self) -> Any:
        return keras.device(self.device.replace("cuda", "gpu"))


class Scores(keras.layers.Layer):
    """A dense layer without its activation, on the very same weights; scores are float32."""

    def __init__(self, dense_layer: keras.layers.Dense) -> None:
        super().__init__(dtype=dense_layer.dtype_policy)
        self.dense = dense_layer

    def call(self, x: Any) -> Any:
        scores = ops.add(ops.matmul(x, self.dense.kernel), self.dense.bias)
        return ops.cast(scores, "float32")


class KeepGradients(keras.optimizers.Optimizer):
    """Keeps each gradient where an optimiser would take a step.

    So Keras's own training path computes them, on every backend, and the weights stay as they are.
    """

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0)

    def build(self, variables: list[keras.Variable]) -> None:
        super().build(variables)
        self.kept = self.add_optimizer_variables(variables, "gradient")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        # an embedding's gradient is sparse, and assigning that would change the rows it names alone
        kept = self.kept[self._get_variable_index(variable)]
        self.assign(kept, backend.densified(gradient))


def _arrays(variables: Mapping[str, keras.Variable]) -> dict[str, np.ndarray]:
    """Copies: a variable may hand out its own memory."""
    return {k: np.array(ops.convert_to_numpy(v), np.float32) for k, v in variables.items()}
