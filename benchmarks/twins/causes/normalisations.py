"""Finder: a normalisation with another epsilon, over other axes, with another variance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.entry import shown
from benchmarks.twins.causes.halves import (
    Difference,
    Half,
    Layer,
    cause_of,
    code_of,
    layers,
    unmirrored,
)
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import Settings, closes, fits, named_by, necessary, tolerance
from benchmarks.twins.causes.witness.norms import normalised
from benchmarks.twins.causes.words import said
from benchmarks.twins.climb import distance
from common.language import phrase
from common.twins.user_file import family

KINDS = ("batch_norm", "layer_norm", "group_norm", "rms_norm", "instance_norm")
EPSILONS = (1e-3, 1e-5, 1e-6, 1e-8, 1e-12, 1e-7, 1e-4, 0.0)
AFFINE = ("gamma", "beta")
ENTRY = {
    "epsilon": "epsilon",
    "affine": "affine_missing",
    "kind": "normalised_axis",
    "axes": "normalised_axis",
    "groups": "normalised_axis",
    "correction": "biased_variance",
}
WRITTEN: Mapping[str, Mapping[str, str]] = {
    "group_norm": {
        "keras": "layers.GroupNormalization({groups})",
        "torch": "nn.GroupNorm({groups}, {width})",
        "jax": "nnx.GroupNorm({width}, num_groups={groups}, rngs=rngs)",
    },
    "layer_norm": {
        "keras": "layers.LayerNormalization(axis=-1)",
        "torch": "nn.LayerNorm({width}) with the channels last",
        "jax": "nnx.LayerNorm({width}, rngs=rngs)",
    },
    "batch_norm": {
        "keras": "layers.BatchNormalization()",
        "torch": "nn.BatchNorm2d({width})",
        "jax": "nnx.BatchNorm({width}, rngs=rngs)",
    },
}
"""Normalisations over other axes, as each framework writes them."""
BOTH_OR_NONE = {"torch"}  # a scale and a shift, but for layers that go over places
HELD = {
    (True, False): "{line}, of which the bias stays 0",
    (False, True): "{line}, of which the weight stays 1",
}
"""Scale and shift of the first model -> the line of a layer that has both."""
EPSILON = {"keras": "epsilon", "torch": "eps", "jax": "epsilon"}


def find(scene: Scene) -> Iterator[Cause]:
    """A cause for each setting whose exchange alone, or with the others, closes the gap."""
    every = [d for layer in layers(scene, KINDS) for d in _differences(layer)]
    return map(_cause, unmirrored(every))


def _differences(layer: Layer) -> Iterator[Difference]:
    one, other = layer.one, layer.other
    back = np.argsort(layer.axes)
    wanted = other.y.transpose(back) if other.y.ndim == len(back) else other.y

    both = {k: v for half in (other, one) for k, v in half.weights.items() if k in AFFINE}

    def run(half: Half, x: np.ndarray, settings: Settings) -> np.ndarray | None:
        rest = {k: v for k, v in settings.items() if k != "affine"}
        has = {role for role, there in zip(AFFINE, settings["affine"], strict=True) if there}
        weights = {k: v for k, v in {**both, **half.weights}.items() if k in has or k not in AFFINE}
        return normalised(x, weights=weights, **rest)

    gap = min(distance(wanted, one.y), 1.0)
    limit = tolerance(gap) if layer.agree else 1e-9
    mine = named_by(lambda s: run(one, one.x, s), _candidates(one, ()), one.y, limit)
    given = other.x.transpose(back)
    theirs = named_by(lambda s: run(other, given, s), _candidates(other, layer.axes), wanted, limit)
    if not mine or not theirs:
        return
    wrong = run(one, one.x, theirs)
    before = min(distance(wrong, one.y), 1.0) if wrong is not None else 1.0
    after = distance(run(one, one.x, mine), one.y)  # type: ignore[arg-type]
    if not closes(before, after) or fits(wrong, one.y, limit):
        return
    if "rms_norm" in {mine["kind"], theirs["kind"]} and mine["kind"] != theirs["kind"]:
        return  # without a mean: that is no other axis
    keys = necessary(lambda s: run(one, one.x, s), mine, theirs, one.y, limit)
    for key in keys:
        yield Difference(layer, key, mine[key], theirs[key], before, after, keys)


def _candidates(half: Half, axes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Settings, those that the layer states first; axes are those of the first model."""
    stated = half.settings.get("epsilon", EPSILONS[0])
    small = float(np.finfo(np.float64).eps)
    epsilons = dict.fromkeys((small if stated is None else stated, *EPSILONS))
    kind, groups = half.unit.kind, half.settings.get("groups", 1)
    if kind == "instance_norm" and "moving_mean" not in half.weights:
        kind, groups = "group_norm", -1
    groups = half.x.shape[-1] if groups == -1 else groups
    over = [*_axes(half, axes)] if half.unit.kind in ("layer_norm", "rms_norm") else [(-1,)]
    for correction, along, epsilon in product((0, 1), over, epsilons):
        settings = {"epsilon": epsilon, "axes": along, "groups": groups, "correction": correction}
        yield {"kind": kind, "affine": tuple(role in half.weights for role in AFFINE), **settings}


def _axes(half: Half, order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    rank = half.x.ndim
    size = max((w.ndim for w in half.weights.values()), default=1)
    stated = tuple(range(rank - size, rank))
    turned = tuple(order[axis] for axis in stated) if order else stated
    yield tuple(sorted(turned))
    for axis in range(rank - 1, 0, -1):
        yield (axis,)
    yield tuple(range(1, rank))


def _cause(difference: Difference) -> Cause:
    layer, key, mine, theirs, *_ = difference
    values = mine, theirs
    one, other = layer.one, layer.other
    if key == "epsilon":
        values = one.settings.get(key, values[0]), other.settings.get(key, values[1])
    told = [said(key, value) for value in values]
    affine = [half.weights[k] for half in (other, one) for k in AFFINE if k in half.weights]
    width = [str(affine[0].size)] if affine else []
    groups = [str(other.settings["groups"])] if other.settings.get("groups", 1) != 1 else []
    settings: dict[str, Any] = {
        "layer": code_of(other),
        "features": "".join(f"{n}, " for n in width),
        "torch_features": "".join(f"{n}, " for n in (*groups, *width)),
        "epsilon": values[0],
        "axis": values[0],
        "function": phrase("a normalisation of one's own"),
        "correction": values[0],
    }
    held = _affine(settings, mine) if key == "affine" else None
    cause = cause_of(difference, ENTRY[key], told, settings)
    framework = family(other.framework)
    if key in ("groups", "kind"):
        name = "group_norm" if key == "groups" else values[0]
        groups = mine if key == "groups" else one.settings.get("groups", "".join(width))
        filling = {"groups": groups, "width": "".join(width)}
        return cause._replace(write=WRITTEN[name].get(framework, "").format(**filling))
    if key == "epsilon" and {"groups", "kind"} & set(difference.keys):
        return cause._replace(write=f"{EPSILON[framework]}={shown(values[0])}")  # of the new layer
    if held and framework in BOTH_OR_NONE:
        return cause._replace(write=phrase(held, line=cause.write))
    return cause


def _affine(settings: dict[str, Any], has: tuple[bool, bool]) -> str | None:
    """Fill in a scale and a shift; how the line goes on where PyTorch has both or none."""
    scale, shift = has
    by_place = settings["layer"].endswith(("LayerNorm", "RMSNorm"))
    words = f"{'elementwise_' * by_place}affine={scale or shift}"
    words += ", bias=False" * (by_place and scale > shift)
    settings |= {"scale": scale, "shift": shift, "affine": words}
    return None if "bias" in words else HELD.get(has)


FINDER = Finder(("epsilon", "affine_missing", "normalised_axis", "biased_variance"), find)
