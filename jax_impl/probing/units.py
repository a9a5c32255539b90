"""Flax NNX's modules with weights as units: which there are, and where each stands in the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flax import nnx

from common.twins.units import View, kinds_of
from jax_impl.probing.layouts import CELLS, settings, split
from jax_impl.probing.places import Part, Path, dotted

CELL_TYPES = tuple(getattr(nnx, name) for name in CELLS)


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
    cells = [each for each in found if isinstance(each.module, CELL_TYPES)]
    for each in found:
        cell = next((c for c in cells if each.path[: len(c.path)] == c.path), None)
        if each is cell:
            yield from _recurrent(each, found)
        elif cell is None and each.own:  # the layers inside a cell are no units of their own
            view = _view(each)
            yield from _parts(each, view, each, settings(view))


def _view(found: Found) -> View:
    shapes = {path: variable.get_value().shape for path, variable in found.own.items()}
    return View(kinds_of(found.module, "flax"), vars(found.module), shapes)


def _parts(
    found: Found, view: View, owner: Found, conventions: Mapping[str, Any]
) -> Iterator[Part]:
    """The units of a module, by the name of the owner, which shows them."""
    name = dotted(owner.path) or type(owner.module).__name__
    for suffix, kind, roles in split(view):
        frozen = frozenset(
            role
            for role, one in roles.items()
            if not all(isinstance(variable, nnx.Param) for variable in one.read(found.own))
        )
        at_place = {role: one.below(found.path) for role, one in roles.items()}
        yield Part(name + suffix, kind, at_place, frozen, name, conventions)


def _recurrent(cell: Found, found: Sequence[Found]) -> Iterator[Part]:
    """The unit of a cell: of what calls it, where that is an RNN."""
    parent = next((each for each in found if cell.path == (*each.path, "cell")), cell)
    owner = parent if isinstance(parent.module, nnx.RNN) else cell
    depth = len(cell.path)
    inside = [each for each in found if each.path[:depth] == cell.path]
    whole = cell._replace(
        own={(*e.path[depth:], *path): v for e in inside for path, v in e.own.items()}
    )
    view = _view(whole)
    reverse = getattr(owner.module, "reverse", False)
    yield from _parts(whole, view, owner, settings(view) | {"go_backwards": reverse})
