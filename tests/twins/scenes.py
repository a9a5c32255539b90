"""Two models by hand, as the judge shows them to those who look for causes: no framework runs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.compare import Rung
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import match
from benchmarks.twins.place import Models
from common.twins.probe import Event, Unit

NAMES = ("keras", "torch")


def unit(name, kind, weights, **settings):
    """A unit, and its values by name."""
    shapes = {role: np.shape(value) for role, value in weights.items()}
    values = {f"{name}/{role}": np.asarray(value, float) for role, value in weights.items()}
    return Unit(name, kind, shapes, layer=name, settings=settings), values


def event(layer, kind, inputs, outputs, **settings):
    inputs, outputs = (t if isinstance(t, tuple) else (t,) for t in (inputs, outputs))
    return Event(layer, kind, inputs, outputs, settings)


class Side(SimpleNamespace):
    """A model that answers with its weights, and with outputs for those that it is given."""

    def ask64(self, method, *args):
        if method == "values":
            return dict(self.values)
        if method == "assign":
            self.now = {**self.values, **args[0]}
            return None
        shown = self.compute(self.now, *args)
        if method == "events":
            return shown
        return {"output": shown[-1].outputs[0] if isinstance(shown, list) else shown}


def scene(one, other, rows, *, units=((), ()), replay=None, computes=None, weights="drawn"):
    """Two models that part: events of each, whose last output is the model's; `units` are pairs
    (unit, values) of each."""
    outs = [events[-1].outputs[0] for events in (one, other)]
    judgement = Judgement("a.py", NAMES, 0, weights=weights)
    judgement.rungs = [Rung("outputs", "output", 1.0, 1e-6, 1.0, (0.0, 0.0))]
    named = [[u for u, _ in of_side] for of_side in units]
    values = [{k: v for _, vs in of_side for k, v in vs.items()} for of_side in units]
    sides = tuple(
        Side(
            framework=name,
            units=named[n],
            values=values[n],
            dropout=[],
            precision={},
            compute=computes,
        )
        for n, name in enumerate(NAMES)
    )

    def unable(layer, inputs):
        raise ValueError(layer)

    models = Models(NAMES, match(*named, {}, {}), one, other, replay or unable)
    traces = {(n, "float64"): {"outputs/output": out} for n, out in enumerate(outs)}
    file = SimpleNamespace(path="a.py", loss="projection")
    return Scene(judgement, file, sides, models, traces, rows, (), lambda number: None)


def forced(given, *, choice):
    """The scene with pairs that had a choice, or that had none."""
    matching = given.models.matching
    pairs = tuple(pair._replace(forced=not choice) for pair in matching.pairs)
    return replace(given, models=given.models._replace(matching=matching._replace(pairs=pairs)))
