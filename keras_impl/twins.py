"""`KerasTwin`: the Task methods for a user's own Keras model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from common.task import Weights
from common.twins.layers import Layer
from common.twins.problem import TwinTask
from keras_impl import backend
from keras_impl.layers import described, layout, with_weights
from keras_impl.objectives import OBJECTIVES
from keras_impl.task import KerasTask

FAMILY = "keras"


class KerasTwin(TwinTask, KerasTask):
    """A user's model in Keras, compiled and trained as the four problems are."""

    def build(self, device: str) -> None:
        super().build(device)
        if self.regime.shared_initial:
            # an embedding's gradient is sparse, and Keras squares the parts of a word that occurs
            # twice one by one; PyTorch squares their sum, as RMSprop's rule has it
            optimizer: Any = self.net.optimizer
            step = optimizer.update_step
            optimizer.update_step = lambda gradient, variable, rate: step(
                backend.densified(gradient), variable, rate
            )

    def make_objective(self) -> Any:
        loss_on = dict(self.problem.loss_on).get(FAMILY, "logits")
        return OBJECTIVES[self.problem.loss](self.problem, loss_on)

    def layers(self) -> tuple[list[Layer], list[str]]:
        """The layers with weights in the order of the model, and what was changed in it."""
        return [described(layer) for layer in self.with_weights], self.notes

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.problem.scores(FAMILY, super().forward(x))

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        variables = self.variables()
        before = {name: np.array(variables[name]) for name in self.state_names}
        loss_and_gradients = super().loss_and_gradients(x, y)
        for name, value in before.items():  # running means moved along
            variables[name].assign(value)
        return loss_and_gradients

    def make_network(self) -> keras.Model:
        net = self.problem.model(FAMILY)
        net(
            np.zeros((1, *self.problem.shape), np.float32)
        )  # one that has no Input gets its weights
        self.with_weights = list(with_weights(net))
        self.notes: list[str] = []
        if self.regime.shared_initial:
            self._switch_off(net)
        return net

    def _switch_off(self, net: keras.Model) -> None:
        for layer in net._flatten_layers(include_self=False):
            for name in ("rate", "dropout", "recurrent_dropout"):
                rate = getattr(layer, name, 0)
                if isinstance(rate, float) and rate > 0:
                    told = f"{name} of {rate:g} in {FAMILY}'s {layer.name!r} is switched off"
                    self.notes.append(told)
                    setattr(layer, name, 0.0)

    def companions(self) -> tuple[keras.Model, keras.Model]:
        return self.net, keras.Sequential([keras.Input(self.problem.shape), self.net])

    def variables(self) -> dict[str, keras.Variable]:
        """Weights, then the rest of the state, by canonical name."""
        variables = {
            f"{one.name}/{role}": variable
            for one in self.problem.pairs
            for role, variable in layout(self.with_weights[one.position(FAMILY)])[1].items()
        }
        return {name: variables[name] for name in [*self.weight_names, *self.state_names]}

    def by_weight(self, slots: Iterable[keras.Variable]) -> dict[str, keras.Variable]:
        by_variable = dict(zip(map(id, self.net.trainable_variables), slots, strict=True))
        variables = self.variables()
        return {name: by_variable[id(variables[name])] for name in self.weight_names}
