"""Several networks of one shape in lock-step: one batched product in place of many small ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from common.replicas import StackLog
from keras_impl.backends.tensorflow import Gate
from keras_impl.feed import Turns
from keras_impl.rmsprop import squares


class Stack:
    """The networks of several Tasks as one with an output each, and one optimiser for all of them.

    It takes over their weights and running squares when it is made, and hands them back after each
    epoch.
    """

    def __init__(self, tasks: Sequence[Any]) -> None:
        self.tasks, first = tasks, tasks[0]
        x = scores = keras.Input((len(tasks), first.problem.features))
        for layer in first.net.layers:
            scores = StackedDense(layer.units, layer.activation)(scores)
        outputs = [Pick(i, name=f"replica{i}")(scores) for i in range(len(tasks))]
        self.net = keras.Model(x, outputs)
        # Keras's own means of an output's loss give a smaller last batch the weight of a whole one
        metrics = [
            [
                keras.metrics.MeanMetricWrapper(first.net.loss.call, name="mean"),
                first.objective.metric(),
            ]
            for _ in tasks
        ]
        self.net.compile(
            optimizer=type(first.net.optimizer).from_config(first.net.optimizer.get_config()),
            # the sum of the replicas' losses: no gradient of one reaches another
            loss=[first.net.loss] * len(tasks),
            metrics=metrics,
            jit_compile=first.net.jit_compile,
        )
        self.net.optimizer.build(self.net.trainable_variables)
        states = [task.get_state() for task in tasks]
        for name, variable in self._variables():
            variable.assign(np.stack([state[name] for state in states]))
        self.steps = [state["step"] for state in states]  # taken before

    def train_epochs(
        self,
        x: np.ndarray,
        y: np.ndarray,
        epochs: int,
        turns: Iterator[np.ndarray],
        log: StackLog,
    ) -> None:
        """Train on the rows of each epoch, (replicas, n), in turn."""
        first, gate = self.tasks[0], Gate()

        def stop(found: dict[str, float]) -> None:
            seconds = log.seconds()
            self._hand_back()
            names = {"loss": "mean", first.problem.metric: first.problem.metric}
            replicas = range(len(self.tasks))
            means = {k: [found[f"replica{i}_{v}"] for i in replicas] for k, v in names.items()}
            log.stop(means, seconds)

        held, targets = tf.constant(x), tf.constant(first.targets(y))
        clock = Turns((rows.T for rows in turns), gate.give, stop)
        steps = -(-len(clock.rows) // first.problem.batch_size)
        self.net.steps_per_execution = steps  # no Python between two of them
        self.net.fit(
            gate.batches(
                epochs,
                first.problem.batch_size,
                # rows (n, replicas, ...), and a tensor of targets for each output
                lambda chosen: (
                    tf.gather(held, chosen),
                    tuple(tf.unstack(tf.gather(targets, chosen), axis=1)),
                ),
            ),
            steps_per_epoch=steps,
            epochs=epochs,
            shuffle=False,
            callbacks=[clock],
            verbose=0,
        )

    def _hand_back(self) -> None:
        """Give each Task its weights and squares as they are now."""
        every = {name: np.array(variable) for name, variable in self._variables()}
        taken = np.array(self.net.optimizer.iterations, np.int64)
        for i, (task, step) in enumerate(zip(self.tasks, self.steps, strict=True)):
            state = {name: array[i] for name, array in every.items()}
            task.set_state({**state, "step": step + taken})

    def _variables(self) -> Iterator[tuple[str, keras.Variable]]:
        """Weights and running squares by the names of a State, the replicas on the first axis."""
        names = self.tasks[0].weight_names
        yield from zip(names, self.net.trainable_variables, strict=True)
        found = squares(self.net.optimizer)
        yield from zip([f"square/{name}" for name in names], found, strict=True)


class StackedDense(keras.layers.Layer):
    """Dense layers side by side: kernels (replicas, in, out), biases (replicas, out)."""

    def __init__(self, units: int, activation: Any) -> None:
        super().__init__()
        self.units, self.activation = units, activation

    def build(self, shape: tuple[int, ...]) -> None:
        _, replicas, inputs = shape
        self.kernel = self.add_weight((replicas, inputs, self.units), name="kernel")
        self.bias = self.add_weight((replicas, self.units), name="bias")

    def call(self, x: Any) -> Any:
        """Outputs (rows, replicas, out) of rows (rows, replicas, in)."""
        return self.activation(ops.einsum("bsi,sio->bso", x, self.kernel) + self.bias)


class Pick(keras.layers.Layer):
    """The scores of one replica."""

    def __init__(self, replica: int, name: str) -> None:
        super().__init__(name=name)
        self.replica = replica

    def call(self, scores: Any) -> Any:
        """Scores (rows, out) of (rows, replicas, out)."""
        return scores[:, self.replica]
