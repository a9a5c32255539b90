"""What Keras computes with: TensorFlow, JAX or PyTorch, as the variable KERAS_BACKEND says."""

from __future__ import annotations

import importlib
from typing import Any

import keras

NAME: str = keras.config.backend()
_chosen: Any = importlib.import_module(f"keras_impl.backends.{NAME}")

prepare, densified, Feed = _chosen.prepare, _chosen.densified, _chosen.Feed
synchronize, peak_bytes, runtime = _chosen.synchronize, _chosen.peak_bytes, _chosen.runtime


def tuned() -> Any:
    """The module of what a tuned step does, on a backend that has one."""
    return importlib.import_module(_chosen.TUNED)
