"""Flax NNX's layers with weights: which kind each is, and how it keeps what Keras keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flax import nnx

from jax_impl.probing.places import Kept, Part, Path, dotted, kept, merged
from jax_impl.probing.tables import GRU, KERAS_NAMES, TABLE

KNOWN = {getattr(nnx, name): row for name, row in TABLE.items()}
DIMENSIONS = {"dense": 2, "embedding": 2}  # of the kernel; one more where a layer is stacked

Variables = Mapping[Path, nnx.Variable]


class Found(NamedTuple):
    """A module of the model: where it stands, and its own Variables by their place in it."""

    path: Path
    module: nnx.Module
    own: dict[Path, nnx.Variable]


def modules(model: nnx.Module) -> list[Found]:
    """Every module once, in the order of definition, a module before those inside it."""
    found: list[Found] = []
    seen: set[int] = set()

    def walk(value: Any, path: Path, owner: Found | None) -> None:
        if isinstance(value, nnx.Variable):
            if owner is not None and _is_weight(value):
                owner.own[path[len(owner.path) :]] = value
        elif isinstance(value, nnx.Module):
            if id(value) in seen:
                return
            seen.add(id(value))
            holder = isinstance(value, nnx.List | nnx.Dict)
            if not holder:
                owner = Found(path, value, {})
                found.append(owner)
            for name, child in vars(value).items():
                if not name.startswith("_pytree__"):
                    key = int(name) if isinstance(value, nnx.List) and name.isdigit() else name
                    walk(child, (*path, key), owner)
        elif isinstance(value, Mapping):
            for name, child in value.items():
                walk(child, (*path, name), owner)
        elif isinstance(value, list | tuple):
            for number, child in enumerate(value):
                walk(child, (*path, number), owner)

    walk(model, (), None)
    return found


def _is_weight(variable: nnx.Variable) -> bool:
    """Whether it is a parameter, a running statistic or a constant table, of real numbers."""
    if isinstance(variable, (nnx.RngState, nnx.Cache, nnx.Intermediate)):
        return False
    dtype = getattr(variable.get_value(), "dtype", None)
    return dtype is not None and dtype.kind in "fV"  # V: bfloat16


def parts(found: Sequence[Found]) -> Iterator[Part]:
    """The units of a model, in the order of definition."""
    cells = [each for each in found if isinstance(each.module, CELLS)]
    for each in found:
        cell = next((c for c in cells if each.path[: len(c.path)] == c.path), None)
        if each is cell:
            yield _recurrent(each, found)
        elif cell is None and each.own:  # the layers inside a cell are no units of their own
            yield _part(each)


def _part(found: Found) -> Part:
    name = dotted(found.path) or type(found.module).__name__
    kind, roles = _kind(found)
    frozen = frozenset(
        role for role, one in roles.items() if not all(map(_trains, one.read(found.own)))
    )
    at_place = {role: one.below(found.path) for role, one in roles.items()}
    return Part(name, kind, at_place, frozen, name, settings(found.module))


def _trains(variable: nnx.Variable) -> bool:
    return isinstance(variable, nnx.Param)


def _kind(found: Found) -> tuple[str, dict[str, Kept]]:
    module, own = found.module, found.own
    how: tuple[tuple[type, Callable], ...] = (
        (nnx.Conv, _convolution),
        (nnx.ConvTranspose, _transposed_convolution),
        (nnx.LinearGeneral, _general),
        (nnx.Einsum, _einsum),
        *((known, _from_table) for known in KNOWN),
    )
    for known, described in how:
        if isinstance(module, known):
            kind, roles = described(module, own)
            names = {place for one in roles.values() for place in one.paths}
            if kind != "other" and names == set(own):
                return kind, roles
    # in the order of their definition, each as it is
    return "other", {f"weight{i}": kept([path]) for i, path in enumerate(own, 1)}


def _from_table(module: Any, own: Variables) -> tuple[str, dict[str, Kept]]:
    kind, names = next(row for known, row in KNOWN.items() if isinstance(module, known))
    roles = {role: kept([(name,)]) for role, name in names.items() if (name,) in own}
    if kind == "prelu":
        roles = {"alpha": kept([("negative_slope",)], lambda values: values[0].reshape(-1))}
    first = next(iter(own.values()))
    fits = first.get_value().ndim == DIMENSIONS.get(kind, first.get_value().ndim)
    return kind if fits else "other", roles


def _convolution(module: Any, own: Variables) -> tuple[str, dict[str, Kept]]:
    n, groups = len(module.kernel_size), module.feature_group_count
    kind, kernel = f"conv{n}d", kept([("kernel",)])
    if 1 < groups == module.in_features and n < 3:
        # the outputs of a channel stand side by side, as in Keras
        kind = f"depthwise_conv{n}d"
        shape = (*module.kernel_size, groups, -1)
        kernel = kept([("kernel",)], lambda values: values[0].reshape(shape))
    fits = n <= 3 and own[("kernel",)].get_value().ndim == n + 2
    return kind if fits else "other", _with_bias(kernel, own)


def _transposed_convolution(module: Any, own: Variables) -> tuple[str, dict[str, Kept]]:
    n = len(module.kernel_size)
    space = tuple(range(n))

    def canonical(values: list[np.ndarray]) -> np.ndarray:
        # without transpose_kernel it is a convolution of the stretched input: Keras's, turned round
        return values[0] if module.transpose_kernel else np.flip(values[0], space).swapaxes(-1, -2)

    fits = n <= 3 and own[("kernel",)].get_value().ndim == n + 2
    kind = f"conv{n}d_transpose" if fits else "other"
    return kind, _with_bias(kept([("kernel",)], canonical), own)


def _general(module: Any, own: Variables) -> tuple[str, dict[str, Kept]]:
    rows, columns = math.prod(module.in_features), math.prod(module.out_features)
    size = own[("kernel",)].get_value().size
    fits = not module.batch_axis and size == rows * columns
    return "dense" if fits else "other", _matrix(own, rows, columns)


def _einsum(module: Any, own: Variables) -> tuple[str, dict[str, Kept]]:
    """A dense layer where inputs and outputs stand side by side in the kernel, and nothing else."""
    left, _, out = module.einsum_str.replace(" ", "").partition("->")
    given, _, kernel = left.partition(",")
    sides = "".join(("b" if a in out else "i") if a in given else "o" for a in kernel)
    if not re.fullmatch("i+o+|o+i+", sides):
        return "other", {}
    cut = sides.rindex(sides[0]) + 1
    rows, columns = math.prod(module.kernel_shape[:cut]), math.prod(module.kernel_shape[cut:])
    return "dense", _matrix(own, rows, columns, turned=sides[0] == "o")


def _matrix(own: Variables, rows: int, columns: int, *, turned: bool = False) -> dict[str, Kept]:
    def canonical(values: list[np.ndarray]) -> np.ndarray:
        matrix = values[0].reshape(rows, columns)
        return matrix.T if turned else matrix

    return _with_bias(kept([("kernel",)], canonical), own, lambda values: values[0].reshape(-1))


def _with_bias(kernel: Kept, own: Variables, *how: Callable) -> dict[str, Kept]:
    return {"kernel": kernel} | ({"bias": kept([("bias",)], *how)} if ("bias",) in own else {})


CELLS = (nnx.LSTMCell, nnx.OptimizedLSTMCell, nnx.GRUCell, nnx.SimpleCell)


def _recurrent(cell: Found, found: Sequence[Found]) -> Part:
    """The unit of a cell: of what calls it, where that is an RNN."""
    parent = next((each for each in found if cell.path == (*each.path, "cell")), cell)
    if not isinstance(parent.module, nnx.RNN):
        parent = cell
    depth = len(cell.path)
    own = {
        (*each.path[depth:], *name): variable
        for each in found
        if each.path[:depth] == cell.path
        for name, variable in each.own.items()
    }
    kind, roles = _cell_roles(cell.module)
    names = {place for one in roles.values() for place in one.paths}
    if names != set(own):  # a cell that somebody has added to
        kind, roles = "other", {f"weight{i}": kept([p]) for i, p in enumerate(own, 1)}
    frozen = frozenset(r for r, one in roles.items() if not all(map(_trains, one.read(own))))
    name = dotted(parent.path) or type(parent.module).__name__
    conventions = settings(cell.module) | {"go_backwards": getattr(parent.module, "reverse", False)}
    at_place = {role: one.below(cell.path) for role, one in roles.items()}
    return Part(name, kind, at_place, frozen, name, conventions)


def _cell_roles(cell: Any) -> tuple[str, dict[str, Kept]]:
    if isinstance(cell, nnx.LSTMCell):  # one matrix a gate, in Keras's order
        inputs, hidden = ("ii", "if_", "ig", "io"), ("hi", "hf", "hg", "ho")
        return "lstm", {
            "kernel": kept([(name, "kernel") for name in inputs], merged),
            "recurrent_kernel": kept([(name, "kernel") for name in hidden], merged),
            "bias": kept([(name, "bias") for name in hidden], merged),
        }
    kind, biased = {
        nnx.OptimizedLSTMCell: ("lstm", "dense_h"),
        nnx.GRUCell: ("gru", "dense_i"),
        nnx.SimpleCell: ("simple_rnn", "dense_i"),
    }[next(known for known in CELLS if isinstance(cell, known))]

    def in_order(values: list[np.ndarray]) -> np.ndarray:
        if kind != "gru":
            return values[0]
        split = np.split(values[0], 3, axis=-1)
        return np.concatenate([split[i] for i in GRU], axis=-1)

    return kind, {
        "kernel": kept([("dense_i", "kernel")], in_order),
        "recurrent_kernel": kept([("dense_h", "kernel")], in_order),
        # a GRU of Flax has no second bias, which in Keras and PyTorch stands inside the reset gate
        "bias": kept([(biased, "bias")], in_order),
    }


def settings(module: Any) -> dict[str, Any]:
    """Conventions of a layer, named as Keras names them."""
    facts: dict[str, Any] = {}
    for name, theirs in KERAS_NAMES.items():
        value = getattr(module, theirs, None)
        if value is not None:
            facts[name] = getattr(value, "__name__", value)
    n = len(getattr(module, "kernel_size", ()))
    for name in {"strides", "dilation_rate"} & facts.keys():
        value = facts[name]
        facts[name] = (value,) * n if isinstance(value, int) else tuple(value)
    if isinstance(facts.get("padding"), str):
        facts["padding"] = facts["padding"].lower()
    if isinstance(module, nnx.InstanceNorm):
        facts["groups"] = module.num_features
    return facts
