"""What is said of two models in more than one place, see `common.language.phrase`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.language import Phrase, phrase, spoken
from common.twins.probe import Event

Shape = tuple[int, ...]


def stretch(before: str | None, after: str | None = None) -> Phrase:
    """Where something lies, by the layers around it; None: the rows, or the outputs."""
    return phrase(
        "between {before} and {after}",
        before=before or phrase("the rows"),
        after=after or phrase("the outputs"),
    )


def unshaped(sentence: str, one: Shape, other: Shape) -> Phrase:
    """A sentence that two tensors differ, which have other shapes."""
    return phrase(
        "{sentence}, not even in shape: {one} and {other}", sentence=sentence, one=one, other=other
    )


def other_outputs(one: int, other: int) -> Phrase:
    """That two models have another number of outputs."""
    return phrase("the models have {one} and {other} outputs", one=one, other=other)


def other_shapes(one: Shape, other: Shape) -> Phrase:
    """That two models give outputs of other shapes."""
    return phrase("the outputs have the shapes {one} and {other}", one=one, other=other)


def computes(pair: str, dtypes: Sequence[str], names: Sequence[str]) -> Phrase:
    """That a layer has another precision in each model."""
    return phrase(
        "{pair} computes in {dtype} in {one} and in {another} in {other}",
        pair=pair,
        dtype=dtypes[0],
        one=names[0],
        another=dtypes[1],
        other=names[1],
    )


def arranged(pair: str, one: str, other: str) -> Phrase:
    """That a layer is given the same in each model, in another arrangement that does not matter."""
    return phrase(
        "{pair}: {one} and {other} give it the same values in another arrangement; what comes out "
        "agrees",
        pair=pair,
        one=one,
        other=other,
    )


def flattened() -> Phrase:
    """What makes the same values arrive in another order."""
    return phrase(
        "the same values arrive in another order: a flatten of channels first against channels "
        "last (move the channels before it, or name the shape in FLATTEN), or another pad"
    )


def in_float32(why: str, bound: float) -> Phrase:
    """That a model has no float64."""
    return phrase("{why}: it was judged in float32 alone, by {bound:.0e}", why=why, bound=bound)


def coarse_at(layers: str, framework: str, bound: float) -> Phrase:
    """That layers have no float64."""
    return phrase(
        "{layers} of {framework} compute in float32 whatever is asked: judged by {bound:.0e} and "
        "ten times each model's own rounding",
        layers=layers,
        framework=framework,
        bound=bound,
    )


def read_otherwise(name: str) -> Phrase:
    """That weights that were written are not those of the model."""
    return phrase("{name} was read again and gives other outputs: not written", name=name)


def listed(names: Iterable[str], limit: int = 5) -> str:
    """Names in a sentence: the first, and how many more there are."""
    names = list(dict.fromkeys(names))
    first = Phrase(", ".join(names[:limit]), ", ".join(map(spoken, names[:limit])))
    if len(names) <= limit:
        return first
    return phrase("{names} and {more} more", names=first, more=len(names) - limit)


def described(event: Event) -> str:
    """A call by its layer and what it is, with its settings where they are few."""
    settings = ", ".join(f"{key}={value}" for key, value in event.settings.items())
    name = event.layer if event.kind in event.layer else f"{event.layer} ({event.kind})"
    return f"{name}[{settings}]" if settings and len(settings) < 80 else name
