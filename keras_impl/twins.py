"""`KerasTwin`: the training of a user's own Keras model."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
from keras import ops

from common.clock import EpochLog
from common.problem import Metric
from common.task import Order, State
from common.twins.task import TwinTask
from common.twins.turns import Loss, Turns
from common.twins.user_file import function_of, model_of
from keras_impl import backend
from keras_impl.objectives import OBJECTIVES
from keras_impl.probing.dropout import rates_of, without_dropout
from keras_impl.probing.feeder import Feeder
from keras_impl.probing.losses import loss_of
from keras_impl.probing.units import named_layers, parts_of
from keras_impl.rule import Ruled
from keras_impl.task import KerasTask


class KerasTwin(TwinTask, KerasTask):
    """A user's model in Keras, compiled and trained as the four problems are."""

    framework = KerasTask.variant.name

    def build(self, device: str) -> None:
        keras.utils.clear_session()  # else a second model's layers are dense_2, dense_3
        super().build(device)

    def make_network(self) -> keras.Model:
        model = model_of(self.problem.path, self.framework, self.seed)
        feeder = Feeder(self.setup, model)
        net = Fed(model, feeder, self)
        net(
            tuple(feeder.arrays(self.setup.random_rows(1, 0)))
        )  # one without Input gets its weights
        self.kept = {
            f"{part.unit.name}/{role}": kept
            for part in parts_of(model)
            for role, kept in part.kept.items()
        }
        return net

    def make_objective(self) -> Any:
        """Of what the metric is: the loss is that of the judge."""
        own = self.problem.metric is Metric.LOSS
        return None if own else OBJECTIVES[self.problem.loss](self.problem, self.seen.loss_on)

    def compile_network(self, compiled: bool | str) -> None:
        metrics = [self.objective.metric()] if self.objective else None
        self.net.compile(self.make_optimizer(), metrics=metrics, jit_compile=compiled)

    def set_layer(self, layer: str, setting: str, value: float) -> None:
        setattr(self._layer(layer), setting, value)

    def set_dropout(self, layer: str, rate: float, wanted: float) -> None:
        found = self._layer(layer)
        for name in rates_of(found):
            if getattr(found, name) == rate:
                setattr(found, name, wanted)

    def _layer(self, name: str) -> Any:
        return next(layer for known, layer in named_layers(self.net.model) if known == name)

    def make_optimizer(self) -> keras.optimizers.Optimizer:
        if rule := self.problem.turns.rule:
            return Ruled(rule, self.problem.turns.rate)
        make = function_of(self.problem.path, "OPTIMIZER", self.framework)
        optimizer: Any = make() if make else super().make_optimizer()
        if self.regime.shared_initial:
            # an embedding's gradient is sparse, and Keras squares the parts of a word that occurs
            # twice one by one; PyTorch squares their sum, as RMSprop's rule has it
            step = optimizer.update_step
            optimizer.update_step = lambda gradient, variable, rate: step(
                backend.densified(gradient), variable, rate
            )
        return optimizer

    def get_state(self) -> State:
        kept = self.kept
        return {k: kept[k].canonical(ops.convert_to_numpy(kept[k].variable)) for k in kept}

    def set_state(self, state: State) -> None:
        for name, value in state.items():
            self.kept[name].variable.assign(self.kept[name].own(value))

    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        off = nullcontext() if self.draws_dropout else without_dropout(self.net)
        with off:
            super().train_epochs(x, y, epochs, order, log)

    def forward(self, x: np.ndarray) -> np.ndarray:
        with self.on_device():
            outputs = self.net.predict_on_batch(self.fed(x))
        return self.problem.scores(self.seen.loss_on, keras.tree.flatten(outputs)[0])

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        with self.on_device():
            self.net.reset_metrics()
            logs = self.net.test_on_batch(self.fed(x), self.targets(y), return_dict=True)
        return float(logs["loss"])

    def fed(self, x: Any) -> Any:
        return tuple(self.net.feeder.arrays(self.inputs(x)))

    def targets(self, y: np.ndarray) -> Any:
        return tuple(self.wanted(y))


class Fed(keras.Model):
    """The user's model, given a tuple of rows with channels last, and the loss of its file."""

    def __init__(self, model: Any, feeder: Feeder, task: KerasTwin) -> None:
        super().__init__()
        self.model, self.feeder = model, feeder
        turns: Turns = task.problem.turns
        self.trained_by, self.judged_by, self.by = turns.loss, turns.judged, task.by

    def call(self, rows: Any, training: bool = False) -> Any:
        return self.model(self.feeder.arranged(rows), training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        by: Loss | None = self.trained_by if training else self.judged_by
        loss = loss_of(*self.by(by), y_pred, y)
        if by is not None and training:
            loss = by.scaled(loss, ops.cast(ops.shape(y[0])[0], loss.dtype))
        for penalty in self.losses:
            loss = loss + ops.cast(penalty, loss.dtype)
        return loss
