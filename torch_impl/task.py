"""`TorchTask`: the Task methods, once for PyTorch on every problem."""

from __future__ import annotations

import importlib
import itertools
import pickle
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from common.task import EpochLog, History, Order, State, Task, Weights, batches, dense
from torch_impl.manifest import NATIVE


class TorchTask(Task):
    """One problem in PyTorch, on one device: the training loop as a PyTorch user writes it."""

    native = NATIVE

    def build(self, device: str) -> None:
        if self.regime.execution == "tuned":
            raise NotImplementedError("the regime 'tuned' is not there yet; use native or matched")
        self.device = choose_device(device)
        torch.backends.cuda.matmul.allow_tf32 = bool(self.rules.tf32)
        torch.set_flush_denormal(self.rules.denormals == "flushed")
        torch.use_deterministic_algorithms(self.rules.deterministic)
        torch.manual_seed(self.seed)
        self.module = self.recipe()
        self.net = self.module.network(self.problem, self.rules.loss_on).to(self.device)
        self.loss = self.module.loss(self.problem, self.rules.loss_on)
        rule = RMSpropInside if self.rules.epsilon_inside_root else torch.optim.RMSprop
        self.optimizer = rule(
            self.net.parameters(),
            self.problem.learning_rate,
            alpha=self.rules.rho,  # type: ignore[arg-type]  # resolved: never None
            eps=self.rules.epsilon,  # type: ignore[arg-type]
        )

    def recipe(self) -> Any:
        """What has the problem's network, loss, metric, targets and dataset: its module."""
        return importlib.import_module(f"torch_impl.{self.problem.name}")

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
        self.check_state(state)
        self.optimizer.state.clear()
        for name, weight in zip(self.weight_names, self.net.parameters(), strict=True):
            weight.copy_(torch.from_numpy(np.array(state[name].T)))
            if "step" in state:
                self.optimizer.state[weight] = {
                    "step": torch.tensor(float(state["step"])),
                    "square_avg": torch.from_numpy(np.array(state[f"square/{name}"].T)).to(weight),
                }

    def write_native(self, path: Path) -> None:
        torch.save({name: w.cpu() for name, w in self.net.state_dict().items()}, path)

    def read_native(self, path: Path) -> Weights:
        try:
            held = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:  # its message tells how to run the code after all
            raise ValueError("it is damaged, or holds code and not tensors alone") from error
        expected = list(self.net.state_dict())
        found = sorted(map(str, held)) if isinstance(held, dict) else type(held).__name__
        if found != sorted(expected):
            raise ValueError(f"it holds {found}, expected a state_dict of {expected}")
        return _arrays(self.weight_names, [held[name] for name in expected])

    @torch.no_grad()
    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.net(torch.from_numpy(x).to(self.device)).cpu().numpy()

    def loss_and_gradients(self, x: Any, y: np.ndarray) -> tuple[float, Weights]:
        loss = self.loss(
            self.net(torch.from_numpy(dense(x)).to(self.device)), self._targets(y).to(self.device)
        )
        gradients = torch.autograd.grad(loss, list(self.net.parameters()))
        return loss.item(), _arrays(self.weight_names, gradients)

    def train_step(self, x: Any, y: np.ndarray) -> float:
        loss_sum, _ = self._step(torch.from_numpy(dense(x)), self._targets(y))
        return float(loss_sum) / len(y)

    def fit(
        self,
        x: Any,
        y: np.ndarray,
        *,
        epochs: int,
        order: Order = None,
        validation: tuple | None = None,
        on_epoch: Any = None,
    ) -> History:
        log = EpochLog(self, validation, on_epoch)
        if order is None:
            loader = DataLoader(
                self.module.dataset(self.problem, dense(x), y),
                batch_size=self.problem.batch_size,
                shuffle=True,
                drop_last=self.rules.last_batch == "dropped",
            )
            sources: Iterator[Iterable] = itertools.repeat(loader, epochs)
        else:
            sources = (self._batches(x, y, rows) for rows in self.rows_of_epochs(order, epochs))
        for _ in range(epochs):
            log.start()
            log.stop(self._train(next(sources)))
        return log.history

    def synchronize(self) -> None:
        if self.device.startswith("cuda"):
            torch.cuda.synchronize(self.device)
        elif self.device == "mps":
            torch.mps.synchronize()

    def facts(self) -> dict[str, Any]:
        return runtime() | {"device": self.device, "compiled": False}

    def _batches(self, x: Any, y: np.ndarray, rows: np.ndarray) -> Iterator[tuple[Tensor, Tensor]]:
        """Every batch of one epoch in the given order."""
        for xb, yb in batches(x, y, rows, self.problem.batch_size):
            yield torch.from_numpy(xb), self._targets(yb)

    def _targets(self, y: np.ndarray) -> Tensor:
        return self.module.targets(self.problem, y)

    def _step(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """One step on one batch: sums over its rows of the loss before the step and the metric."""
        x, y = x.to(self.device), y.to(self.device)
        self.optimizer.zero_grad()
        scores = self.net(x)
        loss = self.loss(scores, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach() * len(x), self.module.metric(scores.detach(), y)

    def _train(self, source: Iterable[tuple[Tensor, Tensor]]) -> Callable[[], dict[str, float]]:
        """One epoch; the means over its rows, read from the device when they are asked for."""
        rows, loss_sum, metric_sum = 0, *torch.zeros(2, device=self.device)
        for x, y in source:
            loss, metric = self._step(x, y)
            rows, loss_sum, metric_sum = rows + len(x), loss_sum + loss, metric_sum + metric
        return lambda: {
            "loss": float(loss_sum) / rows,
            self.problem.metric: float(metric_sum) / rows,
        }


class RMSpropInside(torch.optim.RMSprop):
    """RMSprop with epsilon inside the root, lr g / sqrt(v + eps), as Keras has it.

    Source: keras/src/optimizers/rmsprop.py. The options and the state are those of
    `torch.optim.RMSprop`, without momentum or centring.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step from the gradients that the parameters hold."""
        for group in self.param_groups:
            decay, epsilon = group["alpha"], group["eps"]
            for weight in group["params"]:
                if weight.grad is None:  # the loss does not depend on it
                    continue
                slot = self.state[weight]
                if not slot:
                    slot |= {"step": torch.zeros(()), "square_avg": torch.zeros_like(weight)}
                slot["step"] += 1
                square = slot["square_avg"]
                square.mul_(decay).addcmul_(weight.grad, weight.grad, value=1 - decay)
                weight.addcdiv_(weight.grad, (square + epsilon).sqrt_(), value=-group["lr"])


def runtime() -> dict[str, Any]:
    """`versions`, `devices` and `threads` of PyTorch, as read back from it."""
    devices = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return {
        # not torch.__version__: a class of its own, which a parent could unpickle with torch alone
        "versions": {name: version(name) for name in ("torch", "torchvision")},
        "devices": devices,
        "threads": torch.get_num_threads(),
    }


def choose_device(name: str) -> str:
    """The device of that name, `auto` being the best; ValueError names those there are."""
    devices = runtime()["devices"]
    wanted = {"auto": devices[1] if len(devices) > 1 else "cpu", "cuda": "cuda:0"}
    device = wanted.get(name, name)
    if device not in devices:
        raise ValueError(f"PyTorch sees no device {name!r} here; it sees: {', '.join(devices)}")
    return device


def _arrays(names: Iterable[str], tensors: Iterable[Tensor]) -> dict[str, np.ndarray]:
    """Copies in Keras's layout (in, out); a Linear holds its kernel as (out, in)."""
    return {k: t.detach().cpu().numpy().T.copy() for k, t in zip(names, tensors, strict=True)}
