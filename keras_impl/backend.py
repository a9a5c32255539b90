"""What Keras computes with: TensorFlow, JAX or PyTorch, as the variable KERAS_BACKEND says."""

from __future__ import annotations

import importlib
from typing import Any

import keras

from common.regime import Regime

NAME: str = keras.config.backend()
_chosen: Any = importlib.import_module(f"keras_impl.backends.{NAME}")

synchronize, runtime = _chosen.synchronize, _chosen.runtime


def prepare(rules: Regime) -> None:
    """Set what the rules ask of the whole process; NotImplementedError for what cannot be."""
    if rules.execution == "tuned" and _chosen.TUNED is None:
        raise NotImplementedError(f"Keras on {NAME} has no faster way; take native or matched")
    _chosen.prepare(rules)


def tuned() -> Any:
    """The module of what a tuned step does on this backend."""
    return importlib.import_module(_chosen.TUNED)
