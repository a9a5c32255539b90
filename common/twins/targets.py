"""What the outputs of two models are held against: the user's own, or random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def targets_for(loss: str, outputs: Sequence[np.ndarray], y: Any, seed: int) -> list[np.ndarray]:
    """A target for each output: the user's, else random ones of the form that the loss takes.

    `outputs` have their classes on the last axis. Of "projection" they are the weights of a sum,
    of "functions" and values they have the outputs' shape.
    """
    rng = np.random.default_rng([seed, 2])
    given = list(y.values()) if isinstance(y, Mapping) else y if isinstance(y, list) else [y]
    targets = []
    for number, output in enumerate(outputs):
        own = given[number] if number < len(given) else given[0]
        if loss == "projection" or own is None:
            targets.append(_random_target(loss, output, rng))
        elif loss == "categorical_crossentropy" and own.shape == output.shape[:-1]:
            targets.append(own.astype(np.int64))
        elif own.size == output.size and loss != "ctc":
            targets.append(own.reshape(output.shape).astype(float))
        else:
            targets.append(own)
    return targets


def _random_target(loss: str, output: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if loss == "categorical_crossentropy":
        return rng.integers(0, output.shape[-1], output.shape[:-1])
    if loss == "binary_crossentropy":
        return rng.integers(0, 2, output.shape).astype(float)
    if loss in ("hinge", "squared_hinge"):
        return 2.0 * rng.integers(0, 2, output.shape) - 1
    if loss == "kl_divergence":
        positive = rng.uniform(0.1, 1, output.shape)
        return positive / positive.sum(axis=-1, keepdims=True)
    if loss == "poisson":
        return rng.poisson(2, output.shape).astype(float)
    if loss == "ctc":
        # blanks pad; repeats would need more steps than there may be
        length = max(1, min(output.shape[1] // 3, output.shape[-1] - 1))
        return np.stack([1 + rng.permutation(output.shape[-1] - 1)[:length] for _ in output])
    return rng.normal(size=output.shape)
