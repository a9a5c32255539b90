"""Reuters topics in JAX: 10,000 words -> 64 relu -> 64 relu -> 46 logits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from common.problem import Problem


@cache
def network(problem: Problem, loss_on: str) -> Callable[[dict[str, Array], Array], Array]:
    """The network; it gives logits, and the last activation is part of the loss."""
    *hidden, output = problem.layers

    def net(weights: dict[str, Array], x: Array) -> Array:
        for layer in hidden:
            x = jax.nn.relu(x @ weights[f"{layer.name}/kernel"] + weights[f"{layer.name}/bias"])
        return x @ weights[f"{output.name}/kernel"] + weights[f"{output.name}/bias"]

    return net


@cache
def loss(problem: Problem, loss_on: str) -> Callable[[Array, Array], Array]:
    """Cross-entropy: of one-hot rows, or of integer labels."""
    one_hot = problem.labels == "one_hot"
    entropy = (
        optax.softmax_cross_entropy if one_hot else optax.softmax_cross_entropy_with_integer_labels
    )
    if loss_on == "logits":
        return lambda scores, y: entropy(scores, y).mean()

    def clipped(scores: Array, y: Array) -> Array:
        # as Keras clips probabilities; the entropy normalises them again, as Keras does
        p = jax.nn.softmax(scores).clip(1e-7, 1 - 1e-7)
        return entropy(jnp.log(p), y).mean()

    return clipped


def metric(scores: Array, y: Array) -> Array:
    """How many rows have their highest score at the label."""
    return (scores.argmax(1) == (y.argmax(1) if y.ndim == 2 else y)).sum()


def targets(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Labels as the loss takes them: float32 (n, classes), or int32 (n,), JAX's own integers."""
    one_hot = problem.labels == "one_hot"
    return np.eye(problem.outputs, dtype=np.float32)[y] if one_hot else y.astype(np.int32)


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What an epoch takes its batches from: the arrays; JAX has no loader."""
    return x, targets(problem, y)
