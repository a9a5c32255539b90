"""What JAX computes on, and what is set for the whole process."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

import jax

from common.regime import Regime
from jax_impl.manifest import DETERMINISTIC


def prepare(rules: Regime) -> None:
    """Set what the rules ask of the whole process. XLA's kernels for a CPU repeat every bit."""
    if rules.denormals == "kept":
        raise NotImplementedError("JAX flushes denormals in its own thread pool")
    on_gpu, flags = jax.default_backend() != "cpu", os.environ.get("XLA_FLAGS", "")
    if rules.deterministic and on_gpu and DETERMINISTIC not in flags:
        raise NotImplementedError(f"JAX takes {DETERMINISTIC} from XLA_FLAGS, before its import")
    jax.config.update("jax_default_matmul_precision", "tensorfloat32" if rules.tf32 else "float32")


def device(name: str) -> jax.Device:
    """JAX's own device of a name such as "cpu" or "cuda:1"."""
    kind, _, number = name.partition(":")
    return jax.devices(kind)[int(number or 0)]


def peak_bytes(name: str) -> int | None:
    """The most memory that arrays took on a device; JAX tells it of a GPU alone."""
    return (device(name).memory_stats() or {}).get("peak_bytes_in_use")


def runtime() -> dict[str, Any]:
    """`versions`, `devices` and `threads`; JAX does not tell its threads, one a core or NPROC."""
    gpus = sum(chip.platform == "gpu" for chip in jax.devices())
    return {
        "versions": {name: version(name) for name in ("jax", "jaxlib", "optax")},
        "devices": ["cpu", *(f"cuda:{i}" for i in range(gpus))],
        "threads": int(os.environ.get("NPROC", os.cpu_count() or 1)),
    }
