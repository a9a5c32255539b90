"""From layers to units, in every framework: what the kind of a layer is told by, and their order.

A layer of a live model and one that a recording describes give the same `View`, by which the
`layouts` of each framework's `probing` say what units it has.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")


class View(NamedTuple):
    """A layer by its attributes, or by what a recording wrote of them.

    `kinds` are the names of its classes out of the framework, in Python's order; `settings` its
    attributes or its configuration, by the framework's names; `shapes` those of its weights, by the
    framework's names or paths, in the order of definition.
    """

    kinds: Sequence[str]
    settings: Mapping[str, Any]
    shapes: Mapping[Any, tuple[int, ...]]

    def first(self, table: Container[str]) -> str:
        """The first of its kinds that is in the table; "" where none is."""
        return next((kind for kind in self.kinds if kind in table), "")


def kinds_of(layer: object, package: str) -> list[str]:
    """Names of a layer's classes out of a package, such as "torch.nn", in Python's order."""
    inside = (
        kind for kind in type(layer).__mro__ if f"{kind.__module__}.".startswith(f"{package}.")
    )
    return [kind.__name__ for kind in inside]


def in_order(items: Sequence[Item], calls: Sequence[int | None]) -> list[Item]:
    """Items by when each was called first; one that never was stands behind the one before it."""
    last, places = -1, []
    for call in calls:
        last = last if call is None else call
        places.append(last)
    return [items[i] for i in sorted(range(len(items)), key=places.__getitem__)]
