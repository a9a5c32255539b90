"""IMDB sentiment in JAX: 10,000 words -> 16 relu -> 16 relu -> 1 logit."""

from __future__ import annotations

import jax
from jax import Array


def network(weights: dict[str, Array], x: Array) -> Array:
    """Logits (n, 1) of rows (n, 10,000); the sigmoid is part of the loss."""
    x = jax.nn.relu(x @ weights["hidden1/kernel"] + weights["hidden1/bias"])  # 10,000 -> 16
    x = jax.nn.relu(x @ weights["hidden2/kernel"] + weights["hidden2/bias"])  # 16 -> 16
    return x @ weights["output/kernel"] + weights["output/bias"]  # 16 -> 1
