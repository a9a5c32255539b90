"""IMDB sentiment in JAX: 10,000 words -> 16 relu -> 16 relu -> 1 logit."""

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
    """Binary cross-entropy."""
    if loss_on == "logits":
        return lambda scores, y: optax.sigmoid_binary_cross_entropy(scores, y).mean()

    def entropy(scores: Array, y: Array) -> Array:
        p = jax.nn.sigmoid(scores).clip(1e-7, 1 - 1e-7)  # as Keras clips probabilities
        return -(y * jnp.log(p) + (1 - y) * jnp.log1p(-p)).mean()

    return entropy


def metric(scores: Array, y: Array) -> Array:
    """How many rows lie on the label's side of a logit of 0."""
    return ((scores > 0) == (y > 0.5)).sum()


def targets(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Labels as the loss takes them: float32 (n, 1); (n,) would broadcast to (n, n)."""
    return y.astype(np.float32)[:, None]


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What an epoch takes its batches from: the arrays; JAX has no loader."""
    return x, targets(problem, y)
