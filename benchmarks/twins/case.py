"""One twins file: paired, climbed four times, compared, and what was seen put in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.twins import place
from benchmarks.twins.apart import apart
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.causes.search import causes
from benchmarks.twins.climb import (
    Climbs,
    Refused,
    Side,
    Trace,
    aligned,
    events_of,
    of_all,
    outputs_of,
    scaled,
)
from benchmarks.twins.compare import BOUND32, Bounds, agree, same_outputs
from benchmarks.twins.flow import Flow, event_of, settle
from benchmarks.twins.forms import see_forms
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.ladder import Ladder
from benchmarks.twins.match import Matching
from benchmarks.twins.phrases import (
    coarse_at,
    in_float32,
    listed,
    other_outputs,
    other_shapes,
    read_otherwise,
)
from benchmarks.twins.place import Fault, Models
from benchmarks.twins.preflight import preflight
from benchmarks.twins.reach import computes_in_float32, limits_not_reached, not_reached
from benchmarks.twins.settings import mixing_rows, setting_faults
from benchmarks.twins.training import training_faults, weight_faults
from benchmarks.twins.verdict import remarks, said_random, said_right, said_wrong, unforced
from benchmarks.twins.weights import chosen, matched
from common.atomic import replaced
from common.language import phrase
from common.twins.file import TwinsFile
from common.twins.probe import Rows, Values
from common.twins.targets import in_layout, targets_for

DTYPES = ("float32", "float64")

Say = Callable[[str], None]


class Case:
    """One file being judged."""

    def __init__(
        self,
        judgement: Judgement,
        file: TwinsFile,
        sides: tuple[Side, Side],
        rows: tuple[list[np.ndarray], Any],
        weights: str,
        on_stage: Say,
        bounds: Bounds = (),
    ) -> None:
        self.judgement, self.file, self.on_stage = judgement, file, on_stage
        self.bounds = bounds
        self.one, self.other = self.sides = sides
        self.rows, self.y = rows
        self.targets: Sequence[Rows] = ()
        self.faded: list[Fault] = []  # of layers, that the outputs in evaluation do not show
        self.arranged: list[str] = []  # notes on values that flow in another arrangement
        matching = matched(*sides, file)
        seed = judgement.seed
        self.weights, self.matching = chosen(self.one, self.other, matching, weights, seed)

    def judge(self) -> None:
        """Fill the judgement."""
        judgement = self.judgement
        judgement.notes += [*self.one.notes, *self.other.notes]
        judgement.notes += [self.weights.note] if self.weights.note else []
        judgement.weights = str(self.weights)
        if self._random([side for side in self.sides if side.draws(self.rows)], training=False):
            return
        models = self.parted = self.settle()
        judgement.settings = preflight(self.matching.pairs, self.sides)
        self.coarse = self._coarse(models)
        judgement.notes += limits_not_reached(models, self.sides, self.rows)
        self._see_first_layer(models)
        judgement.layers = apart(models)
        if self.agree:
            self.arranged = place.notes(models)
        models = self.parted = models.bare()  # what flows is seldom asked for again, and is large
        traces = self.climb()
        ladder = Ladder(
            self.file, self.sides, self.matching, self.given(0), self.forms, self.coarse
        )
        ladder.bounds = self.bounds
        ladder.compare(traces)
        if self.targets:
            self.on_stage(phrase("the two train"))
            drawing = ladder.train(self.rows, self.targets, traces)
            if self._random(drawing, training=True):
                return
        judgement.rungs += ladder.rungs
        judgement.faults += self._faults(models, traces)
        judgement.faults += setting_faults(models, self.sides)
        faults, notes = mixing_rows(self.sides, self.rows)
        judgement.faults += faults
        judgement.notes += notes
        if judgement.faults or any(rung.broken for rung in judgement.rungs):
            self.on_stage(phrase("causes are tried"))
            if self.parted is models:
                self.parted = self._shown_at(1.0)
            judgement.causes = causes(self.scene(self.parted, traces))
        judgement.notes += not_reached(models, [traces[0, "float64"], traces[1, "float64"]])
        self._say()

    def scene(self, models: Models, traces: Climbs) -> Scene:
        """What a finder may look at and try."""
        judged, sides = (self.judgement, self.file), (self.one, self.other)
        faded = bool(self.faded)
        return Scene(*judged, sides, models, traces, self.rows, self.targets, self._give, faded)

    def write_other(self, path: Path) -> None:
        """Write the second model with the weights that it was given, once it was read again.

        Raises Refused where what was read gives other outputs, bit for bit.
        """
        self._give(1)
        expected = self.other.ask("outputs", self.rows)
        with TemporaryDirectory() as folder:
            draft = Path(folder, path.name)
            self.other.ask("save", str(draft))
            self.other.assign(self.other.own)  # what is read must not be there already
            self.other.ask("load", str(draft))
            read = self.other.ask("outputs", self.rows)
            if any(not np.array_equal(read[name], value) for name, value in expected.items()):
                raise Refused(read_otherwise(path.name))
            with replaced(path) as file:
                file.write(draft.read_bytes())

    def _random(self, drawing: Sequence[Side], *, training: bool) -> bool:
        """Say of models that they draw random numbers; whether there is one."""
        for side in drawing[:1]:
            self.judgement.verdict = "random"
            self.judgement.sentence = said_random(side.framework, training=training)
        return bool(drawing)

    def settle(self) -> Models:
        """Give both models their weights under the pairing that what flows decides."""
        self.on_stage(phrase("layers are paired"))
        self._give(0)
        outputs, shown = self.one.ask64("flow", self.rows)
        given: Values = {}

        def run(matching: Matching) -> Flow:
            values = self._of_other(matching)
            same = {k for k, v in values.items() if k in given and np.array_equal(v, given[k])}
            self.other.ask64("assign", {k: v for k, v in values.items() if k not in same})
            given.update(values)
            theirs, events = self.other.ask64("flow", self.rows)
            return Flow(events, agree(outputs, theirs))

        self.matching, flow = settle(self.matching, shown, run)
        self._give(1)
        self.agree = flow.agree
        self.judgement.pairs = [(pair.one.name, pair.other.name) for pair in self.matching.pairs]
        return Models(self.judgement.frameworks, self.matching, shown, flow.events, self._replayed)

    def _give(self, number: int) -> None:
        """A model's first weights: both probes have them, and start their optimisers afresh."""
        self.sides[number].assign(self.given(number))

    def given(self, number: int) -> Values:
        """A model's first weights."""
        one = {**self.one.own, **self.weights.source}
        return self._of_other(self.matching) if number else one

    def _of_other(self, matching: Matching) -> Values:
        # its own first: in float64 it drew from another seed
        seed = self.judgement.seed
        given = self.weights.of_other(matching, self.one.own, seed)
        return {**self.other.own, **given}

    def _replayed(self, layer: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        try:
            return self.other.ask64("replay", layer, inputs)
        except Refused as error:
            raise ValueError(str(error)) from error

    def _coarse(self, models: Models) -> bool:
        """Whether a layer computes in float32 though asked for float64; said."""
        coarse = False
        for side, events in zip(self.sides, (models.one, models.other), strict=True):
            names = [*side.inexact, *computes_in_float32(events)]
            if side.narrow:
                coarse = True
                self.judgement.notes.append(in_float32(side.narrow, BOUND32))
            elif names:
                coarse = True
                self.judgement.notes.append(coarse_at(listed(names), side.framework, BOUND32))
        return coarse

    def climb(self) -> Climbs:
        """The outputs of the four climbs, compared; targets for the training, where they fit."""
        self.on_stage(phrase("outputs are compared"))
        traces = of_all(self.sides, lambda n, dtype: outputs_of(self.sides[n], self.rows, dtype))
        seen = [traces[number, "float32"] for number in (0, 1)]
        self.forms, faults, notes = see_forms(self.file, self.sides, seen)
        self.judgement.faults += faults
        self.judgement.notes += notes
        self.judgement.outputs = _by_name(traces[0, "float32"], traces[1, "float32"])
        pairs = _by_name(traces[0, "float64"], traces[1, "float64"])
        counts = [len(_outputs_of(traces[number, "float64"])) for number in (0, 1)]
        fit = all(one.shape == aligned(one, other).shape for one, other in pairs.values())
        if not fit or counts[0] != counts[1]:
            return traces  # what trains on other shapes is another training
        ones = [one for one, _ in pairs.values()]
        targets = targets_for(self.file.loss, ones, self.y, self.judgement.seed)
        theirs = {
            name: in_layout(target, *(output.shape[1:] for output in pairs[name]))
            for name, target in zip(pairs, targets, strict=True)
        }
        own = same_outputs(_outputs_of(traces[1, "float64"]), list(pairs))
        self.targets = targets, [theirs[name] for name in own.values()]
        return traces

    def _faults(self, models: Models, traces: Mapping[tuple[int, str], Trace]) -> list[Fault]:
        """Where the models part, at the lowest rung that breaks."""
        rungs, outputs = self.judgement.rungs, self.judgement.outputs
        if self.weights.mode == "own" and (wrong := weight_faults(models, self.sides)):
            return wrong
        counts = [len(_outputs_of(traces[number, "float64"])) for number in (0, 1)]
        if counts[0] != counts[1]:
            return [Fault(("outputs",), other_outputs(*counts))]
        shapes = [
            Fault(("outputs", name), other_shapes(one.shape, other.shape))
            for name, (one, other) in outputs.items()
            if aligned(one, other).shape != one.shape
        ]
        parted = [rung.rung for rung in rungs if rung.rung.startswith("outputs") and rung.broken]
        if not parted:
            trains = training_faults(models, rungs)
            if trains and {"loss", "gradients"} & set(trains[0].places):
                self.parted = self._shown_at(1.0)
                self.faded = place.lasting(self.parted)
            return shapes or [*self.faded, *trains]
        self.parted = self._shown_at(float(parted[0].partition(" x")[2] or 1))
        self.judgement.layers = apart(self.parted, replay=True)
        return shapes + place.faults(self.parted)

    def _shown_at(self, scale: float) -> Models:
        """What flows through both models with their first weights, which the steps moved."""
        self._give(0)
        self._give(1)
        rows = scaled(self.rows, scale) if scale != 1 else self.rows
        one, other = (events_of(side, rows) for side in self.sides)
        return self.parted._replace(one=one, other=other)

    def _say(self) -> None:
        """The verdict and its sentence."""
        judgement = self.judgement
        judgement.notes += remarks(judgement.frameworks, judgement.rungs)
        if judgement.faults or any(rung.broken for rung in judgement.rungs):
            judgement.verdict = "wrong"
            judgement.sentence = said_wrong(judgement.faults, judgement.rungs)
            judgement.notes += unforced(self.matching.pairs)
        else:
            judgement.verdict = "right"
            judgement.notes += self.arranged if self.agree else place.notes(self._shown_at(1.0))
            judgement.sentence = said_right(judgement.weights, judgement.rungs)

    def _see_first_layer(self, models: Models) -> None:
        for pair in self.matching.pairs[:1]:
            mine, theirs = event_of(models.one, pair.one), event_of(models.other, pair.other)
            if mine and theirs and mine.outputs and theirs.outputs:
                self.judgement.first_layer = mine.outputs[0], theirs.outputs[0]


def _outputs_of(trace: Trace) -> list[str]:
    """Names of the outputs."""
    return [key.partition("/")[2] for key in trace if key.startswith("outputs/")]


def _by_name(one: Trace, other: Trace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The outputs of both at the rows' own scale, under the first's names."""
    names = same_outputs(_outputs_of(one), _outputs_of(other))
    return {a: (one[f"outputs/{a}"], other[f"outputs/{b}"]) for a, b in names.items()}
