"""`TorchProbe`: what the judge of two models asks of a user's PyTorch model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from common.language import phrase
from common.twins.probe import Event, Rows, Setup, Unit, Values
from common.twins.user_file import function_of, model_of
from torch_impl.probing.arrays import array_of, named_outputs, to_double
from torch_impl.probing.effective import Part, gradients_of
from torch_impl.probing.feed import Feed, Trial
from torch_impl.probing.flow import Call, Flow, replay
from torch_impl.probing.losses import loss_of
from torch_impl.probing.optimizing import (
    optimizer_of,
    read_trained,
    settings_of,
    slots_of,
    trained_roles,
)
from torch_impl.probing.order import as_used, precision
from torch_impl.probing.training import Training, has_running_variance, merged_biases
from torch_impl.probing.units import apart, holders_of
from torch_impl.probing.watch import Watch, names_of
from torch_impl.probing.weight_files import load_weights

NAMED = 4  # dropouts in a note


class TorchProbe:
    """See `common.twins.probe.Probe`.

    In float64 the model's parameters, buffers and constants are float64, and so is whatever its
    own code makes or casts to a shorter float. The constructor raises ValueError for what is no
    nn.Module, and for a model that does not run on rows of the setup's shapes.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.double = setup.dtype == "float64"
        # else a transformer's layers are run as one in evaluation, and nothing in them is seen
        torch.backends.mha.set_fastpath_enabled(False)
        torch.manual_seed(setup.seed)
        model = model_of(setup.path, setup.framework, setup.seed)
        model = getattr(model, "_orig_mod", model)  # of torch.compile, which would hide it
        if not isinstance(model, nn.Module):
            raise ValueError(
                f"torch_model gives a {type(model).__name__}, expected a torch.nn.Module"
            )
        if isinstance(model, torch.jit.ScriptModule):
            raise ValueError("torch_model gives a ScriptModule; return the module it was made of")
        self.model: nn.Module = model.to(setup.device)
        written = {id(p): p.dtype for p in model.parameters()}
        if self.double:
            to_double(model)
        self.notes = merged_biases(model)
        before = self._buffers()
        self.feed = Feed(model, setup, lambda: self._evaluating(Trial(model, double=self.double)))
        self._restore(before)  # one that moves its statistics in evaluation too
        trial = self.feed.trial
        self.holders = as_used(holders_of(names_of(model)), trial, written)
        self.units: list[Unit] = [holder.unit for holder in self.holders]
        self.precision = precision(self.holders, trial, getattr(torch, setup.dtype))
        self.steppers: list[Any] = []  # the optimiser and its schedulers, once they are needed
        self.calls: Mapping[str, Call] = {}
        self._others = self._unowned()
        self.dropout = self._dropout()
        if self.dropout:
            names: str = ", ".join(f"{name} ({rate:g})" for name, rate in self.dropout[:NAMED])
            if more := len(self.dropout[NAMED:]):
                names = phrase("{names} and {more} more", names=names, more=more)
            self.notes.append(phrase("dropout is off in training: {names}", names=names))
        if has_running_variance(model):
            self.notes.append(
                phrase(
                    "torch's running variances take the variance of a batch in as Keras's do, of n "
                    "and not of n - 1 values"
                )
            )

    def values(self) -> Values:
        return {
            f"{holder.unit.name}/{role}": holder.read(role)
            for holder in self.holders
            for role in holder.roles
        }

    def assign(self, values: Values) -> None:
        weights = {f"{h.unit.name}/{role}": (h, role) for h in self.holders for role in h.roles}
        unknown = [name for name in values if name not in weights]
        if unknown:
            raise ValueError(f"torch_model has no {', '.join(unknown)}")
        for name, value in values.items():
            holder, role = weights[name]
            holder.write(role, np.asarray(value))
        self._restore(self._others)
        self.steppers = []

    def load(self, path: str) -> None:
        """Take over a file of the model's own names, and start the optimiser afresh.

        Raises ValueError as `load_weights` does.
        """
        load_weights(self.model, path)
        merged_biases(self.model)
        self._others = self._unowned()
        self.steppers = []

    def save(self, path: str) -> None:
        """Write the model's `state_dict`: .pt, .pth or .safetensors."""
        state = {name: tensor.detach().cpu() for name, tensor in self.model.state_dict().items()}
        if Path(path).suffix == ".safetensors":
            # copies: two names of one tensor are refused
            save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, path)
        else:
            torch.save(state, path)

    def apart(self, unit: str) -> list[Unit]:
        self.holders = [apart(h) if h.unit.name == unit else h for h in self.holders]
        self.units = [holder.unit for holder in self.holders]
        return self.units

    def outputs(self, rows: Rows) -> Values:
        with torch.no_grad(), self._evaluating(Watch(self.model, double=self.double)) as watch:
            outputs = self.feed.run(self.feed.leaves(rows), watch)
        return {name: array_of(tensor) for name, tensor in named_outputs(outputs).items()}

    def flow(self, rows: Rows) -> tuple[Values, list[Event]]:
        with torch.no_grad(), self._evaluating(Flow(self.model, double=self.double)) as flow:
            outputs = self.feed.run(self.feed.leaves(rows), flow)
        self.calls = flow.first_calls
        return {k: array_of(tensor) for k, tensor in named_outputs(outputs).items()}, flow.events

    def events(self, rows: Rows) -> list[Event]:
        return self.flow(rows)[1]

    def replay(self, layer: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        if layer not in self.calls:
            raise ValueError(f"{layer!r} was not called in the last events")
        with torch.no_grad(), self._evaluating(Watch(self.model, double=self.double)):
            try:
                return replay(self.calls[layer], inputs)
            except (RuntimeError, TypeError, IndexError, AssertionError) as error:
                raise ValueError(f"{layer!r} does not run on these inputs: {error}") from error

    def gradients(self, rows: Rows, targets: Rows) -> Values:
        before = self._buffers()
        leaves = self.feed.leaves(rows, gradients=True)
        made = [p for h in self.holders for r in h.roles.values() for p in r.parts if p.is_made]
        with gradients_of(made) as tensors:
            loss = self._backward(leaves, targets)

        def gradient(part: Part) -> Tensor:
            whole = tensors.get((id(part.module), part.name))
            parts = [part.whole] if whole is None else whole
            gradients = [t.grad for t in parts if t.grad is not None]
            return part.of(sum(gradients, torch.zeros_like(part.whole)))

        values = {"loss": array_of(loss)}
        for holder, role in trained_roles(self.holders):
            values[f"weight/{holder.unit.name}/{role}"] = read_trained(holder, role, gradient)
        for number, leaf in enumerate(leaves, 1):
            if leaf.requires_grad:
                grad = leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)
                values[f"input/{number}"] = array_of(grad)
        self.model.zero_grad()
        self._restore(before)
        return values

    def loss_alone(self, output: np.ndarray, target: np.ndarray) -> float:
        tensor = torch.tensor(output, dtype=getattr(torch, self.setup.dtype))
        with torch.no_grad(), self._floats():
            return float(self._loss(tensor.to(self.setup.device), [target]))

    def step(self, rows: Rows, targets: Rows) -> Values:
        self._start()
        self.model.zero_grad()
        loss = self._backward(self.feed.leaves(rows), targets)
        with self._floats():
            for stepper in self.steppers:
                stepper.step()
        self.model.zero_grad()
        return {"loss": array_of(loss), **self.values()}

    def optimizer_slots(self) -> Values:
        return slots_of(self.steppers[0], self.holders) if self.steppers else {}

    def optimizer_settings(self) -> dict[str, Any]:
        self._start()
        settings = settings_of(self.steppers[0])
        if len(self.steppers) > 1:  # a scheduler says what the rate is
            settings.pop("lr", None)
        return settings

    def _start(self) -> None:
        if not self.steppers:
            with self._floats():
                self.steppers = optimizer_of(self.setup, self.model)

    def _backward(self, leaves: Sequence[Tensor], targets: Rows) -> Tensor:
        """The loss of a forward pass in training, whose gradients are then in place."""
        with self._training(Training(self.model, double=self.double)) as watch:
            outputs = self.feed.run(leaves, watch)
        with self._floats():
            loss = self._loss(outputs, targets)
        if loss.requires_grad:
            loss.backward()
        return loss.detach()

    def _loss(self, outputs: Any, targets: Rows) -> Tensor:
        setup = self.setup
        dtype = getattr(torch, setup.dtype)
        y = [torch.tensor(target, device=setup.device) for target in targets]
        y = [t.to(dtype) if t.is_floating_point() else t for t in y]
        if setup.loss == "functions":
            own = function_of(setup.path, "LOSS", setup.framework)
            if own is None:
                raise ValueError("LOSS has no function for torch")
            return own(outputs, y[0] if len(y) == 1 else y)
        tensors = [t.to(dtype) for t in named_outputs(outputs).values()]
        return loss_of(setup.loss, setup.loss_options, setup.loss_on, tensors, y)

    @contextmanager
    def _floats(self) -> Iterator[None]:
        """What is made without a dtype has the setup's."""
        before = torch.get_default_dtype()
        torch.set_default_dtype(getattr(torch, self.setup.dtype))
        try:
            yield
        finally:
            torch.set_default_dtype(before)

    @contextmanager
    def _evaluating(self, watch: Any) -> Iterator[Any]:
        self.model.eval()
        with self._floats(), watch:
            yield watch

    @contextmanager
    def _training(self, watch: Any) -> Iterator[Any]:
        self.model.train()
        try:
            with self._floats(), watch:
                yield watch
        finally:
            self.model.eval()

    def _dropout(self) -> list[tuple[str, float]]:
        watch, before = Training(self.model, double=self.double), self._buffers()
        # one that does not train says so when it is asked for gradients
        with torch.no_grad(), suppress(Exception), self._training(watch):
            self.feed.run(self.feed.leaves(self.feed.random_rows()), watch)
        self._restore(before)
        return watch.dropout

    def _buffers(self) -> dict[str, Tensor]:
        buffers = self.model.named_buffers()
        return {name: buffer.clone() for name, buffer in buffers if not is_lazy(buffer)}

    def _unowned(self) -> dict[str, Tensor]:
        """Buffers that are no unit's: a run of training may move them."""
        owned = {id(p.whole) for h in self.holders for role in h.roles.values() for p in role.parts}
        return {name: b.clone() for name, b in self.model.named_buffers() if id(b) not in owned}

    @torch.no_grad()
    def _restore(self, buffers: Mapping[str, Tensor]) -> None:
        own = dict(self.model.named_buffers())
        for name, buffer in buffers.items():
            own[name].copy_(buffer)
