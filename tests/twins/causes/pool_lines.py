"""Runs a line to write for a pooling, in its framework's own process."""

from __future__ import annotations

import math

import numpy as np


def in_keras(line: str, x: np.ndarray) -> np.ndarray:
    import keras
    from keras import layers

    names = {"keras": keras, "layers": layers}
    return np.asarray(value(line, keras.ops.convert_to_tensor(x), names))


def in_torch(line: str, x: np.ndarray) -> np.ndarray:
    import torch
    from torch import nn

    names = {"torch": torch, "nn": nn}
    return value(line, torch.tensor(x).movedim(-1, 1), names).movedim(1, -1).numpy()


def in_jax(line: str, x: np.ndarray) -> np.ndarray:
    import jax
    from flax import nnx

    return np.asarray(value(line, jax.numpy.asarray(x), {"jax": jax, "nnx": nnx}))


def value(line, x, names):
    """What the line makes of x: `POOL`, `PAD before the layer, and POOL`, or a quotient."""

    def run(text, x):
        result = eval(text, {**names, "x": x, "math": math})
        return result(x) if callable(result) else result

    pad, _, pool = line.rpartition(" before the layer, and ")
    pool, _, parts = pool.partition(" of ")
    if pad:
        return run(pool, run(pad, x))
    if not parts:
        return run(pool, x)
    return np.divide(*(run(pool, run(part, x)) for part in parts.split(", divided by that of ")))
