"""Losses that differ on equal outputs: both are asked about chosen outputs, and NumPy answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.asked import Asked, ask, of_rows
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.entry import rounded, shown
from benchmarks.twins.causes.objectives import (
    CATEGORICAL,
    LOGITS,
    TOLERANCE,
    Objective,
    gap,
    identified,
    variants,
)
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.climb import distance
from benchmarks.twins.compare import BOUND
from benchmarks.twins.forms import form_of
from common.language import chained, phrase
from common.twins.file import CLASSES
from common.twins.user_file import family

FIELDS = ("name", "form", "every", "reduction", "smoothing", "delta", "weights", "by_weights")
ESTIMATED = ("factor", "weights", "smoothing", "delta")
ENTRY_OF = {
    "name": "loss_kind",
    "form": "logits_for_probabilities",
    "every": "target_shape",
    "reduction": "loss_reduction",
    "smoothing": "label_smoothing",
    "delta": "huber_delta",
    "weights": "class_weights",
    "by_weights": "class_weight_denominator",
    "factor": "loss_factor",
}


def _find(scene: Scene) -> Iterator[Cause]:
    if scene.file.loss in CLASSES and scene.given:
        yield from _declared_forms(scene)
    broken = any(r.rung == "loss" and r.broken for r in scene.judgement.rungs)
    if not broken or scene.file.loss != "functions":
        return
    if asked := ask(scene):
        yield from explained(asked, scene.judgement.frameworks)
    elif asked := of_rows(scene):
        yield from _by_a_factor(asked, scene.judgement.frameworks)


def explained(asked: Asked, names: Sequence[str]) -> Iterator[Cause]:
    """Why the losses differ; nothing where they do not, or no known way of writing them does it."""
    draws, (one, other) = asked
    scale = float(np.max(np.abs(other)))
    if not np.max(np.abs(one - other)) > TOLERANCE * scale:
        return
    first = identified(draws, one)
    if first is None:
        yield from _by_a_factor(asked, names)
        return
    fitting = [
        (field, candidate)
        for field, candidate in variants(first, draws, other)
        if gap(candidate, draws, other) <= TOLERANCE
    ]
    # what needs no constant to be estimated is simpler
    single = [(field, c) for field, c in fitting if field not in ESTIMATED] or fitting
    if single:
        field, second = single[0]
        sure = len({name for name, _ in single}) == 1
        yield _cause(field, (first, second), asked, gap(first, draws, other), names, sure)
        return
    alone = identified(draws, other)
    if alone is None:
        return
    for field in (*FIELDS, "factor"):
        without = replace(alone, **{field: getattr(first, field)})
        before = gap(without, draws, other)
        if without != alone and before > TOLERANCE:
            yield _cause(field, (first, alone), asked, before, names, True)


def _by_a_factor(asked: Asked, names: Sequence[str]) -> Iterator[Cause]:
    """Losses that no formula gives: one may be the other times the rows, or times a number."""
    one, other = asked.losses
    rows = np.array([len(draw.output) for draw in asked.draws], float)
    factor = rounded(float(one @ other) / max(float(one @ one), 1e-300))
    multiple = phrase("{factor} times the loss", factor=shown(factor))
    ratios = {
        phrase("the loss times the number of rows"): ("loss_reduction", rows),
        phrase("the loss divided by the number of rows"): ("loss_reduction", 1 / rows),
        multiple: ("loss_factor", np.full(len(rows), factor)),
    }
    scale = float(np.max(np.abs(other)))
    for words, (entry, ratio) in ratios.items():
        error = float(np.max(np.abs(ratio * one - other))) / scale
        if error > TOLERANCE:
            continue
        divided = phrase("the loss divided as in {name}", name=names[0])
        settings = {"factor": 1 / factor, "reduction": divided}
        told = {"what": words, "other": names[0]}
        yield Cause(
            entry,
            ("loss",),
            phrase("the loss of {one} is {what} of {other}", one=names[1], **told),
            ENTRIES[entry].line(names[1], settings),
            True,
            phrase("with {what} of {other}", **told),
            float(np.max(np.abs(one - other))) / scale,
            error,
        )
        return


def _cause(
    field: str,
    objectives: tuple[Objective, Objective],
    asked: Asked,
    before: float,
    names: Sequence[str],
    sure: bool,
) -> Cause:
    entry = ENTRY_OF[field]
    first, second = objectives
    words = [_words(field, objective) for objective in objectives]
    settings: dict[str, Any] = {
        "label_smoothing": first.smoothing,
        "delta": first.delta,
        "weights": list(first.weights),
        "factor": first.factor / second.factor,
        "reduction": _reduction(first),
        "form": first.form,
        "name": first.name,
    }
    return Cause(
        entry,
        ("loss",),
        phrase(
            "the loss {what} in {one} and {another} in {other}",
            what=words[0],
            one=names[0],
            another=words[1],
            other=names[1],
        ),
        ENTRIES[entry].line(names[1], settings)
        if field != "weights" or first.weights
        else phrase("the loss without weights of classes"),
        sure,
        phrase("where it {what} in NumPy too", what=words[1]),
        before,
        gap(second, asked.draws, asked.losses[1]),
    )


def _words(field: str, objective: Objective) -> str:
    if field == "name":
        return phrase("is the {name}", name=objective.name.replace("_", " "))
    if field == "form":
        link = "softmax" if objective.name == CATEGORICAL else "sigmoid"
        if objective.form == "twice":
            return phrase("takes the {link} of the output for logits", link=link)
        return phrase("takes the output for {form}", form=objective.form)
    if field == "every" and objective.every:
        return phrase("compares an output with every target")
    if field == "every":
        return phrase("compares an output with its own target")
    if field == "reduction":
        return phrase("is {reduction}", reduction=_reduction(objective))
    if field == "smoothing":
        return phrase("smooths labels by {value}", value=shown(objective.smoothing))
    if field == "delta":
        return phrase("has delta {value}", value=shown(objective.delta))
    if field == "weights":
        weights = ", ".join(map(shown, objective.weights))
        if not weights:
            return phrase("weights no class")
        return phrase("weights classes by {weights}", weights=weights)
    if field == "by_weights" and objective.by_weights:
        return phrase("is divided by the sum of the rows' weights")
    if field == "by_weights":
        return phrase("is divided by the number of rows")
    return phrase("is multiplied by {factor}", factor=shown(objective.factor))


def _reduction(objective: Objective) -> str:
    words = {
        "mean": phrase("the mean over all samples"),
        "sum": phrase("the sum over all samples"),
        "rows": phrase("the sum over a row's samples, averaged over rows"),
    }
    return words[objective.reduction]


def _declared_forms(scene: Scene) -> Iterator[Cause]:
    """LOSS_ON says logits, and the outputs are probabilities, or the other way round."""
    file, names = scene.file, scene.judgement.frameworks
    traces = [scene.traces[n, "float64"] for n in (0, 1)]
    losses = [float(trace["loss/loss"]) for trace in traces]
    outputs = [{k: v for k, v in trace.items() if k.startswith("outputs")} for trace in traces]
    declared = [file.loss_on.get(family(name), "") for name in names]
    looks = [form_of(file.loss, values) for values in outputs]
    for n, side in enumerate(scene.sides):
        if not declared[n] or looks[n] == declared[n]:
            continue
        probe = side.probes["float64"]
        scene.reset(n)
        try:
            side.child.call("benchmarks.twins.probes:set_form", probe, looks[n])
            loss = float(side.ask64("gradients", scene.rows, scene.given[n])["loss"])
        finally:
            side.child.call("benchmarks.twins.probes:set_form", probe, declared[n])
        before, after = (
            distance(np.array(value), np.array(losses[1 - n])) for value in (losses[n], loss)
        )
        link = "softmax" if file.loss == CATEGORICAL else "sigmoid"
        taken = phrase(
            "the outputs are {form} in {name}, and the loss takes them for {declared}",
            form=looks[n],
            name=names[n],
            declared=declared[n],
        )
        many = phrase("a {link} too many", link=link)
        few = phrase("a {link} too few", link=link)
        cause = Cause(
            "logits_for_probabilities",
            ("loss", "outputs"),
            chained(": ", [taken, many if declared[n] == LOGITS else few]),
            ENTRIES["logits_for_probabilities"].line(names[n]),
        )
        if before > BOUND:  # else Keras has looked behind the last activation by itself
            trial = phrase("with a loss on {form} in {name}", form=looks[n], name=names[n])
            cause = cause._replace(proved=after <= BOUND, trial=trial, before=before, after=after)
        yield cause


FINDER = Finder(tuple(dict.fromkeys(ENTRY_OF.values())), _find)
