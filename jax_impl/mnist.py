"""MNIST digits in JAX: 784 -> 512 relu -> 10 logits."""

from __future__ import annotations

import jax
from jax import Array


def network(weights: dict[str, Array], x: Array) -> Array:
    """Logits (n, 10) of rows (n, 784); the softmax is part of the loss."""
    x = jax.nn.relu(x @ weights["hidden1/kernel"] + weights["hidden1/bias"])  # 784 -> 512
    return x @ weights["output/kernel"] + weights["output/bias"]  # 512 -> 10
