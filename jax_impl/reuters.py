"""Reuters topics in JAX: 10,000 words -> 64 relu -> 64 relu -> 46 logits."""

from __future__ import annotations

import jax
from jax import Array


def network(weights: dict[str, Array], x: Array) -> Array:
    """Logits (n, 46) of rows (n, 10,000); the softmax is part of the loss."""
    x = jax.nn.relu(x @ weights["hidden1/kernel"] + weights["hidden1/bias"])  # 10,000 -> 64
    x = jax.nn.relu(x @ weights["hidden2/kernel"] + weights["hidden2/bias"])  # 64 -> 64
    return x @ weights["output/kernel"] + weights["output/bias"]  # 64 -> 46
