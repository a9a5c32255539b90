"""Finder: convolutions with other pads, strides or gaps, and transposed ones with another crop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.border_lines import cuts, line_of, pads_of
from benchmarks.twins.causes.borders import BEFORE, BEHIND, MODES, beside, borders, resolved, starts
from benchmarks.twins.causes.halves import (
    Difference,
    Half,
    Layer,
    cause_of,
    code_of,
    layers,
    unmirrored,
    weights_of,
)
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import Settings, closes, fits, named_by, necessary, tolerance
from benchmarks.twins.causes.witness.windows import convolution, extent, transposed
from benchmarks.twins.causes.words import said
from benchmarks.twins.climb import distance
from benchmarks.twins.conventions import canonical
from common.language import phrase

Array = np.ndarray
KINDS = ("conv1d", "conv2d", "conv3d", "depthwise_conv1d", "depthwise_conv2d")
TRANSPOSED = ("conv1d_transpose", "conv2d_transpose", "conv3d_transpose")
WORK = 2_000_000  # numbers of an input that are convolved; of a larger one, its first rows


def find(scene: Scene) -> Iterator[Cause]:
    """A cause for each setting whose exchange the gap needs to close."""
    return map(_cause, unmirrored(_differences(scene)))


def _differences(scene: Scene) -> Iterator[Difference]:
    for layer in layers(scene, (*KINDS, *TRANSPOSED)):
        if not layer.agree and not _worth(layer):
            continue
        if layer.one.unit.kind in TRANSPOSED:
            yield from _explained(layer, _cropped, _crops)
            continue
        one, other = _whole(scene, layer)
        one, other = beside(one, scene.models.one), beside(other, scene.models.other)
        yield from _explained(layer._replace(one=one, other=other), _convolved, borders)


def _whole(scene: Scene, layer: Layer) -> tuple[Half, Half]:
    """Both halves, where one model shows a separable convolution as a whole with both parts."""
    halves = layer.one, layer.other
    units = [half.unit for half in halves]
    seconds = {f"{u.layer}.pointwise" for u in units if u.name == f"{u.layer}.depthwise"}
    for pair in scene.models.matching.pairs:
        if {pair.one.name, pair.other.name} & seconds:
            ones, others = map(weights_of, (pair.one, pair.other), scene.values)
            return _then(halves[0], ones), _then(halves[1], others)
    return halves


def _then(half: Half, weights: Mapping[str, Array]) -> Half:
    """A half with the weights of the 1 x 1 convolution behind it."""
    parts = {f"{BEHIND} {role}": value for role, value in weights.items()}
    return half._replace(weights={**half.weights, **parts})


def _worth(layer: Layer) -> bool:
    """Whether a layer below a fault is recomputed: one that says it is another, if it is small."""
    same = canonical(layer.one.unit) == canonical(layer.other.unit)
    return not same and layer.one.x[:1].size <= WORK // 10


def _explained(layer: Layer, run: Any, name: Any) -> Iterator[Difference]:
    """Name the settings on each side, and exchange them one by one on the first's input."""
    one, other, has = _with_biases(layer.one, layer.other)
    rows = max(1, WORK // max(half.x[:1].size for half in (one, other)))
    given = one.x[:rows], other.x[:rows]
    one, other = (
        half._replace(event=half.event._replace(outputs=(half.y[:rows],))) for half in (one, other)
    )
    if _sizes(one) != _sizes(other):
        return
    gap = min(distance(other.y, one.y), 1.0)
    limit = tolerance(gap) if layer.agree else 1e-9
    stated = [_stated(half) for half in (one, other)]
    options = [list(product(*zip(*pair, strict=True))) for pair in (stated, stated[::-1])]
    named = []
    for half, x, choices, bias in zip((one, other), given, options, has, strict=True):
        candidates = (
            {
                "strides": strides,
                "dilation": dilation,
                "mode": mode,
                "bias": bias,
                "padding": padding,
            }
            for strides, dilation, mode in dict.fromkeys(choices)
            for padding in name(half, x, strides, dilation)
        )
        named.append(named_by(partial(run, half, x), candidates, half.y, limit))
    if not named[0] or not named[1]:
        return
    mine, theirs = _by_one_name(one, other, given, dict(named[0]), dict(named[1]))

    def trial(settings: Settings) -> Array | None:
        return run(one, given[0], settings)

    wrong = trial(theirs)
    before = min(distance(wrong, one.y), 1.0) if wrong is not None else 1.0
    after = distance(trial(mine), one.y)  # type: ignore[arg-type]
    if fits(wrong, one.y, limit) or not closes(before, after):
        return
    keys = necessary(trial, mine, theirs, one.y, limit)
    for key in keys if keys != ["bias"] else ():  # which alone needs no formula
        yield Difference(layer, key, mine, theirs, before, after, keys)


def _with_biases(one: Half, other: Half) -> tuple[Half, Half, tuple[bool, bool]]:
    """Both halves with the bias that one of them may lack, and which have it."""
    has = "bias" in one.weights, "bias" in other.weights
    bias = {"bias": (one if has[0] else other).weights["bias"]} if any(has) else {}
    one, other = (half._replace(weights={**bias, **half.weights}) for half in (one, other))
    return one, other, has


def _sizes(half: Half) -> Any:
    return half.weights["kernel"].shape if "kernel" in half.weights else None


def _stated(half: Half) -> tuple[Any, Any, Any]:
    """Strides, dilation and kind of border that a layer states."""
    rank = half.weights["kernel"].ndim - 2
    return (
        _each(half.settings.get("strides", 1), rank),
        _each(half.settings.get("dilation_rate", 1), rank),
        MODES.get(half.settings.get("padding_mode", "zeros"), "constant"),
    )


def _each(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _convolved(half: Half, x: Array, settings: Settings) -> Array | None:
    kernel = half.weights["kernel"]
    strides, dilation = settings["strides"], settings["dilation"]
    pads = resolved(settings["padding"], x, kernel.shape[:-2], strides, dilation)
    depthwise = half.unit.kind.startswith("depthwise")
    groups = 1 if depthwise else x.shape[-1] // kernel.shape[-2]
    if not depthwise and (groups < 1 or x.shape[-1] % kernel.shape[-2]):
        return None
    if any(min(p) < 0 for p in pads) and settings["mode"] != "constant":
        return None
    out = convolution(
        x,
        kernel,
        pads=pads,
        strides=strides,
        dilation=dilation,
        groups=groups,
        depthwise=depthwise,
        mode=settings["mode"],
    )
    if out is None:
        return None
    out = out + (half.weights["bias"] if settings["bias"] else 0.0)
    if (second := half.weights.get(f"{BEHIND} kernel")) is not None:
        out = out @ second.reshape(second.shape[-2:]) + half.weights.get(f"{BEHIND} bias", 0.0)
    return out


def _cropped(half: Half, x: Array, settings: Settings) -> Array | None:
    kernel = half.weights["kernel"]
    if x.shape[-1] != kernel.shape[-1]:
        return None
    full = transposed(x, kernel, strides=settings["strides"], dilation=settings["dilation"])
    for axis, (start, target) in enumerate(
        zip(settings["padding"], half.y.shape[1:-1], strict=True), 1
    ):
        missing = max(0, start + target - full.shape[axis])
        widths = [(0, missing if i == axis else 0) for i in range(full.ndim)]
        full = np.pad(full, widths).take(range(start, start + target), axis=axis)
    return full + (half.weights["bias"] if settings["bias"] else 0.0)


def _crops(half: Half, x: Array, strides: Sequence[int], dilation: Sequence[int]) -> Iterator[Any]:
    """How much is cut off before."""
    yield from starts(extent(half.weights["kernel"].shape[:-2], dilation))


def _by_one_name(
    one: Half, other: Half, given: Sequence[Array], mine: dict, theirs: dict
) -> tuple[dict, dict]:
    """The same border by one name where both have it: "same" is another number with a stride, and
    of a border in numbers a stride may not reach the end."""
    if one.unit.kind in TRANSPOSED:
        return mine, theirs
    size = one.weights["kernel"].shape[:-2]
    in_numbers = [
        resolved(s["padding"], x, size, s["strides"], s["dilation"])
        for x, s in zip(given, (mine, theirs), strict=True)
    ]
    stated = str(other.settings.get("padding")).lower()
    moves = theirs["padding"] == "same" != stated and mine["strides"] != theirs["strides"]
    if moves:  # in numbers it stays what it is when the stride is mended
        theirs = theirs | {"padding": in_numbers[1]}
    for name in (*(["valid", "causal"] if moves else ["valid", "same", "causal"]), *in_numbers):
        if all(
            _effective(name, x, size, s) == _effective(s["padding"], x, size, s)
            for x, s in zip(given, (mine, theirs), strict=True)
        ):
            return mine | {"padding": name}, theirs | {"padding": name}
    return mine, theirs


def _effective(padding: Any, x: Array, size: Sequence[int], settings: dict) -> Any:
    strides, dilation = settings["strides"], settings["dilation"]
    pads = resolved(padding, x, size, strides, dilation)
    span = extent(size, dilation)
    spaces = zip(x.shape[1:-1], pads, span, strides, strict=True)
    return tuple((before, (n + before + after - k) // s) for n, (before, after), k, s in spaces)


def _cause(difference: Difference) -> Cause:
    layer, key, mine, theirs, *_ = difference
    one = layer.one
    names = {"strides": "strides", "dilation": "dilation", "mode": "padding_mode"}
    names["bias"] = "bias_missing"
    entry, word = names.get(key, "padding_side"), key
    if key == "padding" and one.unit.kind in TRANSPOSED:
        entry, word = "deconvolution_crop", "crop"
    elif key == "padding" and "causal" in (mine[key], theirs[key]):
        entry = "causal_padding"
    told = [said(word, settings[key]) for settings in (mine, theirs)]
    filling = cuts(one, mine) if one.unit.kind in TRANSPOSED else pads_of(one, mine)
    filling |= {"strides": mine["strides"], "dilation_rate": mine["dilation"]}
    filling |= {"layer": code_of(layer.other), "use_bias": mine["bias"]}
    cause = cause_of(difference, entry, told, filling)
    if one.unit.kind in TRANSPOSED or key not in ("padding", "mode"):
        return cause
    by_calls = {BEFORE, BEHIND} & set(layer.other.settings)
    if key == "mode" and not by_calls and "padding" not in difference.keys:
        return cause
    line = line_of(difference, filling)
    if BEHIND in by_calls:
        line = phrase("{line}, and nothing cut off behind it", line=line)
    return cause._replace(write=line)


FINDER = Finder(
    (
        *("padding_side", "causal_padding", "padding_mode", "strides", "dilation"),
        *("deconvolution_crop", "bias_missing"),
    ),
    find,
)
