"""A whole pooling as each framework writes it, where several of its settings differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.twins.user_file import family

Settings = Mapping[str, Any]
KINDS = {"max": {"keras": "Max", "torch": "Max", "jax": "max"}}
KINDS["mean"] = {"keras": "Average", "torch": "Avg", "jax": "avg"}
POOLS = {
    "keras": "layers.{kind}Pooling{rank}D({size}, {strides}{more})",
    "torch": "nn.{kind}Pool{rank}d({size}, {strides}{more})",
    "jax": "nnx.{kind}_pool(x, {size}, {strides}{more})",
}
PADS = {
    "keras": "keras.ops.pad(x, {every}{value})",
    "torch": "nn.functional.pad(x, {reverse}{value})",
    "jax": "jax.numpy.pad(x, {every}{value})",
}
LOWEST = {
    "keras": ", constant_values=-math.inf",
    "torch": ", value=-math.inf",
    "jax": ", constant_values=-math.inf",
}
"""What pads a maximum so that its border is never the largest."""
ONES = {"keras": "keras.ops.ones_like(x)", "torch": "torch.ones_like(x)"}
ONES["jax"] = "jax.numpy.ones_like(x)"


def line(framework: str, settings: Settings, same: Any) -> str:
    """What to write for a pooling: by its own border where that is one of the framework's, else
    behind a pad. `same` is the border that Keras's "same" has there."""
    name, pads = family(framework), settings["pads"]
    more = _own(settings, same)[name] if any(map(any, pads)) else ""
    if more is not None:
        return _pool(name, settings, more)
    padded, pool = _pad(name, settings), _pool(name, settings, "")
    if settings["kind"] == "max" or settings["counted"]:
        return f"{padded} before the layer, and {pool}"
    ones = padded.replace("(x,", f"({ONES[name]},")
    return f"{pool} of {padded}, divided by that of {ones}"


def _own(settings: Settings, same: Any) -> dict[str, str | None]:
    """The arguments of each framework's pooling that make this border; None if none do."""
    pads, mean = settings["pads"], settings["kind"] == "mean"
    if settings["zeros"]:
        return dict.fromkeys(POOLS)
    count = f", count_include_pad={settings['counted']}" if mean else ""
    before = tuple(n for n, _ in pads)
    even = all(a == b <= k // 2 for (a, b), k in zip(pads, settings["size"], strict=True))
    return {
        "keras": ", padding='same'" if pads == same and not settings["counted"] else None,
        "torch": f", padding={before}{count}" if even else None,
        "jax": f", padding={pads}{count}",
    }


def _pool(name: str, settings: Settings, more: str) -> str:
    size, strides = settings["size"], settings["strides"]
    kind = KINDS[settings["kind"]][name]
    return POOLS[name].format(kind=kind, rank=len(size), size=size, strides=strides, more=more)


def _pad(name: str, settings: Settings) -> str:
    pads, lowest = settings["pads"], settings["kind"] == "max" and not settings["zeros"]
    every, reverse = ((0, 0), *pads, (0, 0)), tuple(n for pair in reversed(pads) for n in pair)
    return PADS[name].format(every=every, reverse=reverse, value=LOWEST[name] if lowest else "")
