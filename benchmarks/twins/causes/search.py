"""All causes that explain where two models part."""

from __future__ import annotations

from benchmarks.twins.causes import (
    between,
    convolutions,
    gradients,
    losses,
    normalisations,
    optimizers,
    penalties,
    preprocessing,
    running,
)
from benchmarks.twins.causes.cause import Cause
from benchmarks.twins.causes.scene import Finder, Scene

FINDERS: tuple[Finder, ...] = (
    preprocessing.FINDER,
    normalisations.FINDER,
    convolutions.FINDER,
    between.FINDER,
    losses.FINDER,
    penalties.FINDER,
    gradients.FINDER,
    running.FINDER,
    optimizers.FINDER,
)
"""In the order in which a reader should hear of what they find."""


def causes(scene: Scene) -> list[Cause]:
    """Every cause, the proved ones first; one difference has one cause."""
    every = [cause for finder in FINDERS for cause in finder.find(scene)]
    return sorted(dict.fromkeys(every), key=lambda cause: not cause.proved)
