"""The network of a problem: the literal one, or dense layers where widths were changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
from jax import Array

from common.problem import Problem
from jax_impl import boston, imdb, mnist, reuters

Network = Callable[[dict[str, Array], Array], Array]

LITERAL = {"mnist": mnist, "imdb": imdb, "reuters": reuters, "boston": boston}


@cache
def network(problem: Problem, precision: str) -> Network:
    """A function of weights by canonical name and rows (n, features) to scores (n, outputs).

    The same one for the same arguments, so that what was compiled with it is found again.
    """
    if precision == "bfloat16":
        return _in_bfloat16(network(problem, "float32"))
    if problem.name in LITERAL and not problem.resized:
        return LITERAL[problem.name].network

    def dense_layers(weights: dict[str, Array], x: Array) -> Array:
        *hidden, output = problem.layers
        for layer in hidden:
            x = jax.nn.relu(x @ weights[f"{layer.name}/kernel"] + weights[f"{layer.name}/bias"])
        return x @ weights[f"{output.name}/kernel"] + weights[f"{output.name}/bias"]

    return dense_layers


def _in_bfloat16(net: Network) -> Network:
    """The same network on weights and rows that are cast where they go in; scores are float32.

    What goes in is all that JAX needs to be told: an operation computes in the type of its
    arguments, and the gradient of a cast is a cast back (jax/_src/lax/lax.py), so that of a weight
    is computed in bfloat16 and kept in float32. Flax's layers do the same for a `dtype` of bfloat16
    beside a `param_dtype` of float32 (flax/nnx/nn/dtypes.py).
    """

    def mixed(weights: dict[str, Array], x: Array) -> Array:
        narrow = jax.tree.map(lambda array: array.astype(jnp.bfloat16), (weights, x))
        return net(*narrow).astype(jnp.float32)

    return mixed
