"""What Keras computes with: TensorFlow, JAX or PyTorch, as the variable KERAS_BACKEND says."""

from __future__ import annotations

import importlib
from typing import Any

import keras

NAME: str = keras.config.backend()
_chosen: Any = importlib.import_module(f"keras_impl.backends.{NAME}")

prepare, densified = _chosen.prepare, _chosen.densified
synchronize, runtime = _chosen.synchronize, _chosen.runtime
peak_bytes = _chosen.peak_bytes


def tuned() -> Any:
    """The module of what a tuned step does; NotImplementedError where there is none."""
    if _chosen.TUNED is None:
        raise NotImplementedError(f"Keras on {NAME} has no tuned regime; take native or matched")
    return importlib.import_module(_chosen.TUNED)
