"""`TorchTwin`: the training of a user's own PyTorch model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from common.clock import EpochLog
from common.problem import Metric
from common.task import Order, State
from common.twins.task import TwinTask
from common.twins.turns import Loss
from common.twins.user_file import function_of, model_of
from torch_impl.objectives import OBJECTIVES
from torch_impl.probing.arrays import named_outputs
from torch_impl.probing.feed import Feed, Trial
from torch_impl.probing.losses import loss_of
from torch_impl.probing.optimizing import optimizer_of
from torch_impl.probing.probe import TorchProbe
from torch_impl.probing.training import Training, biased_variances, dropping
from torch_impl.probing.units import Holder, holders_of
from torch_impl.probing.watch import names_of
from torch_impl.rule import Ruled
from torch_impl.task import TorchTask


class TorchTwin(TwinTask, TorchTask):
    """A user's model in PyTorch, trained by a loop like that of the four problems."""

    framework = "torch"

    def make_network(self) -> Any:
        self.around: Callable[[], Any] = nullcontext
        if self.regime.shared_initial:
            return self._without_draws()
        model = model_of(self.problem.path, self.framework, self.seed).to(self.device)
        plain = getattr(model, "_orig_mod", model)  # of torch.compile
        self.names = names_of(plain)
        if not self.draws_dropout:
            for module, rate in dropping(plain):
                setattr(module, rate, 0.0)

        @contextmanager
        def trial() -> Iterator[Trial]:
            plain.eval()
            with (watch := Trial(plain)):
                yield watch

        self.feed = Feed(plain, self.setup, trial)
        self.feed.model = model
        return model

    def _without_draws(self) -> Any:
        """The model of a probe, whose recurrent layers have one bias, and with its dropout off."""
        probe = TorchProbe(self.setup)
        for module, rate in dropping(probe.model):
            setattr(module, rate, 0.0)
        self.around = biased_variances
        if any(": " in name for name, _ in probe.dropout):  # a function that the code calls
            self.around = lambda: Training(probe.model)
        self.names = names_of(probe.model)
        self.holders = _by_weight(probe.holders)
        self.feed = probe.feed
        return probe.model

    @cached_property
    def holders(self) -> dict[str, Holder]:
        """What holds each weight, by its canonical name."""
        return _by_weight(holders_of(self.names))

    def set_layer(self, layer: str, setting: str, value: float) -> None:
        # of momentum PyTorch has what is taken in
        plain = {"epsilon": ("eps", value), "momentum": ("momentum", 1 - value)}
        setattr(self._module(layer), *plain[setting])

    def set_dropout(self, layer: str, rate: float, wanted: float) -> None:
        setattr(*next(d for d in dropping(self._module(layer))), wanted)

    def _module(self, layer: str) -> Any:
        return next(module for module, name in self.names.items() if name == layer)

    def make_objective(self) -> Any:
        """Of what the metric is: the loss is that of the judge."""
        own = self.problem.metric is Metric.LOSS
        return None if own else OBJECTIVES[self.problem.loss](self.problem, "logits")

    def make_optimizer(self, rule: Any) -> Any:
        if turned := self.problem.turns.rule:
            self.steppers = [Ruled(turned, self.problem.turns.rate, self.net.parameters())]
        elif function_of(self.problem.path, "OPTIMIZER", self.framework) is None:
            self.steppers = [super().make_optimizer(rule)]
        else:
            self.steppers = optimizer_of(self.setup, self.net)
        return self.steppers[0]

    def get_state(self) -> State:
        return {name: holder.read(name.rpartition("/")[2]) for name, holder in self.holders.items()}

    @torch.no_grad()
    def set_state(self, state: State) -> None:
        for name, value in state.items():
            self.holders[name].write(name.rpartition("/")[2], value)

    @torch.no_grad()
    def forward(self, x: np.ndarray) -> np.ndarray:
        output = next(iter(named_outputs(self._evaluated(x)).values()))
        return self.problem.scores(self.seen.loss_on, output.cpu().numpy())

    @torch.no_grad()
    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        y_held = self._on_device(self.targets(y))
        return float(self._loss(self._evaluated(x), y_held, self.problem.turns.judged))

    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        self.net.train()
        with self.around():
            super().train_epochs(x, y, epochs, order, log)

    def step(self, x: Any, y: Any) -> tuple[Tensor, Tensor]:
        self.optimizer.zero_grad()
        y = self._on_device(y)
        outputs = self.feed.call(self._on_device(x))
        turned = self.problem.turns.loss
        loss = self._loss(outputs, y, turned)
        loss = turned.scaled(loss, len(y[0])) if turned else loss
        loss.backward()
        for stepper in self.steppers:
            stepper.step()
        loss = loss.detach()
        return loss * len(y[0]), self._metric(outputs, y[0]) if self.objective else loss * len(y[0])

    def size(self, x: Any) -> int:
        return len(x[0])

    def targets(self, y: np.ndarray) -> Any:
        return [torch.tensor(target) for target in self.wanted(y)]

    def _fed(self, x: Any) -> Any:
        tensors = []
        for array, first in zip(self.inputs(x), self.feed.channels_first, strict=True):
            tensor = torch.tensor(np.moveaxis(array, -1, 1).copy() if first else array)
            tensors.append(tensor.to(self.feed.dtype) if tensor.is_floating_point() else tensor)
        return tensors

    def _on_device(self, tensors: Iterable[Tensor]) -> list[Tensor]:
        return [tensor.to(self.device) for tensor in tensors]

    def _dataset(self, x: np.ndarray, y: np.ndarray) -> Dataset:
        return TensorDataset(*self._fed(x), *self.targets(y))

    def _batches(self, x: Any, y: np.ndarray) -> Callable[[np.ndarray], Iterator[Any]]:
        tensors, size = [*self._fed(x), *self.targets(y)], self.problem.batch_size
        return lambda rows: (
            [tensor[chosen] for tensor in tensors] for chosen in torch.from_numpy(rows).split(size)
        )

    def _train(self, source: Iterable[Sequence[Tensor]]) -> Callable[[], dict[str, float]]:
        inputs = len(self.feed.channels_first)
        return super()._train((batch[:inputs], batch[inputs:]) for batch in source)

    def _evaluated(self, x: np.ndarray) -> Any:
        """The model's outputs in evaluation."""
        self.net.eval()
        try:
            return self.feed.call(self._on_device(self._fed(x)))
        finally:
            self.net.train()

    def _loss(self, outputs: Any, y: list[Tensor], by: Loss | None) -> Tensor:
        setup, own = self.by(by)
        if own:
            return own(outputs, y[0] if len(y) == 1 else y)
        tensors = list(named_outputs(outputs).values())
        return loss_of(setup.loss, setup.loss_options, setup.loss_on, tensors, y)

    def _metric(self, outputs: Any, y: Tensor) -> Tensor:
        scores = next(iter(named_outputs(outputs).values())).detach()
        odds = self.problem.loss == "binary_crossentropy" and self.setup.loss_on == "probabilities"
        return self.objective.metric(scores - 0.5 if odds else scores, y)


def _by_weight(holders: Iterable[Holder]) -> dict[str, Holder]:
    return {f"{h.unit.name}/{role}": h for h in holders for role in h.roles}
