"""Finder: convolutions with other pads, strides or gaps, and transposed ones with another crop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.halves import Difference, Half, Layer, cause_of, layers, unmirrored
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import Settings, closes, fits, named_by, necessary, tolerance
from benchmarks.twins.causes.witness.windows import (
    Pads,
    convolution,
    extent,
    same_pads,
    transposed,
)
from benchmarks.twins.causes.words import said
from benchmarks.twins.climb import distance
from benchmarks.twins.conventions import canonical
from common.twins.probe import Event

Array = np.ndarray
KINDS = ("conv1d", "conv2d", "conv3d", "depthwise_conv1d", "depthwise_conv2d")
TRANSPOSED = ("conv1d_transpose", "conv2d_transpose", "conv3d_transpose")
MODES = {
    "zeros": "constant",
    "circular": "wrap",
    "replicate": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
}
"""A border's name in PyTorch -> in NumPy, Keras and JAX."""
WORK = 2_000_000  # numbers of an input that are convolved; of a larger one, its first rows


def find(scene: Scene) -> Iterator[Cause]:
    """A cause for each setting whose exchange the gap needs to close."""
    return map(_cause, unmirrored(_differences(scene)))


def _differences(scene: Scene) -> Iterator[Difference]:
    events = scene.models.one, scene.models.other
    for layer in layers(scene, (*KINDS, *TRANSPOSED)):
        if not layer.agree and not _worth(layer):
            continue
        if layer.one.unit.kind in TRANSPOSED:
            yield from _explained(layer, _cropped, _crops)
            continue
        one, other = map(_unpadded, (layer.one, layer.other), events)
        yield from _explained(layer._replace(one=one, other=other), _convolved, _pads)


def _worth(layer: Layer) -> bool:
    """Whether a layer below a fault is recomputed: one that says it is another, if it is small."""
    same = canonical(layer.one.unit) == canonical(layer.other.unit)
    return not same and layer.one.x[:1].size <= WORK // 10


def _explained(layer: Layer, run: Any, name: Any) -> Iterator[Difference]:
    """Name the settings on each side, and exchange them one by one on the first's input."""
    one, other = layer.one, layer.other
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
    for half, x, choices in zip((one, other), given, options, strict=True):
        candidates = (
            {"strides": strides, "dilation": dilation, "mode": mode, "padding": padding}
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
    for key in keys:
        yield Difference(layer, key, mine, theirs, before, after, keys)


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
    pads = _resolved(settings["padding"], x, kernel.shape[:-2], strides, dilation)
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
    return None if out is None else out + half.weights.get("bias", 0.0)


def _resolved(
    padding: Any, x: Array, size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Pads:
    """The numbers of a border by its name."""
    span = extent(size, dilation)
    if padding == "same":
        return same_pads(x.shape[1:-1], span, strides)
    if padding == "causal":
        return tuple((k - 1, 0) for k in span)
    return tuple((0, 0) for _ in span) if padding == "valid" else padding


def _pads(half: Half, x: Array, strides: Sequence[int], dilation: Sequence[int]) -> Iterator[Any]:
    """Borders by name, then by how much of what is needed stands before."""
    yield from ("same", "valid", "causal")
    size = half.weights["kernel"].shape[:-2]
    span = extent(size, dilation)
    needed = [
        (t - 1) * s + k - n
        for n, t, s, k in zip(x.shape[1:-1], half.y.shape[1:-1], strides, span, strict=True)
    ]
    for before in range(max(span)):
        yield tuple((before, n - before) for n in needed)


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
    return full + half.weights.get("bias", 0.0)


def _crops(half: Half, x: Array, strides: Sequence[int], dilation: Sequence[int]) -> Iterator[Any]:
    """How much is cut off before."""
    size = half.weights["kernel"].shape[:-2]
    for start in range(max(extent(size, dilation))):
        yield (start,) * len(size)


def _by_one_name(
    one: Half, other: Half, given: Sequence[Array], mine: dict, theirs: dict
) -> tuple[dict, dict]:
    """The same border by one name where both have it: "same" is another number with a stride, and
    of a border in numbers a stride may not reach the end."""
    if one.unit.kind in TRANSPOSED:
        return mine, theirs
    size = one.weights["kernel"].shape[:-2]
    in_numbers = [
        _resolved(s["padding"], x, size, s["strides"], s["dilation"])
        for x, s in zip(given, (mine, theirs), strict=True)
    ]
    for name in ("valid", "same", "causal", *in_numbers):
        if all(
            _effective(name, x, size, s) == _effective(s["padding"], x, size, s)
            for x, s in zip(given, (mine, theirs), strict=True)
        ):
            return mine | {"padding": name}, theirs | {"padding": name}
    return mine, theirs


def _effective(padding: Any, x: Array, size: Sequence[int], settings: dict) -> Any:
    strides, dilation = settings["strides"], settings["dilation"]
    pads = _resolved(padding, x, size, strides, dilation)
    span = extent(size, dilation)
    spaces = zip(x.shape[1:-1], pads, span, strides, strict=True)
    return tuple((before, (n + before + after - k) // s) for n, (before, after), k, s in spaces)


def _unpadded(half: Half, events: Sequence[Event]) -> Half:
    """A layer that states the border of a pad beside it, and is given what goes into that pad."""
    x = half.x
    for event in reversed(events):
        if "pad" in event.kind.lower() and event.outputs and np.array_equal(event.outputs[0], x):
            source = event.inputs[0]
            if source.ndim == x.ndim and source.shape[-1] == x.shape[-1]:
                words = f"{event.kind} {event.settings.get('mode', '')}".lower()
                mode = next((m for m, n in MODES.items() if m[:7] in words or n in words), "")
                stated = {**half.settings, "padding_mode": mode} if mode else half.settings
                given = half.event._replace(inputs=(source, *half.event.inputs[1:]))
                return half._replace(settings=stated, event=given)
    return half


def _cause(difference: Difference) -> Cause:
    layer, key, mine, theirs, *_ = difference
    one = layer.one
    names = {"strides": "strides", "dilation": "dilation", "mode": "padding_mode"}
    entry, word = names.get(key, "padding_side"), key
    if key == "padding" and one.unit.kind in TRANSPOSED:
        entry, word = "deconvolution_crop", "crop"
    elif key == "padding" and "causal" in (mine[key], theirs[key]):
        entry = "causal_padding"
    told = [said(word, settings[key]) for settings in (mine, theirs)]
    kernel = one.weights["kernel"]
    x = one.x
    pads: Any = ()
    if one.unit.kind not in TRANSPOSED:
        pads = _resolved(mine["padding"], x, kernel.shape[:-2], mine["strides"], mine["dilation"])
    filling = {
        "pads": pads,
        "torch_pads": tuple(n for pair in reversed(pads) for n in pair),
        "jax_pads": ((0, 0), *pads, (0, 0)),
        "strides": mine["strides"],
        "dilation_rate": mine["dilation"],
        "mode": {v: k for k, v in MODES.items()}.get(mine["mode"], mine["mode"]),
        "filters": kernel.shape[-1],
        "kernel_size": kernel.shape[0],
        "before": pads[0][0] if pads else None,
    }
    if entry == "deconvolution_crop":
        cuts = [slice(c, c + n) for c, n in zip(mine["padding"], one.y.shape[1:-1], strict=True)]
        spelt = ", ".join(f"{cut.start}:{cut.stop}" for cut in cuts)
        filling |= {"torch_slices": f"[:, :, {spelt}]", "slices": f"[:, {spelt}]"}
    cause = cause_of(difference, entry, told, filling)
    if key in ("mode", "padding") and {"mode", "padding"} <= set(difference.keys):
        return cause._replace(write=_bordered(difference, filling))
    return cause


def _bordered(difference: Difference, filling: Mapping[str, Any]) -> str:
    """The line for a border of another kind and another size: a pad that names its kind."""
    framework, mine = difference.layer.other.framework, difference.mine
    if mine["mode"] == "constant":
        side = "causal_padding" if mine["padding"] == "causal" else "padding_side"
        return ENTRIES[side].line(framework, filling)
    torch_pads = f"{filling['torch_pads']}, mode='{filling['mode']}'"
    pads = f"{filling['jax_pads']}, mode='{mine['mode']}'"
    line = ENTRIES["padding_side"].line(
        framework, {**filling, "torch_pads": torch_pads, "jax_pads": pads}
    )
    return line.replace(f"layers.ZeroPadding2D({filling['pads']})", f"keras.ops.pad(x, {pads})")


FINDER = Finder(
    ("padding_side", "causal_padding", "padding_mode", "strides", "dilation", "deconvolution_crop"),
    find,
)
