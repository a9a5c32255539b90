"""The settings of two paired layers, in one convention.

A border in numbers, a setting of each axis as a tuple, PyTorch's momentum as what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.match import Pair
from common.language import phrase
from common.twins.probe import Unit

PER_AXIS = ("strides", "dilation_rate", "padding", "output_padding")
NOT_COMPARED = ("dtype", "data_format", "synchronized", "unroll", "stateful", "use_bias")
"""What is no convention of a layer's numbers, or shows in its weights."""
DEFAULTS = {"strides": 1, "dilation_rate": 1, "groups": 1}


class Setting(NamedTuple):
    """A setting that both layers of a pair state, and whether they state the same."""

    name: str
    one: Any
    other: Any
    alike: bool


def shared_settings(pair: Pair) -> Iterator[Setting]:
    """Each setting that both layers of a pair state, alike or not."""
    mine, theirs = canonical(pair.one), canonical(pair.other)
    for name in mine:
        if name in theirs:
            stated = pair.one.settings.get(name), pair.other.settings.get(name)
            alike = _same(mine[name], theirs[name]) or _same(*stated)
            yield Setting(name, mine[name], theirs[name], alike)


def differing(pair: Pair, names: tuple[str, str]) -> list[str]:
    """A clause for each setting that both layers state, and differently; and for weights of one."""
    clauses: list[str] = [
        phrase(
            "{name} is {value} in {one} and {another} in {other}",
            name=name,
            value=one,
            one=names[0],
            another=other,
            other=names[1],
        )
        for name, one, other, alike in shared_settings(pair)
        if not alike
    ]
    for name, roles in zip(names, pair.alone(), strict=True):
        if roles:
            clauses.append(phrase("{roles} in {name} alone", roles=", ".join(roles), name=name))
    return clauses


def canonical(unit: Unit) -> dict[str, Any]:
    """A unit's settings in one convention; as stated where a recording states what is none."""
    settings = {k: v for k, v in unit.settings.items() if k not in NOT_COMPARED and v is not None}
    if "backward" in unit.name:  # part of a layer that reads both ways
        settings.pop("go_backwards", None)
    if unit.name == f"{unit.layer}.pointwise":  # whose strides and border are the other part's
        return {}
    rank = len(unit.weights.get("kernel", ())) - 2
    if "conv" not in unit.kind or rank < 1:
        return {k: v for k, v in settings.items() if k not in PER_AXIS}
    try:
        return _of_convolution(unit, settings, rank)
    except (TypeError, ValueError):
        return settings


def _of_convolution(unit: Unit, stated: Mapping[str, Any], rank: int) -> dict[str, Any]:
    settings = dict(stated)
    for key in ("strides", "dilation_rate"):
        settings[key] = _each(settings.get(key, DEFAULTS[key]), rank)
    if "padding" in settings:
        settings["padding"] = _border(unit, settings, rank)
    if unit.kind.startswith("depthwise") or "transpose" in unit.kind:
        settings.pop("groups", None)  # which each framework counts in its own way
    settings.pop("output_padding", None)  # it is part of the border
    return settings


def _same(one: Any, other: Any) -> bool:
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
