"""Where the time of a step goes in Keras: steps with parts left out, and TensorFlow's profiler."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from common.problem import Problem
from keras_impl.task import KerasTask

PRODUCTS = "MatMul"  # in the name of the kernel, fused or not, by oneDNN or not


def leave_out(task: KerasTask, last: str) -> None:
    """Make each step of `fit` end with a part: "input", "forward", "backward" or "optimiser".

    What it gives up altogether is the running loss and metric.
    """
    net = Ablated(task.net, last)
    net.compile(optimizer=task.net.optimizer, loss=task.net.loss, jit_compile=task.net.jit_compile)
    task.net = net


class Ablated(keras.Model):
    """A network that is trained in part."""

    def __init__(self, net: keras.Model, last: str) -> None:
        super().__init__()
        self.net, self.last = net, last

    def call(self, x: Any, training: bool = False) -> Any:
        return self.net(x, training=training)

    def train_step(self, data: tuple) -> dict[str, Any]:
        """Keras's own step up to the last part, of which something is asked, or it would be cut.

        A control dependency is not enough: TensorFlow removes it, and the gradients with it.
        """
        x, y, *_ = data
        if self.last == "input":
            return {"loss": tf.zeros(())}
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        if self.last == "forward":
            return {"loss": loss}
        weights = self.net.trainable_weights
        gradients = tape.gradient(loss, weights)
        if self.last == "optimiser":
            self.optimizer.apply(gradients, weights)
        return {"loss": loss, "asked": tf.add_n([tf.reshape(g, [-1])[0] for g in gradients])}


def products(problem: Problem, device: str) -> Callable[[], None]:
    """A function that does the matrix products of one step and nothing else."""
    with keras.device(device.replace("cuda", "gpu")):
        layers = [
            (
                ops.ones((problem.batch_size, layer.fan_in)),
                ops.ones((layer.fan_in, layer.fan_out)),
                ops.ones((problem.batch_size, layer.fan_out)),
            )
            for layer in problem.layers
        ]

    def run() -> None:
        for number, (x, kernel, gradient) in enumerate(layers):
            tf.matmul(x, kernel)
            tf.matmul(x, gradient, transpose_a=True)
            if number:  # no one asks for the gradient of the rows
                tf.matmul(gradient, kernel, transpose_b=True)

    return run


def profiled(run: Callable[[], None]) -> dict[str, float]:
    """Seconds in matrix products and in other kernels while `run` ran, by TensorFlow's profiler.

    Kernels that run side by side in its thread pool count each for itself.
    """
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            run()
        space = XSpace()
        for path in Path(folder).rglob("*.xplane.pb"):
            space.MergeFromString(path.read_bytes())
    seconds = Counter({"products": 0.0, "other_kernels": 0.0})
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                node, colon, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                # "node/of/the/graph:Kind" is a kernel; all else is TensorFlow's own work
                if colon and "/" in node:
                    chosen = "products" if PRODUCTS in kind else "other_kernels"
                    seconds[chosen] += event.duration_ps / 1e12
    return dict(seconds)
