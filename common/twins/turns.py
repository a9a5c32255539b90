"""What one model of a user's may have of the other one's when it trains.

Nothing of a model is rewritten for it. What can be set on a model that is built, is set: initial
values, attributes of layers, the optimiser and the loss that its training is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from common.twins.probe import Setup
from common.twins.rule import Rule


class Loss(NamedTuple):
    """A loss by its Keras name; `scale` times it for each batch, or for each row of one."""

    name: str
    form: str  # what it takes outputs for: "logits" or "probabilities"
    options: tuple[tuple[str, Any], ...] = ()  # see `common.twins.probe.Setup`
    scale: float = 1.0
    a_row: bool = False

    def setup(self, setup: Setup) -> Setup:
        """The model's with this loss instead of its own."""
        options = dict(self.options)
        return replace(setup, loss=self.name, loss_on=self.form, loss_options=options)

    def scaled(self, loss: Any, rows: Any) -> Any:
        """The loss of a batch of so many rows, from the mean over it."""
        return loss * (self.scale * rows if self.a_row else self.scale)


@dataclass(frozen=True)
class Turns:
    """What a model has of the other one's; by default nothing.

    Layers have the names of the model's own, settings Keras's names and conventions.
    """

    initial: tuple[str, ...] = ()  # weights that start from what `giver` draws by the same seed
    giver: str = ""
    layers: tuple[tuple[str, str, float], ...] = ()  # layer, setting, value
    dropout: tuple[tuple[str, float, float], ...] = ()  # layer, its rate, and the one it is given
    without_dropout: bool = False
    rule: Rule | None = None  # instead of the optimiser
    rate: float = 0.0  # of the rule
    loss: Loss | None = None  # to train by
    judged: Loss | None = None  # of the test rows: one for all arms, where the two have their own
