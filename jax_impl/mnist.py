"""MNIST digits in JAX: 784 -> 512 relu -> 10 logits.

Loss, metric and labels are those of Reuters: both choose one class of several.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import jax
from jax import Array

from common.problem import Problem
from jax_impl.reuters import dataset, loss, metric, targets

__all__ = ["dataset", "loss", "metric", "network", "targets"]


@cache
def network(problem: Problem, loss_on: str) -> Callable[[dict[str, Array], Array], Array]:
    """The network; it gives logits, and the last activation is part of the loss."""
    *hidden, output = problem.layers

    def net(weights: dict[str, Array], x: Array) -> Array:
        for layer in hidden:
            x = jax.nn.relu(x @ weights[f"{layer.name}/kernel"] + weights[f"{layer.name}/bias"])
        return x @ weights[f"{output.name}/kernel"] + weights[f"{output.name}/bias"]

    return net
