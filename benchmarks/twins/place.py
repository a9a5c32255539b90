"""Where two models part: each layer's own error, and what lies between layers that agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.twins.conventions import differing
from benchmarks.twins.flow import CLOSE, DIFFER, EQUAL, MOVED, PART, event_of, nearest, same_rows
from benchmarks.twins.match import Matching, Pair
from benchmarks.twins.phrases import arranged, described, flattened, stretch, unshaped
from common.language import chained, phrase
from common.twins.probe import Event

CLOSER = 1e-8  # where nothing differs by more than CLOSE and the outputs do
NAMED = 4  # functions between two layers that a sentence names

Replay = Callable[[str, Sequence[np.ndarray]], tuple[np.ndarray, ...]]


class Fault(NamedTuple):
    """One place where the models part, by the users' names, and a sentence on it."""

    places: tuple[str, ...]
    sentence: str


class Models(NamedTuple):
    """Both models as they were seen: names of the frameworks, events in float64, and the second
    model's layers one by one."""

    names: tuple[str, str]
    matching: Matching
    one: Sequence[Event]
    other: Sequence[Event]
    replay: Replay

    def bare(self) -> Models:
        """The models with their events' names and settings alone."""
        one, other = (
            [event._replace(inputs=(), outputs=()) for event in events]
            for events in (self.one, self.other)
        )
        return self._replace(one=one, other=other)


def faults(models: Models, tolerances: Sequence[float] = (CLOSE, CLOSER)) -> list[Fault]:
    """Every wrong layer: the first from what flows, later ones from their own error alone.

    A layer's own error is that of the second model's layer on the first model's input. The first
    tolerance by which anything differs says where.
    """
    return next(filter(None, (_faults(models, t) for t in tolerances)), [_at_the_end(models)])


def lasting(models: Models) -> list[Fault]:
    """Wrong layers of models whose outputs agree in evaluation, by what they pass on: a difference
    that the next layers wash out, and training brings back, as where each batch is normalised."""
    found = _faults(models, CLOSE)
    passed = found and any(
        nearest(seen.given[0].inputs, seen.given[1].inputs) == DIFFER
        and nearest(seen.one.outputs, seen.other.outputs) == DIFFER
        for seen in seen_pairs(models)
    )
    faded = phrase("in evaluation less than {share:.0e} of it reaches the outputs", share=CLOSE)
    return [f._replace(sentence=chained("; ", [f.sentence, faded])) for f in found if passed]


def notes(models: Models) -> list[str]:
    """Of a pair that agrees in the end: inputs that do not, such as a pad that stands outside."""
    one, other = models.names
    return [
        arranged(pair.name, one, other)
        for pair, mine, theirs, given in seen_pairs(models)
        if nearest(given[0].inputs, given[1].inputs) == PART
        and nearest(mine.outputs, theirs.outputs) in (EQUAL, MOVED)
    ]


class Seen(NamedTuple):
    """A pair and the first event of each of its layers.

    What one model shows as a whole and the other in parts, such as an attention, is one: the first
    part has what goes in, the last what comes out.
    """

    pair: Pair
    one: Event
    other: Event
    given: tuple[Event, Event]  # whose inputs are compared


def seen_pairs(models: Models) -> list[Seen]:
    """The pairs that both models show, in the order of the first."""
    groups: list[list[tuple[Pair, Event, Event]]] = []
    for pair in models.matching.pairs:
        mine, theirs = event_of(models.one, pair.one), event_of(models.other, pair.other)
        if not (mine and theirs and _of_one_work(pair, mine, theirs)):
            continue
        same = (g for g in groups if any(mine is a or theirs is b for _, a, b in g))
        group = next(same, None)
        if group is None:
            groups.append(group := [])
        group.append((pair, mine, theirs))
    seen = []
    for group in groups:
        pairs, ones, others = zip(*group, strict=True)
        ones = sorted(ones, key=lambda event: _position(models.one, event))
        others = sorted(others, key=lambda event: _position(models.other, event))
        seen.append(Seen(pairs[0], ones[-1], others[-1], (ones[0], others[0])))
    return sorted(seen, key=lambda item: _position(models.one, item.one))


def _of_one_work(pair: Pair, mine: Event, theirs: Event) -> bool:
    """Whether two layers with the same weight may be given, or give, the same.

    A layer of one's own adds a table of positions to what comes, and a port looks them up.
    """
    kinds = {pair.one.kind, pair.other.kind}
    if "other" not in kinds or len(kinds) == 1:
        return True
    tensors = (mine.inputs, theirs.inputs), (mine.outputs, theirs.outputs)
    return any(a.size == b.size for ones, others in tensors for a in ones for b in others)


def _position(events: Sequence[Event], event: Event) -> int:
    return next(i for i, candidate in enumerate(events) if candidate is event)


def _faults(models: Models, tolerance: float) -> list[Fault]:
    found: list[Fault] = []
    agreed: Seen | None = None
    alike: Seen | None = None  # the last of these that was given the same, in the same places
    for seen in seen_pairs(models):
        before = nearest(seen.given[0].inputs, seen.given[1].inputs, tolerance)
        after = nearest(seen.one.outputs, seen.other.outputs, tolerance)
        if after == PART and before in (EQUAL, MOVED) and not _rearranged(seen, tolerance):
            after = DIFFER
        if after != DIFFER and before != DIFFER:
            agreed = seen
            alike = seen if before != PART else alike
        elif after == DIFFER and before in (EQUAL, MOVED):
            found.append(_own_fault(models, seen))
        elif not found and after == DIFFER and before == PART:
            if alike and _larger(alike, seen):
                found.append(_own_fault(models, alike))
            else:
                found.append(_between(models, agreed, seen, rearranged=True))
        elif not found and before == DIFFER:
            moved = agreed and _moved(models, agreed, seen, tolerance)
            fault = _own_fault(models, agreed) if agreed and moved else None
            found.append(fault or _between(models, agreed, seen, rearranged=False))
            found += _own_error(models, seen, tolerance)
        elif found:
            found += _own_error(models, seen, tolerance)
    return found


def _rearranged(seen: Seen, tolerance: float) -> bool:
    """Whether one gives more values than the other, zeros apart, or each row the same elsewhere.

    Of many values each has a near one in the other tensor, whatever both hold.
    """
    one, other = (event.outputs for event in (seen.one, seen.other))
    return any(
        np.count_nonzero(a) != np.count_nonzero(b) or same_rows(a, b, tolerance)
        for a in one
        for b in other
    )


def _larger(seen: Seen, after: Seen) -> bool:
    """Whether one layer gives more of the same values than the other, and what follows takes them.

    A pad of one's own or a crop behind the layer would have made them as many again.
    """
    given, taken = (
        [tensors[0].size if tensors else 0 for tensors in both]
        for both in (
            (seen.one.outputs, seen.other.outputs),
            tuple(event.inputs for event in after.given),
        )
    )
    return given[0] != given[1] and given == taken


def _moved(models: Models, seen: Seen, after: Seen, tolerance: float) -> bool:
    """Whether one layer gives the other's values at other places, among more, and no call between
    it and what follows makes them as many again.

    More values at an end alone do no harm: what pools them leaves them out.
    """
    if not (seen.one.outputs and seen.other.outputs):
        return False
    outputs = seen.one.outputs[0], seen.other.outputs[0]
    sides = (seen.one, after.given[0], models.one), (seen.other, after.given[1], models.other)
    small, large = sorted(outputs, key=lambda y: y.size)
    if small.ndim != large.ndim or small.size == large.size:
        return False
    start = large[tuple(slice(n) for n in small.shape)]
    if start.shape != small.shape or nearest([start], [small], tolerance) == EQUAL:
        return False
    one, after_one, events = sides[int(large is outputs[1])]
    between = _stretch(events, one, after_one)
    return not any(y.shape == small.shape for event in between for y in event.outputs)


def _own_fault(models: Models, seen: Seen) -> Fault:
    pair = seen.pair
    settings = differing(pair, models.names)
    sentence = phrase("{pair}: what goes in agrees, what comes out does not", pair=pair.name)
    shapes = [event.outputs[0].shape for event in (seen.one, seen.other) if event.outputs]
    if len(set(shapes)) > 1:
        sentence = unshaped(sentence, *shapes)
    return Fault(_names(pair), chained("; ", [sentence, *settings]))


def _own_error(models: Models, seen: Seen, tolerance: float) -> list[Fault]:
    """The pair's own error: the second model's layer on the first model's input."""
    pair = seen.pair
    try:
        outputs = models.replay(pair.other.layer, seen.given[0].inputs)
    except (ValueError, RuntimeError):
        return []
    if nearest(seen.one.outputs, outputs, tolerance) != DIFFER:
        return []
    sentence = phrase("{pair}: it differs on the same input too", pair=pair.name)
    return [Fault(_names(pair), chained("; ", [sentence, *differing(pair, models.names)]))]


def _between(
    models: Models,
    agreed: Seen | None,
    parted: Seen,
    *,
    rearranged: bool,
) -> Fault:
    """The layers without weights between the last pair that agrees and the first that does not."""
    pair = parted.pair
    where = stretch(agreed and agreed.pair.name, pair.name)
    gaps = (
        _stretch(models.one, agreed and agreed.one, parted.given[0]),
        _stretch(models.other, agreed and agreed.other, parted.given[1]),
    )
    places, clauses = _parting(models.names, *gaps)
    if rearranged:
        clauses.insert(0, flattened())
        clauses += differing(pair, models.names)
    return Fault((where, *places, *_names(pair)), chained("; ", [where, *clauses]))


def _at_the_end(models: Models) -> Fault:
    """What stands after the last pair, which agrees."""
    seen = seen_pairs(models)
    last = seen[-1] if seen else None
    where = stretch(last and last.pair.name)
    gaps = (
        _stretch(models.one, last and last.one, None),
        _stretch(models.other, last and last.other, None),
    )
    places, clauses = _parting(models.names, *gaps)
    return Fault((where, "outputs", *places), chained("; ", [where, *clauses]))


def _stretch(events: Sequence[Event], after: Event | None, before: Event | None) -> Sequence[Event]:
    """What flows between two events; None: from the rows, to the outputs."""
    start = 0 if after is None else _position(events, after) + 1
    end = len(events) if before is None else _position(events, before)
    return events[start : max(start, end)]


def _parting(
    names: tuple[str, str], ones: Sequence[Event], others: Sequence[Event]
) -> tuple[list[str], list[str]]:
    """Of two stretches without weights: the first event of each whose output the other lacks."""
    places: list[str] = []
    clauses: list[str] = []
    for name, mine, theirs in ((names[0], ones, others), (names[1], others, ones)):
        results = [output for event in theirs for output in event.outputs]
        results += [value for event in theirs for value in event.inputs]
        lost = [e for e in mine if e.outputs and nearest(e.outputs, results) == DIFFER]
        shown = lost[:1] if results and lost else list(mine)[:NAMED]
        for event in shown:
            places += [event.layer, event.kind]
        if shown:
            calls = ", ".join(map(described, shown))
            clauses.append(phrase("{name} has {calls} there", name=name, calls=calls))
        else:
            clauses.append(phrase("{name} shows nothing there", name=name))
    return places, clauses


def _names(pair: Pair) -> tuple[str, ...]:
    return tuple(dict.fromkeys((pair.one.name, pair.one.layer, pair.other.name, pair.other.layer)))
