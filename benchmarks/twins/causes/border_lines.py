"""The line to write for the border or the crop of a convolution, in each framework."""

from __future__ import annotations

from typing import Any

from benchmarks.twins.causes.borders import BEFORE, MODES, resolved
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.halves import Difference, Half
from benchmarks.twins.causes.trial import Settings
from benchmarks.twins.causes.witness.windows import extent
from common.twins.user_file import family

SAME = {"keras": "padding='same'", "torch": "padding='same'", "jax": "padding='SAME'"}
STRIDED = {"keras", "jax"}  # that have it with a stride too
PADDED = {"keras": "padding_mode", "torch": "padding_side", "jax": "padding_mode"}
"""Framework -> the entry whose line pads by a function that takes the kind of border."""


def cuts(one: Half, mine: Settings) -> dict[str, Any]:
    """What the first model keeps of the whole result of a transposed convolution."""
    cuts = [slice(c, c + n) for c, n in zip(mine["padding"], one.y.shape[1:-1], strict=True)]
    spelt = ", ".join(f"{cut.start}:{cut.stop}" for cut in cuts)
    span = extent(one.weights["kernel"].shape[:-2], mine["dilation"])
    spaces = zip(one.x.shape[1:-1], mine["strides"], span, strict=True)
    ends = [(n - 1) * s + max(k, s) for n, s, k in spaces]  # as Keras has it, with its zeros
    crop = tuple((cut.start, end - cut.stop) for cut, end in zip(cuts, ends, strict=True))
    return {
        "rank": len(cuts),
        "crop": crop if len(cuts) > 1 else crop[0],
        "torch_slices": f"[:, :, {spelt}]",
        "slices": f"[:, {spelt}]",
    }


def pads_of(one: Half, mine: Settings) -> dict[str, Any]:
    """The first model's border in numbers, as each framework's functions take it."""
    kernel = one.weights["kernel"]
    size = kernel.shape[:-2]
    pads = resolved(mine["padding"], one.x, size, mine["strides"], mine["dilation"])
    return {
        "rank": len(size),
        "keras_pads": pads if len(size) > 1 else pads[0],
        "torch_pads": tuple(n for pair in reversed(pads) for n in pair),
        "all_pads": ((0, 0), *pads, (0, 0)),
        "torch_mode": {v: k for k, v in MODES.items()}[mine["mode"]],
        "mode": mine["mode"],
        "filters": kernel.shape[-1],
        "kernel_size": size[0],
        "before": pads[0][0],
    }


def line_of(difference: Difference, filling: dict[str, Any]) -> str:
    """The line for the first model's border, of its kind where the second has another."""
    one, other, mine = difference.layer.one, difference.layer.other, difference.mine
    name, padding = family(other.framework), mine["padding"]
    if "mode" in difference.keys and mine["mode"] != "constant":
        pads = "{torch_pads}, mode='{torch_mode}'".format(**filling)
        return ENTRIES[PADDED[name]].line(name, {**filling, "torch_pads": pads})
    if padding == "causal":
        return ENTRIES["causal_padding"].line(name, filling)
    if padding == "same" and BEFORE not in other.settings:
        said_so = name in STRIDED and str(one.settings.get("padding")).lower() == "same"
        if said_so or all(stride == 1 for stride in mine["strides"]):
            return SAME[name]
    return ENTRIES["padding_side"].line(name, filling)
