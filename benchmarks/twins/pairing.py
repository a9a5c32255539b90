"""A user's own twins before a training: what each model is fed, held against and starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from benchmarks.harness.process import Child
from benchmarks.twins.case import Case
from benchmarks.twins.climb import Side, Trace, outputs_of
from benchmarks.twins.compare import same_outputs
from benchmarks.twins.forms import see_forms
from benchmarks.twins.fused import whole
from benchmarks.twins.judge import THREADS
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import Matching
from benchmarks.twins.phrases import listed
from benchmarks.twins.weights import drawn_for
from common.framework import framework
from common.twins.file import TwinsFile
from common.twins.layers import Link, Start
from common.twins.problem import Model, Shape, Twins
from common.twins.user_file import family

SEED = 0


def paired(
    twins: Twins,
    names: Sequence[str],
    python: Mapping[str, str],
    data: tuple[str, str | None] = ("auto", None),
) -> tuple[Twins, list[str], list[str]]:
    """The twins with their models known, and sentences on them: of any training, of `matched`.

    Each is paired with the first model of the file, whichever frameworks are chosen: commands apart
    draw the same weights. `data` says where the rows of DATA are, as `load` takes it. Raises
    ValueError for a model that is not there or fails, and NotImplementedError for a framework that
    trains no twins.
    """
    first = _first(twins, names, python)
    file = replace(twins.file, weights={})
    rows, y = file.rows(SEED, *data)
    notes: list[str] = []
    matched: list[str] = []
    if twins.file.weights:
        notes.append("WEIGHTS are not loaded: a training starts from what the functions give")
    models = {}
    with ExitStack() as stack:
        sides = {}
        for name in dict.fromkeys([first, *names]):
            child = stack.enter_context(Child(name, threads=THREADS, python=python.get(name)))
            sides[name] = Side(child, file, name, SEED, "cpu")
        for name, side in sides.items():
            matching, forms, shapes, said = _beside(file, sides[first], side, rows)
            notes += said
            if name in names:
                matched += [*side.notes, *_lost(matching, first, side)]
            models[name] = Model(name, forms[1], _outputs(*shapes), starts_of(matching))
            if forms[0] == "probabilities":  # seen by the other's alone
                models[first] = models[first]._replace(loss_on=forms[0])
    twins = replace(
        twins,
        outputs=(next(iter(shapes[0].values())) or (1,))[-1],
        output_shapes=tuple(shapes[0].values()),
        models=tuple(models[name] for name in names),
    )
    twins = replace(twins, test_metric=twins.metric_for(y))
    return twins, list(dict.fromkeys(notes)), list(dict.fromkeys(matched))


def _first(twins: Twins, names: Sequence[str], python: Mapping[str, str]) -> str:
    """The framework whose model the others are paired with."""
    models = twins.file.models
    for name in names:
        framework(name).check_has("twins")
        if family(name) not in models:
            raise ValueError(
                f"{twins.path} has no function {family(name)}_model; write it, or use --framework"
            )
    first = next((name for name in names if family(name) == models[0]), models[0])
    if framework(first).missing and first not in python:
        raise ValueError(
            f"{twins.path}: {first}_model comes first, and the others are paired with it: "
            f"{framework(first).not_installed}"
        )
    return first


Shapes = dict[str, Shape]
"""The shape of a row of each output."""


def _beside(
    file: TwinsFile, one: Side, other: Side, rows: list[np.ndarray]
) -> tuple[Matching, list[str], tuple[Shapes, Shapes], list[str]]:
    """How a model is paired with the first one, what both outputs are, and sentences on these."""
    if one is other:  # PAIRS and FLATTEN are of another model
        file = replace(file, pairs={}, flatten={})
    judgement = Judgement(file.path, (one.framework, other.framework), SEED)
    case = Case(judgement, file, (one, other), (rows, None), "drawn", lambda stage: None)
    case.settle()
    traces = [outputs_of(side, rows, "float32") for side in (one, other)]
    forms, faults, notes = see_forms(file, (one, other), traces)
    for i, side in enumerate((one, other)):
        forms[i] = file.loss_on.get(family(side.framework)) or forms[i] or "logits"
    shapes = _shapes(traces[0]), _shapes(traces[1])
    counts = tuple(map(len, shapes))
    if counts[0] != counts[1]:
        raise ValueError(
            f"{one.framework}_model has {counts[0]} outputs and {other.framework}_model "
            f"{counts[1]}: a training holds both against the same targets"
        )
    said = [fault.sentence for fault in faults] + notes
    return case.matching, forms, shapes, said


def _shapes(trace: Trace) -> Shapes:
    return {
        key.partition("/")[2]: value.shape[1:]
        for key, value in trace.items()
        if key.startswith("outputs/")
    }


def _outputs(ones: Shapes, others: Shapes) -> tuple[tuple[int, Shape], ...]:
    """Of each output of the second model which of the first's it is, and its shape."""
    numbers = {name: i for i, name in enumerate(same_outputs([*ones], [*others]).values())}
    return tuple((numbers[name], shape) for name, shape in others.items())


def _lost(matching: Matching, first: str, side: Side) -> list[str]:
    """Sentences on what does not start alike, and on weights that a model brought."""
    alone = {first: matching.alone_one, side.framework: matching.alone_other}
    notes = [
        f"{listed(unit.name for unit in units)} of {name} has no partner, and starts from "
        "weights of its own"
        for name, units in alone.items()
        if units
    ]
    if side.brought:
        notes.append(f"the weights that {side.framework} brought are not used in matched")
    return notes


def starts_of(matching: Matching) -> tuple[Start, ...]:
    """What the second model's weights start from; those that it alone has from their own name."""
    fused = matching.splits[1]
    parts: dict[str, dict[str, Start]] = {}
    for pair in matching.pairs:
        unit = whole(pair.other.name) if whole(pair.other.name) in fused else pair.other.name
        for link in pair.links:
            if pair.one.kind == "other" and link.one in pair.one.frozen:  # a constant
                continue
            weight, drawn = f"{unit}/{link.other}", f"{pair.one.name}/{link.one}"
            start = Start(link._replace(one=drawn, other=weight), pair.one.weights[link.one])
            parts.setdefault(weight, {})[pair.other.name] = start
    alone = drawn_for(matching, 1, SEED)
    starts = []
    for weight in dict.fromkeys([*parts, *alone]):
        own = parts.get(weight, {})
        if len(own) == len(fused.get(weight.rpartition("/")[0], (0,))):
            starts += [own[name] for name in sorted(own)]
        elif weight in alone:
            shape = alone[weight].shape
            starts.append(Start(Link(weight, weight, tuple(range(len(shape))), shape), shape))
    return tuple(starts)
