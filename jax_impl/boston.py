"""Boston housing prices in JAX: 13 features -> 64 relu -> 64 relu -> 1."""

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
    """The network; a value has no last activation, so `loss_on` changes nothing."""
    *hidden, output = problem.layers

    def net(weights: dict[str, Array], x: Array) -> Array:
        for layer in hidden:
            x = jax.nn.relu(x @ weights[f"{layer.name}/kernel"] + weights[f"{layer.name}/bias"])
        return x @ weights[f"{output.name}/kernel"] + weights[f"{output.name}/bias"]

    return net


@cache
def loss(problem: Problem, loss_on: str) -> Callable[[Array, Array], Array]:
    """Mean squared error."""
    return lambda scores, y: optax.squared_error(scores, y).mean()


def metric(scores: Array, y: Array) -> Array:
    """Sum over rows of the absolute error, in thousands of dollars."""
    return jnp.abs(scores - y).sum()


def targets(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Prices as the loss takes them: float32 (n, 1); (n,) would broadcast to (n, n)."""
    return y.astype(np.float32)[:, None]


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What an epoch takes its batches from: the arrays; JAX has no loader."""
    return x, targets(problem, y)
