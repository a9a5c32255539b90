"""What flows through a model: calls of its modules and of JAX's functions, kept while they run.

Only calls on real arrays are kept: inside `scan`, `vmap` or `jit` there are none.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import update_wrapper, wraps
from types import MethodType
from typing import Any, NamedTuple

import jax
import numpy as np

from common.twins.probe import Event, plain_array
from jax_impl.probing.attention import exact

ACTIVATIONS = (
    "celu elu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid "
    "log_softmax mish relu relu6 selu sigmoid silu soft_sign softmax softplus squareplus "
    "standardize swish tanh dot_product_attention"
)
FUNCTIONS = {
    "jax.nn": ACTIVATIONS,
    "jax.numpy": "clip concatenate cumsum flip max maximum mean minimum pad prod roll stack std "
    "sum tanh var where",
    "jax.lax": "clamp conv_general_dilated reduce_window stop_gradient",
    "jax.image": "resize",
    "flax.nnx": f"{ACTIVATIONS} avg_pool max_pool min_pool",
}
"""Functions of which a call is an event, where a user's code finds them."""

PLAIN = (bool, int, float, str)
NOT_SETTINGS = ("dtype", "param_dtype", "in_features", "out_features", "num_features", "rngs")


class Call(NamedTuple):
    """A call as it was made: its arrays by place, so that others can stand there."""

    function: Callable
    leaves: list[Any]
    structure: Any
    arrays: tuple[int, ...]

    def again(self, inputs: Sequence[np.ndarray]) -> Any:
        """What the function gives for other arrays, which take the dtypes of the first ones."""
        leaves = list(self.leaves)
        for place, value in zip(self.arrays, inputs, strict=True):
            leaves[place] = jax.numpy.asarray(value, leaves[place].dtype)
        args, options = jax.tree.unflatten(self.structure, leaves)
        return self.function(*args, **options)


class Recorder:
    """Events in the order in which they end; the first call of each layer; names by begin."""

    def __init__(self, names: Mapping[int, str], rates: Mapping[str, float]) -> None:
        self.names, self.rates = names, rates
        self.events: list[Event] = []
        self.calls: dict[str, Call] = {}
        self.order: dict[str, None] = {}  # of what begins, inside of `jit` too
        self.dtypes: dict[str, list[Any]] = {}  # of the outputs, likewise
        self.inside: list[tuple[str, bool]] = []  # what is running, and whether it is Flax's own

    def module(self, call: Callable, module: Any, args: tuple, options: dict) -> Any:
        """A call of a module that may be one of the model's."""
        name = self.names.get(id(module))
        # the latter: a class calls its parent's
        if name is None or (self.inside and self.inside[-1][0] == name):
            return call(module, *args, **options)
        facts = {k: v for k, v in map(_setting, vars(module).items()) if _plain(k, v)}
        if name in self.rates:
            facts["rate"] = self.rates[name]
        self.order.setdefault(name, None)
        kind = type(module)
        theirs = kind.__module__.startswith("flax.") and kind.__name__ != "Sequential"
        self.inside.append((name, theirs))
        try:
            return self._watch(
                lambda *a, **o: call(module, *a, **o), name, kind, args, options, facts
            )
        finally:
            self.inside.pop()

    def function(self, call: Callable, args: tuple, options: dict) -> Any:
        """A call of a function of JAX or Flax, unless it is they who call it."""
        where, theirs = self.inside[-1] if self.inside else ("model", False)
        if theirs:
            return call(*args, **options)
        facts: dict[str, Any] = {}
        with suppress(TypeError, ValueError):
            bound = inspect.signature(call).bind(*args, **options)
            bound.apply_defaults()
            facts = {k: v for k, v in bound.arguments.items() if _plain(k, v)}
        self.inside.append((where, True))
        try:
            return self._watch(call, f"{where}: {call.__name__}", call, args, options, facts)
        finally:
            self.inside.pop()

    def _watch(
        self, call: Callable, layer: str, kind: Any, args: tuple, options: dict, facts: dict
    ) -> Any:
        out = call(*args, **options)
        results = flowing(out)
        self.dtypes.setdefault(layer, [leaf.dtype for leaf in results])
        leaves, structure = jax.tree.flatten((args, options), is_leaf=_is_leaf)
        if any(isinstance(leaf, jax.core.Tracer) for leaf in [*leaves, *results]):
            return out
        arrays = tuple(i for i, leaf in enumerate(leaves) if _is_array(leaf))
        facts |= {k: v for k, v in options.items() if _plain(k, v)}
        inputs = tuple(plain_array(leaves[i]) for i in arrays)
        outputs = tuple(map(plain_array, results))
        self.events.append(Event(layer, kind.__name__, inputs, outputs, facts))
        self.calls.setdefault(layer, Call(call, leaves, structure, arrays))
        return out


_active: list[Recorder] = []


@contextmanager
def recording(recorder: Recorder) -> Iterator[Recorder]:
    """Keep what is called in the meantime."""
    _active.append(recorder)
    try:
        yield recorder
    finally:
        _active.pop()


def rename(names: Mapping[int, str]) -> None:
    """The modules that run are others from now on, such as copies."""
    if _active:
        _active[-1].names = names


class Watched:
    """A function that is seen when it is called, and is otherwise the function itself."""

    def __init__(self, call: Callable) -> None:
        update_wrapper(self, call)
        self.call = call

    def __call__(self, *args: Any, **options: Any) -> Any:
        if not _active:
            return self.call(*args, **options)
        return _active[-1].function(self.call, args, options)

    def __getattr__(self, name: str) -> Any:  # such as the `reduce` of a ufunc
        return getattr(self.__dict__["call"], name)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        # as the attribute of a class only some of JAX's functions become methods
        binds = owner is not None and hasattr(type(self.call), "__get__")
        return MethodType(self, owner) if binds else self


def watch_functions() -> None:
    """Let functions of JAX and Flax be seen from now on: before a user's code takes hold of one."""
    watched: dict[int, Watched] = {}
    jax.nn.dot_product_attention = exact(jax.nn.dot_product_attention)
    for name, functions in FUNCTIONS.items():
        with suppress(ImportError):
            place = importlib.import_module(name)
            for function in functions.split():
                call = getattr(place, function, None)
                if call is not None and not isinstance(call, Watched):
                    setattr(place, function, watched.setdefault(id(call), Watched(call)))


def watch_class(kind: type) -> None:
    """The same for the calls of a class of modules."""
    call = vars(kind).get("__call__")
    if call is None or hasattr(call, "is_watched"):
        return

    @wraps(call)
    def watched(self: Any, *args: Any, **options: Any) -> Any:
        if not _active:
            return call(self, *args, **options)
        return _active[-1].module(call, self, args, options)

    watched.is_watched = True  # type: ignore[attr-defined]
    kind.__call__ = watched  # type: ignore[method-assign]


def flowing(out: Any) -> list[Any]:
    """The arrays in what a layer gives; of a recurrent one with its state, the sequence first."""
    if isinstance(out, tuple) and len(out) == 2 and isinstance(out[0], tuple):
        out = (out[1], *reversed(out[0]))  # an LSTM's state is (c, h); Keras and PyTorch say h, c
    return [leaf for leaf in jax.tree.leaves(out) if _is_array(leaf)]


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray) and not jax.dtypes.issubdtype(
        leaf.dtype, jax.dtypes.prng_key
    )


def _is_leaf(value: Any) -> bool:
    return hasattr(value, "_pytree__state")  # a module or Rngs of Flax: it stays whole


def _setting(item: tuple[str, Any]) -> tuple[str, Any]:
    name, value = item
    return name, value.__name__ if name.endswith("_fn") and hasattr(value, "__name__") else value


def _plain(name: str, value: Any) -> bool:
    """Whether a reader of the code would look for it."""
    if name.startswith("_") or name in NOT_SETTINGS:
        return False
    values = value if isinstance(value, list | tuple) else (value,)
    return all(isinstance(v, (*PLAIN, list, tuple)) for v in values)
