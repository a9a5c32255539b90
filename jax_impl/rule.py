"""`ruled`: an Optax transformation by any rule that is known, whichever framework it is of."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from common.twins.rule import Rule, Slots, stepped


class Kept(NamedTuple):
    """Steps that were taken, and the slots of each weight, in the order of the leaves."""

    steps: Array
    slots: list[Slots]


def ruled(rule: Rule, rate: float) -> optax.GradientTransformationExtraArgs:
    """Steps by a `Rule`, at one learning rate."""
    clips = {"value": optax.clip, "norm": _by_norms, "global norm": optax.clip_by_global_norm}
    clip = clips[rule.clip](rule.limit) if rule.clip else optax.identity()

    def init(weights: Any) -> Any:
        leaves = jax.tree.leaves(weights)
        slots = [Slots(*(jnp.full_like(w, value) for value in rule.start)) for w in leaves]
        return Kept(jnp.zeros(()), slots)

    def update(gradients: Any, kept: Any, weights: Any = None) -> tuple[Any, Any]:
        leaves, tree = jax.tree.flatten(gradients)
        number, changes, after = kept.steps + 1, [], []
        for weight, gradient, slots in zip(
            jax.tree.leaves(weights), leaves, kept.slots, strict=True
        ):
            pull = rule.decay * weight if weight.ndim > 1 or not rule.kernels_only else 0.0
            change, slots = stepped(rule, rate, pull, gradient, slots, number, jnp)
            changes.append(change)
            after.append(slots)
        return jax.tree.unflatten(tree, changes), Kept(number, after)

    chained = optax.chain(clip, optax.GradientTransformation(init, update))
    return optax.with_extra_args_support(chained)


def _by_norms(limit: float) -> optax.GradientTransformation:
    """Each gradient by its own norm: Optax has that of all, and of one the root mean square."""

    def clipped(gradient: Array) -> Array:
        return gradient * (limit / jnp.maximum(jnp.linalg.norm(gradient), limit))

    return optax.stateless(lambda gradients, _: jax.tree.map(clipped, gradients))
