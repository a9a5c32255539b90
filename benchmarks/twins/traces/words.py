"""What is said of two traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.twins.compare import Rung
from benchmarks.twins.conventions import differing
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import Matching, Pair
from benchmarks.twins.phrases import listed
from benchmarks.twins.place import Fault
from benchmarks.twins.reach import alone_in
from benchmarks.twins.traces.pairing import Sides
from benchmarks.twins.traces.recording import STATISTICS, Recording, Rounding, Two
from benchmarks.twins.verdict import whose
from common.language import Phrase, chained, phrase

HIDDEN = ("epsilon", "momentum")  # what rows may not show, or evaluation


def random(side: Recording) -> Phrase:
    """That a model draws random numbers."""
    return phrase(
        "{layers} of {name} draws random numbers: two runs of it on the same rows differ; record "
        "it in evaluation, or with its noise as an input",
        layers=side.drew,
        name=side.name,
    )


def other_rows(name: str, sides: Sides, two: Two, *, rearranged: bool) -> Phrase:
    """That the two were not given the same."""
    moved = phrase("the same values in another arrangement")
    return phrase(
        "the rows of {name} are {how}, {shape} in {one} and {another} in {other}: nothing can be "
        "judged; give both the same, preprocessed alike",
        name=name,
        how=moved if rearranged else phrase("not the same"),
        shape=two.one.shape,
        one=sides[0].name,
        another=two.other.shape,
        other=sides[1].name,
    )


def other_weights(wrong: Mapping[str, Pair]) -> Phrase:
    """That the two have little in common."""
    return phrase(
        "most weights are not the same, such as {names}: load one model's weights into the other "
        "before both are recorded",
        names=listed(wrong),
    )


def weights(wrong: Mapping[str, Pair], worst: float) -> Fault:
    """That some weights were not carried over, or not rightly."""
    places = [name for pair in wrong.values() for name in (pair.one.name, pair.other.name)]
    sentence = phrase(
        "the weights are not the same: {names}, by up to {worst:.1e}",
        names=listed(wrong),
        worst=worst,
    )
    return Fault(("weights", *dict.fromkeys(places)), sentence)


def alone(sides: Sides, matching: Matching) -> list[str]:
    """Layers with weights that have no partner."""
    return [
        alone_in(side.name, units)
        for side, units in zip(sides, (matching.alone_one, matching.alone_other), strict=True)
        if units
    ]


def narrow(sides: Sides, layers: Sequence[Sequence[str]]) -> list[str]:
    """What keeps recordings from being judged in float64, where one of them is meant to be."""
    dtypes = [side.dtype for side in sides]
    sentences: list[str] = []
    for side, names in zip(sides, layers, strict=True):
        given = {tensor.dtype for call in side.index.calls for tensor in call.inputs}
        if names:
            rounded = phrase(
                "float64 is rounded to float32 at {layers} of {name}: judged as float32",
                layers=listed(names),
                name=side.name,
            )
            sentences.append(rounded)
        elif "float64" in given and side.dtype != "float64" and "float64" in dtypes:
            sentences.append(
                phrase(
                    "{name} was given rows in float64 and computes in {dtype}: set the dtype "
                    "before the model is made",
                    name=side.name,
                    dtype=side.dtype,
                )
            )
    return sentences


def finer(sides: Sides, layers: Sequence[Sequence[str]]) -> Phrase:
    """What would tell rounding from a difference."""
    coarse = [
        side.name
        for side, names in zip(sides, layers, strict=True)
        if names or side.dtype != "float64"
    ]
    if len(coarse) == 1:
        return phrase("a trace of {name} in float64 throughout", name=coarse[0])
    return phrase("traces in float64")


def by_statistics(rungs: Sequence[Rung], moments: bool) -> list[str]:
    """What statistics cannot tell."""
    if not moments and not any(rung.tensor.endswith(STATISTICS) for rung in rungs):
        return []
    return [
        phrase(
            "some tensors are known by their statistics alone, which are the same for values in "
            "another order"
        )
    ]


def settings(matching: Matching, judgement: Judgement) -> list[str]:
    """Settings that differ and that these rows do not show."""
    return [
        phrase(
            "{pair}: {clause}; what was recorded does not show it", pair=pair.name, clause=clause
        )
        for pair in matching.pairs
        for clause in differing(pair, judgement.frameworks)
        if clause.startswith(HIDDEN)
    ]


def verdict(judgement: Judgement, rounding: Rounding, finer: str) -> Phrase:
    """The verdict in one sentence; `finer` is what would tell more."""
    worst = max(judgement.rungs, key=lambda rung: rung.error)
    layers = phrase(
        "what rounding in {dtype} makes of {depth} layers, {bound:.0e}", **rounding._asdict()
    )
    if judgement.verdict == "wrong":
        clauses = [fault.sentence for fault in judgement.faults[:1]]
        broken = next((rung for rung in judgement.rungs if rung.broken), None)
        if broken:
            clauses.append(
                phrase(
                    "{rung} {tensor} differs by {error:.1e}, where rounding in {dtype} stays below "
                    "{bound:.0e}",
                    **broken._asdict(),
                    dtype=rounding.dtype,
                )
            )
        return chained("; ", clauses)
    if rounding.exact:
        return phrase("the two compute the same, {weights}", weights=whose("own"))
    if judgement.verdict == "right":
        return phrase(
            "the two are alike within {error:.0e}, no more than {layers}; {finer} would show a "
            "difference that is smaller",
            error=worst.error,
            layers=layers,
            finer=finer,
        )
    open_ = phrase(
        "the two are alike within {error:.0e}, which is more than {layers}, and less than what is "
        "surely none, {apart:.0e}; {finer} would tell rounding from difference",
        error=worst.error,
        layers=layers,
        apart=rounding.apart,
        finer=finer,
    )
    first = [phrase("first seen: {fault}", fault=f.sentence) for f in judgement.faults[:1]]
    return chained("; ", [open_, *first])
