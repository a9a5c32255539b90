"""What a step computes: pure functions of the training so far and of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from common.problem import Problem


class Training(NamedTuple):
    """All that a step changes: the weights by canonical name, and the optimiser's state."""

    weights: dict[str, Array]
    slots: optax.OptState


@dataclass(frozen=True)
class Program:
    """What a step computes; nothing but functions, so equal ones share what was compiled."""

    net: Callable[[dict[str, Array], Any], Array]
    objective: Any  # one of `objectives.OBJECTIVES`
    optimizer: optax.GradientTransformation

    @partial(jax.jit, static_argnums=0)
    def scores(self, weights: dict[str, Array], x: Any) -> Array:
        """Scores (n, outputs) of rows."""
        return self.net(weights, x)

    @partial(jax.jit, static_argnums=0)
    def gradients(self, weights: dict[str, Array], x: Any, y: Array) -> tuple:
        """`((mean loss, scores), gradients)` of a batch."""

        def loss(weights: dict[str, Array]) -> tuple[Array, Array]:
            scores = self.net(weights, x)
            return self.objective.loss(scores, y), scores

        return jax.value_and_grad(loss, has_aux=True)(weights)

    @partial(jax.jit, static_argnums=0)
    def step(self, training: Training, x: Any, y: Array) -> tuple[Training, Array]:
        """The training after one batch, and sums over its rows of loss and metric before it."""
        weights, slots = training
        (loss, scores), gradients = self.gradients(weights, x, y)
        updates, slots = self.optimizer.update(gradients, slots, weights)
        sums = jnp.stack([loss * len(y), self.objective.metric(scores, y)])
        return Training(optax.apply_updates(weights, updates), slots), sums


def means(problem: Problem, sums: Sequence[Array], rows: int) -> Callable[[], dict[str, Any]]:
    """Loss and metric of an epoch, or of one in each replica, read when they are asked for."""

    def read() -> dict[str, Any]:
        whole: Any = np.sum(jax.device_get(sums), axis=0, dtype=np.float64)
        return {"loss": whole[..., 0] / rows, problem.metric: whole[..., 1] / rows}

    return read
