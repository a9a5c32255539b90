"""Attention in float64: JAX's own takes its softmax in float32, whatever its inputs are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array


def exact(attention: Callable) -> Callable:
    """`jax.nn.dot_product_attention`, which follows its inputs where they are float64.

    Source: jax/_src/nn/functions.py. What has lengths or a window is left to JAX.
    """

    @wraps(attention)
    def wide(
        query: Array,
        key: Array,
        value: Array,
        bias: Array | None = None,
        mask: Array | None = None,
        *,
        scale: float | None = None,
        is_causal: bool = False,
        **rest: Any,
    ) -> Any:
        plain = all(v is None or v is False or name == "implementation" for name, v in rest.items())
        if query.dtype != jnp.float64 or not plain:
            options = {"scale": scale, "is_causal": is_causal, **rest}
            return attention(query, key, value, bias, mask, **options)
        heads = query.shape[-2] // key.shape[-2]  # queries to a key
        key, value = (jnp.repeat(x, heads, axis=-2) for x in (key, value))
        scores = jnp.einsum("...tnh,...snh->...nts", query, key)
        scores = scores * (query.shape[-1] ** -0.5 if scale is None else scale)
        if bias is not None:
            scores = scores + bias
        if is_causal:
            past = jnp.tri(scores.shape[-2], scores.shape[-1], dtype=bool)
            scores = jnp.where(past, scores, LOWEST)
        if mask is not None:
            scores = jnp.where(mask, scores, LOWEST)
        return jnp.einsum("...nts,...snh->...tnh", jax.nn.softmax(scores), value)

    return wide


LOWEST = -0.7 * float(jnp.finfo(jnp.float32).max)
"""What JAX puts where a mask is false."""
