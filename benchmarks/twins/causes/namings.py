"""Two functions with names, one on each side: which entry of the catalogue their difference is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.causes import pooled
from benchmarks.twins.causes.entry import Entry, shown
from benchmarks.twins.causes.gaps import Gap, Known
from benchmarks.twins.causes.trial import fits
from benchmarks.twins.causes.witness.elementwise import PLAIN, Program
from benchmarks.twins.causes.witness.windows import same_pads
from benchmarks.twins.causes.words import said
from common.language import chained, phrase

NOTHING = ("as it is", "linear")
HIDDEN = ("kind", "masked", "counted", "zeros", "size", "strides")  # what a name says without them
AS_IT_LIES = "the order of the numbers"
PROSE = (
    "times",
    "plus {of}",
    "minus {of}",
    "taken from {of}",
    AS_IT_LIES,
    "another order",
    "a shape in another order",
    "a reversal",
    "blocks of pixels",
    "parts",
    "groups",
    "mean pooling",
    "max pooling",
    "times, plus one for each place",
)
"""Names of functions that are no names of a framework's."""
ACTIVATIONS = {family for family, _ in PLAIN.values()} | {"leaky_relu", "elu", "softmax"}
TORCH = {"hard_sigmoid": "hardsigmoid", "hard_silu": "hardswish", "gelu_by_tanh": "gelu"}
LAYERS = {"leaky_relu": ("LeakyReLU", "LeakyReLU"), "elu": ("ELU", "ELU")}
ENDS = {"softmax": "Softmax", "sigmoid": 'Activation("sigmoid")'}


class Naming(NamedTuple):
    """What took a tensor that both models have to what each has behind it."""

    frameworks: tuple[str, str]
    gap: Gap
    known: Known
    mine: Program
    theirs: Program


def entry_of(naming: Naming) -> str | None:
    """The entry of the catalogue; None for a difference that has none."""
    mine, theirs = naming.mine, naming.theirs
    families = {mine.family, theirs.family}
    alone = [p for p in (mine, theirs) if p.family not in NOTHING and p.name != AS_IT_LIES]
    if len(alone) == 1:
        return _one_side(naming, alone[0])
    if families <= {"relu", "clipped"}:
        return "clip"
    if families <= {"relu", "leaky_relu"} or families in ({"leaky_relu"}, {"elu"}):
        return "slope"
    if len(families) == 1:
        within = WITHIN.get(mine.family)
        return within(naming) if callable(within) else within
    return "activation" if families <= ACTIVATIONS else None


def _one_side(naming: Naming, program: Program) -> str | None:
    """What the other model does not do at all."""
    gap, known = naming.gap, naming.known
    if program.family == "scaled":
        return "preprocessing" if known.rows and known.one.ndim > 2 else "scale_missing"
    if program.family in ("softmax", "sigmoid") and gap.last:
        x = known.one
        if np.any(x < 0) or np.any(x > 1):
            return "last_activation"
        return "softmax_twice" if program.family == "softmax" else "sigmoid_twice"
    if program.family == "flipped":
        last = program.settings["axis"] == known.one.ndim - 1
        return "channel_order" if last else "time_order" if known.one.ndim == 3 else None
    if program.family == "order":
        return _order(naming)
    names = {"clipped": "clip", "leaky_relu": "activation_missing", "sum": "residual_missing"}
    names |= {"parts": "concat_order", "elu": "activation_missing"}
    names["shuffled"] = "reshape_for_transpose"
    missing = "activation_missing" if program.family in ACTIVATIONS else None
    return names.get(program.family, missing)


def _order(naming: Naming) -> str:
    given, flat = naming.known.one.ndim, min(naming.gap.one.ndim, naming.gap.other.ndim)
    moved = AS_IT_LIES not in (naming.mine.name, naming.theirs.name)
    if given > flat and (flat == 2 or moved):
        return "flatten_order"
    return "reshape_order" if given == 2 else "reshape_for_transpose"


def _pooling(naming: Naming) -> str | None:
    keys = _differing(naming)
    if "kind" in keys:
        return "pooling_kind"
    names = {"zeros": "pooling_padded_by_zeros", "counted": "pooling_counts_padding"}
    return next((names[k] for k in names if k in keys), "pooling_padding")


def _reduction(naming: Naming) -> str | None:
    keys = _differing(naming)
    names = {"masked": "mask", "kind": "pooling_kind", "axis": "normalised_axis"}
    names["correction"] = "biased_variance"
    return next((names[k] for k in names if k in keys), None)


def _resizing(naming: Naming) -> str:
    return "interpolation" if "method" in _differing(naming) else "resize_grid"


def _differing(naming: Naming) -> list[str]:
    mine, theirs = naming.mine.settings, naming.theirs.settings
    return [key for key in mine if mine[key] != theirs.get(key)]


def _placed(naming: Naming) -> str | None:
    """A factor before or behind a sum: one model's summand is the other's times the factor."""
    zeros = np.zeros_like(naming.known.one)
    mine, theirs = naming.mine.apply(zeros), naming.theirs.apply(zeros)
    if mine is None or theirs is None or _differing(naming):
        return None
    factor = naming.mine.settings["factor"]
    scaled = ((mine * factor, theirs), (theirs * factor, mine))
    return "scale_place" if any(fits(a, b, 1e-6) for a, b in scaled) else None


WITHIN: Mapping[str, str | Callable[[Naming], str | None]] = {
    "gelu": "gelu_form",
    "hard_sigmoid": "hard_sigmoid_form",
    "softmax": "softmax_axis",
    "step": "wrong_step",
    "scaled": "scale_missing",
    "placed": _placed,
    "difference": "inputs_exchanged",
    "parts": "concat_order",
    "blocks": "reshape_for_transpose",
    "shuffled": "reshape_for_transpose",
    "order": _order,
    "pooled": _pooling,
    "reduced": _reduction,
    "resized": _resizing,
}
"""Family of both functions -> entry, or what says it."""


def line(naming: Naming, entry: Entry) -> str:
    """What to write in the second framework; where it alone has something, that it goes."""
    if naming.mine.family in NOTHING and naming.theirs.family not in NOTHING:
        return phrase("nothing there, without {what}", what=_described(naming.theirs, naming))
    if naming.mine.family == naming.theirs.family == "pooled":
        keys, settings = _differing(naming), naming.mine.settings
        if len(keys) > 1 or {"kind", "size", "strides"} & set(keys):
            space = naming.known.one.shape[1:-1]
            same = same_pads(space, settings["size"], settings["strides"])
            return pooled.line(naming.frameworks[1], settings, same)
    return entry.line(naming.frameworks[1], _filling(naming))


def _filling(naming: Naming) -> dict[str, Any]:
    """What the first model has, under the names of the templates."""
    mine, theirs = naming.mine, naming.theirs
    settings = dict(mine.settings)
    name = mine.name if mine.family not in NOTHING else theirs.name
    settings |= {"activation": mine.name, "torch_activation": TORCH.get(mine.name, mine.name)}
    settings |= {"jax_activation": TORCH.get(mine.name, mine.name).replace("hards", "hard_s")}
    layer = LAYERS.get(name)
    if layer:
        number = mine.settings.get("negative_slope", mine.settings.get("alpha", 0.0))
        settings |= {"keras_layer": layer[0], "torch_layer": layer[1], "jax_function": name}
        settings["slope"] = number
    settings["limit"] = mine.settings.get("high", 6.0 if mine.name == "relu6" else "None")
    settings["approximate"] = mine.name == "gelu_by_tanh"
    settings["torch_approximate"] = "tanh" if mine.name == "gelu_by_tanh" else "none"
    settings["factor"] = mine.settings.get("factor", 0.2 if mine.name.endswith("0.2") else "1 / 6")
    settings.setdefault("offset", 0)
    settings["keras_activation"] = ENDS.get(name, name)
    settings["inputs"] = phrase("its two inputs the other way round")
    if naming.mine.family == "difference":
        settings["layer"] = naming.gap.places[-1]
    settings["count_include_pad"] = mine.settings.get("counted")
    settings |= _pools(mine, naming.known.one.ndim - 2)
    if mine.family == "resized":
        linear = mine.settings["method"] == "linear"
        corners = mine.settings["grid"] == "corners"
        settings |= {"interpolation": "bilinear" if linear else "nearest", "mode": "bilinear"}
        if not linear:
            half = mine.settings["grid"] == "half_pixels"
            settings["mode"] = "nearest-exact" if half else "nearest"
        settings |= {"align_corners": corners if linear else None}
        space = naming.known.one.shape[1:-1]
        settings["size"] = tuple(
            round(n / s, 3) for n, s in zip(naming.gap.one.shape[1:-1], space, strict=True)
        )
    if mine.family == "sum":
        settings["shortcut"] = mine.settings["of"]
    if mine.family == "reduced":
        settings["function"] = f"torch.{mine.settings['kind']}"
        settings["layer"] = f"keras.ops.{mine.settings['kind']}"
    return settings


def _pools(program: Program, rank: int) -> dict[str, Any]:
    """A pooling as each framework writes it, and its border."""
    if program.family not in ("pooled", "reduced"):
        return {}
    size, pads = program.settings.get("size"), program.settings.get("pads", ())
    mean = program.settings["kind"] == "mean"
    keras, torch, jax = ("Average", "Avg", "avg") if mean else ("Max", "Max", "max")
    return {
        "padding": pads,
        "torch_pads": tuple(n for pair in reversed(pads) for n in pair),
        "keras_pooling": f"{keras}Pooling{rank}D({size})"
        if size
        else f"Global{keras}Pooling{rank}D()",
        "torch_pooling": f"{torch}Pool{rank}d({size})"
        if size
        else f"Adaptive{torch}Pool{rank}d(1)",
        "jax_pooling": f"{jax}_pool(x, {size or 'x.shape[1:-1]'})",
    }


def difference(naming: Naming) -> str:
    """What differs, in a sentence by the users' names."""
    mine, theirs = naming.mine, naming.theirs
    keys = _differing(naming)
    if mine.family == theirs.family == "placed":
        return phrase(
            "{layer}: both take it times {factor}, and only one does what is added",
            layer=naming.gap.name,
            factor=shown(mine.settings["factor"]),
        )
    one, other = naming.frameworks
    if mine.name == theirs.name and keys:
        told = [
            phrase(
                "{value} in {one} and {another} in {other}",
                value=said(key, mine.settings[key]),
                one=one,
                another=said(key, theirs.settings[key]),
                other=other,
            )
            for key in keys
        ]
        return phrase(
            "{layer}: {function} has {what}",
            layer=naming.gap.name,
            function=phrase(mine.name),
            what=chained(", ", told),
        )
    return phrase(
        "{layer}: {one} has {value} and {other} has {another} there",
        layer=naming.gap.name,
        one=one,
        value=_described(mine, naming),
        other=other,
        another=_described(theirs, naming),
    )


def words(mine: Program, theirs: Program) -> str:
    """The first function in the words of a trial."""
    keys = [k for k in mine.settings if mine.settings[k] != theirs.settings.get(k)]
    if mine.family == theirs.family == "placed":
        return phrase("the first's summand")
    if mine.name == theirs.name and keys:
        return chained(", ", [said(key, mine.settings[key]) for key in keys])
    return _plain(mine)


def _plain(program: Program) -> str:
    if program.family in NOTHING:
        return phrase("nothing")
    if "of" in program.settings:
        return phrase(f"{program.name} {{of}}", of=program.settings["of"])
    settings = {k: v for k, v in program.settings.items() if k not in HIDDEN}
    name, told = phrase(program.name), [said(key, value) for key, value in settings.items()]
    if not told:
        return name
    return phrase("{function} with {what}", function=name, what=chained(", ", told))


def _described(program: Program, naming: Naming) -> str:
    factor = program.settings.get("factor")
    width = naming.known.one.shape[-1]
    if program.name == "times" and isinstance(factor, float):
        if abs(factor - sqrt(width)) < 1e-6 * factor:
            return phrase("a factor of {factor:g}, the root of {width}", factor=factor, width=width)
        return phrase("a factor of {factor:g}", factor=factor)
    return _plain(program)
