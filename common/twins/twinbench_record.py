"""Record what flows through a model, in any script, for `twinbench parity one.trace other.trace`.

    from twinbench import record  # or copy this one file: it needs NumPy and your framework alone

    with record("one.trace", model) as recorder:
        loss = loss_of(model(x), y)
        loss.backward()
        recorder.gradients(loss=loss)
        optimizer.step()
        recorder.step()

A model is a `torch.nn.Module`, a layer or model of Keras on any backend, or a module of Flax NNX.
The file is one of safetensors with an index: docs/reference/trace.md. Python 3.9 and later.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatch
from typing import Any

import numpy as np

FORMAT, VERSION = "twinbench.record", "1"
CODES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32"}
CODES.update({"int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"})
WIDER = {"bfloat16": "float32", "uint16": "int32", "uint32": "int64"}  # kept as those, exactly
TRACED = (TypeError, ValueError, RuntimeError, NotImplementedError)  # of a tensor without numbers


def record(
    path: str | os.PathLike,
    model: Any,
    *,
    layers: Iterable[str] = ("*",),
    statistics: bool = False,
    max_bytes: int = 1 << 30,
) -> Recorder:
    """Record weights, rows, layers and outputs of a model within a `with` block into a file.

    `layers` are names or patterns ("block*.conv?") of those whose inputs and outputs are kept. The
    model's own inputs and outputs and the loss always are; of the rest `statistics` keeps mean,
    deviation, least and largest value alone, and so it is with what `max_bytes` has no room for, of
    which what flows between layers may take half. The file is written at the end of the block,
    whole or not at all, and not after an error. Raises TypeError for a model of no known framework.
    """
    return Recorder(os.path.abspath(os.fspath(path)), model, layers, statistics, max_bytes)


class Recorder:
    """What `record` gives. It looks on; whether that changes what the model gives is tried."""

    def __init__(
        self, path: str, model: Any, layers: Iterable[str], statistics: bool, max_bytes: int
    ) -> None:
        self.path, self.model, self.statistics, self.max_bytes = path, model, statistics, max_bytes
        self.patterns = [layers] if isinstance(layers, str) else list(layers)
        framework, self.side = _side_of(model)
        self.layers: dict[str, Any] = dict(_unique(self.side.layers(model)))
        self.names = {id(layer): name for name, layer in self.layers.items()}
        self.tensors: dict[str, np.ndarray] = {}  # by the digest of what they hold
        self.bytes = self.dropped = 0
        self.notes: list[str] = []
        self.index: dict[str, Any] = {
            "framework": framework,
            "versions": _versions(framework),
            "model": type(model).__name__,
            "training": False,
            "unchanged": None,
            "draws": False,
            "notes": self.notes,
            **{part: [] for part in ("layers", "events", "calls", "gradients", "steps")},
        }
        self._calls: Counter = Counter()
        self._running: list[int] = []
        self._wrapped: list[tuple[type, Any]] = []

    def __enter__(self) -> Recorder:
        for name, layer in self.layers.items():
            weights = {
                weight: {"tensor": kept, "trained": bool(trained)}
                for weight, tensor, trained in self.side.weights(self.model, layer)
                for kept in [self._keep(tensor)]
                if kept
            }
            classes = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(layer).__mro__]
            settings = _plain(self.side.settings(layer))
            self.index["layers"].append(
                {"name": name, "classes": classes, "settings": settings, "weights": weights}
            )
        self._wrap()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._unwrap()
        if kind is not None:
            return
        if not self.index["calls"]:
            raise RuntimeError(
                "no call of the model was seen: call model(x) itself in the block, and nothing "
                "that compiles it, such as fit, predict or jit"
            )
        if self.dropped:
            words = "tensors are kept by their statistics alone: max_bytes is"
            self.notes.append(f"{self.dropped} {words} {self.max_bytes:,}")
        _write(self.path, self.tensors, self.index)

    def gradients(self, values: Any = None, *, loss: Any = None) -> None:
        """Keep the gradients of the weights, and the loss.

        Without `values` they are the `.grad` of PyTorch's parameters; of Keras they are a list in
        the order of `model.trainable_variables`, of Flax what `nnx.grad` gives.
        """
        weights: dict[str, dict[str, Any]] = {}
        for name, weight, tensor in self.side.gradients(self.model, self.layers, values):
            weights.setdefault(name, {})[weight] = self._keep(tensor)
        self.index["gradients"].append({"loss": self._keep(loss, own=True), "weights": weights})

    def step(self) -> None:
        """Keep all weights as they are now, after a step of the optimiser."""
        weights: dict[str, dict[str, Any]] = {}
        for name, layer in self.layers.items():
            for weight, tensor, _ in self.side.weights(self.model, layer):
                weights.setdefault(name, {})[weight] = self._keep(tensor)
        self.index["steps"].append({"weights": weights})

    def _wrap(self) -> None:
        """See the calls of all layers, in their classes: Python looks for `__call__` there."""
        for kind in {kind: 0 for layer in self.layers.values() for kind in type(layer).__mro__}:
            run = vars(kind).get("__call__")
            with suppress(TypeError):  # of a class in C, which stays as it is
                if run is not None:
                    setattr(kind, "__call__", self._watched(run))  # noqa: B010
                    self._wrapped.append((kind, run))

    def _unwrap(self) -> None:
        while self._wrapped:
            kind, run = self._wrapped.pop()
            setattr(kind, "__call__", run)  # noqa: B010

    def _watched(self, run: Callable) -> Callable:
        @functools.wraps(run)
        def call(layer: Any, *args: Any, **options: Any) -> Any:
            name = self.names.get(id(layer))
            if name is None or self._running[-1:] == [id(layer)]:  # a class calls its parent's
                return run(layer, *args, **options)
            self._running.append(id(layer))
            try:
                return self._observe(name, layer, functools.partial(run, layer), args, options)
            finally:
                self._running.pop()

        return call

    def _observe(self, name: str, layer: Any, run: Callable, args: tuple, options: dict) -> Any:
        whole = layer is self.model
        self._calls[name] += 1
        if not whole and not any(fnmatch(name, pattern) for pattern in self.patterns):
            return run(*args, **options)
        inputs = self._tensors((args, options), whole)  # before anything runs in place
        output = run(*args, **options)
        outputs = self._tensors(output, whole)
        if inputs is None or outputs is None:  # inside of a compiled function
            return output
        event = {"layer": name, "call": self._calls[name], "inputs": inputs, "outputs": outputs}
        self.index["calls" if whole else "events"].append(event)
        if whole and len(self.index["calls"]) == 1:
            self.index["training"] = self.side.trains(self.model, self.layers, options)
            if self.index["training"] or inputs != self._tensors((args, options), whole):
                why = "the model trains" if self.index["training"] else "it changes its inputs"
                self.notes.append(f"it was not run without the recorder to compare: {why}")
            else:
                self._compare([one["digest"] for one in outputs], args, options)
        return output

    def _compare(self, outputs: list[str], args: tuple, options: dict) -> None:
        """See whether the model gives the same bits when nobody looks on."""
        self._unwrap()
        try:
            runs: list[list[str]] = []
            while len(runs) < 2 and outputs not in runs:
                tensors = [_numbers(leaf) for _, leaf in _leaves(self.model(*args, **options))]
                runs.append([digest_of(kept[0]) for kept in tensors if kept])
        finally:
            self._wrap()
        if runs[0] == outputs or runs[0] == runs[-1]:
            self.index["unchanged"] = runs[0] == outputs
            if runs[0] != outputs:
                self.notes.append("without the recorder the model gives other outputs, bit by bit")
        else:
            self.index["draws"] = True

    def _tensors(self, value: Any, own: bool) -> list[dict[str, Any]] | None:
        """What is kept of all tensors in a value; None where one holds no numbers."""
        kept = [(name, self._keep(leaf, own=own, flows=not own)) for name, leaf in _leaves(value)]
        if not all(reference for _, reference in kept):
            return None
        return [{**reference, "label": name} for name, reference in kept if reference]

    def _keep(
        self, tensor: Any, *, own: bool = False, flows: bool = False
    ) -> dict[str, Any] | None:
        """What the index says of a tensor; its numbers too, once however often they come."""
        numbers = _numbers(tensor)
        if numbers is None:
            return None
        array, dtype = numbers
        digest = digest_of(array)
        room = (self.max_bytes // 2 if flows else self.max_bytes) - self.bytes
        room = array.nbytes if own else room
        if digest not in self.tensors and (own or not self.statistics):
            if array.nbytes <= room:
                self.tensors[digest] = array
                self.bytes += array.nbytes
            else:
                self.dropped += 1
        shape, statistics = list(array.shape), _statistics(array)
        return {"digest": digest, "dtype": dtype, "shape": shape, "statistics": statistics}


class _Torch:
    """What is to be known of PyTorch's modules."""

    @staticmethod
    def layers(model: Any) -> Iterator[tuple[str, Any]]:
        for name, module in model.named_modules():
            if "parametrizations" not in name.split("."):
                yield name or type(module).__name__, module

    @staticmethod
    def weights(model: Any, module: Any) -> Iterator[tuple[str, Any, bool]]:
        made = getattr(module, "parametrizations", ())
        named = {
            **dict(module.named_parameters(recurse=False)),
            **dict(module.named_buffers(recurse=False)),
            **{name: getattr(module, name) for name in made},
        }
        for name, tensor in named.items():
            if tensor.is_floating_point():
                yield name, tensor, tensor.requires_grad

    @staticmethod
    def settings(module: Any) -> Mapping[str, Any]:
        return vars(module)

    @staticmethod
    def trains(model: Any, layers: Any, options: Any) -> bool:
        return bool(model.training)

    @classmethod
    def gradients(cls, model: Any, layers: Any, values: Any) -> Iterator[tuple[str, str, Any]]:
        for name, layer in layers.items():
            for weight, tensor, _ in cls.weights(model, layer):
                if tensor.is_leaf and tensor.grad is not None:
                    yield name, weight, tensor.grad


class _Keras:
    """What is to be known of Keras's layers."""

    @staticmethod
    def inside(layer: Any) -> list[Any]:
        """The layers in a layer; the cells of a recurrent one are parts of it."""
        if _is_a(layer, "RNN"):
            return []
        return list(layer._flatten_layers(include_self=False, recursive=False))

    @classmethod
    def layers(cls, layer: Any, name: str = "") -> Iterator[tuple[str, Any]]:
        yield name or layer.name, layer
        for child in cls.inside(layer):
            if not _is_a(child, "InputLayer"):
                yield from cls.layers(child, f"{name}/{child.name}" if name else child.name)
        for one in () if name else getattr(layer, "operations", ()):  # of a functional model
            if not _is_a(one, "InputLayer"):
                yield one.name, one

    @classmethod
    def weights(cls, model: Any, layer: Any) -> Iterator[tuple[str, Any, bool]]:
        theirs = {id(weight) for child in cls.inside(layer) for weight in child.weights}
        trained = {id(weight) for weight in model.trainable_weights}
        own = [w for w in getattr(layer, "weights", ()) if id(w) not in theirs]
        names = (weight.name.rpartition("/")[2].partition(":")[0] for weight in own)
        for number, (name, _) in enumerate(_unique((name, None) for name in names)):
            yield name, own[number], id(own[number]) in trained

    @staticmethod
    def settings(layer: Any) -> Mapping[str, Any]:
        with suppress(Exception):  # a user's own layer may have no configuration
            return layer.get_config()
        return {}

    @staticmethod
    def trains(model: Any, layers: Any, options: Any) -> bool:
        return bool(options.get("training"))

    @classmethod
    def gradients(cls, model: Any, layers: Any, values: Any) -> Iterator[tuple[str, str, Any]]:
        places = {id(w): number for number, w in enumerate(model.trainable_weights)}
        for name, layer in layers.items():
            for weight, variable, _ in cls.weights(model, layer):
                if id(variable) in places and values is not None:
                    yield name, weight, values[places[id(variable)]]


class _Flax:
    """What is to be known of the modules of Flax NNX."""

    @staticmethod
    def found(model: Any) -> list[tuple[tuple, Any]]:
        return list(sys.modules["flax.nnx"].iter_graph(model))

    @classmethod
    def layers(cls, model: Any) -> Iterator[tuple[str, Any]]:
        for path, value in cls.found(model):
            if _is_a(value, "Module"):
                yield ".".join(map(str, path)) or type(value).__name__, value

    @classmethod
    def weights(cls, model: Any, module: Any) -> Iterator[tuple[str, Any, bool]]:
        for name, value in vars(module).items():
            if _is_a(value, "Variable") and not _is_a(value, "RngState"):
                yield name, value, _is_a(value, "Param")

    @staticmethod
    def settings(module: Any) -> Mapping[str, Any]:
        functions = {name: getattr(value, "__name__", 0) for name, value in vars(module).items()}
        return {**vars(module), **{n: v for n, v in functions.items() if n.endswith("_fn")}}

    @staticmethod
    def trains(model: Any, layers: Any, options: Any) -> bool:
        switches = [vars(layer) for layer in layers.values()]
        return any(
            own.get("use_running_average") is False
            or (own.get("deterministic") is False and own.get("rate", own.get("dropout_rate")))
            for own in switches
        )

    @classmethod
    def gradients(cls, model: Any, layers: Any, values: Any) -> Iterator[tuple[str, str, Any]]:
        by_path = dict(sys.modules["flax.nnx"].to_flat_state(values)) if values is not None else {}
        for path, value in by_path.items():
            yield ".".join(map(str, path[:-1])) or type(model).__name__, str(path[-1]), value


SIDES = {"torch": _Torch, "keras": _Keras, "tf_keras": _Keras, "flax": _Flax}


def _side_of(model: Any) -> tuple[str, Any]:
    """The framework of a model by its classes: Keras on PyTorch is a module of both."""
    roots = [kind.__module__.partition(".")[0] for kind in type(model).__mro__]
    for root in ("keras", "tf_keras", "flax", "torch"):
        if root in roots:
            return {"tf_keras": "keras", "flax": "jax"}.get(root, root), SIDES[root]
    raise TypeError(
        f"a {type(model).__name__} was given, expected a torch.nn.Module, a model of Keras or a "
        "module of Flax NNX"
    )


def _is_a(value: Any, kind: str) -> bool:
    return any(one.__name__ == kind for one in type(value).__mro__)


def _unique(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Each thing once, a second of one name as "name (2)"."""
    seen: set[int] = set()
    names: Counter = Counter()
    for name, value in pairs:
        if value is None or id(value) not in seen:
            seen.add(id(value))
            names[name] += 1
            yield (name if names[name] == 1 else f"{name} ({names[name]})"), value


def _versions(framework: str) -> dict[str, str]:
    modules = [sys.modules.get(name) for name in (framework, "flax", "tensorflow", "numpy")]
    versions = {m.__name__: str(getattr(m, "__version__", "")) for m in modules if m is not None}
    return {**versions, "python": platform.python_version()}


def _plain(values: Any) -> Any:
    """Numbers, texts, lists and dicts of such; the rest is left out of dicts."""
    if isinstance(values, Mapping):
        pairs = {str(k): _plain(v) for k, v in values.items() if not str(k).startswith("_")}
        return {k: v for k, v in pairs.items() if v is not None}
    if isinstance(values, (list, tuple)):
        return [_plain(value) for value in values]
    if isinstance(values, float) and not np.isfinite(values):
        return str(values)
    return values if isinstance(values, (bool, int, float, str)) else None


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The tensors in lists, tuples and dicts, each with the last name on its way."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, str(key))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part, name)
    elif hasattr(value, "shape") and hasattr(value, "dtype"):
        yield name, value


def _numbers(tensor: Any) -> tuple[np.ndarray, str] | None:
    """A copy of a tensor's numbers, and its dtype; None of one that is traced, or has others."""
    try:
        held = getattr(tensor, "get_value", None) or getattr(tensor, "value", None)
        tensor = tensor if held is None else held() if callable(held) else held
        if hasattr(tensor, "detach"):
            dtype, tensor = str(tensor.dtype).partition(".")[2], tensor.detach().cpu()
            array = (tensor.float() if dtype == "bfloat16" else tensor).numpy()
        else:
            array = np.asarray(tensor)
            dtype = array.dtype.name
        kept = np.array(array, WIDER.get(dtype, dtype), order="C")
    except TRACED:
        return None
    return (kept, dtype) if kept.dtype.name in CODES else None


def digest_of(array: np.ndarray) -> str:
    head = f"{array.dtype.name} {array.shape} "
    return hashlib.sha256(head.encode() + array.tobytes()).hexdigest()


def _statistics(array: np.ndarray) -> list[float]:
    """Mean, deviation, least and largest of the finite values, and how many are not finite."""
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    lost = float(values.size - finite.size)
    if not finite.size:
        return [0.0, 0.0, 0.0, 0.0, lost]
    moments = finite.mean(), finite.std(), finite.min(), finite.max()
    return [*map(float, moments), lost]


def _write(path: str, tensors: Mapping[str, np.ndarray], index: Mapping[str, Any]) -> None:
    """The file, whole or not at all."""
    texts = {"format": FORMAT, "version": VERSION, "index": json.dumps(index, allow_nan=False)}
    header: dict[str, Any] = {"__metadata__": texts}
    end = 0
    for name, array in tensors.items():
        begin, end = end, end + array.nbytes
        code = CODES[array.dtype.name]
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    handle, draft = tempfile.mkstemp(dir=os.path.dirname(path), suffix=".unfinished")
    try:
        with open(handle, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for array in tensors.values():
                file.write(array.astype(array.dtype.newbyteorder("<")).tobytes())
        os.chmod(draft, 0o644)  # mkstemp makes it readable by its owner alone
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
