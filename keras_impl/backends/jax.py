"""Keras on JAX."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

import jax

from common.regime import Regime
from keras_impl.backends.feed import Feed as Feed

TUNED = "keras_impl.backends.jax_tuned"


def prepare(rules: Regime) -> None:
    """As the package says. XLA's products on a CPU give the same bits each time."""
    if rules.denormals == "kept":
        raise NotImplementedError("JAX flushes denormals in its own thread pool")
    if rules.deterministic and jax.default_backend() != "cpu":
        raise NotImplementedError("JAX takes --xla_gpu_deterministic_ops in XLA_FLAGS alone")
    jax.config.update("jax_default_matmul_precision", "tensorfloat32" if rules.tf32 else "float32")


def densified(gradient: Any) -> Any:
    """As the package says: here it is."""
    return gradient


def synchronize(device: str) -> None:
    """As the package says: a device works in order, so it waits for one thing more."""
    (jax.numpy.zeros(()) + 1).block_until_ready()


def peak_bytes(device: str) -> int | None:
    """As the package says: JAX tells it of a GPU alone."""
    kind, _, number = device.partition(":")
    facts = jax.devices(kind)[int(number or 0)].memory_stats() or {}
    return facts.get("peak_bytes_in_use")


def runtime() -> dict[str, Any]:
    """As the package says. JAX does not tell its threads: it takes NPROC, or one a core."""
    gpus = sum(device.platform == "gpu" for device in jax.devices())
    return {
        "versions": {name: version(name) for name in ("keras", "jax", "jaxlib")},
        "devices": ["cpu", *(f"cuda:{i}" for i in range(gpus))],
        "threads": int(os.environ.get("NPROC", os.cpu_count() or 1)),
    }
