"""An optimiser's rule, once: the same formula is a witness in NumPy and trains in any framework.

Sources of the formulas: keras/src/optimizers, torch/optim, optax/_src/transform.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

INSIDE, BESIDE, BEFORE = "inside the root", "beside the root", "before the correction"
"""Where epsilon stands: sqrt(v + e); sqrt(v) + e, of Adam's corrected v; Adam's uncorrected v."""


@dataclass(frozen=True)
class Rule:
    """A rule of an optimiser, in Keras's names. What its family has no use for is left alone.

    `family` is "SGD", "RMSprop", "Adam" or "Adagrad". `decay` is coupled where it is added to the
    gradient, else to the step, times the learning rate; `kernels_only`: not of weights with one
    axis. `clip` is "value", "norm" (of each tensor) or "global norm", at `limit`. `rate_in_buffer`:
    the momentum's buffer holds steps, and not gradients.
    """

    family: str = "SGD"
    momentum: float = 0.0
    nesterov: bool = False
    dampening: float = 0.0  # of what comes into PyTorch's buffer behind the first step
    rate_in_buffer: bool = False
    rho: float = 0.9
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    place: str = BESIDE
    corrected: bool = True
    centered: bool = False
    amsgrad: bool = False  # the largest mean square so far stands for the last one
    initial: float = 0.0  # what Adagrad's sum of squares begins with
    decay: float = 0.0
    coupled: bool = False
    kernels_only: bool = False
    clip: str = ""
    limit: float = 0.0

    @property
    def start(self) -> Slots:
        """What every number of each slot is before the first step."""
        return Slots(second=self.initial if self.family == "Adagrad" else 0.0)


class Slots(NamedTuple):
    """What a rule keeps of a weight, in its shape: means of the gradients and of their squares, the
    momentum's buffer, the largest mean square."""

    first: Any = 0.0
    second: Any = 0.0
    buffer: Any = 0.0
    largest: Any = 0.0


def stepped(
    rule: Rule, rate: Any, pull: Any, gradient: Any, slots: Slots, number: Any, ops: Any
) -> tuple[Any, Slots]:
    """What a step adds to a weight, and its slots after it; the gradient is clipped already.

    `pull` is what the decay adds to the gradient or to the step: the decay times the weight, or 0.
    Arrays are those of `ops`, a module with `sqrt` and `where`: numpy, keras.ops, torch, jax.numpy.
    `number` counts steps from 1, and may be an array.
    """
    if rule.coupled:
        gradient = gradient + pull
    change = gradient
    if rule.family != "SGD":
        slots = _means(rule, gradient, slots, ops)
        change = _scaled(rule, gradient, slots, number, ops)
    if rule.momentum and rule.family in ("SGD", "RMSprop"):
        change = change * rate if rule.rate_in_buffer else change
        damped = ops.where(number > 1, 1 - rule.dampening, 1.0) if rule.dampening else 1.0
        slots = slots._replace(buffer=rule.momentum * slots.buffer + change * damped)
        change = change + rule.momentum * slots.buffer if rule.nesterov else slots.buffer
        change = change if rule.rate_in_buffer else change * rate
    else:
        change = change * rate
    return -change if rule.coupled else -change - rate * pull, slots


def _means(rule: Rule, gradient: Any, slots: Slots, ops: Any) -> Slots:
    """The running means of gradients and of their squares."""
    if rule.family == "Adagrad":
        return slots._replace(second=slots.second + gradient**2)
    ones, twos = (rule.rho, rule.rho) if rule.family == "RMSprop" else (rule.beta_1, rule.beta_2)
    first = ones * slots.first + (1 - ones) * gradient
    second = twos * slots.second + (1 - twos) * gradient**2
    largest = slots.largest
    if rule.amsgrad:
        largest = ops.where(second > largest, second, largest)
    return slots._replace(first=first, second=second, largest=largest)


def _scaled(rule: Rule, gradient: Any, slots: Slots, number: Any, ops: Any) -> Any:
    """What is stepped by: the gradient, or its mean, over the root of the mean square."""
    first, second = slots.first, slots.largest if rule.amsgrad else slots.second
    epsilon, shrunk = rule.epsilon, 1.0
    if rule.family == "Adam":
        gradient = first
        if rule.corrected:
            gradient = first / (1 - rule.beta_1**number)
            shrunk = 1 - rule.beta_2**number
    elif rule.centered:
        second = second - first**2
        second = ops.where(second > 0, second, 0.0)
    if rule.place == BEFORE:
        epsilon = epsilon / shrunk**0.5
    second = second / shrunk
    inside = rule.place == INSIDE
    root = ops.sqrt(second + epsilon) if inside else ops.sqrt(second) + epsilon
    return ops.where(gradient == 0, 0.0, gradient / ops.where(gradient == 0, 1.0, root))
