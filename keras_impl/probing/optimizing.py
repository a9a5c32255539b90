"""The optimiser of a probe: the user's own, or the rule that all frameworks share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from common.twins.probe import Setup
from common.twins.user_file import function_of

PLAIN = (bool, int, float, str)


def optimizer_of(setup: Setup) -> Any:
    """What the file's OPTIMIZER gives for Keras, else RMSprop with epsilon inside the root.

    Raises ValueError for what is no optimiser of Keras's.
    """
    own = function_of(setup.path, "OPTIMIZER", setup.framework)
    if own is None:
        return keras.optimizers.RMSprop(setup.learning_rate, rho=0.9, epsilon=1e-7)
    optimizer = own()
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(
            f"OPTIMIZER of keras in {Path(setup.path).name} returns a "
            f"{type(optimizer).__name__}; let it return a keras.optimizers.Optimizer"
        )
    return optimizer


def settings_of(optimizer: Any) -> dict[str, Any]:
    """The configuration of an optimiser as plain values, and its class."""
    config = {k: v for k, v in optimizer.get_config().items() if isinstance(v, PLAIN)}
    return {**config, "class": type(optimizer).__name__}
