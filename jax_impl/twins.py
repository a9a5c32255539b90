"""`JaxTwin`: the training of a user's own JAX model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.problem import Metric
from common.task import State, choose_device
from common.twins.task import TwinTask
from jax_impl import backend
from jax_impl.objectives import OBJECTIVES
from jax_impl.probing.compiled import Compiled, named
from jax_impl.probing.losses import loss_of
from jax_impl.probing.nets import net_of
from jax_impl.probing.optimizing import optimizer_of, stepped
from jax_impl.probing.places import flat
from jax_impl.rule import ruled
from jax_impl.task import JaxTask


class Trained(NamedTuple):
    """All that a step changes: the weights by path, the optimiser's state, and the model's, where
    running statistics and counts of random numbers are."""

    weights: Any
    slots: Any
    state: Any


class JaxTwin(TwinTask, JaxTask):
    """A user's module of Flax NNX, or function, trained by a step like that of the four problems.

    The step is compiled unless the user's code looks at values.
    """

    framework = "jax"
    training: Any  # `Trained`

    def build(self, device: str) -> None:
        self.device = choose_device(device, backend.runtime()["devices"], "JAX")
        backend.prepare(self.rules)
        self.objective = self.make_objective()
        turns = self.problem.turns
        if turns.rule:
            self.optimizer = ruled(turns.rule, turns.rate)
        else:
            self.optimizer = optimizer_of(self.setup, self.problem.learning_rate, self.rules)
        with jax.default_device(backend.device(self.device)):
            self.net: Any = net_of(self.setup)
        if not self.draws_dropout:
            self.net.switch_off()
        self.kept = {f"{p.name}/{role}": p.roles[role] for p in self.net.parts for role in p.roles}
        self._fix()
        self.compiled = Compiled(self._stepped)
        self.evaluated = Compiled(lambda now, x: self._outputs(now, now.weights, x, False)[0])
        self._begin()

    def _fix(self) -> None:
        """Take over what the model's attributes are now."""
        self.fixed = {mode: self.net.state(training=mode)[0] for mode in (True, False)}

    def set_layer(self, layer: str, setting: str, value: float) -> None:
        setattr(self.net.layer(layer), setting, value)
        self._fix()

    def set_dropout(self, layer: str, rate: float, wanted: float) -> None:
        found = self.net.layer(layer)
        setattr(found, "rate" if hasattr(found, "rate") else "dropout_rate", wanted)
        self._fix()

    def make_objective(self) -> Any:
        """Of what the metric is: the loss is that of the judge."""
        own = self.problem.metric is Metric.LOSS
        return None if own else OBJECTIVES[self.problem.loss](self.problem, "logits")

    def get_state(self) -> State:
        self._return()
        return {name: one.canonical(self._arrays(one)) for name, one in self.kept.items()}

    def set_state(self, state: State) -> None:
        self._return()
        for name, value in state.items():
            one = self.kept[name]
            own = one.own(value, [array.shape for array in self._arrays(one)])
            for path, array in zip(one.paths, own, strict=True):
                self.net.write({path: jnp.asarray(array, self.net.read(path).dtype)})
        self._begin()

    def forward(self, x: np.ndarray) -> np.ndarray:
        output = self.evaluated(self.training, self.inputs(x))[0]
        return self.problem.scores(self.seen.loss_on, np.asarray(output))

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        outputs = self.evaluated(self.training, self.inputs(x))
        by = self.by(self.problem.turns.judged)
        return float(loss_of(*by, outputs, jax.device_put(self.wanted(y))))

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"compiled": self.compiled.jitted is not None}

    def targets(self, y: np.ndarray) -> np.ndarray:
        return y  # packed, until a batch was taken

    def step(self, x: np.ndarray, y: np.ndarray) -> Array:
        self.training, sums = self.compiled(self.training, self.inputs(x), self.wanted(y))
        return sums

    def _begin(self) -> None:
        """Train from what the model holds, with the optimiser afresh."""
        weights, state = self.net.weights, self.net.state(training=True)[1]
        now = Trained(weights, self.optimizer.init(weights), state)
        self.training = jax.device_put(now, backend.device(self.device))

    def _return(self) -> None:
        """Give the model back what was trained."""
        self.net.keep(self.training.state)
        self.net.write(flat(self.training.weights))

    def _arrays(self, one: Any) -> list[np.ndarray]:
        return [np.array(self.net.read(path), np.float32) for path in one.paths]

    def _outputs(
        self, now: Trained, weights: Any, x: Sequence[Any], training: bool
    ) -> tuple[list[Array], Any]:
        """The outputs, and the part of the model's state that has changed: pure."""
        fixed, names = self.fixed[training], self.setup.names
        inputs = list(map(jnp.asarray, x))  # of NumPy where nothing is compiled
        out, after = self.net.run(fixed, now.state, weights, inputs, names, training=training)
        return list(named(out).values()), after

    def _stepped(self, now: Trained, x: Any, y: Any) -> tuple[Trained, Array]:
        """The training after one batch, and sums over its rows of loss and metric before it."""
        y = list(map(jnp.asarray, y))
        turned = self.problem.turns.loss

        def loss_at(weights: Any) -> tuple[Array, Any]:
            outputs, after = self._outputs(now, weights, x, True)
            loss = loss_of(*self.by(turned), outputs, y)
            loss = turned.scaled(loss, len(y[0])) if turned else loss
            return loss, (outputs[0], after)

        (loss, (output, after)), gradients = jax.value_and_grad(loss_at, has_aux=True)(now.weights)
        weights, slots = stepped(self.optimizer, gradients, now.slots, now.weights, loss)
        loss = loss * len(y[0])
        sums = jnp.stack([loss, self._metric(output, y[0]) if self.objective else loss])
        return Trained(weights, slots, now.state | after), sums

    def _metric(self, scores: Array, y: Array) -> Array:
        odds = self.problem.loss == "binary_crossentropy" and self.seen.loss_on == "probabilities"
        return self.objective.metric(scores - 0.5 if odds else scores, y)
