"""Running statistics of normalisations: the share that each model keeps, and what it takes in.

A step from two values of a statistic gives both: new = share * old + (1 - share) * batch's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause, exchanged
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.entry import rounded, shown
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.climb import distance
from benchmarks.twins.compare import BOUND
from benchmarks.twins.match import STATE, Pair
from common.language import Phrase, chained, phrase
from common.twins.probe import Values
from common.twins.user_file import family

SPREAD = 1e-6  # of shares that are one number: some frameworks keep it in float32
CLOSE = 1e-3  # to a whole number of values
MOST = 100  # values that are counted: of more, n / (n - 1) tells the number too roughly
MEAN, VARIANCE = STATE


class Statistic(NamedTuple):
    """Of one running statistic of a model: the share of the old value that is kept, NaN where it is
    not one number; what a batch gives, and the value before and after a step."""

    share: float
    batch: np.ndarray
    old: np.ndarray
    new: np.ndarray


def statistics(scene: Scene, number: int) -> dict[str, Statistic]:
    """Every running statistic of model 0 or 1, by "unit/role"."""
    side = scene.sides[number]
    scene.reset(number)
    old = {k: v for k, v in side.ask64("values").items() if k.rpartition("/")[2] in STATE}
    moved: list[Values] = []
    for added in (0.0, 1.0):
        side.ask64("assign", {key: value + added for key, value in old.items()})
        moved.append(side.ask64("step", scene.rows, scene.given[number]))
        scene.reset(number)
    result = {}
    for key, value in old.items():
        shares = moved[1][key] - moved[0][key]
        share = float(np.median(shares))
        share = share if np.ptp(shares) <= SPREAD else np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            batch = (moved[0][key] - share * value) / (1 - share)
        result[key] = Statistic(share, batch, value, moved[0][key])
    return result


def _find(scene: Scene) -> Iterator[Cause]:
    broken = [r for r in scene.judgement.rungs if r.broken]
    parted = any(r.rung == "loss" for r in broken) and not scene.outputs_part
    moved = any(r.rung == "step 1" and r.tensor.rpartition("/")[2] in STATE for r in broken)
    pairs = [
        pair for pair in scene.models.matching.pairs if {MEAN, VARIANCE} & set(pair.one.weights)
    ]
    if not scene.given or not pairs or not (parted or moved):
        return
    both = statistics(scene, 0), statistics(scene, 1)
    still = [_still(pairs, both, n) for n in (0, 1)]
    for n in (0, 1) if parted else ():
        held = [pair for pair in still[n] if pair not in still[1 - n]]
        if held:
            yield _held(scene, n, held, both[1 - n])
    for pair in pairs:
        if not parted or (pair in still[0]) == (pair in still[1]):
            yield from _of_pair(scene, pair, *both)


def _still(pairs: list[Pair], both: Sequence[Mapping[str, Statistic]], n: int) -> list[Pair]:
    """The pairs whose statistics a step of model n leaves as they are."""
    names = [(pair, f"{(pair.one, pair.other)[n].name}/") for pair in pairs]
    owns = [(p, [s for k, s in both[n].items() if k.startswith(name)]) for p, name in names]
    return [p for p, own in owns if own and all(np.array_equal(s.new, s.old) for s in own)]


def _of_pair(
    scene: Scene, pair: Pair, ones: Mapping[str, Statistic], others: Mapping[str, Statistic]
) -> Iterator[Cause]:
    """At most one cause: shares that differ, else a variance of another number of values."""
    both = {
        link.one: (mine, theirs)
        for link in pair.links
        if (mine := ones.get(f"{pair.one.name}/{link.one}"))
        and (theirs := others.get(f"{pair.other.name}/{link.other}"))
        and np.all(np.isfinite((mine.share, theirs.share)))
    }
    apart = {role: distance(theirs.new, mine.new) for role, (mine, theirs) in both.items()}
    for role, (mine, theirs) in both.items():
        if apart[role] > BOUND and abs(mine.share - theirs.share) > SPREAD:
            yield _of_shares(scene, pair, mine, theirs)
            return
    if apart.get(VARIANCE, 0) > BOUND >= apart.get(MEAN, np.inf):
        yield from _of_variances(scene, pair, *both[VARIANCE])


def _of_shares(scene: Scene, pair: Pair, mine: Statistic, theirs: Statistic) -> Cause:
    names = scene.judgement.frameworks
    kept = [rounded(mine.share, 5), rounded(theirs.share, 5)]
    batch = theirs.batch if mine.share == 1 else mine.batch
    after = distance(theirs.share * mine.old + (1 - theirs.share) * batch, theirs.new)
    words = phrase(
        "{layer} keeps {value} of its running statistics at a step in {one} and {another} in "
        "{other}",
        layer=pair.name,
        value=shown(kept[0]),
        one=names[0],
        another=shown(kept[1]),
        other=names[1],
    )
    return Cause(
        "momentum",
        (pair.one.name, pair.other.name),
        chained(", ", [words, *_spelled(names, kept)]),
        ENTRIES["momentum"].line(names[1], _settings(scene, pair, kept[0])),
        after <= BOUND,
        exchanged(shown(kept[1]), names[0]),
        distance(theirs.new, mine.new),
        after,
    )


def _of_variances(scene: Scene, pair: Pair, mine: Statistic, theirs: Statistic) -> Iterator[Cause]:
    """One variance is the other times n / (n - 1), for some whole n."""
    names = scene.judgement.frameworks
    ratio = float(np.median(theirs.batch / mine.batch))
    larger = max(ratio, 1 / ratio)
    n = larger / (larger - 1)
    if mine.batch.size < 2 or (n < MOST and abs(n - round(n)) > CLOSE * n):
        return  # of one number any other is a multiple
    after = distance(mine.share * mine.old + (1 - mine.share) * mine.batch * ratio, theirs.new)
    divisors = ("n", "n - 1") if ratio > 1 else ("n - 1", "n")
    if after <= BOUND:
        yield Cause(
            "biased_variance",
            (pair.one.name, pair.other.name),
            phrase(
                "{layer} divides its running variance by {divisor} in {one} and by {another} in "
                "{other}, of n = {n} values",
                layer=pair.name,
                divisor=divisors[0],
                one=names[0],
                another=divisors[1],
                other=names[1],
                n=round(n),
            ),
            ENTRIES["biased_variance"].line(names[1], {"correction": int(ratio < 1)}),
            True,
            exchanged(phrase("a variance of {divisor}", divisor=divisors[1]), names[0]),
            distance(theirs.new, mine.new),
            after,
        )


def _spelled(names: tuple[str, str], kept: list[float]) -> list[Phrase]:
    """PyTorch's momentum is the share that is new."""
    shares = [
        shown(rounded(1 - share, 5))
        for name, share in zip(names, kept, strict=True)
        if name.startswith("torch")
    ]
    return [phrase("where that is momentum={share}", share=share) for share in shares[:1]]


def _settings(scene: Scene, pair: Pair, share: float) -> dict[str, object]:
    kinds = [event.kind for event in scene.models.other if event.layer == pair.other.layer]
    features = next(iter(pair.other.weights.values()))[-1]
    return {
        "layer": f"nn.{kinds[0]}" if kinds else "nn.BatchNorm2d",
        "features": f"{features}, ",
        "momentum": share,
        "share": rounded(1 - share, 5),
    }


def _held(scene: Scene, n: int, held: list[Pair], moving: Mapping[str, Statistic]) -> Cause:
    """Model n evaluates these; it is given the statistics that the batch has in the other."""
    names, matching = scene.judgement.frameworks, scene.models.matching
    units = [(pair.one, pair.other) for pair in held]
    theirs = {
        key: s.batch
        for key, s in moving.items()
        if any(key.startswith(f"{unit[1 - n].name}/") for unit in units)
    }
    values = matching.to_one(theirs) if n == 0 else matching.to_other(theirs)
    losses = [float(scene.traces[k, "float64"]["loss/loss"]) for k in (0, 1)]
    scene.reset(n)
    scene.sides[n].ask64("assign", values)
    loss = float(scene.sides[n].ask64("gradients", scene.rows, scene.given[n])["loss"])
    scene.reset(n)
    after = distance(np.array(loss), np.array(losses[1 - n]))
    layers = ", ".join(pair.name for pair in held[:4]) + (" ..." if len(held) > 4 else "")
    places = tuple(dict.fromkeys(unit.name for both in units for unit in both))
    return Cause(
        "training_of_normalisation",
        places,
        phrase(
            "{layers}: running statistics are used in training in {one}, and the batch's in "
            "{other}",
            layers=layers,
            one=names[n],
            other=names[1 - n],
        ),
        _evaluated(held[0].other.name, names[1])
        if n == 0
        else ENTRIES["training_of_normalisation"].line(names[1]),
        after <= BOUND,
        exchanged(phrase("the batch's statistics"), names[n]),
        distance(np.array(losses[n]), np.array(losses[1 - n])),
        after,
    )


def _evaluated(layer: str, framework: str) -> str:
    """What makes a normalisation evaluate in training."""
    lines = {
        "keras": f"{layer}.trainable = False",
        "torch": phrase("{layer}.eval() behind each model.train()", layer=layer),
        "jax": f"{layer}.use_running_average = True",
    }
    return lines[family(framework)]


FINDER = Finder(("momentum", "biased_variance", "training_of_normalisation"), _find)
