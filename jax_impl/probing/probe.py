"""`JaxProbe`: what the judge asks of a user's model in JAX, a module of Flax NNX or plain JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path as File
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from common.language import phrase
from common.regime import MATCHED
from common.twins.probe import Event, Rows, Setup, Unit, Values, plain_array
from common.twins.units import in_order
from common.twins.user_file import function_of
from jax_impl.probing.compiled import LOOKS, Compiled, bits, hasty, named
from jax_impl.probing.losses import loss_of
from jax_impl.probing.nets import net_of
from jax_impl.probing.optimizing import optimizer_of, stepped
from jax_impl.probing.places import Kept, Part, Path, flat
from jax_impl.probing.watch import Call, Recorder, flowing, recording, watch_functions
from jax_impl.probing.weights_file import numbers_of, write_numbers

TRACED_ROWS = 3
SLOTS = {"first": "mu", "second": "nu"}  # as Optax calls them

watch_functions()


class JaxProbe:
    """The Protocol `common.twins.probe.Probe` for JAX.

    It computes with JAX's 64 bits only where `dtype` says so: with them on, a NumPy number in the
    user's code would widen the float32 model too.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        # built in 32 bits in either case: with 64 JAX draws other random numbers
        with bits(False), hasty():
            self.net: Any = net_of(setup)
        self.dropout: list[tuple[str, float]] = self.net.switch_off()
        self.notes = [
            phrase(
                "dropout of {rate:g} in {framework}'s {name!r} is switched off",
                rate=rate,
                framework=setup.framework,
                name=name,
            )
            for name, rate in self.dropout
        ]
        self.slots: optax.OptState | None = None
        self.calls: dict[str, Call] = {}
        self._loss_function = function_of(setup.path, "LOSS", setup.framework)
        with self._bits():
            if setup.dtype == "float64":
                self.net.widen()
            self._fixed = {mode: self.net.state(training=mode)[0] for mode in (True, False)}
            self._describe()
        self._evaluated = Compiled(self._outputs_of)
        self._graded = Compiled(jax.value_and_grad(self._loss_of, argnums=(0, 1), has_aux=True))

    def values(self) -> Values:
        """Copies of all weights and running statistics, float64."""
        return {
            f"{part.name}/{role}": self._canonical(one, self.net.read)
            for part, role, one in self._roles()
        }

    def assign(self, values: Values) -> None:
        """Take over the values that are named, and start the optimiser afresh.

        Raises ValueError for a name or a shape that the model does not have.
        """
        known = {f"{part.name}/{role}": one for part, role, one in self._roles()}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{self.setup.framework}'s model has no {name!r}")
            paths = known[name].paths
            now = [self.net.read(path) for path in paths]
            if (shape := self._canonical(known[name], self.net.read).shape) != np.shape(value):
                raise ValueError(f"{name} is {np.shape(value)}, expected {shape}")
            arrays = known[name].own(np.asarray(value), [array.shape for array in now])
            with self._bits():
                self.net.write(
                    {
                        path: jnp.asarray(array, old.dtype)
                        for path, array, old in zip(paths, arrays, now, strict=True)
                    }
                )
        self.slots = None

    def load(self, path: str) -> None:
        """Take over the weights in a file: .npz, .safetensors or Flax's .msgpack.

        Nothing in the file is run. Raises ValueError that names what does not fit the model.
        """
        expected = {p: self.net.read(p) for p in self.net.first if self.net.first[p] == p}
        numbers = numbers_of(File(path), {p: array.shape for p, array in expected.items()})
        with self._bits():
            self.net.write({p: jnp.asarray(v, expected[p].dtype) for p, v in numbers.items()})
        self.slots = None

    def save(self, path: str) -> None:
        """Write the arrays by the model's own paths: .npz, .safetensors or Flax's .msgpack."""
        own = [p for p in self.net.first if self.net.first[p] == p]
        write_numbers(File(path), {p: np.asarray(self.net.read(p)) for p in own})

    def outputs(self, rows: Rows) -> Values:
        """Evaluation: each output as the model gives it, float64, by name."""
        with self._bits():
            state = self.net.state(training=False)[1]
            arrays, after = self._evaluated(state, self._arrays(rows))
            self.net.keep(after)  # a number that was drawn is not drawn again
            return {
                name: plain_array(array).astype(np.float64)
                for name, array in zip(self._outputs, arrays, strict=True)
            }

    def flow(self, rows: Rows) -> tuple[Values, list[Event]]:
        """Evaluation: the outputs, and the calls of modules and of JAX's functions, as they end."""
        with (
            self._bits(),
            hasty(),
            recording(Recorder(self.net.names, dict(self.dropout))) as recorder,
        ):
            out = self.net.evaluate(self._arrays(rows), self.setup.names)
            outputs = {k: plain_array(a).astype(np.float64) for k, a in named(out).items()}
        self.calls = recorder.calls
        return outputs, recorder.events

    def events(self, rows: Rows) -> list[Event]:
        """The second of `flow`."""
        return self.flow(rows)[1]

    def replay(self, layer: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """The outputs of a layer's first call on other inputs; ValueError for one that has none."""
        call = self.calls.get(layer)
        if call is None or len(call.arrays) != len(inputs):
            raise ValueError(f"{layer!r} of {self.setup.framework}'s model cannot be called alone")
        with self._bits():
            return tuple(map(plain_array, flowing(call.again(inputs))))

    def gradients(self, rows: Rows, targets: Rows) -> Values:
        """Training: the loss, and its gradients for weights and inputs of real numbers."""
        with self._bits():
            loss, _, (by_weight, by_input) = self._differentiated(rows, targets)
            arrays = flat(by_weight)
        found = {f"weight/{name}": value for name, value in self._by_role(arrays).items()}
        found |= {f"input/{i + 1}": plain_array(value) for i, value in by_input.items()}
        return {"loss": np.float64(loss), **found}  # type: ignore[dict-item]

    def loss_alone(self, output: np.ndarray, target: np.ndarray) -> float:
        """The loss of numbers given for the output of a model that has one."""
        with self._bits():
            outputs, targets = self._arrays([output]), self._arrays([target])
            return float(loss_of(self.setup, self._loss_function, outputs, targets))

    def step(self, rows: Rows, targets: Rows) -> Values:
        """Training: a step of the optimiser; the loss before it, and all values after it."""
        with self._bits():
            if self.slots is None:
                optimizer = optimizer_of(self.setup, self.setup.learning_rate, MATCHED)
                self._stepped = Compiled(partial(stepped, optimizer))
                self.slots = Compiled(optimizer.init)(self.net.weights)
            loss, state, (gradients, _) = self._differentiated(rows, targets)
            weights, self.slots = self._stepped(gradients, self.slots, self.net.weights, loss)
            self.net.write(flat(weights))
            self.net.keep(state)
        return {"loss": np.float64(loss), **self.values()}  # type: ignore[dict-item]

    def optimizer_slots(self) -> Values:
        """What Adam and RMSprop keep, by weight; nothing before the first step."""
        values: Values = {}
        for slot, theirs in SLOTS.items():
            held = next((v for _, v in optax.tree.get_all_with_path(self.slots, theirs)), None)
            if isinstance(held, Mapping):
                arrays = {p: v for p, v in flat(held).items() if isinstance(v, jax.Array)}
                values |= {f"slot/{slot}/{k}": v for k, v in self._by_role(arrays).items()}
        return values

    def optimizer_settings(self) -> dict[str, Any]:
        """Nothing: a transformation of Optax is a pair of functions."""
        return {}

    def _describe(self) -> None:
        """`units` in the order of execution and what they compute in, by a few random rows."""
        rows = self.setup.random_rows(TRACED_ROWS, self.setup.seed)
        state, arrays = self.net.state(training=False)[1], self._arrays(rows)
        with recording(Recorder(self.net.names, dict(self.dropout))) as recorder:
            try:
                jax.eval_shape(self._outputs_of, state, arrays)
            except LOOKS:
                self._outputs_of(state, arrays)
        order = {name: i for i, name in enumerate(recorder.order)}
        self.parts = in_order(self.net.parts, [order.get(p.layer) for p in self.net.parts])
        self.units = self._units()
        self.dropout.sort(key=lambda item: order.get(item[0], len(order)))
        self.precision: dict[str, str] = {}
        for part in self.parts:
            dtypes = recorder.dtypes.get(part.layer, [])
            real = [str(d) for d in dtypes if jnp.issubdtype(d, jnp.floating)]
            if real and real[0] != self.setup.dtype:
                self.precision[part.name] = real[0]

    def _units(self) -> list[Unit]:
        units = []
        first: dict[tuple[Path, ...], str] = {}
        for part in self.parts:
            tied = {}
            for role, one in part.roles.items():
                memory = tuple(self.net.first[path] for path in one.paths)
                where = first.setdefault(memory, f"{part.name}/{role}")
                if where != f"{part.name}/{role}":
                    tied[role] = where
            shapes = {r: self._canonical(one, self.net.read).shape for r, one in part.roles.items()}
            units.append(
                Unit(part.name, part.kind, shapes, part.frozen, part.layer, part.settings, tied)
            )
        return units

    def _outputs_of(self, state: Any, inputs: Any) -> tuple[list[Any], Any]:
        """Outputs in evaluation, and the state after them: pure."""
        out, after = self.net.run(
            self._fixed[False], state, {}, inputs, self.setup.names, training=False
        )
        self._outputs = list(named(out))
        return list(named(out).values()), after

    def _loss_of(
        self,
        weights: Any,
        real: Mapping[int, Any],
        rest: Mapping[int, Any],
        state: Any,
        wanted: Any,
    ) -> tuple[Any, Any]:
        """Loss in training, and the state after it: pure."""
        given = {**real, **rest}
        out, after = self.net.run(
            self._fixed[True],
            state,
            weights,
            [given[i] for i in range(len(given))],
            self.setup.names,
            training=True,
        )
        outputs = list(named(out).values())
        return loss_of(self.setup, self._loss_function, outputs, wanted), after

    def _differentiated(self, rows: Rows, targets: Rows) -> tuple[float, Any, Any]:
        """Loss, state after it, and gradients by weight (nested) and by number of the input."""
        arrays = dict(enumerate(self._arrays(rows)))
        real = {i: a for i, a in arrays.items() if jnp.issubdtype(a.dtype, jnp.floating)}
        rest = {i: a for i, a in arrays.items() if i not in real}
        state = self.net.state(training=True)[1]
        (value, after), gradients = self._graded(
            self.net.weights, real, rest, state, self._arrays(targets)
        )
        return float(value), after, gradients

    def _arrays(self, rows: Rows) -> list[jax.Array]:
        return [jnp.asarray(x, self._dtype(np.asarray(x))) for x in rows]

    def _dtype(self, array: np.ndarray) -> Any:
        return jnp.dtype(self.setup.dtype) if array.dtype.kind == "f" else jnp.int32

    def _roles(self) -> Iterator[tuple[Part, str, Kept]]:
        for part in self.parts:
            for role, one in part.roles.items():
                yield part, role, one

    def _canonical(self, one: Kept, read: Callable[[Path], Any]) -> np.ndarray:
        return one.canonical([np.asarray(read(path)).astype(np.float64) for path in one.paths])

    def _by_role(self, arrays: Mapping[Path, Any]) -> Values:
        """Canonical arrays of what belongs to trained weights, such as gradients."""
        return {
            f"{part.name}/{role}": self._canonical(one, lambda path: arrays[self.net.first[path]])
            for part, role, one in self._roles()
            if role not in part.frozen and all(self.net.first[p] in arrays for p in one.paths)
        }

    def _bits(self) -> AbstractContextManager[None]:
        return bits(self.setup.dtype == "float64")
