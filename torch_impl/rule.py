"""`Ruled`: a PyTorch optimiser by any rule that is known, whichever framework it is of."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from common.twins.rule import Rule, Slots, stepped


class Ruled:
    """Steps by a `Rule`, at one learning rate.

    It is no `torch.optim.Optimizer`: the first one of a process imports PyTorch's compiler.
    """

    def __init__(self, rule: Rule, rate: float, parameters: Iterable[nn.Parameter]) -> None:
        self.rule, self.rate = rule, rate
        self.trained = [each for each in parameters if each.requires_grad]
        self.slots = {
            each: Slots(*(torch.full_like(each.detach(), value) for value in rule.start))
            for each in self.trained
        }
        self.steps = 0

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for weight in self.trained:
            weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One step from the gradients that the parameters hold."""
        self.steps += 1
        number, rule = torch.tensor(float(self.steps)), self.rule
        given = [each for each in self.trained if each.grad is not None]
        if rule.clip == "value":
            nn.utils.clip_grad_value_(given, rule.limit)
        for group in [[each] for each in given] if rule.clip == "norm" else [given]:
            if "norm" in rule.clip:
                nn.utils.clip_grad_norm_(group, rule.limit)
        for weight in given:
            pull = rule.decay * weight if weight.ndim > 1 or not rule.kernels_only else 0.0
            slots = self.slots[weight]
            change, self.slots[weight] = stepped(
                rule, self.rate, pull, weight.grad, slots, number, torch
            )
            weight.add_(change)
