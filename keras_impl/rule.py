"""`Ruled`: a Keras optimiser by any rule that is known, whichever framework it is of."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from common.twins.rule import Rule, Slots, stepped
from keras_impl import backend

CLIPS = {"value": "clipvalue", "norm": "clipnorm", "global norm": "global_clipnorm"}


class Ruled(keras.optimizers.Optimizer):
    """Steps by a `Rule`, at one learning rate; Keras itself clips."""

    def __init__(self, rule: Rule, rate: float) -> None:
        super().__init__(rate, **({CLIPS[rule.clip]: rule.limit} if rule.clip else {}))
        self.rule = rule

    def build(self, variables: list[keras.Variable]) -> None:
        super().build(variables)
        names = Slots._fields
        self.kept = dict(zip(names, self.add_optimizer_variables(variables, names), strict=True))
        for slots, value in zip(self.kept.values(), self.rule.start, strict=True):
            for slot in slots if value else ():
                slot.assign(ops.full_like(slot, value))

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        at = self._get_variable_index(variable)
        rule, slots = self.rule, [self.kept[name][at] for name in Slots._fields]
        rate, number = (ops.cast(v, variable.dtype) for v in (learning_rate, self.iterations + 1))
        decays = len(variable.shape) > 1 or not rule.kernels_only
        # on TensorFlow it is one of its variables, and none of Keras's
        pull = rule.decay * ops.convert_to_tensor(variable) if decays else 0.0
        values = Slots(*(ops.convert_to_tensor(slot) for slot in slots))
        dense = backend.densified(gradient)
        change, after = stepped(rule, rate, pull, dense, values, number, ops)
        for slot, old, new in zip(slots, values, after, strict=True):
            if new is not old:
                self.assign(slot, new)
        self.assign_add(variable, change)
