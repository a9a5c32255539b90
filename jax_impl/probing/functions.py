"""A user's model in plain JAX: a function, and the arrays that it computes with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jax_impl.probing.places import Kept, Part, Path, dotted, flat, kept, nested

MODES = {
    "train": True,
    "training": True,
    "is_training": True,
    "deterministic": False,
    "use_running_average": False,
}
"""Parameters of a model's call by which people say whether it trains, and what they say then."""

KERNEL = re.compile(r"(kernel|weights?|w)(_?\w*)", re.IGNORECASE)
BIASES = ("bias", "b")


def called(model: Callable, inputs: Sequence[Array], names: Sequence[str], training: bool) -> Any:
    """The model's outputs; inputs that have names go by them, to its parameters or as one dict."""
    try:
        parameters = inspect.signature(model).parameters
    except (TypeError, ValueError):
        parameters = {}  # type: ignore[assignment]
    modes = {name: training is said for name, said in MODES.items() if name in parameters}
    if not names:
        return model(*inputs, **modes)
    by_name = dict(zip(names, inputs, strict=True))
    if set(names) <= set(parameters):
        return model(**by_name, **modes)
    return model(by_name, **modes)


class FunctionNet:
    """`apply(params, *inputs)` and `params`, dicts and lists of arrays.

    `parts` are the units, `trained` the paths of arrays that have gradients, `first` the path under
    which a memory is known first, `names` of modules there are none.
    """

    def __init__(self, apply: Callable, params: Any) -> None:
        self.apply = apply
        leaves, self.structure = jax.tree_util.tree_flatten_with_path(params)
        self.arrays: dict[Path, Any] = {
            tuple(map(_key, path)): jnp.asarray(leaf) if hasattr(leaf, "dtype") else leaf
            for path, leaf in leaves
        }
        order = {path: i for i, path in enumerate(_paths(params))}
        paths = sorted(
            (path for path, array in self.arrays.items() if _is_real(array)),
            key=lambda path: order.get(path, len(order)),
        )
        self.trained = [path for path in paths if path[0] != "batch_stats"]
        self.first = {path: path for path in paths}
        self.parts = list(self._parts(paths))
        self.names: dict[int, str] = {}

    def switch_off(self) -> list[tuple[str, float]]:
        """Nothing: a function draws by keys of its own."""
        return []

    def widen(self) -> None:
        """Compute in float64 from now on."""
        for path, array in self.arrays.items():
            if getattr(array, "dtype", None) == jnp.float32:
                self.arrays[path] = array.astype(jnp.float64)

    def read(self, path: Path) -> Array:
        """The array under a path."""
        return self.arrays[path]

    def write(self, arrays: Mapping[Path, Array]) -> None:
        """Put arrays under their paths."""
        self.arrays |= arrays

    @property
    def weights(self) -> dict[Any, Any]:
        """The trained arrays in nested dicts."""
        return nested({path: self.arrays[path] for path in self.trained})

    def state(self, *, training: bool) -> tuple[Any, Any]:
        """What stays fixed, for `run`, and all arrays."""
        arrays = {path: a for path, a in self.arrays.items() if hasattr(a, "dtype")}
        return {path: a for path, a in self.arrays.items() if path not in arrays}, arrays

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
        """Outputs with these weights, and the rest of the state after it, of which it has none."""
        arrays = fixed | state | flat(weights)
        return self._called(arrays, inputs, names, training=training), {}

    def evaluate(self, inputs: Sequence[Array], names: Sequence[str]) -> Any:
        """The outputs, in evaluation."""
        return self._called(self.arrays, inputs, names, training=False)

    def keep(self, state: Any) -> None:
        """Take over the state that a run has left: none."""

    def _called(
        self,
        arrays: Mapping[Path, Any],
        inputs: Sequence[Array],
        names: Sequence[str],
        **mode: bool,
    ) -> Any:
        params = jax.tree.unflatten(self.structure, [arrays[path] for path in self.arrays])

        def model(*args: Any, **options: Any) -> Any:
            return self.apply(params, *args, **options)

        try:
            _, *rest = inspect.signature(self.apply).parameters.values()
            model.__signature__ = inspect.Signature(rest)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            pass
        return called(model, inputs, names, **mode)

    def _parts(self, paths: Sequence[Path]) -> Iterator[Part]:
        groups: dict[Path, list[Any]] = {}
        for path in paths:
            groups.setdefault(path[:-1], []).append(path[-1])
        inside = {path[0] for path in paths} <= {"params", "batch_stats"}
        for above, keys in groups.items():
            name = dotted(above[1:] if inside and above[:1] == ("params",) else above) or "params"
            yield from self._units(name, above, keys)

    def _units(self, name: str, above: Path, keys: list[Any]) -> Iterator[Part]:
        """The units of the arrays that stand side by side."""
        shapes = {key: self.arrays[*above, key].shape for key in keys}
        left = list(keys)
        frozen = above[:1] == ("batch_stats",)
        for kind, roles in _known(shapes):
            used = [key for one in roles.values() for key in one.paths[0]]
            left = [key for key in left if key not in used]
            alone = len(used) == len(keys)
            own_name = name if alone else dotted((*above, used[0]))
            yield _part(own_name, kind, {r: one.below(above) for r, one in roles.items()}, frozen)
        if left:
            rest = {f"weight{i}": kept([(*above, key)]) for i, key in enumerate(left, 1)}
            yield _part(name, "other", rest, frozen)


def _part(name: str, kind: str, roles: Mapping[str, Kept], frozen: bool) -> Part:
    return Part(name, kind, roles, frozenset(roles if frozen else ()), "", {})


def _known(shapes: Mapping[Any, tuple[int, ...]]) -> Iterator[tuple[str, dict[str, Kept]]]:
    """Kind and roles of what the keys tell: kernels with their biases, tables, a normalisation."""
    if set(shapes) == {"scale", "bias"}:
        yield "layer_norm", {"gamma": kept([("scale",)]), "beta": kept([("bias",)])}
        return
    if [len(shape) for shape in shapes.values()] == [2, 1] and set(shapes) == {0, 1}:
        yield _dense(0, 1, shapes)  # a pair (w, b)
        return
    for key, shape in shapes.items():
        if str(key).lower() in ("embedding", "embeddings") and len(shape) == 2:
            yield "embedding", {"embeddings": kept([(key,)])}
        elif match := KERNEL.fullmatch(str(key)):
            suffix = match[2]
            biases = [k for k in shapes if str(k).lower() in [b + suffix.lower() for b in BIASES]]
            bias = biases[0] if biases and len(shapes[biases[0]]) == 1 else None
            if len(shape) == 2:
                yield _dense(key, bias, shapes)
            elif match[1] == "kernel" and 3 <= len(shape) <= 5:
                roles = {"kernel": kept([(key,)])}
                roles |= {} if bias is None else {"bias": kept([(bias,)])}
                yield f"conv{len(shape) - 2}d", roles


def _dense(key: Any, bias: Any, shapes: Mapping[Any, tuple[int, ...]]) -> tuple[str, dict]:
    """A dense layer; the bias tells which axis is that of the outputs."""
    rows, columns = shapes[key]
    turned = bias is not None and rows == shapes[bias][0] != columns
    kernel = kept([(key,)], (lambda values: values[0].T) if turned else None)
    return "dense", {"kernel": kernel} | ({} if bias is None else {"bias": kept([(bias,)])})


def _paths(tree: Any, above: Path = ()) -> Iterator[Path]:
    """The paths of what is in dicts and lists, in the order of definition."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _paths(value, (*above, key))
    elif isinstance(tree, list | tuple):
        names = getattr(tree, "_fields", range(len(tree)))
        for key, value in zip(names, tree, strict=True):
            yield from _paths(value, (*above, key))
    else:
        yield above


def _key(entry: Any) -> Any:
    return next(getattr(entry, name) for name in ("key", "idx", "name") if hasattr(entry, name))


def _is_real(array: Any) -> bool:
    return hasattr(array, "dtype") and jnp.issubdtype(array.dtype, jnp.floating)
