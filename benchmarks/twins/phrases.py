"""What is said of two models in more than one place, see `common.language.phrase`."""

from __future__ import annotations

from collections.abc import Sequence

from common.language import Phrase, phrase

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
