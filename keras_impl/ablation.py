"""Where the time of a step goes in Keras on TensorFlow: parts left out, and its own profiler."""

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
from keras_impl.backends.tensorflow_tuned import compiled, csr, sparse_rows, times
from keras_impl.task import KerasTask

SIDE, STREAM = 2048, 2**24  # of a large product; elements of a stream beyond every cache
PRODUCTS = "MatMul"  # in the name of the kernel, fused or not, by oneDNN or not


class PartialTask(KerasTask):
    """A Task whose steps of `fit` end with a part: "input", "forward", "backward", "optimiser".

    What it gives up altogether is the running loss and metric.
    """

    def __init__(self, *args: Any, last: str, **options: Any) -> None:
        self.last = last
        super().__init__(*args, **options)

    def build(self, device: str) -> None:
        super().build(device)
        whole, self.net = self.net, Ablated(self.net, self.last)
        self.net.compile(optimizer=whole.optimizer, loss=whole.loss, jit_compile=whole.jit_compile)


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


def products(
    problem: Problem, device: str, x: Any = None, *, tuned: bool = False
) -> Callable[[], Any]:
    """A function that does the matrix products of one step and nothing else, as one graph.

    If `tuned`, XLA compiles it where it compiles the step.

    With `x`, a batch of text as CSR, those of the first layer are of its sparse rows.
    """
    batch = None if x is None else sparse_rows(x)
    rows = problem.batch_size if x is None else x.shape[0]
    with keras.device(device.replace("cuda", "gpu")):
        layers = [
            (
                ops.ones((rows if number or x is None else 0, layer.fan_in)),
                ops.ones((layer.fan_in, layer.fan_out)),
                ops.ones((rows, layer.fan_out)),
            )
            for number, layer in enumerate(problem.layers)
        ]

    @tf.function(jit_compile=tuned and compiled(problem))
    def run() -> list[tf.Tensor]:
        found = []  # what is not given back would be left out
        for number, (x, kernel, gradient) in enumerate(layers):
            if batch is not None and not number:
                held = csr(batch)  # in the graph: one from outside has lost its shape
                found += [times(held, kernel), times(held, gradient, transpose_a=True)]
                continue
            found += [tf.matmul(x, kernel), tf.matmul(x, gradient, transpose_a=True)]
            if number:  # no one asks for the gradient of the rows
                found.append(tf.matmul(gradient, kernel, transpose_b=True))
        return found

    return run


def peaks(device: str) -> dict[str, tuple[Callable[[], Any], float]]:
    """What the machine can do at best: `product` with its flop, `stream` with its bytes."""
    with keras.device(device.replace("cuda", "gpu")):
        a, b = ops.ones((SIDE, SIDE)), ops.ones((SIDE, SIDE))
        sums, addend = tf.Variable(ops.ones(STREAM)), ops.ones(STREAM)
    return {
        "product": (lambda: tf.matmul(a, b), 2.0 * SIDE**3),
        "stream": (lambda: sums.assign_add(addend), 3 * 4.0 * STREAM),  # two read, one written
    }


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
