"""`ReferenceTask`: the same networks, losses and optimiser by hand in NumPy. The oracle.

It is written to be checked by eye, not to be fast, and follows the regime's switches, so that in
float64 it says which of two frameworks is nearer to the mathematics.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from common import metrics
from common.batches import batches, dense
from common.clock import EpochLog
from common.problem import Problem
from common.regime import MATCHED, Regime
from common.task import Order, State, Task, Weights


class ReferenceTask(Task):
    """One problem in NumPy, in float64 or float32, on the CPU; it has `matched` and `bf16` only.

    `dtype` is that of weights, activations, gradients and the optimiser's squares. In `bf16` it
    rounds to bfloat16 where the frameworks do, and computes in `dtype` in between: rounding carries
    inputs over a relu's kink, and the exact gradient is then far away from every rounded one.
    """

    native = MappingProxyType({"loss_on": "logits"})

    def __init__(
        self,
        problem: Problem,
        *,
        regime: Regime = MATCHED,
        device: str = "cpu",
        seed: int = 0,
        dtype: type = np.float64,
    ) -> None:
        self.dtype = dtype
        super().__init__(problem, regime=regime, device=device, seed=seed)

    def build(self, device: str) -> None:
        if device != "cpu" or not self.regime.shared_initial:
            raise ValueError("the reference runs on the cpu, from shared initial weights")

    def get_state(self) -> State:
        return {name: value.copy() for name, value in self.state.items()}

    def set_state(self, state: State) -> None:
        state = self.completed(state)
        names = [*self.weight_names, *(f"square/{name}" for name in self.weight_names)]
        self.state: State = {name: np.array(state[name], self.dtype) for name in names}
        self.state["step"] = np.array(state["step"], np.int64)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self._activations(x)[-1]

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        activations = self._activations(dense(x))
        scores = activations.pop()
        gradients: Weights = {}
        down = self._rounded(self._score_gradient(scores, y))
        for layer in reversed(self.problem.layers):
            below = activations.pop()
            gradients[f"{layer.name}/kernel"] = self._rounded(below.T @ down)
            gradients[f"{layer.name}/bias"] = self._rounded(down.sum(axis=0))
            kernel = self._rounded(self.state[f"{layer.name}/kernel"])
            # relu'(0) is 0, in both frameworks too
            down = self._rounded(down @ kernel.T) * (below > 0)
        loss = metrics.loss_value(self.problem.loss, scores, y)
        return loss, {name: gradients[name] for name in self.weight_names}

    def train_step(self, x: Any, y: np.ndarray) -> float:
        """Keras's RMSprop: v <- rho v + (1 - rho) g^2, w <- w - lr g / sqrt(v + epsilon)."""
        loss, gradients = self.loss_and_gradients(x, y)
        rho, epsilon, rate = self.rules.rho, self.rules.epsilon, self.problem.learning_rate
        assert rho is not None and epsilon is not None  # set wherever weights are shared
        for name, g in gradients.items():
            v = self.state[f"square/{name}"]
            v[...] = rho * v + (1 - rho) * g**2
            inside = self.rules.epsilon_inside_root
            root = np.sqrt(v + epsilon) if inside else np.sqrt(v) + epsilon
            self.state[name] -= rate * g / root
        self.state["step"] += 1
        return loss

    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        if order is None:
            order = self.order(len(y))
        for rows in self.rows_of_epochs(order, epochs, log):
            loss = metric = 0.0
            for xb, yb in batches(x, y, rows, self.problem.batch_size):
                metric += len(yb) * metrics.metric_value(self.problem.loss, self.forward(xb), yb)
                loss += len(yb) * self.train_step(xb, yb)
            means = {"loss": loss / len(rows), self.problem.metric: metric / len(rows)}
            log.stop(means.copy)

    def synchronize(self) -> None:
        """Nothing is ever under way."""

    def facts(self) -> dict[str, Any]:
        return {"versions": {"numpy": np.__version__}, "device": "cpu", "compiled": False}

    def _activations(self, x: np.ndarray) -> list[np.ndarray]:
        """The input and each layer's output, the last one being the scores."""
        activations: list[np.ndarray] = [self._rounded(x.astype(self.dtype))]
        for layer in self.problem.layers:
            kernel, bias = (
                self._rounded(self.state[f"{layer.name}/{k}"]) for k in ("kernel", "bias")
            )
            z = self._rounded(self._rounded(activations[-1] @ kernel) + bias)
            activations.append(z if layer.name == "output" else np.maximum(z, 0))
        return activations

    def _rounded(self, values: np.ndarray) -> np.ndarray:
        """The nearest numbers of bfloat16, ties to even, where the regime asks for it."""
        if not self.rules.bfloat16:
            return values
        bits = values.astype(np.float32).view(np.uint32)
        bits += 0x7FFF + (bits >> 16 & 1)
        return (bits & 0xFFFF0000).view(np.float32).astype(self.dtype)

    def _score_gradient(self, scores: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Of the mean loss with respect to the scores: (link(scores) - target) / rows.

        The same for both cross-entropies (Bishop, *Pattern Recognition*, 4.3.2 and 4.3.4); squared
        error has a factor of 2.
        """
        if self.problem.loss == "categorical_crossentropy":
            target = np.eye(self.problem.outputs, dtype=self.dtype)[y]
        else:
            target = y[:, None].astype(self.dtype)
        factor = 2 if self.problem.loss == "mean_squared_error" else 1
        return factor * (metrics.link(self.problem.loss, scores) - target) / len(y)
