"""Where a model keeps its weights: parts with roles, each in one array or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Path = tuple[Any, ...]
"""Names and numbers from the model down to an array."""


class Kept(NamedTuple):
    """How a model keeps one canonical tensor: in which arrays, and how those make it.

    `canonical` only moves numbers, so that the way back, and that of a gradient, follow from it.
    """

    paths: tuple[Path, ...]
    canonical: Callable[[list[np.ndarray]], np.ndarray]

    def read(self, arrays: Mapping[Path, Any]) -> list[Any]:
        """What is kept under the paths."""
        return [arrays[path] for path in self.paths]

    def below(self, path: Path) -> Kept:
        """The same, seen from further up."""
        return self._replace(paths=tuple((*path, *own) for own in self.paths))

    def own(self, value: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        """The arrays, of these shapes, that make the canonical `value`."""
        sizes = [int(np.prod(shape)) for shape in shapes]
        numbers = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        places = self.canonical([n.reshape(s) for n, s in zip(numbers, shapes, strict=True)])
        flat = np.empty(sum(sizes), value.dtype)
        flat[places.ravel()] = value.ravel()
        split = np.split(flat, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(split, shapes, strict=True)]


class Part(NamedTuple):
    """A unit as its model keeps it; the fields are those of `common.twins.probe.Unit`."""

    name: str
    kind: str
    roles: Mapping[str, Kept]
    frozen: frozenset[str]
    layer: str
    settings: Mapping[str, Any]


def kept(paths: Iterable[Path], canonical: Callable | None = None) -> Kept:
    """A tensor that is kept as it is, or as `canonical` makes it of the arrays."""
    return Kept(tuple(paths), canonical or (lambda values: values[0]))


def merged(values: list[np.ndarray]) -> np.ndarray:
    """Arrays side by side on the last axis."""
    return np.concatenate(values, axis=-1)


def dotted(path: Path) -> str:
    """A path as its user writes it."""
    return ".".join(map(str, path))


def nested(arrays: Mapping[Path, Any]) -> dict[Any, Any]:
    """Dicts in dicts, as an optimiser's masks expect them."""
    tree: dict[Any, Any] = {}
    for (*above, last), array in arrays.items():
        branch = tree
        for key in above:
            branch = branch.setdefault(key, {})
        branch[last] = array
    return tree


def flat(tree: Mapping[Any, Any], above: Path = ()) -> dict[Path, Any]:
    """The arrays of nested dicts by their paths."""
    arrays: dict[Path, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            arrays |= flat(value, (*above, key))
        else:
            arrays[*above, key] = value
    return arrays
