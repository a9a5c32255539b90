"""`TorchTwin`: the Task methods for a user's own PyTorch model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.batches import dense
from common.task import State, Weights
from common.twins.layers import Layer, Pair
from common.twins.problem import Twins, TwinTask
from torch_impl.layers import CHANNELS_FIRST, described, layout, with_weights
from torch_impl.objectives import OBJECTIVES
from torch_impl.probing.layouts import Kept, canonical, own
from torch_impl.task import TorchTask

FAMILY = "torch"


class TorchTwin(TwinTask, TorchTask):
    """A user's model in PyTorch, trained by the same loop as the four problems."""

    def make_network(self) -> Any:
        return Port(self.problem, off=self.regime.shared_initial)

    def make_objective(self) -> Any:
        return OBJECTIVES[self.problem.loss](self.problem, "logits")  # Port sees to that

    def layers(self) -> tuple[list[Layer], list[str]]:
        """The layers with weights in the order of their registration, and what was changed."""
        return [described(*each) for each in self.net.with_weights], self.net.notes

    def get_state(self) -> State:
        state = {name: self._read(name, "data") for name in [*self.weight_names, *self.state_names]}
        slots = self.optimizer.state
        for name in self.weight_names:
            squares = [
                slots[w].get("square_avg", torch.zeros_like(w)) for w in self._tensors(name, "grad")
            ]
            state[f"square/{name}"] = self._canonical(name, squares)
        first = slots[self._tensors(self.weight_names[0], "grad")[0]]
        return {**state, "step": np.array(int(first.get("step", 0)), np.int64)}

    @torch.no_grad()
    def set_state(self, state: State) -> None:
        state = self.completed(state)
        self.optimizer.state.clear()
        for name in [*self.weight_names, *self.state_names]:
            values = self._own(name, state[name])
            for tensor, value in zip(self._tensors(name), values, strict=True):
                tensor.copy_(value)
        if state["step"]:
            for name in self.weight_names:
                squares = self._own(name, state[f"square/{name}"])
                for weight, square in zip(self._tensors(name, "grad"), squares, strict=False):
                    slot = {"step": torch.tensor(float(state["step"])), "square_avg": square}
                    self.optimizer.state[weight] = slot

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.net.eval()
        try:
            return self.problem.scores(FAMILY, super().forward(x))
        finally:
            self.net.train()

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        before = {name: self._read(name, "data") for name in self.state_names}
        inputs = torch.from_numpy(dense(x)).to(self.device)
        self.net.zero_grad()
        loss = self.objective.loss(self.net(inputs), self.targets(y).to(self.device))
        loss.backward()
        gradients = {name: self._read(name, "grad") for name in self.weight_names}
        self.net.zero_grad()
        with torch.no_grad():  # running means moved along
            for name, value in before.items():
                self._tensors(name)[0].copy_(self._own(name, value)[0])
        return loss.item(), gradients

    def _read(self, name: str, what: str) -> np.ndarray:
        return self._canonical(name, [getattr(t, what) for t in self._tensors(name, what)])

    def _kept(self, name: str) -> tuple[nn.Module, Pair, str, Kept]:
        layer, _, role = name.partition("/")
        one = next(one for one in self.problem.pairs if one.name == layer)
        module = self.net.with_weights[one.position(FAMILY)][1]
        return module, one, role, layout(module)[1][role]

    def _tensors(self, name: str, what: str = "data") -> list[Tensor]:
        """The parameters or buffers behind a canonical tensor; for "grad" those that train."""
        module, _, _, kept = self._kept(name)
        tensors = [getattr(module, each) for each in kept.names]
        return [t for t in tensors if what == "data" or t.requires_grad]

    def _canonical(self, name: str, tensors: Iterable[Tensor]) -> np.ndarray:
        _, one, role, kept = self._kept(name)
        values = [t.detach().cpu().numpy() for t in tensors]
        return canonical(values, one.kind, role, kept, one.flatten)

    def _own(self, name: str, value: np.ndarray) -> list[Tensor]:
        _, one, role, kept = self._kept(name)
        values = own(value, one.kind, role, kept, one.flatten)
        return [torch.from_numpy(v).to(self.device) for v in values]


class Port(nn.Module):
    """The user's model behind an interface of canonical rows in and logits out.

    `off` switches dropout off, and holds the second bias of a recurrent layer at zero where Keras
    has one: two would both take a step, and their sum two.
    """

    def __init__(self, twins: Twins, *, off: bool) -> None:
        super().__init__()
        self.model: nn.Module = twins.model(FAMILY)
        self.notes: list[str] = []
        self.with_weights = list(with_weights(self.model))
        first = self.with_weights[0][1] if self.with_weights else None
        self.channels_first = isinstance(first, CHANNELS_FIRST)
        self.tokens, self.loss, self.loss_on = (twins.tokens, twins.loss, dict(twins.loss_on))
        if off:
            self._switch_off()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, outputs) or values (n, 1) of rows (n, ...) with channels last."""
        if self.channels_first:
            x = x.movedim(-1, 1)
        out = self.model(x.long() if self.tokens else x)
        if self.loss_on.get(FAMILY, "logits") == "logits" or self.loss == "mean_squared_error":
            return out
        return out.log() if self.loss == "categorical_crossentropy" else out.logit()

    @torch.no_grad()
    def _switch_off(self) -> None:
        for name, module in self.model.named_modules():
            if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0:
                self.notes.append(f"dropout of {module.p:g} in {FAMILY}'s {name!r} is switched off")
                module.p = 0.0
            if isinstance(module, nn.LSTM) and module.bias:
                second: Any = module.bias_hh_l0
                second.zero_().requires_grad_(False)
                self.notes.append(f"the second bias of {FAMILY}'s {name!r} is held at zero")
