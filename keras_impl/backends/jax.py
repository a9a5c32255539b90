"""Keras on JAX."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib.metadata import version
from typing import Any

import jax
import keras

from common.regime import Regime
from keras_impl.feed import Feed as Feed

TUNED = "keras_impl.backends.jax_tuned"


def prepare(rules: Regime) -> None:
    if rules.denormals == "kept":
        raise NotImplementedError("JAX flushes denormals in its own thread pool")
    # XLA's products on a CPU give the same bits each time
    if rules.deterministic and jax.default_backend() != "cpu":
        raise NotImplementedError("JAX takes --xla_gpu_deterministic_ops in XLA_FLAGS alone")
    jax.config.update("jax_default_matmul_precision", "tensorfloat32" if rules.tf32 else "float32")


def densified(gradient: Any) -> Any:
    return gradient


def gradients(
    loss_of: Callable[[], Any], variables: Sequence[Any], state: Sequence[Any]
) -> tuple[Any, list[Any]]:
    def run(values: list[Any]) -> tuple[Any, list[Any]]:
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(mapping, collect_losses=True) as scope:
            loss = loss_of()
        return loss, [scope.get_current_value(variable) for variable in state]

    values = [variable.value for variable in variables]
    (loss, updates), slopes = jax.value_and_grad(run, has_aux=True)(values)
    for variable, value in zip(state, updates, strict=True):
        if value is not None:
            variable.assign(value)
    return loss, slopes


evaluating = nullcontext


def concrete(tensor: Any) -> bool:
    return not isinstance(tensor, jax.core.Tracer)


def turn_channels() -> None:
    """Nothing: channels may come first."""


def allow_float64() -> None:
    jax.config.update("jax_enable_x64", True)


def synchronize(device: str) -> None:
    # a device works in order: wait for one thing more
    (jax.numpy.zeros(()) + 1).block_until_ready()


def peak_bytes(device: str) -> int | None:
    kind, _, number = device.partition(":")
    facts = jax.devices(kind)[int(number or 0)].memory_stats() or {}
    return facts.get("peak_bytes_in_use")  # JAX tells it of a GPU alone


def runtime() -> dict[str, Any]:
    gpus = sum(device.platform == "gpu" for device in jax.devices())
    return {
        "versions": {name: version(name) for name in ("keras", "jax", "jaxlib")},
        "devices": ["cpu", *(f"cuda:{i}" for i in range(gpus))],
        # JAX does not tell its threads: it takes NPROC, or one per core
        "threads": int(os.environ.get("NPROC", os.cpu_count() or 1)),
    }
