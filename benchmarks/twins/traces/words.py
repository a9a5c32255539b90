"""What is said of two traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.twins.compare import Rung
from benchmarks.twins.conventions import differing
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import Matching, Pair
from benchmarks.twins.place import Fault, listed
from benchmarks.twins.traces.pairing import Sides
from benchmarks.twins.traces.recording import STATISTICS, Recording, Rounding, Two

HIDDEN = ("epsilon", "momentum")  # what rows may not show, or evaluation


def random(side: Recording) -> str:
    """That a model draws random numbers."""
    return (
        f"{side.drew} of {side.name} draws random numbers: two runs of it on the same rows differ; "
        "record it in evaluation, or with its noise as an input"
    )


def other_rows(name: str, sides: Sides, two: Two, *, rearranged: bool) -> str:
    """That the two were not given the same."""
    how = "the same values in another arrangement" if rearranged else "not the same"
    return (
        f"the rows of {name} are {how}, {two.one.shape} in {sides[0].name} and {two.other.shape} "
        f"in {sides[1].name}: nothing can be judged; give both the same, preprocessed alike"
    )


def other_weights(wrong: Mapping[str, Pair]) -> str:
    """That the two have little in common."""
    return (
        f"most weights are not the same, such as {listed(wrong)}: load one model's weights into "
        "the other before both are recorded"
    )


def weights(wrong: Mapping[str, Pair], worst: float) -> Fault:
    """That some weights were not carried over, or not rightly."""
    places = [name for pair in wrong.values() for name in (pair.one.name, pair.other.name)]
    sentence = f"the weights are not the same: {listed(wrong)}, by up to {worst:.1e}"
    return Fault(("weights", *dict.fromkeys(places)), sentence)


def alone(sides: Sides, matching: Matching) -> list[str]:
    """Layers with weights that have no partner."""
    return [
        f"{side.name} alone has {listed(unit.name for unit in units)}, without a partner"
        for side, units in zip(sides, (matching.alone_one, matching.alone_other), strict=True)
        if units
    ]


def narrow(sides: Sides, layers: Sequence[Sequence[str]]) -> list[str]:
    """What keeps recordings from being judged in float64, where one of them is meant to be."""
    dtypes = [side.dtype for side in sides]
    sentences = []
    for side, names in zip(sides, layers, strict=True):
        given = {tensor.dtype for call in side.index.calls for tensor in call.inputs}
        if names:
            where = f"at {listed(names)} of {side.name}"
            sentences.append(f"float64 is rounded to float32 {where}: judged as float32")
        elif "float64" in given and side.dtype != "float64" and "float64" in dtypes:
            sentences.append(
                f"{side.name} was given rows in float64 and computes in {side.dtype}: set the "
                "dtype before the model is made"
            )
    return sentences


def finer(sides: Sides, layers: Sequence[Sequence[str]]) -> str:
    """What would tell rounding from a difference."""
    coarse = [
        side.name
        for side, names in zip(sides, layers, strict=True)
        if names or side.dtype != "float64"
    ]
    one = f"a trace of {coarse[0]} in float64 throughout" if len(coarse) == 1 else ""
    return one or "traces in float64"


def by_statistics(rungs: Sequence[Rung], moments: bool) -> list[str]:
    """What statistics cannot tell."""
    if not moments and not any(rung.tensor.endswith(STATISTICS) for rung in rungs):
        return []
    return [
        "some tensors are known by their statistics alone, which are the same for values in "
        "another order"
    ]


def settings(matching: Matching, judgement: Judgement) -> list[str]:
    """Settings that differ and that these rows do not show."""
    return [
        f"{pair.name}: {clause}; what was recorded does not show it"
        for pair in matching.pairs
        for clause in differing(pair, judgement.frameworks)
        if clause.startswith(HIDDEN)
    ]


def verdict(judgement: Judgement, rounding: Rounding, finer: str) -> str:
    """The verdict in one sentence; `finer` is what would tell more."""
    worst = max(judgement.rungs, key=lambda rung: rung.error)
    layers = f"what rounding in {rounding.dtype} makes of {rounding.depth} layers"
    if judgement.verdict == "wrong":
        clauses = [fault.sentence for fault in judgement.faults[:1]]
        broken = next((rung for rung in judgement.rungs if rung.broken), None)
        if broken:
            clauses.append(
                f"{broken.rung} {broken.tensor} differs by {broken.error:.1e}, where rounding in "
                f"{rounding.dtype} stays below {broken.bound:.0e}"
            )
        return "; ".join(clauses)
    if rounding.exact:
        return "the two compute the same, each with its own weights"
    alike = f"the two are alike within {worst.error:.0e}"
    if judgement.verdict == "right":
        return (
            f"{alike}, no more than {layers}, {rounding.bound:.0e}; {finer} would show a "
            "difference that is smaller"
        )
    suspect = f"; first seen: {judgement.faults[0].sentence}" if judgement.faults else ""
    return (
        f"{alike}, which is more than {layers}, {rounding.bound:.0e}, and less than what is surely "
        f"none, {rounding.apart:.0e}; {finer} would tell rounding from difference"
        f"{suspect}"
    )
