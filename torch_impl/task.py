"""`TorchTask`: the Task methods, once for PyTorch on every problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader, Dataset, TensorDataset

from common.batches import batches, dense, is_sparse
from common.clock import EpochLog
from common.task import Order, State, Task, Weights, choose_device
from torch_impl import backend, mnist
from torch_impl.manifest import NATIVE
from torch_impl.networks import network
from torch_impl.objectives import OBJECTIVES
from torch_impl.replicas import Stack
from torch_impl.rmsprop import RMSpropFlat, RMSpropInside
from torch_impl.saved import read_saved
from torch_impl.tuned import Batch, Chain, sparse_rows


class TorchTask(Task):
    """One problem in PyTorch, on one device: the training loop as a PyTorch user writes it."""

    native = NATIVE

    def build(self, device: str) -> None:
        self.device = choose_device(device, backend.runtime()["devices"], "PyTorch")
        backend.prepare(self.rules)
        torch.manual_seed(self.seed)
        self.objective = self.make_objective()
        self.net = self.make_network().to(self.device)
        flat = partial(RMSpropFlat, apart=int(self.problem.text))
        rule: Any = RMSpropInside if self.rules.epsilon_inside_root else torch.optim.RMSprop
        chained = self.rules.tuned and rule is RMSpropInside and self.rules.loss_on == "logits"
        self.optimizer = self.make_optimizer(flat if chained else rule)
        self.chain = Chain(self.net, self.problem.loss, self.optimizer) if chained else None
        self.compiled = self.make_compiled() if self.rules.compiled else None

    def make_network(self) -> Any:
        """The problem's network, with fresh weights."""
        return network(self.problem)

    def make_objective(self) -> Any:
        """The loss, metric and targets of its kind of problem."""
        return OBJECTIVES[self.problem.loss](self.problem, self.rules.loss_on)

    def make_optimizer(self, rule: Any) -> Any:
        """RMSprop, by the regime's rule."""
        return rule(
            self.net.parameters(),
            self.problem.learning_rate,
            alpha=self.rules.rho,  # resolved: never None
            eps=self.rules.epsilon,
        )

    def make_compiled(self) -> Any:
        """What trains the network where it is compiled."""
        from torch_impl.program import Compiled  # it imports PyTorch's compiler

        return Compiled(self)

    def get_state(self) -> State:
        state = _arrays(self.weight_names, self.net.parameters())
        slots = [self.optimizer.state[p] for p in self.net.parameters()]
        squares = [
            slot.get("square_avg", torch.zeros_like(p))
            for slot, p in zip(slots, self.net.parameters(), strict=True)
        ]
        state |= _arrays([f"square/{name}" for name in self.weight_names], squares)
        return state | {"step": np.array(int(slots[0].get("step", 0)), np.int64)}

    @torch.no_grad()
    def set_state(self, state: State) -> None:
        state = self.completed(state)
        for name, weight in zip(self.weight_names, self.net.parameters(), strict=True):
            weight.copy_(torch.from_numpy(np.array(state[name].T)))
            slot = self.optimizer.state[weight]  # in place: it may be a view
            slot.setdefault("step", torch.zeros(())).fill_(int(state["step"]))
            square = slot.setdefault("square_avg", torch.zeros_like(weight))
            square.copy_(torch.from_numpy(np.array(state[f"square/{name}"].T)))

    def write_native(self, path: Path) -> None:
        torch.save({name: w.cpu() for name, w in self.net.state_dict().items()}, path)

    def read_native(self, path: Path) -> Weights:
        return read_saved(path, self.problem)

    @torch.no_grad()
    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.scored(torch.from_numpy(x).to(self.device)).cpu().numpy()

    def scored(self, rows: Tensor) -> Tensor:
        """The scores (n, outputs), float32, of rows on the device, which autograd may follow.

        In bfloat16 by autocast, as PyTorch's users have it. Of what is called here it rounds the
        arguments of `linear` alone (ATen/autocast_mode.h); relu takes what it is given. The losses
        are on its list for float32, but not a clip of probabilities: all of the loss stays outside.
        A weight's gradient is computed in bfloat16, and kept in float32 as the weight is.
        """
        if not self.rules.bfloat16:
            return self.net(rows)
        with torch.autocast(rows.device.type, torch.bfloat16):
            return self.net(rows).float()

    @torch.no_grad()
    def scores(self, x: Any) -> np.ndarray:
        if self.chain and is_sparse(x):
            return self.chain.scores(sparse_rows(x, back=False).to(self.device)).cpu().numpy()
        return super().scores(x)

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        rows, targets = self._fed(x).to(self.device), self.targets(y).to(self.device)
        weights: Any = list(self.net.parameters())
        if self.chain:
            loss = self.objective.loss(self.chain.gradients(rows, targets), targets)
            return loss.item(), _arrays(self.weight_names, [weight.grad for weight in weights])
        if self.compiled:
            (loss, _), gradients = self.compiled.gradients(rows, targets)
            return loss.item(), _arrays(self.weight_names, gradients.values())
        loss = self.objective.loss(self.scored(rows), targets)
        return loss.item(), _arrays(self.weight_names, torch.autograd.grad(loss, weights))

    def train_step(self, x: Any, y: np.ndarray) -> float:
        loss_sum, _ = self.step(self._fed(x), self.targets(y))
        return float(loss_sum) / len(y)

    def train_epochs(self, x: Any, y: np.ndarray, epochs: int, order: Order, log: EpochLog) -> None:
        if order is None:
            loader = DataLoader(
                self._dataset(dense(x), y),
                batch_size=self.problem.batch_size,
                shuffle=True,
                drop_last=self.rules.last_batch == "dropped",
            )
            for _ in range(epochs):
                log.start()
                log.stop(self._train(loader))
            return
        batches_of = (self._tuned_batches if self.chain else self._batches)(x, y)
        train = self._train_by_hand if self.chain else self._train
        for rows in self.rows_of_epochs(order, epochs, log):
            log.stop(train(batches_of(rows)))

    @classmethod
    def stack(cls, tasks: Sequence[Any]) -> Stack | None:
        return Stack(tasks) if all(task.chain for task in tasks) else None

    def synchronize(self) -> None:
        backend.synchronize(self.device)

    def facts(self) -> dict[str, Any]:
        return backend.runtime() | {
            "device": self.device,
            "compiled": self.compiled is not None,
            **(self.compiled.told() if self.compiled else {}),
            "peak_device_bytes": backend.peak_bytes(self.device),
        }

    def targets(self, y: np.ndarray) -> Tensor:
        targets = self.objective.targets(y)
        if self.chain and not targets.is_floating_point():
            return one_hot(targets, self.problem.outputs).float()
        return targets

    def _dataset(self, x: np.ndarray, y: np.ndarray) -> Dataset:
        if self.problem.name == "mnist":
            return mnist.dataset(x, y, self.targets(np.arange(self.problem.outputs)))
        return TensorDataset(torch.from_numpy(x), self.targets(y))

    def _batches(self, x: Any, y: np.ndarray) -> Callable[[np.ndarray], Iterator[Batch]]:
        """A function that gives every batch of one epoch in the order of its rows."""
        return lambda rows: (
            (torch.from_numpy(xb), self.targets(yb))
            for xb, yb in batches(x, y, rows, self.problem.batch_size)
        )

    def _tuned_batches(self, x: Any, y: np.ndarray) -> Callable[[np.ndarray], Iterator[Batch]]:
        """The same, taken out of the whole on the device; text stays sparse."""
        size, targets = self.problem.batch_size, self.targets(y).to(self.device)
        sparse_x = self.problem.text and is_sparse(x)
        held = x if sparse_x else self._fed(x).to(self.device)

        def batches_of(rows: np.ndarray) -> Iterator[Batch]:
            for index in torch.from_numpy(rows).split(size):
                part = sparse_rows(held[index.numpy()]) if sparse_x else held[index]
                yield part.to(self.device), targets[index]

        return batches_of

    def _fed(self, x: Any) -> Any:
        """Rows as the network takes them: text stays sparse where training is tuned."""
        if self.chain and self.problem.text and is_sparse(x):
            return sparse_rows(x)
        return torch.from_numpy(dense(x))

    def step(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """One step on one batch: sums over its rows of the loss before the step and the metric."""
        x, y = x.to(self.device), y.to(self.device)
        if self.chain:
            scores, y = self.chain.train([(x, y)])
            return self.objective.loss(scores, y) * len(x), self.objective.metric(scores, y)
        if self.compiled:
            return self.compiled.step(x, y)
        self.optimizer.zero_grad()
        scores = self.scored(x)
        loss = self.objective.loss(scores, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach() * len(x), self.objective.metric(scores.detach(), y)

    def size(self, x: Any) -> int:
        """The rows of a batch."""
        return len(x)

    def _train_by_hand(self, source: Iterable[Batch]) -> Callable[[], dict[str, float]]:
        """The same, by the chain."""
        assert self.chain is not None
        scores, y = self.chain.train(source)
        loss, metric = self.objective.loss(scores, y), self.objective.metric(scores, y)
        return lambda: {"loss": float(loss), self.problem.metric: float(metric) / len(y)}

    def _train(self, source: Iterable[tuple[Any, Any]]) -> Callable[[], dict[str, float]]:
        """One epoch; the means over its rows, read from the device when they are asked for."""
        rows, loss_sum, metric_sum = 0, *torch.zeros(2, device=self.device)
        for x, y in source:
            loss, metric = self.step(x, y)
            rows, loss_sum, metric_sum = rows + self.size(x), loss_sum + loss, metric_sum + metric
        return lambda: {
            "loss": float(loss_sum) / rows,
            self.problem.metric: float(metric_sum) / rows,
        }


def _arrays(names: Iterable[str], tensors: Iterable[Tensor]) -> dict[str, np.ndarray]:
    """Copies in Keras's layout (in, out); a Linear holds its kernel as (out, in)."""
    return {k: t.detach().cpu().numpy().T.copy() for k, t in zip(names, tensors, strict=True)}
