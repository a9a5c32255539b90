"""Boston housing prices in JAX: 13 features -> 64 relu -> 64 relu -> 1."""

from __future__ import annotations

import jax
from jax import Array


def network(weights: dict[str, Array], x: Array) -> Array:
    """Prices (n, 1) in thousands of dollars of rows (n, 13)."""
    x = jax.nn.relu(x @ weights["hidden1/kernel"] + weights["hidden1/bias"])  # 13 -> 64
    x = jax.nn.relu(x @ weights["hidden2/kernel"] + weights["hidden2/bias"])  # 64 -> 64
    return x @ weights["output/kernel"] + weights["output/bias"]  # 64 -> 1
