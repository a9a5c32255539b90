"""Two traces judged, where no framework is and nothing runs again.

In float64 what is rounding vanishes, and the verdict is right or wrong. In fewer bits there is a
stretch between what rounding makes of so many layers and what no rounding makes of them: what lies
in it is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.twins import place
from benchmarks.twins.compare import same_outputs
from benchmarks.twins.flow import CLOSE, DIFFER, EQUAL, MOVED, PART, event_of, nearest
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.place import CLOSER, Fault, Models
from benchmarks.twins.traces import words
from benchmarks.twins.traces.pairing import Sides, paired, unlike
from benchmarks.twins.traces.recording import EPSILONS, Recording, Rounding, both, like, named
from benchmarks.twins.traces.rungs import Rungs
from benchmarks.twins.training import SAME, training_faults
from common.language import phrase
from common.twins.probe import Event

FURTHER = 4  # events after a layer among which its activation may be


def judge_traces(one: Path, other: Path) -> Judgement:
    """The verdict on two traces, with the error and the bound of each tensor.

    Raises ValueError for a file that is no trace.
    """
    sides = Recording(one), Recording(other)
    if sides[0].name == sides[1].name:
        names = (one.stem, other.stem) if one.stem != other.stem else (str(one), str(other))
        sides[0].name, sides[1].name = names
    judgement = Judgement(f"{one} {other}", (sides[0].name, sides[1].name), 0, weights="own")
    for side in sides:
        judgement.notes += [
            phrase("{side}: {note}", side=side.name, note=note) for note in side.index.notes
        ]
        if side.drew:
            judgement.verdict, judgement.sentence = "random", words.random(side)
            return judgement
    judgement.sentence = _other_rows(sides) or _judged(judgement, sides)
    return judgement


def _other_rows(sides: Sides) -> str:
    """A sentence, where the two were not given the same rows: nothing follows of what comes out."""
    ones, others = (named(side.index.calls[0].inputs, "input") for side in sides)
    if len(ones) != len(others):
        counts = {"one": len(ones), "other": len(others)}
        return phrase("the models were given {one} and {other} inputs", **counts)
    for name, partner in same_outputs(list(ones), list(others)).items():
        two = both(sides, ones[name], others[partner])
        rounding = [EPSILONS.get(tensor.dtype, 0) for tensor in (ones[name], others[partner])]
        relation = nearest([two.one], [two.other], max(CLOSER, 2 * max(rounding)))
        if two.known:
            return phrase(
                "{name} is kept by its statistics alone: record it with more max_bytes", name=name
            )
        if relation in (DIFFER, PART):
            return words.other_rows(name, sides, two, rearranged=relation == PART)
    return ""


def _judged(judgement: Judgement, sides: Sides) -> str:
    """Fill the judgement; its sentence."""
    moments = not all(side.trace.is_whole() for side in sides)
    events = [side.trace.events(moments=moments) for side in sides]
    narrow = [side.narrow(own) for side, own in zip(sides, events, strict=True)]
    rounding = Rounding.of(sides, narrow=any(narrow))
    matching = paired(sides, events)
    judgement.pairs = [(pair.one.name, pair.other.name) for pair in matching.pairs]
    wrong, worst, compared = unlike(matching, sides, max(rounding.bound, SAME))
    if 2 * len(wrong) > compared:
        return words.other_weights(wrong)
    rungs = Rungs(sides, matching, rounding)
    judgement.rungs = rungs.rungs
    if not judgement.rungs:
        return phrase("the models give no tensor")
    judgement.faults += _before_it_ran(sides)
    judgement.faults += [words.weights(wrong, worst)] if wrong else []
    judgement.faults += rungs.faults
    certain = bool(judgement.faults)
    models = Models(judgement.frameworks, matching, events[0], events[1], _cannot_replay)
    if not certain:
        judgement.faults += _where(models, rungs)
    judgement.notes += rungs.notes
    judgement.notes += words.alone(sides, matching)
    judgement.notes += words.narrow(sides, narrow)
    judgement.notes += words.by_statistics(judgement.rungs, moments)
    if certain or any(not r.error <= max(rounding.apart, r.bound) for r in judgement.rungs):
        judgement.verdict = "wrong"
    else:
        judgement.verdict = "undecided" if any(r.broken for r in judgement.rungs) else "right"
        judgement.notes += words.settings(matching, judgement)
    return words.verdict(judgement, rounding, words.finer(sides, narrow))


def _before_it_ran(sides: Sides) -> list[Fault]:
    """What makes two models give other outputs and is no difference of theirs."""
    if sides[0].index.training == sides[1].index.training:
        return []
    trains, other = (side.name for side in sorted(sides, key=lambda s: not s.index.training))
    words = phrase(
        "{trains} was recorded in training, {other} in evaluation", trains=trains, other=other
    )
    return [Fault(("training",), words)]


def _where(models: Models, rungs: Rungs) -> list[Fault]:
    """Where two models part, at the lowest rung that breaks."""
    broken = [rung.rung for rung in rungs.rungs if rung.broken]
    if not broken:
        return []
    if not broken[0].startswith("outputs"):
        return training_faults(models, rungs.rungs)
    bound = rungs.rounding.bound
    tolerances = (CLOSE, CLOSER) if rungs.rounding.exact else (10 * bound, bound)
    return place.faults(_comparable(models, tolerances[0]), tolerances)


def _comparable(models: Models, tolerance: float) -> Models:
    """The same, the second model's tensors with their channels where the first has them.

    Where one model has an activation inside of a layer and the other behind it, what comes out of
    the one's layer comes out of one of the next in the other, or goes in.
    """
    events = [list(models.one), list(models.other)]
    for pair in models.matching.pairs:
        mine, theirs = event_of(events[0], pair.one), event_of(events[1], pair.other)
        if not mine or not theirs:
            continue
        outputs = tuple(like(a, b) for a, b in zip(mine.outputs, theirs.outputs, strict=False))
        shown = theirs._replace(outputs=(*outputs, *theirs.outputs[len(outputs) :]))
        _replace(events[1], theirs, shown)
        if nearest(mine.outputs, shown.outputs, tolerance) in (EQUAL, MOVED):
            continue
        for own, event, partner in ((events[1], shown, mine), (events[0], mine, shown)):
            at = next(i for i, candidate in enumerate(own) if candidate is event)
            behind = own[at + 1 : at + 1 + FURTHER]
            later = [tensor for e in behind for tensor in (*e.inputs, *e.outputs)]
            if later and nearest(partner.outputs, later, tolerance) in (EQUAL, MOVED):
                own[at] = event._replace(outputs=partner.outputs)
                break
    return models._replace(one=events[0], other=events[1])


def _replace(events: list[Event], old: Event, new: Event) -> None:
    events[next(i for i, event in enumerate(events) if event is old)] = new


def _cannot_replay(layer: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    raise ValueError(f"{layer} was recorded, and cannot be called")
