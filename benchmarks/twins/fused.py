"""One layer of one model that is several of the other: q, k and v side by side, two heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from common.twins.probe import Unit, Values

MOST = 4  # layers in one
Splits = Mapping[str, tuple[int, ...]]
"""Unit -> how many outputs each of its parts has, in order."""


def splits_of(ones: Sequence[Unit], others: Sequence[Unit]) -> tuple[Splits, Splits]:
    """The layers of each model that are several of the other's, by kind and shapes.

    One is split only if the other model has none of its shape, and as many of a part's shape more
    than this one has.
    """
    return _splits(ones, others), _splits(others, ones)


def _splits(fused: Sequence[Unit], others: Sequence[Unit]) -> Splits:
    splits: dict[str, tuple[int, ...]] = {}
    free = [unit.weights for unit in others]
    for unit in fused:
        if unit.weights in free:  # it has a partner as it is
            free.remove(unit.weights)
    for unit in fused:
        kernel = unit.weights.get("kernel", ())
        if unit.kind in ("lstm", "gru", "simple_rnn", "other") or len(kernel) < 2:
            continue
        if any(other.weights == unit.weights for other in others):
            continue
        for parts in range(2, MOST + 1):
            size, rest = divmod(kernel[-1], parts)
            shapes = {role: (*shape[:-1], size) for role, shape in unit.weights.items()}
            alike = [weights for weights in free if weights == shapes]
            if not rest and len(alike) >= parts:
                splits[unit.name] = (size,) * parts
                for _ in range(parts):
                    free.remove(shapes)
                break
    return splits


def split_units(units: Iterable[Unit], splits: Splits) -> list[Unit]:
    """The units with each fused one as its parts, "qkv[0]", "qkv[1]", ..."""
    result = []
    for unit in units:
        for number, size in enumerate(splits.get(unit.name, ())):
            weights = {role: (*shape[:-1], size) for role, shape in unit.weights.items()}
            result.append(unit._replace(name=f"{unit.name}[{number}]", weights=weights))
        if unit.name not in splits:
            result.append(unit)
    return result


def parted(values: Values, splits: Splits, prefix: str = "") -> Values:
    """Values of units with those of the parts beside them."""
    result = dict(values)
    for name, sizes in splits.items():
        start = f"{prefix}{name}/"
        for key in [key for key in values if key.startswith(start)]:
            pieces = np.split(values[key], np.cumsum(sizes)[:-1], axis=-1)
            for number, piece in enumerate(pieces):
                result[f"{prefix}{name}[{number}]/{key[len(start) :]}"] = piece
    return result


def joined(values: Values, splits: Splits, prefix: str = "") -> Values:
    """Values with the parts of each unit put together; one with a part missing is left out."""
    result = dict(values)
    for name, sizes in splits.items():
        first = f"{prefix}{name}[0]/"
        for role in [key[len(first) :] for key in values if key.startswith(first)]:
            keys = [f"{prefix}{name}[{number}]/{role}" for number in range(len(sizes))]
            pieces = [result.pop(key) for key in keys if key in result]
            if len(pieces) == len(sizes):
                result[f"{prefix}{name}/{role}"] = np.concatenate(pieces, axis=-1)
    return result


def whole(name: str) -> str:
    """The unit that a part belongs to."""
    return name.partition("[")[0]
