"""All causes that explain where two models part."""

from __future__ import annotations

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes import (
    attentions,
    between,
    convolutions,
    gradients,
    losses,
    normalisations,
    optimizers,
    penalties,
    places,
    preprocessing,
    recurrences,
    running,
    stated,
    views,
    weights,
    wiring,
)
from benchmarks.twins.causes.lines import together
from benchmarks.twins.causes.pairings import pairings
from benchmarks.twins.causes.scene import Finder, Scene
from common.language import phrase

FINDERS: tuple[Finder, ...] = (
    preprocessing.FINDER,
    stated.FINDER,
    normalisations.FINDER,
    convolutions.FINDER,
    recurrences.FINDER,
    attentions.FINDER,
    places.FINDER,
    between.FINDER,
    views.FINDER,
    wiring.FINDER,
    weights.FINDER,
    losses.FINDER,
    penalties.FINDER,
    gradients.FINDER,
    running.FINDER,
    optimizers.FINDER,
)
"""In the order in which a reader should hear of what they find."""

WEAK = ("other_tensor",)  # of no use to a reader where anything else is proved


def causes(scene: Scene) -> list[Cause]:
    """Every cause, the proved ones first; one difference has one cause, one layer one line."""
    every = _found(scene)
    if not any(cause.proved for cause in every):
        others = [_found(other) for other in pairings(scene)]
        proving = [found for found in others if any(cause.proved for cause in found)]
        if len(proving) == 1:  # under two pairings it could be either
            every = proving[0]
    if any(cause.proved and cause.entry not in WEAK for cause in every):
        every = [cause for cause in every if cause.entry not in WEAK]
    ordered = sorted(dict.fromkeys(every), key=lambda cause: not cause.proved)
    return together(ordered, scene.models.matching.pairs)


def _found(scene: Scene) -> list[Cause]:
    """What each finder says; one that fails says so, and the verdict stands without its cause."""
    every: list[Cause] = []
    for finder in FINDERS:
        try:
            every += finder.find(scene)
        except Exception as error:
            note = phrase(
                "no cause such as {entry} was looked for: {error}",
                entry=finder.entries[0],
                error=f"{type(error).__name__}: {error}",
            )
            scene.judgement.notes.append(note)
    return every
