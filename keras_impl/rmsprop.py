"""RMSprop's other rule, for Keras: epsilon outside the root, as PyTorch has it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class RMSpropOutside(keras.optimizers.RMSprop):
    """RMSprop with epsilon outside the root, lr g / (sqrt(v) + eps), as torch/optim/rmsprop.py."""

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        square = self._velocities[self._get_variable_index(variable)]
        self.assign(square, self.rho * square + (1 - self.rho) * ops.square(gradient))
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(square) + self.epsilon))


def squares(optimizer: keras.optimizers.RMSprop) -> list[keras.Variable]:
    """RMSprop's running squares, in the order of the weights; Keras calls them velocities."""
    return [v for v in optimizer.variables if v.name.endswith("velocity")]
