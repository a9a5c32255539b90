"""Finder: what goes where: parts that are joined, steps that are taken, tensors that are fed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause, exchanged
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.gaps import Gap, gaps, outputs
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import closes, fits
from benchmarks.twins.climb import distance
from common.language import chained, phrase
from common.twins.probe import Event

Array = np.ndarray
NEAR = 1e-8


class Piece(NamedTuple):
    """A part of a tensor by where it comes from; `step` is the step of a sequence, or None."""

    source: str
    step: int | None
    value: Array


def find(scene: Scene) -> Iterator[Cause]:
    """What is joined in another order or of other steps, and outputs in another order."""
    if not scene.outputs_part:
        return
    yield from _exchanged_outputs(scene)
    for ways in gaps(scene):
        gap = ways[-1][0]
        if not gap.inherited:
            yield from _fed(scene, gap)


def _exchanged_outputs(scene: Scene) -> Iterator[Cause]:
    pairs = outputs(scene)
    partners = [
        [j for j, (_, theirs) in enumerate(pairs) if fits(theirs, mine, NEAR)] for mine, _ in pairs
    ]
    order = [found[0] for found in partners if found]
    if len(order) == len(pairs) and order != sorted(order) and len(set(order)) == len(order):
        gap = max(distance(theirs, mine) for mine, theirs in pairs if mine.shape == theirs.shape)
        told = ", ".join(str(i + 1) for i in order)
        name = scene.models.names[1]
        yield Cause(
            "outputs_exchanged",
            ("outputs",),
            phrase(
                "the outputs are the same in another order: the first model's are {numbers} of "
                "{name}",
                numbers=told,
                name=name,
            ),
            ENTRIES["outputs_exchanged"].line(name, {"outputs": told}),
            proved=True,
            trial=phrase("with {name}'s in this order", name=name),
            before=min(gap, 1.0),
            after=0.0,
        )


def _fed(scene: Scene, gap: Gap) -> Iterator[Cause]:
    """What a layer is fed with, piece by piece, on each side."""
    if gap.one.ndim < 2 or gap.one.shape != gap.other.shape:
        return
    known = [Piece(k.name, None, t) for k in gap.known for t in (k.one, k.other)]
    own = [_of(events, len(gap.one)) for events in (scene.models.one, scene.models.other)]
    mine = _pieces(gap.one, known, [*own[0], *own[1]])
    theirs = _pieces(gap.other, known, [*own[1], *own[0]])
    if not mine or not theirs:
        return
    after = distance(np.concatenate([piece.value for piece in mine], axis=-1), gap.one)
    before = min(distance(gap.other, gap.one), 1.0)
    if not closes(before, after):
        return
    told = [chained(" and ", map(_words, pieces)) for pieces in (mine, theirs)]
    entry = _entry(mine, theirs)
    if entry is None or told[0] == told[1] or (entry == "other_tensor" and gap.last):
        return
    names = scene.models.names
    step = next((p.step for p in mine if p.step is not None), -1)
    filling = {"parts": ", ".join(p.source for p in mine), "step": step, "source": told[0]}
    filling |= {"layer": gap.where.rpartition(" and ")[2], "inputs": told[0]}
    line = ENTRIES[entry].line(names[1], filling)
    if all(piece.step is None for piece in mine) and entry == "wrong_step":
        line = phrase("{right}, and not {wrong}", right=told[0], wrong=told[1])
    yield Cause(
        entry,
        gap.places,
        phrase(
            "{where}: {one} takes {what}, {other} {another}",
            where=gap.where,
            one=names[0],
            what=told[0],
            other=names[1],
            another=told[1],
        ),
        line,
        proved=True,
        trial=exchanged(told[0], names[1]),
        before=before,
        after=after,
    )


def _entry(mine: Sequence[Piece], theirs: Sequence[Piece]) -> str | None:
    if len(mine) == 1:
        values = mine[0].value, theirs[0].value
        stepped = any(piece.step is not None for piece in (mine[0], theirs[0]))
        if stepped and _same_sequence(mine[0], theirs[0]):
            return "wrong_step"
        return "other_tensor" if not stepped and values[0].ndim > 1 else None
    if len(mine) != len(theirs):
        return None
    same = [any(fits(a.value, b.value, NEAR) for b in theirs) for a in mine]
    if all(same):
        return "concat_order"
    differing = [b for a, b in zip(mine, theirs, strict=True) if not fits(a.value, b.value, NEAR)]
    return "wrong_step" if all(piece.step is not None for piece in differing) else None


def _same_sequence(one: Piece, other: Piece) -> bool:
    """Whether both are of one layer, or of layers of one name."""
    return one.source.rpartition(".")[2] == other.source.rpartition(".")[2] or None in (
        one.step,
        other.step,
    )


def _words(piece: Piece) -> str:
    if piece.step is None:
        return piece.source
    return phrase("step {step} of {source}", step=piece.step, source=piece.source)


def _of(events: Sequence[Event], rows: int) -> list[Piece]:
    """What flows in a model: each tensor, and steps of each sequence."""
    pieces = []
    for event in events:
        for whole in event.outputs:
            tensor = whole[:rows]
            if tensor.dtype.kind != "f" or tensor.ndim < 2:
                continue
            pieces.append(Piece(event.layer, None, tensor))
            if tensor.ndim == 3:
                pieces += _steps(event.layer, tensor)
    return pieces


def _steps(name: str, tensor: Array) -> Iterator[Piece]:
    """The first and the last step of a sequence, and each direction's half of them."""
    half = tensor.shape[-1] // 2
    for step in (0, -1):
        yield Piece(name, step, tensor[:, step])
        if tensor.shape[-1] % 2 == 0:
            one = phrase("{name}, first half", name=name)
            yield Piece(one, step, tensor[:, step, :half])
            two = phrase("{name}, second half", name=name)
            yield Piece(two, step, tensor[:, step, half:])


def _pieces(tensor: Array, known: Sequence[Piece], own: Sequence[Piece]) -> list[Piece]:
    """The pieces that stand side by side on the last axis; empty where one is of no source.

    All of the tensor is a piece only where both models have it, or it is a step.
    """
    result: list[Piece] = []
    start, end = 0, tensor.shape[-1]
    parts = [piece for piece in own if piece.step is not None or piece.value.shape[-1] < end]
    while start < end:
        for piece in (*known, *parts):
            width = piece.value.shape[-1]
            if piece.value.shape[:-1] != tensor.shape[:-1] or start + width > end:
                continue
            if fits(piece.value, tensor[..., start : start + width], NEAR):
                result.append(piece)
                start += width
                break
        else:
            return []
    return result


FINDER = Finder(("concat_order", "wrong_step", "other_tensor", "outputs_exchanged"), find)
