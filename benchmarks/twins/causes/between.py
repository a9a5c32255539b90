"""Finder: functions without weights, between two layers: named on each side by what they did.

On each side the function is named that took a tensor that both models have to the one that only
this model has. Two names that differ are the difference; it is proved, for the first's function on
the second's tensor gives what the second should have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain

import numpy as np

from benchmarks.twins.cause import Cause, exchanged
from benchmarks.twins.causes.carrying import carried
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.gaps import Gap, Known, gaps
from benchmarks.twins.causes.namings import (
    ACTIVATIONS,
    NOTHING,
    Naming,
    difference,
    entry_of,
    line,
    words,
)
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import closes, fits, tolerance
from benchmarks.twins.causes.witness.elementwise import Program, programs, softmaxes
from benchmarks.twins.causes.witness.orders import rearrangements, steps
from benchmarks.twins.causes.witness.reductions import poolings, reductions, resizings
from benchmarks.twins.climb import distance
from common.twins.probe import Event

Array = np.ndarray
EXACT = 1e-9  # where the gap has other causes too, its size does not say how near a name must be
TRIALS = 3000  # programs that a gap may cost


def find(scene: Scene) -> Iterator[Cause]:
    """The causes of each stretch by the finest way to see it that gives any.

    What the first calls that differ do is proved only if that is carried to the end of the stretch.
    """
    for ways in gaps(scene):
        for way in ways:
            first = _explained(scene, way[0])
            if not first:
                continue
            if len(way) == 1:
                yield first
                break
            behind = _explained(scene, way[1])
            carries = _carries(scene, *way)
            if way[0].alone and not carries:
                continue
            yield first if carries else first._replace(proved=False)
            if behind:
                yield behind
            break


def _carries(scene: Scene, first: Gap, rest: Gap) -> bool:
    """Whether what is behind two calls is named on both sides, or gives the first model's tensor
    once the second model's calls are made again on what the first has."""
    named = not first.alone and _names(scene, rest) is not None
    return named or carried(scene, first.swaps, rest) is not None


def _explained(scene: Scene, gap: Gap) -> Cause | None:
    names = _names(scene, gap)
    return _cause(scene, gap, *names) if names else None


def _names(scene: Scene, gap: Gap) -> tuple[Known, Program, Program] | None:
    """The nearest tensor from which both sides can be named, and the two names."""
    limit = tolerance(_apart(gap.one, gap.other)) if not gap.inherited else EXACT
    for known in gap.known:
        mine = _named(scene, gap, known, known.one, gap.one, limit)
        theirs = mine and _named(scene, gap, known, known.other, gap.other, limit)
        if mine and theirs:
            return known, mine, theirs
    return None


def _cause(scene: Scene, gap: Gap, known: Known, mine: Program, theirs: Program) -> Cause | None:
    """The cause if the two functions differ on the first model's tensor."""
    wrong, right = theirs.apply(known.one), mine.apply(known.one)
    if wrong is None or right is None:
        return None
    before, after = _apart(gap.one, wrong), _apart(gap.one, right)
    if not closes(before, after):
        return None
    naming = Naming(scene.models.names, gap, known, mine, theirs)
    if _stands_elsewhere(scene, mine, theirs):
        return None
    name = entry_of(naming)
    if name is None:
        return None
    return Cause(
        name,
        gap.places,
        difference(naming),
        line(naming, ENTRIES[name]),
        proved=True,
        trial=exchanged(words(mine, theirs), scene.models.names[1]),
        before=before,
        after=after,
    )


def _stands_elsewhere(scene: Scene, mine: Program, theirs: Program) -> bool:
    """Whether an activation on one side alone is in both models, as often."""
    alone = [p for p in (mine, theirs) if p.family not in NOTHING]
    if len(alone) != 1 or alone[0].family not in ACTIVATIONS:
        return False
    calls = [
        sum(_does(alone[0], event) for event in events)
        for events in (scene.models.one, scene.models.other)
    ]
    return calls[0] == calls[1]


def _does(program: Program, event: Event) -> bool:
    """Whether a call does what a function does."""
    if len(event.inputs) != 1 or len(event.outputs) != 1:
        return False
    x, y = event.inputs[0], event.outputs[0]
    if x.shape != y.shape or x.dtype.kind != "f" or np.array_equal(x, y):
        return False
    return fits(program.apply(x), y, EXACT)


def _apart(one: Array, other: Array) -> float:
    """How far two tensors are from each other; 1 for two of other shapes."""
    if one.size != other.size:
        return 1.0
    return min(distance(other.reshape(one.shape), one), 1.0)


def _named(
    scene: Scene, gap: Gap, known: Known, x: Array, y: Array, limit: float
) -> Program | None:
    """The first function that takes x to y."""
    if x.shape == y.shape and np.array_equal(x, y):
        return Program("as it is", "nothing", {}, lambda x: x)
    words = [x for x in scene.rows if x.dtype.kind == "i" and x.ndim == 2]
    masks = [w[: len(x)] != 0 for w in words if np.any(w == 0)]
    candidates = chain(programs(x, y), softmaxes(x, y), resizings(x, y))
    if not gap.moved:  # what stands before may have moved them
        candidates = chain(
            rearrangements(x, y),
            candidates,
            steps(x, y),
            reductions(x, y, masks),
            poolings(x, y, _windows(gap)),
            _sums(gap, known, x, y),
        )
    for number, program in enumerate(candidates):
        if number > TRIALS:
            break
        with np.errstate(all="ignore"):
            if fits(program.apply(x), y, limit):
                return program
    return None


def _sums(gap: Gap, known: Known, x: Array, y: Array) -> Iterator[Program]:
    """x and another tensor that both models have."""
    for other in gap.known:
        if other is not known and other.one.shape == x.shape == y.shape:
            of, tensor = {"of": other.name}, other.one
            yield Program("sum", "plus", of, partial(np.add, tensor))
            yield Program("difference", "minus", of, partial(np.add, -tensor))
            yield Program("difference", "taken from", of, partial(np.subtract, tensor))


def _windows(gap: Gap) -> list[tuple[Sequence[int], Sequence[int]]]:
    """Windows of pooling, with their strides, that the calls there name."""
    sizes: list[tuple[Sequence[int], Sequence[int]]] = []
    for event in gap.calls:
        settings = event.settings
        size = settings.get("pool_size") or settings.get("window_shape")
        if size:
            strides = settings.get("strides") or size
            sizes.append((tuple(size), tuple(strides)))
    return sizes


FINDER = Finder(
    (
        *("activation", "activation_missing", "slope", "clip", "gelu_form", "hard_sigmoid_form"),
        *("softmax_axis", "pooling_counts_padding", "pooling_padded_by_zeros", "pooling_kind"),
        *("resize_grid", "interpolation", "normalised_axis", "flatten_order", "reshape_order"),
        *("reshape_for_transpose", "channel_order", "concat_order", "time_order", "wrong_step"),
        *("residual_missing", "scale_missing", "scale_place", "preprocessing", "mask"),
        *("last_activation", "softmax_twice", "sigmoid_twice", "inputs_exchanged"),
        "pooling_padding",
    ),
    find,
)
