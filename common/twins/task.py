"""`TwinTask`: what the Tasks of a user's own models share, whatever the framework."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from common.batches import unpacked
from common.problem import Metric
from common.regime import MATCHED, Regime
from common.task import SCORE_ROWS, Task, Weights
from common.twins.layers import started
from common.twins.probe import Setup
from common.twins.problem import Model, Twins
from common.twins.targets import in_layout
from common.twins.turns import Loss
from common.twins.user_file import function_of


class TwinTask(Task):
    """What all Tasks of a user's model share; to be inherited before the framework's own Task.

    The judge climbs the ladder with these models, by `common.twins.probe`: here they train alone.
    """

    problem: Twins
    framework: ClassVar[str]
    device: str

    def __init__(
        self, problem: Twins, *, regime: Regime = MATCHED, device: str = "cpu", seed: int = 0
    ) -> None:
        """As of `Task`, and what the model has of the other one's is set on it.

        Raises NotImplementedError for bfloat16: a user's model says itself what it computes in.
        """
        if regime.bfloat16:
            raise NotImplementedError("a user's model says itself what it computes in")
        super().__init__(problem, regime=regime, device=device, seed=seed)
        for layer in problem.turns.layers:
            self.set_layer(*layer)
        for dropout in problem.turns.dropout:
            self.set_dropout(*dropout)
        if initial := problem.initial(self.framework, seed):
            self.set_state(dict(initial))

    @abstractmethod
    def set_layer(self, layer: str, setting: str, value: float) -> None:
        """Set a number of a layer, by Keras's name and in Keras's convention."""

    @abstractmethod
    def set_dropout(self, layer: str, rate: float, wanted: float) -> None:
        """Give a layer that drops another rate than this one."""

    @property
    def draws_dropout(self) -> bool:
        """Whether it trains with its dropout."""
        return not (self.regime.shared_initial or self.problem.turns.without_dropout)

    def by(self, loss: Loss | None) -> tuple[Setup, Callable | None]:
        """What `loss_of` takes for this loss; None: the model's own."""
        if loss is not None:
            return loss.setup(self.setup), None
        return self.setup, self.own_loss

    @cached_property
    def own_loss(self) -> Callable | None:
        """The file's LOSS of this model: read once, as every step asks for it."""
        return function_of(self.problem.path, "LOSS", self.framework)

    @cached_property
    def seen(self) -> Model:
        """What is known of this model."""
        return self.problem.model(self.framework)

    @cached_property
    def setup(self) -> Setup:
        """What the model is fed and held against."""
        options = {"loss_on": self.seen.loss_on, "device": self.device, "seed": self.seed}
        return self.problem.file.setup(self.framework, **options)

    @property
    def weight_names(self) -> list[str]:
        """The model's own names of the weights that are shared in `matched`."""
        return list(dict.fromkeys(start.link.other for start in self.seen.starts))

    def initial_weights(self) -> Weights:
        """What is drawn from the seed, alike in all models."""
        return started(self.seen.starts, self.seed)

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        """The judge's, of a probe."""
        raise NotImplementedError("gradients of a user's model: ask a common.twins.probe.Probe")

    def inputs(self, x: np.ndarray) -> list[np.ndarray]:
        """An array for each input, float32 or int64."""
        kinds = [np.int64 if limit else np.float32 for limit in self.setup.tokens]
        return [np.asarray(a, kind) for a, kind in zip(unpacked(x), kinds, strict=True)]

    def wanted(self, y: np.ndarray) -> list[np.ndarray]:
        """A target for each output of this model, in its own order and layout."""
        shapes, targets = self.problem.output_shapes, unpacked(y)
        for i, shape in enumerate(shapes):
            if np.prod(targets[i].shape[1:]) == np.prod(shape) and self.problem.loss != "ctc":
                targets[i] = targets[i].reshape(len(y), *shape)
        return [in_layout(targets[i], shapes[i], shape) for i, shape in self.seen.outputs]

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """The loss of one batch in evaluation."""
        raise NotImplementedError

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
        """The metric where the loss has one, and the loss: NumPy's, or the file's own."""
        known = {} if self.problem.metric is Metric.LOSS else super().evaluate(x, y)
        if known and not self.setup.loss_options:
            return known
        parts = [slice(i, i + SCORE_ROWS) for i in range(0, len(y), SCORE_ROWS)]
        losses = [self.loss(x[part], y[part]) * len(y[part]) for part in parts]
        return {**known, "loss": sum(losses) / len(y)}
