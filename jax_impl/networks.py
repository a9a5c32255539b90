"""The network of a problem: the literal one, or dense layers where widths were changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import jax
from jax import Array

from common.problem import Problem
from jax_impl import boston, imdb, mnist, reuters

Network = Callable[[dict[str, Array], Array], Array]

LITERAL = {"mnist": mnist, "imdb": imdb, "reuters": reuters, "boston": boston}


@cache
def network(problem: Problem) -> Network:
    """A function of weights by canonical name and rows (n, features) to scores (n, outputs).

    The same one for the same problem, so that what was compiled with it is found again.
    """
    if problem.name in LITERAL and not problem.resized:
        return LITERAL[problem.name].network

    def dense_layers(weights: dict[str, Array], x: Array) -> Array:
        *hidden, output = problem.layers
        for layer in hidden:
            x = jax.nn.relu(x @ weights[f"{layer.name}/kernel"] + weights[f"{layer.name}/bias"])
        return x @ weights[f"{output.name}/kernel"] + weights[f"{output.name}/bias"]

    return dense_layers
