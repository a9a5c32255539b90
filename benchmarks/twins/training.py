"""Two models with the same outputs that do not train alike: at the loss, a gradient or a step."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.twins.climb import Side
from benchmarks.twins.compare import Rung
from benchmarks.twins.conventions import differing
from benchmarks.twins.fused import parted, whole
from benchmarks.twins.match import STATE
from benchmarks.twins.phrases import listed
from benchmarks.twins.place import Fault, Models
from benchmarks.twins.weights import far_of
from common.language import chained, phrase

SAME = 1e-6  # of the scale: weights that are one and the same in float32


def weight_faults(models: Models, sides: Sequence[Side]) -> list[Fault]:
    """Weights that are not the same in two models that both bring theirs."""
    wrong = {}
    splits = models.matching.splits
    owns = [parted(side.own, split) for side, split in zip(sides, splits, strict=True)]
    for pair in models.matching.pairs:
        for link in pair.links:
            error = far_of(pair, link, owns)
            if error > SAME:
                wrong[f"{pair.name} {link.one}"] = pair, error
    if not wrong:
        return []
    places = [name for pair, _ in wrong.values() for name in (pair.one.name, pair.other.name)]
    worst = max(error for _, error in wrong.values())
    sentence = phrase(
        "the weights that both bring are not the same: {names}, by up to {worst:.1e}",
        names=listed(wrong),
        worst=worst,
    )
    return [Fault(("weights", *dict.fromkeys(places)), sentence)]


def training_faults(models: Models, rungs: Sequence[Rung]) -> list[Fault]:
    """The first rung above the outputs that breaks, and by which layers."""
    broken: dict[str, list[str]] = {}
    for r in rungs:
        if r.broken and r.rung != "preprocess":  # which has a fault of its own
            broken.setdefault(r.rung, []).append(r.tensor)
    if "loss" in broken:
        sentence = phrase(
            "the outputs agree and the loss does not: another reduction, weighting or smoothing, "
            "a regulariser on one side, or a layer that trains otherwise than it evaluates"
        )
        wrong = _by_pair(models, broken.get("gradients", []))
        moved = _by_pair(models, [t for tensors in broken.values() for t in tensors if _state(t)])
        if moved:
            more = phrase(
                "the running statistics of {names} differ after a step", names=listed(moved)
            )
            sentence = chained("; ", [sentence, more])
        return [Fault(("loss", "gradients", *dict.fromkeys((*moved, *wrong))), sentence)]
    if "gradients" in broken:
        wrong = _by_pair(models, broken["gradients"])
        sentence = phrase(
            "the outputs and the loss agree, the gradients of {names} do not: a tensor that is "
            "detached, or a way back of one's own",
            names=listed(wrong) or phrase("the rows"),
        )
        return [Fault(("gradients", *wrong), sentence)]
    for rung, tensors in broken.items():
        state = [t for t in tensors if _state(t)]
        wrong = _by_pair(models, state or tensors)
        settings = [
            clause
            for pair in models.matching.pairs
            if pair.name in wrong or pair.one.name in wrong
            for clause in differing(pair, models.names)
        ]
        if state:
            sentence = phrase(
                "the running statistics of {names} differ after {rung}: the momentum?",
                names=listed(wrong),
                rung=rung,
            )
            places = ("running statistics", *wrong)
        else:
            sentence = phrase(
                "the gradients agree, and after {rung} the weights of {names} do not: the "
                "optimisers differ, or what they leave out",
                names=listed(wrong),
                rung=rung,
            )
            places = ("optimizer", *wrong)
        return [Fault(places, chained("; ", [sentence, *settings[:3]]))]
    return []


def _state(tensor: str) -> bool:
    """Whether a tensor of a rung is a running statistic."""
    return tensor.rpartition("/")[2] in STATE


def _by_pair(models: Models, tensors: Sequence[str]) -> list[str]:
    """Names of the pairs that the tensors belong to, the last of the model first."""
    names = [
        part
        for pair in reversed(models.matching.pairs)
        if any(
            f"{whole(pair.one.name)}/{link.one}" in tensor
            for tensor in tensors
            for link in pair.links
        )
        for part in (pair.one.name, pair.other.name)
    ]
    return list(dict.fromkeys(names))
