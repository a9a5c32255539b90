"""`KerasProbe`: what the judge of two models asks of a user's Keras model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from common.language import phrase
from common.regime import MATCHED
from common.task import choose_device
from common.twins.probe import Event, Rows, Setup, Unit, Values
from common.twins.units import in_order
from common.twins.user_file import function_of, model_of
from common.weights import most_bytes, npz_arrays
from keras_impl import backend
from keras_impl.probing.dropout import dropout_of, may_draw, without_dropout
from keras_impl.probing.feeder import Feeder
from keras_impl.probing.losses import loss_of
from keras_impl.probing.optimizing import optimizer_of, settings_of
from keras_impl.probing.precision import computing_in, widen
from keras_impl.probing.shown import named_outputs
from keras_impl.probing.units import named_layers, parts_of
from keras_impl.probing.watch import Watch
from keras_impl.probing.weights_file import load

backend.allow_float64()
ROWS = 2  # a batch normalisation has no variance of one
SLOTS = {"first": "_momentums", "second": "_velocities"}


class KerasProbe:
    """One model of a user's twins file in Keras, on any of its backends; see `Probe`."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.device = choose_device(setup.device, backend.runtime()["devices"], "Keras")
        backend.prepare(replace(MATCHED, deterministic=False))
        keras.utils.clear_session()  # else a second model's layers are dense_2, dense_3
        keras.config.disable_traceback_filtering()  # a user's error in the user's own words
        keras.utils.set_random_seed(setup.seed)
        self.optimizer: Any = None
        with self._computing():
            self.model = self._made()
            self.feeder = Feeder(setup, self.model)
            if not all(layer.built for layer in self.model._flatten_layers()):
                self._observed()
                self._widened(self.model)
            self.watch = self._observed()
            self.names = self.watch.names
            self.dropout = self._dropout()
            parts = parts_of(self.model)
            called = {key: place for place, key in enumerate(self.watch.called)}
            self.parts = in_order(parts, [called.get(id(part.owner)) for part in parts])
            self.function = function_of(setup.path, "LOSS", setup.framework)
        self.units: list[Unit] = [part.unit for part in self.parts]
        self.precision = self._precision(self.watch)
        self.notes = [
            phrase("dropout of {rate:g} in Keras's {name!r} is switched off", rate=rate, name=name)
            for name, rate in self.dropout
        ]
        self.kept = {
            f"{part.unit.name}/{role}": kept
            for part in self.parts
            for role, kept in part.kept.items()
        }

    def values(self) -> Values:
        return {name: kept.canonical(_numpy(kept.variable)) for name, kept in self.kept.items()}

    def assign(self, values: Values) -> None:
        with self._computing():
            for name, value in values.items():
                if name not in self.kept:
                    raise ValueError(f"the Keras model has no weight {name!r}")
                kept = self.kept[name]
                try:
                    kept.variable.assign(kept.own(value))
                except ValueError as error:
                    raise ValueError(f"the Keras model's {name!r} {error}") from error
        self.optimizer = None

    def outputs(self, rows: Rows) -> Values:
        with self._evaluating():
            return named_outputs(self._call(rows))

    def flow(self, rows: Rows) -> tuple[Values, list[Event]]:
        with self._evaluating(), Watch(self.model, self.names) as self.watch:
            outputs = named_outputs(self._call(rows))
        events, self.watch.events = self.watch.events, []
        return outputs, events

    def events(self, rows: Rows) -> list[Event]:
        return self.flow(rows)[1]

    def replay(self, layer: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        with self._evaluating():
            return self.watch.replay(layer, inputs)

    def gradients(self, rows: Rows, targets: Rows) -> Values:
        before = [(variable, _numpy(variable)) for variable in self.model.variables]
        with self._computing():
            loss, slopes, of_inputs = self._trained(rows, targets)
            for variable, value in before:  # running means moved along
                variable.assign(value)
        by_variable = dict(zip(map(id, self.model.trainable_variables), slopes, strict=True))
        values = {"loss": _float(loss)}
        for name, kept in self.kept.items():
            if id(kept.variable) in by_variable:
                values[f"weight/{name}"] = kept.canonical(by_variable[id(kept.variable)])
        return values | {f"input/{number}": value for number, value in of_inputs.items()}

    def loss_alone(self, output: np.ndarray, target: np.ndarray) -> float:
        with self._computing():
            tensor = ops.convert_to_tensor(output.astype(self.setup.dtype))
            return float(_float(loss_of(self.setup, self._named_loss(), tensor, [target])))

    def step(self, rows: Rows, targets: Rows) -> Values:
        variables = self.model.trainable_variables
        with self._computing():
            optimizer = self._optimizer()
            loss, slopes, _ = self._trained(rows, targets, dense=False)
            if any(slope is not None for slope in slopes):
                with backend.evaluating():
                    optimizer.apply(slopes, variables)
        del slopes  # of a large model they would lie beside its values
        return {"loss": _float(loss), **self.values()}

    def optimizer_slots(self) -> Values:
        optimizer, variables = self.optimizer, self.model.trainable_variables
        values: Values = {}
        adaptive = isinstance(optimizer, keras.optimizers.Adam | keras.optimizers.RMSprop)
        for slot, attribute in SLOTS.items() if adaptive and optimizer.built else ():
            if attribute == "_momentums" and isinstance(optimizer, keras.optimizers.RMSprop):
                continue  # of RMSprop the momentum is another thing
            slots = getattr(optimizer, attribute)
            for name, kept in self.kept.items():
                if any(kept.variable is variable for variable in variables):
                    at = optimizer._get_variable_index(kept.variable)
                    values[f"slot/{slot}/{name}"] = kept.canonical(_numpy(slots[at]))
        return values

    def optimizer_settings(self) -> dict[str, Any]:
        with self._computing():
            return settings_of(self._optimizer())

    def load(self, path: str) -> None:
        """Take over the weights in a file: .keras, .h5, .weights.h5, or .npz by `values()`'s names.

        Nothing in the file is run. Raises ValueError that names what does not fit.
        """
        if Path(path).suffix == ".npz":
            most = most_bytes(Path(path), self.model.count_params())
            self.assign(npz_arrays(Path(path), most))
            return
        with self._computing():
            load(self.model, Path(path))
        self.optimizer = None

    def save(self, path: str) -> None:
        """Write the model as .keras, or its weights as .weights.h5."""
        if path.endswith(".keras"):
            self.model.save(path)
        else:
            self.model.save_weights(path)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        with computing_in(self.setup.dtype), keras.device(self.device.replace("cuda", "gpu")):
            yield

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        with self._computing(), backend.evaluating():
            yield

    def _made(self) -> Any:
        setup = self.setup
        model = model_of(setup.path, setup.framework, setup.seed)
        if not isinstance(model, keras.layers.Layer):
            raise ValueError(
                f"keras_model() in {Path(setup.path).name} returns "
                f"{'nothing' if model is None else f'a {type(model).__name__}'}; "
                "let it return a keras.Model"
            )
        return self._widened(model)

    def _widened(self, model: Any) -> Any:
        if self.setup.dtype == "float64":
            widen(model)
        return model

    def _observed(self) -> Watch:
        """An evaluation of random rows that was watched; builds what is not built yet."""
        rows = self.setup.random_rows(ROWS, self.setup.seed)
        watch = Watch(self.model, {id(layer): name for name, layer in named_layers(self.model)})
        watch.check = self.feeder.check
        try:
            self.feeder.check_whole()
            with backend.evaluating(), watch:
                self._call(rows)
        except Exception as error:
            raise ValueError(self.feeder.refusal(error, rows)) from error
        watch.events.clear()
        return watch

    def _dropout(self) -> list[tuple[str, float]]:
        """Layer and rate of each dropout in a training of random rows, which changes nothing."""
        if not may_draw(self.model):
            return []
        rows = self.setup.random_rows(ROWS, self.setup.seed)
        before = [(variable, _numpy(variable)) for variable in self.model.variables]
        with backend.evaluating():
            draws = dropout_of(Watch(self.model, self.names), partial(self._call, rows, True))
        for variable, value in before:
            variable.assign(value)
        return draws

    def _call(self, rows: Rows, training: bool = False) -> Any:
        return self._fed([ops.convert_to_tensor(x) for x in self.feeder.arrays(rows)], training)

    def _fed(self, tensors: list[Any], training: bool) -> Any:
        for layer in self.model._flatten_layers():
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()
        return self.model(self.feeder.arranged(tensors), training=training)

    def _trained(
        self, rows: Rows, targets: Rows, dense: bool = True
    ) -> tuple[Any, list[Any], dict[int, np.ndarray]]:
        """Loss, gradients of the trained variables, and those of the inputs, by their number."""
        arrays = self.feeder.arrays(rows)
        real = [number for number, x in enumerate(arrays) if x.dtype.kind == "f"]
        inputs = {number: keras.Variable(arrays[number], trainable=True) for number in real}
        variables = self.model.trainable_variables
        targets = [np.asarray(target) for target in targets]

        def loss() -> Any:
            tensors = [ops.convert_to_tensor(inputs.get(i, x)) for i, x in enumerate(arrays)]
            outputs = self._fed(tensors, training=True)
            loss = loss_of(self.setup, self._named_loss(), outputs, targets)
            for one in self.model.losses:
                loss = loss + ops.cast(one, loss.dtype)
            return loss

        with without_dropout(self.model):
            value, slopes = backend.gradients(
                loss, [*variables, *inputs.values()], self.model.variables
            )
        slopes = [None if slope is None else backend.densified(slope) for slope in slopes]
        of_inputs = {
            number + 1: self.feeder.channels_last(number, _filled(slope, inputs[number]))
            for number, slope in zip(inputs, slopes[len(variables) :], strict=True)
        }
        slopes = slopes[: len(variables)]
        if dense:
            slopes = [_filled(slope, one) for slope, one in zip(slopes, variables, strict=True)]
        return value, slopes, of_inputs

    def _named_loss(self) -> Any:
        if self.setup.loss != "functions":
            return None
        if self.function is None:
            raise ValueError(f"LOSS in {Path(self.setup.path).name} has no function for keras")
        return self.function

    def _optimizer(self) -> Any:
        self.optimizer = self.optimizer or optimizer_of(self.setup)
        return self.optimizer

    def _precision(self, watch: Watch) -> dict[str, str]:
        dtypes = {
            part.unit.name: watch.dtypes.get(part.unit.layer, part.owner.compute_dtype)
            for part in self.parts
        }
        if backend.NAME == "jax":  # its softmax is float32, whatever goes in
            narrow = [name for name in dtypes if name.endswith(".attention_output")]
            dtypes |= {name: "float32" for name in narrow if dtypes[name] == "float64"}
        return {name: dtype for name, dtype in dtypes.items() if dtype != self.setup.dtype}


def _numpy(variable: Any) -> np.ndarray:
    return np.array(ops.convert_to_numpy(variable))


def _float(loss: Any) -> np.ndarray:
    return np.asarray(_numpy(loss), np.float64)


def _filled(slope: Any, variable: keras.Variable) -> np.ndarray:
    return np.zeros(variable.shape) if slope is None else _numpy(slope).astype(np.float64)
