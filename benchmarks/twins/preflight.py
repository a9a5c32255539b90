"""What two models say of themselves before anything is climbed: settings that differ, counts.

Only what both say, in one convention: a border in numbers, PyTorch's momentum as what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.twins.climb import Side
from benchmarks.twins.match import STATE, Pair
from benchmarks.twins.place import listed
from common.twins.probe import Unit

PER_AXIS = ("strides", "dilation_rate", "padding", "output_padding")
NOT_COMPARED = ("dtype", "data_format", "synchronized", "unroll", "stateful", "use_bias")
"""What is no convention of a layer's numbers, or shows in its weights."""
DEFAULTS = {"strides": 1, "dilation_rate": 1, "groups": 1}


def settings_that_differ(pairs: Iterable[Pair], names: tuple[str, str]) -> Iterator[str]:
    """A sentence for each setting that both layers of a pair say, and differently."""
    for pair in pairs:
        mine, theirs = canonical(pair.one), canonical(pair.other)
        for key in mine:
            plain = pair.one.settings.get(key), pair.other.settings.get(key)
            if key in theirs and not (same(mine[key], theirs[key]) or same(*plain)):
                told = f"{key} is {mine[key]} in {names[0]} and {theirs[key]} in {names[1]}"
                yield f"{pair.name}: {told}"
        for name, roles in zip(names, pair.alone(), strict=True):
            if roles:
                yield f"{pair.name}: {', '.join(roles)} in {name} alone"


def counts_that_differ(units: Sequence[Sequence[Unit]], names: tuple[str, str]) -> Iterator[str]:
    """A sentence where the models have another number of weights, or of those that are trained."""
    for word, trained in (("weights", False), ("trained weights", True)):
        counts = [sum(_size(unit, trained) for unit in of_model) for of_model in units]
        if counts[0] != counts[1]:
            told = " and ".join(
                f"{count:,} {word} in {name}" for count, name in zip(counts, names, strict=True)
            )
            yield told
            return


def canonical(unit: Unit) -> dict[str, Any]:
    """A unit's settings in one convention; a setting of each axis as a tuple."""
    settings = {k: v for k, v in unit.settings.items() if k not in NOT_COMPARED and v is not None}
    if "backward" in unit.name:  # part of a layer that reads both ways
        settings.pop("go_backwards", None)
    if unit.name.endswith(".pointwise"):  # its strides and border are those of the depthwise part
        return {}
    rank = len(unit.weights.get("kernel", ())) - 2
    if "conv" not in unit.kind or rank < 1:
        return {k: v for k, v in settings.items() if k not in PER_AXIS}
    for key in ("strides", "dilation_rate"):
        settings[key] = _each(settings.get(key, DEFAULTS[key]), rank)
    if "padding" in settings:
        settings["padding"] = _border(unit, settings, rank)
    if unit.kind.startswith("depthwise") or "transpose" in unit.kind:
        settings.pop("groups", None)  # which each framework counts in its own way
    settings.pop("output_padding", None)  # it is part of the border
    return settings


def same(one: Any, other: Any) -> bool:
    """Whether two values of a setting are the same, numbers to within rounding."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return bool(np.isclose(float(one), float(other), rtol=1e-6, atol=0))
    return str(one).strip("()[]").replace("'", "") == str(other).strip("()[]").replace("'", "")


def _border(unit: Unit, settings: Mapping[str, Any], rank: int) -> Any:
    """(before, after) of each axis; a name where the numbers depend on the size of the input."""
    padding = settings["padding"]
    padding = padding.lower() if isinstance(padding, str) else padding
    size = unit.weights["kernel"][:rank]
    span = [(k - 1) * d for k, d in zip(size, settings["dilation_rate"], strict=True)]
    if "transpose" in unit.kind:
        return _crop(padding, size, settings, rank)
    if padding == "valid":
        return ((0, 0),) * rank
    if padding == "causal":
        return tuple((n, 0) for n in span)
    if padding == "same":
        if any(stride > 1 for stride in settings["strides"]):
            return "same"
        return tuple((n // 2, n - n // 2) for n in span)
    if isinstance(padding, str):
        return padding
    sides = _each(padding, rank)
    return tuple((p, p) if isinstance(p, int) else tuple(p) for p in sides)


def _crop(padding: Any, size: Sequence[int], settings: Mapping[str, Any], rank: int) -> Any:
    """What a transposed convolution cuts off its whole result, (before, after) of each axis."""
    if padding == "valid":
        return ((0, 0),) * rank
    if padding == "same":
        cut = [max(k - s, 0) for k, s in zip(size, settings["strides"], strict=True)]
        return tuple((n // 2, n - n // 2) for n in cut)
    if isinstance(padding, str) or any(not isinstance(p, int) for p in _each(padding, rank)):
        return padding
    more = _each(settings.get("output_padding") or 0, rank)
    return tuple((p, p - m) for p, m in zip(_each(padding, rank), more, strict=True))


def _each(value: Any, rank: int) -> tuple[Any, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _size(unit: Unit, trained: bool) -> int:
    return sum(
        int(np.prod(shape))
        for role, shape in unit.weights.items()
        if role not in unit.tied and role not in STATE and not (trained and role in unit.frozen)
    )


def preflight(pairs: Iterable[Pair], sides: Sequence[Side]) -> list[str]:
    """All sentences, of one setting of many layers one."""
    names = sides[0].framework, sides[1].framework
    gathered: dict[str, list[str]] = {}
    for sentence in settings_that_differ(pairs, names):
        name, _, told = sentence.partition(": ")
        gathered.setdefault(told, []).append(name)
    lines = [f"{listed(layers)}: {told}" for told, layers in gathered.items()]
    return [*lines, *counts_that_differ([side.units for side in sides], names)]
