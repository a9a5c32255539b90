"""What two models say of themselves before anything runs: dropout, precision, what is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.twins.climb import Side, distance
from benchmarks.twins.compare import BOUND32
from benchmarks.twins.match import STATE, Pair
from benchmarks.twins.phrases import computes, listed
from benchmarks.twins.place import Fault, Models
from common.language import chained, phrase
from common.twins.probe import Rows


def setting_faults(models: Models, sides: Sequence[Side]) -> list[Fault]:
    """What makes two models train otherwise and no output shows."""
    return [*_dropout(sides), *_precision(models, sides), *_frozen(models)]


def _dropout(sides: Sequence[Side]) -> Iterator[Fault]:
    if rates := rates_that_differ(sides):
        places = [name for side in sides for name, _ in side.dropout]
        sentence = phrase("the rates of dropout differ: {rates}", rates=rates)
        yield Fault(("dropout", *places), sentence)


def _precision(models: Models, sides: Sequence[Side]) -> Iterator[Fault]:
    for pair, dtypes in coarser_in_one(models, sides):
        yield Fault((pair.one.name, pair.other.name), computes(pair.name, dtypes, models.names))


def _frozen(models: Models) -> Iterator[Fault]:
    for pair, role, (held, trains) in frozen_in_one(models):
        sentence = phrase(
            "{pair}: {role} is frozen in {held} and trained in {trains}",
            pair=pair.name,
            role=role,
            held=held,
            trains=trains,
        )
        yield Fault((pair.one.name, pair.other.name), sentence)


def rates_that_differ(sides: Sequence[Side]) -> str:
    """The rates of dropout of both in words; empty where they are the same."""
    rates = [sorted(rate for _, rate in side.dropout) for side in sides]
    if rates[0] == rates[1]:
        return ""
    words = [listed(_rate(*place) for place in side.dropout) for side in sides]
    return chained(
        "; ",
        [
            phrase("{name} has {value}", name=side.framework, value=own or phrase("none"))
            for side, own in zip(sides, words, strict=True)
        ],
    )


def _rate(name: str, rate: float) -> str:
    return phrase("{rate:g} in {name}", rate=rate, name=name)


def coarser_in_one(models: Models, sides: Sequence[Side]) -> Iterator[tuple[Pair, tuple[str, str]]]:
    """The first layer that computes in half precision in one model alone, with both dtypes."""
    for pair in models.matching.pairs:
        one, other = (
            side.precision.get(unit.name, "float32")
            for side, unit in zip(sides, (pair.one, pair.other), strict=True)
        )
        if one != other:
            yield pair, (one, other)
            return


def frozen_in_one(models: Models) -> Iterator[tuple[Pair, str, tuple[str, str]]]:
    """Layers that one model alone trains: the first such role, who holds it and who trains it."""
    for pair in models.matching.pairs:
        for link in pair.links:
            frozen = link.one in pair.one.frozen, link.other in pair.other.frozen
            if frozen[0] != frozen[1] and link.one not in STATE:
                one, other = models.names
                yield pair, link.one, (one, other) if frozen[0] else (other, one)
                break


def mixing_rows(sides: Sequence[Side], rows: Rows) -> tuple[list[Fault], list[str]]:
    """A model that looks across rows in evaluation and the other does not; of both a note."""
    backwards = [x[::-1] for x in rows]
    mixing = []
    for side in sides:
        upright, other = side.ask64("outputs", rows), side.ask64("outputs", backwards)
        if any(distance(other[name][::-1], upright[name]) > BOUND32 for name in upright):
            mixing.append(side.framework)
    sentence = phrase(
        "{names}: a row's output depends on the other rows: is the first axis the rows' in every "
        "layer (batch_first)?",
        names=chained(" and ", mixing),
    )
    if len(mixing) == 1:
        return [Fault((f"rows of {mixing[0]}",), sentence)], []
    return [], [sentence] if mixing else []
