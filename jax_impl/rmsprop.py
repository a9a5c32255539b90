"""RMSprop's two rules, for JAX: Optax has both, with epsilon inside the root and outside."""

from __future__ import annotations

from functools import cache
from typing import Any

import optax

from common.regime import Regime


@cache
def rmsprop(learning_rate: float, rules: Regime) -> optax.GradientTransformation:
    """Optax's RMSprop by a regime's rules, its squares from zero as in Keras and PyTorch.

    Source: optax/_src/alias.py and transform.py, `scale_by_rms`. The same one for the same rules,
    so that what was compiled with it is found again.
    """
    return optax.rmsprop(
        learning_rate,
        decay=rules.rho,  # resolved: never None
        eps=rules.epsilon,
        eps_in_sqrt=rules.epsilon_inside_root,
        initial_scale=0.0,
    )


def squares(slots: optax.OptState) -> Any:
    """RMSprop's running squares, in the shape of the weights; Optax calls them nu."""
    return optax.tree.get(slots, "nu")


def with_squares(slots: optax.OptState, values: Any) -> optax.OptState:
    """The optimiser's state with other running squares."""
    return optax.tree.set(slots, nu=values)
