"""Keras on TensorFlow."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import tensorflow as tf

from common.regime import Regime

TUNED = "keras_impl.tuned"

if "TF_NUM_INTRAOP_THREADS" in os.environ:  # TensorFlow follows it, but reads back as 0
    with suppress(RuntimeError):  # a user has computed with it already: too late to be told
        threads = int(os.environ["TF_NUM_INTRAOP_THREADS"])
        tf.config.threading.set_intra_op_parallelism_threads(threads)


def prepare(rules: Regime) -> None:
    """As the package says."""
    if rules.denormals == "kept":
        raise NotImplementedError("TensorFlow flushes denormals in its own thread pools")
    tf.config.experimental.enable_tensor_float_32_execution(bool(rules.tf32))
    if rules.deterministic:
        tf.config.experimental.enable_op_determinism()  # until the process ends


def densified(gradient: Any) -> Any:
    """As the package says: the parts of a word that comes twice are added."""
    return tf.convert_to_tensor(gradient)


def synchronize(device: str) -> None:
    """As the package says."""
    tf.test.experimental.sync_devices()


def peak_bytes(device: str) -> int | None:
    """As the package says."""
    if not device.startswith("cuda"):
        return None
    return tf.config.experimental.get_memory_info(device.replace("cuda", "GPU"))["peak"]


def runtime() -> dict[str, Any]:
    """As the package says; a thread count of 0 means one a core."""
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "versions": {name: version(name) for name in ("keras", "tensorflow")},
        "devices": ["cpu", *(f"cuda:{i}" for i in range(len(gpus)))],
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
    }
