"""The optimiser of a user's model: the file's own, or the rule that all frameworks share."""

from __future__ import annotations

from typing import Any

import optax

from common.regime import Regime
from common.twins.probe import Setup
from common.twins.user_file import function_of
from jax_impl.rmsprop import rmsprop


def optimizer_of(
    setup: Setup, learning_rate: float, rules: Regime
) -> optax.GradientTransformationExtraArgs:
    """The user's OPTIMIZER; else RMSprop by a regime's rules.

    Raises ValueError for what is no transformation of Optax.
    """
    make = function_of(setup.path, "OPTIMIZER", setup.framework)
    made = make() if make else rmsprop(learning_rate, rules)
    if not (hasattr(made, "init") and hasattr(made, "update")):
        raise ValueError(
            f"OPTIMIZER of {setup.framework} gives a {type(made).__name__}, expected "
            "a transformation of Optax, such as optax.adam(1e-3)"
        )
    return optax.with_extra_args_support(made)


def stepped(
    optimizer: optax.GradientTransformationExtraArgs,
    gradients: Any,
    slots: optax.OptState,
    weights: Any,
    loss: Any,
) -> tuple[Any, optax.OptState]:
    """Weights and the optimiser's state after a step; some of Optax's rules look at the loss."""
    updates, slots = optimizer.update(gradients, slots, weights, value=loss)
    return optax.apply_updates(weights, updates), slots
