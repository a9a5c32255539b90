"""A user's model in Flax NNX, behind the interface that `functions.FunctionNet` has too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax import Array

from jax_impl.probing.functions import called
from jax_impl.probing.places import Path, dotted, flat, nested
from jax_impl.probing.units import Found, modules, parts
from jax_impl.probing.watch import rename, watch_class


class ModuleNet:
    """A module of Flax NNX; its Variables stay where the user has put them."""

    def __init__(self, model: nnx.Module) -> None:
        self.model, self.found = model, modules(model)
        self.parts = list(parts(self.found))
        self.names = names_of(self.found)
        self.variables = {
            (*each.path, *place): variable
            for each in self.found
            for place, variable in each.own.items()
        }
        by_memory = {id(variable): path for path, variable in reversed(self.variables.items())}
        self.first = {path: by_memory[id(v)] for path, v in self.variables.items()}
        self.trained = [
            path
            for path, variable in self.variables.items()
            if isinstance(variable, nnx.Param) and self.first[path] == path
        ]
        for each in self.found:
            for kind in type(each.module).__mro__:
                if kind not in (nnx.Module, object):
                    watch_class(kind)

    def layer(self, name: str) -> Any:
        """The module of this name. Raises StopIteration where none has it."""
        return next(e.module for e in self.found if self.names[id(e.module)] == name)

    def switch_off(self) -> list[tuple[str, float]]:
        """Let no layer of Flax drop from now on; layer and rate of each that would have."""
        dropout = []
        for each in self.found:
            for kind, name in ((nnx.Dropout, "rate"), (nnx.MultiHeadAttention, "dropout_rate")):
                if isinstance(each.module, kind) and (rate := getattr(each.module, name)) > 0:
                    dropout.append((self.names[id(each.module)], float(rate)))
                    setattr(each.module, name, 0.0)
        return dropout

    def widen(self) -> None:
        """Compute in float64 from now on."""
        for each in self.found:
            for name, value in list(vars(each.module).items()):
                if isinstance(value, Array) and value.dtype == jnp.float32:
                    setattr(each.module, name, value.astype(jnp.float64))
                elif "dtype" in name and _is_float32(value):
                    setattr(each.module, name, jnp.float64)
        for _, value in nnx.iter_graph(self.model):
            if isinstance(value, nnx.Variable):
                array = value.get_value()
                if getattr(array, "dtype", None) == jnp.float32:
                    value.set_value(array.astype(jnp.float64))

    def read(self, path: Path) -> Array:
        """The array of a Variable."""
        return self.variables[path].get_value()

    def write(self, arrays: Mapping[Path, Array]) -> None:
        """Put arrays into Variables."""
        for path, array in arrays.items():
            self.variables[path].set_value(array)

    @property
    def weights(self) -> dict[Any, Any]:
        """The trained arrays, of two under one memory the first."""
        return nested({path: self.read(path) for path in self.trained})

    def state(self, *, training: bool) -> tuple[Any, Any]:
        """What stays fixed, for `run`, and all arrays."""
        self.model.train() if training else self.model.eval()
        return nnx.split(self.model)

    def run(
        self,
        fixed: Any,
        state: Any,
        weights: Mapping[Any, Any],
        inputs: Sequence[Array],
        names: Sequence[str],
        *,
        training: bool,
    ) -> tuple[Any, Any]:
        """Outputs of a copy with these weights, and the rest of its state after it: pure."""
        # a copy: a module may not be changed inside of another trace than its own
        model = nnx.merge(fixed, state, copy=True)
        for path, array in flat(weights).items():
            at(model, path).set_value(array)
        rename(names_of(modules(model)))
        known = set(dict(nnx.to_flat_state(state)))
        out = called(model, inputs, names, training=training)
        return out, nnx.state(model, lambda path, v: path in known and not isinstance(v, nnx.Param))

    def evaluate(self, inputs: Sequence[Array], names: Sequence[str]) -> Any:
        """The outputs of the model itself, in evaluation."""
        self.model.eval()
        return called(self.model, inputs, names, training=False)

    def keep(self, state: Any) -> None:
        """Take over the state that a run has left."""
        nnx.update(self.model, state)


def names_of(found: Sequence[Found]) -> dict[int, str]:
    """The user's names of modules, by `id`."""
    return {id(each.module): dotted(each.path) or type(each.module).__name__ for each in found}


def at(model: Any, path: Path) -> Any:
    """What stands in a model under a path."""
    for key in path:
        by_attribute = isinstance(model, nnx.Module) and not isinstance(model, nnx.List)
        model = getattr(model, key) if by_attribute else model[key]
    return model


def _is_float32(value: Any) -> bool:
    try:
        return value is not None and jnp.dtype(value) == jnp.float32
    except TypeError:  # an attribute that only sounds so
        return False
