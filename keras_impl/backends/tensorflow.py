"""Keras on TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from functools import partial, wraps
from importlib.metadata import version
from inspect import signature
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import nn

from common.regime import Regime

TUNED = "keras_impl.backends.tensorflow_tuned"


class Gate:
    """Keeps a pipeline of tf.data, which prepares in threads of its own, from the next epoch."""

    def __init__(self) -> None:
        with tf.device("cpu"):
            self.turns = tf.queue.FIFOQueue(1, tf.int64)

    def give(self, rows: np.ndarray) -> None:
        """Let it prepare one epoch more, of these rows; their first axis is that of the samples."""
        self.shape = (None, *rows.shape[1:])
        self.turns.enqueue(np.asarray(rows, np.int64))

    def dataset(
        self, epochs: int, batches_of: Callable[[tf.Tensor], tf.data.Dataset]
    ) -> tf.data.Dataset:
        """The batches of one epoch after the other, each of its rows once they are given."""

        def epoch(number: tf.Tensor) -> tf.data.Dataset:
            rows = self.turns.dequeue()
            rows.set_shape(self.shape)
            return batches_of(rows)

        # tf.data ends what waits here when `fit` ends early, as it does not with a Python thread
        return tf.data.Dataset.range(epochs).flat_map(epoch)

    def batches(
        self, epochs: int, batch_size: int, take: Callable[[tf.Tensor], Any]
    ) -> tf.data.Dataset:
        """What `take` gives for the rows of each batch of each epoch, in the graph.

        The rows given are (n, ...): an epoch's last batch may be smaller.
        """

        def batches(rows: tf.Tensor) -> tf.data.Dataset:
            starts = tf.data.Dataset.range(0, tf.shape(rows, tf.int64)[0], batch_size)
            return starts.map(lambda start: take(rows[start : start + batch_size]))

        return self.dataset(epochs, batches).prefetch(2)


class Feed(Gate):
    # what Keras makes of a generator, behind the gate
    def __init__(self, take: Callable[[np.ndarray], tuple], batch_size: int) -> None:
        super().__init__()
        self.take, self.batch_size = take, batch_size

    def data(self, epochs: int) -> tf.data.Dataset:
        def batches(rows: np.ndarray) -> Iterator[tuple]:
            starts = range(0, len(rows), self.batch_size)
            return (self.take(rows[start : start + self.batch_size]) for start in starts)

        none = self.take(np.arange(0))
        shapes = tf.nest.map_structure(
            lambda part: tf.TensorSpec((None, *part.shape[1:]), part.dtype), none
        )
        make = partial(tf.data.Dataset.from_generator, batches, output_signature=shapes)
        return self.dataset(epochs, lambda rows: make(args=(rows,))).prefetch(tf.data.AUTOTUNE)


if "TF_NUM_INTRAOP_THREADS" in os.environ:  # TensorFlow follows it, but reads back as 0
    with suppress(RuntimeError):  # a user has computed with it already: too late to be told
        threads = int(os.environ["TF_NUM_INTRAOP_THREADS"])
        tf.config.threading.set_intra_op_parallelism_threads(threads)


def prepare(rules: Regime) -> None:
    if rules.denormals == "kept":
        raise NotImplementedError("TensorFlow flushes denormals in its own thread pools")
    tf.config.experimental.enable_tensor_float_32_execution(bool(rules.tf32))
    if rules.deterministic:
        tf.config.experimental.enable_op_determinism()  # until the process ends


def densified(gradient: Any) -> Any:
    return tf.convert_to_tensor(gradient)


def gradients(
    loss_of: Callable[[], Any], variables: Sequence[Any], state: Sequence[Any]
) -> tuple[Any, list[Any]]:
    with tf.GradientTape() as tape:
        loss = loss_of()
    return loss, tape.gradient(loss, [variable.value for variable in variables])


evaluating = nullcontext


def concrete(tensor: Any) -> bool:
    return hasattr(tensor, "numpy")


def turn_channels() -> None:
    """Have convolutions with channels first run with channels last inside, as Keras's poolings do:
    on a CPU TensorFlow has no others."""
    for name in ("conv", "conv_transpose"):
        own = getattr(nn, name)
        if not hasattr(own, "__wrapped__"):
            setattr(nn, name, _turned(own))


def _turned(own: Callable) -> Callable:
    named = signature(own)

    @wraps(own)
    def turned(*args: Any, **options: Any) -> Any:
        bound = named.bind(*args, **options)
        given = bound.arguments
        if given.get("data_format") != "channels_first":
            return own(*args, **options)
        space = range(1, len(given["inputs"].shape) - 1)
        last, first = (0, *(axis + 1 for axis in space), 1), (0, len(space) + 1, *space)
        # by TensorFlow: the model's own calls of Keras's functions alone are shown
        given["inputs"] = tf.transpose(given["inputs"], last)
        given["data_format"] = "channels_last"
        return tf.transpose(own(*bound.args, **bound.kwargs), first)

    return turned


def allow_float64() -> None:
    """TensorFlow takes a number of Python's for float32 and widens that: Keras's Rescaling had a
    scale of float32 in a model of float64."""
    cast = tf.cast

    @wraps(cast)
    def exact(x: Any, dtype: Any, name: str | None = None) -> Any:
        number = isinstance(x, float) and tf.as_dtype(dtype) == tf.float64
        return cast(np.float64(x) if number else x, dtype, name)

    tf.cast = exact


def synchronize(device: str) -> None:
    tf.test.experimental.sync_devices()


def peak_bytes(device: str) -> int | None:
    if not device.startswith("cuda"):
        return None
    return tf.config.experimental.get_memory_info(device.replace("cuda", "GPU"))["peak"]


def runtime() -> dict[str, Any]:
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "versions": {name: version(name) for name in ("keras", "tensorflow")},
        "devices": ["cpu", *(f"cuda:{i}" for i in range(len(gpus)))],
        # 0 means one per core
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
    }
