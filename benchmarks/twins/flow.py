"""Pairing by what flows: with everything before equal, a layer's partner has an equal input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np

from benchmarks.twins.match import Matching, exchanged, interchangeable, replaced, turned
from common.twins.probe import Event, Unit

CLOSE = 1e-6  # of two tensors in float64 that flow; some layers compute in float32 inside
TRIALS = 60  # forward passes of the second model that a pairing may cost
AXES_TRIED = 5  # a tensor of more axes is compared as it lies
GROUP = 4  # layers of one shape and one input whose every order is tried

EQUAL, MOVED, PART, DIFFER = "equal", "moved", "part", "differ"


def relation(one: np.ndarray, other: np.ndarray, tolerance: float = CLOSE) -> str:
    """How two tensors that flow compare: "equal"; "moved": axes in another order, or reshaped;
    "part": the same values rearranged, padded or picked out; "differ"."""
    one, other = (np.asarray(tensor, np.float64) for tensor in (one, other))
    scale = max(float(np.max(np.abs(one), initial=0.0)), 1e-30)

    def close(a: np.ndarray, b: np.ndarray) -> bool:
        with np.errstate(invalid="ignore"):
            return a.shape == b.shape and not np.any(np.abs(a - b) > tolerance * scale)

    if one.shape == other.shape and close(one, other):
        return EQUAL
    if one.size == other.size:
        if close(one.ravel(), other.ravel()):
            return EQUAL if one.squeeze().shape == other.squeeze().shape else MOVED
        if close(_ends(one), _ends(other)):  # else no order of them is the other
            a, b = one.squeeze(), other.squeeze()
            orders = permutations(range(b.ndim)) if b.ndim <= AXES_TRIED else ()
            if any(close(a, b.transpose(order)) for order in orders):
                return MOVED
            if same_rows(one, other, tolerance):
                return PART
    small, large = sorted((one[one != 0], other[other != 0]), key=len)
    if len(small) > 1 and len(large) and np.ptp(small) > tolerance * scale:
        if any(np.min(np.abs(large - end)) > tolerance * scale for end in _ends(small)):
            return DIFFER  # which takes no sorting
        small, large = np.sort(small), np.sort(large)
        places = np.clip(np.searchsorted(large, small), 1, len(large) - 1) if len(large) > 1 else 0
        near = np.minimum(np.abs(large[places] - small), np.abs(large[places - 1] - small))
        if np.all(near <= tolerance * scale):
            return PART
    return DIFFER


def _ends(tensor: np.ndarray) -> np.ndarray:
    """The least and the largest value."""
    return np.array([tensor.min(), tensor.max()]) if tensor.size else np.empty(0)


def same_rows(one: np.ndarray, other: np.ndarray, tolerance: float = CLOSE) -> bool:
    """Whether each row has the same values somewhere, as behind a flatten of channels first."""
    if one.size != other.size or len(one) != len(other):
        return False
    rows = [np.sort(tensor.reshape(len(tensor), -1), axis=1) for tensor in (one, other)]
    scale = float(np.max(np.abs(rows[0]), initial=1e-30))
    with np.errstate(invalid="ignore"):
        return not np.any(np.abs(rows[0] - rows[1]) > tolerance * scale)


def nearest(
    ones: Sequence[np.ndarray], others: Sequence[np.ndarray], tolerance: float = CLOSE
) -> str:
    """The best relation of any two of these tensors; "equal" where either side shows none."""
    if not ones or not others:
        return EQUAL
    ranks = (EQUAL, MOVED, PART, DIFFER)
    return min((relation(a, b, tolerance) for a in ones for b in others), key=ranks.index)


class Flow(NamedTuple):
    """What the second model showed under a pairing, and whether its outputs were the first's."""

    events: list[Event]
    agree: bool


def event_of(events: Sequence[Event], unit: Unit) -> Event | None:
    """The first call of the layer that shows a unit."""
    return next((event for event in events if event.layer == unit.layer), None)


def settle(
    matching: Matching, shown: Sequence[Event], run: Callable[[Matching], Flow]
) -> tuple[Matching, Flow]:
    """The pairing under which most of what flows agrees, and what the second model then shows.

    `shown` is what the first model shows; `run` gives the second model its weights under a
    pairing. Partners are exchanged while that carries the agreement farther.
    """
    flow, trials = run(matching), 0
    while not flow.agree:
        reached = _agreeing(matching, shown, flow.events)
        better = None
        for candidate in _candidates(matching, shown, flow.events, reached):
            if trials == TRIALS:
                return matching, flow
            trials += 1
            trial = run(candidate)
            if trial.agree or _agreeing(candidate, shown, trial.events) > reached:
                better = candidate, trial
                break
            del trial  # a large model's events fill the memory
        if better is None:
            return matching, flow
        matching, flow = better
    return matching, flow


def _agreeing(matching: Matching, shown: Sequence[Event], events: Sequence[Event]) -> int:
    """How many pairs there are before the first whose inputs differ."""
    for number, pair in enumerate(matching.pairs):
        if input_relation(shown, events, pair.one, pair.other) == DIFFER:
            return number
    return len(matching.pairs)


def input_relation(shown: Sequence[Event], events: Sequence[Event], one: Unit, other: Unit) -> str:
    """How the inputs of two units compare; "equal" where one of them shows none."""
    mine, theirs = event_of(shown, one), event_of(events, other)
    return nearest(mine.inputs if mine else (), theirs.inputs if theirs else ())


def _candidates(
    matching: Matching, shown: Sequence[Event], events: Sequence[Event], reached: int
) -> Iterator[Matching]:
    """Pairings that may carry the agreement farther than the pair that it reached."""
    pairs = matching.pairs
    if reached < len(pairs):
        for j, pair in enumerate(pairs):
            fits = j != reached and interchangeable(pairs[reached], pair)
            if fits and input_relation(shown, events, pairs[reached].one, pair.other) != DIFFER:
                yield exchanged(matching, reached, j)
        for side, alone in enumerate((matching.alone_one, matching.alone_other)):
            for j in range(len(alone)):
                candidate = replaced(matching, reached, side, j)
                if candidate is None:
                    continue
                new = candidate.pairs[reached]
                if input_relation(shown, events, new.one, new.other) != DIFFER:
                    yield candidate
    for group in _groups(matching, shown, reached):
        for order in list(permutations(range(len(group))))[1:] if len(group) <= GROUP else ():
            yield _reordered(matching, group, order)
    for i in range(min(reached + 1, len(pairs)) - 1, -1, -1):
        candidate = turned(matching, i)
        if candidate:
            yield candidate


def _groups(matching: Matching, shown: Sequence[Event], reached: int) -> list[list[int]]:
    """Pairs up to that one that nothing tells apart: one shape, one input; the last ones first."""
    groups: list[list[int]] = []
    inputs: Mapping[int, Event | None] = {
        i: event_of(shown, pair.one) for i, pair in enumerate(matching.pairs)
    }
    for i, pair in enumerate(matching.pairs[: reached + 1]):
        for group in groups:
            if not interchangeable(matching.pairs[group[0]], pair):
                continue  # before tensors are compared: there are many pairs of two layers
            mine, theirs = inputs[group[0]], inputs[i]
            if not (mine and theirs) or nearest(mine.inputs, theirs.inputs) == EQUAL:
                group.append(i)
                break
        else:
            groups.append([i])
    return [group for group in reversed(groups) if len(group) > 1]


def _reordered(matching: Matching, group: Sequence[int], order: Sequence[int]) -> Matching:
    """The matching with the partners of a group in another order."""
    present = list(range(len(group)))
    for place, wanted in enumerate(order):
        source = present.index(wanted)
        if source != place:
            matching = exchanged(matching, group[place], group[source])
            present[place], present[source] = present[source], present[place]
    return matching
