"""One twins file: paired, climbed four times, compared, and what was seen put in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.twins import place
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.causes.search import causes
from benchmarks.twins.climb import (
    Refused,
    Side,
    Trace,
    aligned,
    distance,
    events_of,
    outputs_of,
    scaled,
    trained,
)
from benchmarks.twins.compare import BOUND, BOUND32, Bounds, compare, same_outputs
from benchmarks.twins.flow import Flow, event_of, settle
from benchmarks.twins.forms import see_forms
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import Matching, match
from benchmarks.twins.place import Fault, Models, listed
from benchmarks.twins.reach import computes_in_float32, not_reached
from benchmarks.twins.settings import mixing_rows, setting_faults
from benchmarks.twins.training import training_faults, weight_faults
from benchmarks.twins.verdict import remarks, said_random, said_right, said_wrong, unforced
from benchmarks.twins.weights import chosen
from common.atomic import replaced
from common.twins.file import TwinsFile, targets_for
from common.twins.probe import Event, Rows, Values

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
        matching = match(self.one.units, self.other.units, file.pairs, file.flatten)
        seed = judgement.seed
        self.weights, self.matching = chosen(self.one, self.other, matching, weights, seed)

    def judge(self) -> None:
        """Fill the judgement."""
        judgement = self.judgement
        judgement.notes += [*self.one.notes, *self.other.notes]
        judgement.notes += [self.weights.note] if self.weights.note else []
        judgement.weights = str(self.weights)
        if self._random():
            return
        models = self.parted = self._settle()
        self.coarse = self._coarse(models)
        traces = self._climb()
        if judgement.verdict == "random":
            return
        judgement.rungs = compare(
            self.file,
            {dtype: traces[0, dtype] for dtype in DTYPES},
            {dtype: traces[1, dtype] for dtype in DTYPES},
            self.matching,
            self.given(0),
            self.forms,
            coarse=self.coarse,
            bounds=self.bounds,
        )
        judgement.faults += self._faults(models, traces)
        judgement.faults += setting_faults(models, self.sides)
        faults, notes = mixing_rows(self.sides, self.rows)
        judgement.faults += faults
        judgement.notes += notes
        if judgement.faults or any(rung.broken for rung in judgement.rungs):
            self.on_stage("causes are tried")
            scene = Scene(
                judgement,
                self.file,
                (self.one, self.other),
                self.parted,
                traces,
                self.rows,
                self.targets,
                self._give,
            )
            judgement.causes = causes(scene)
        judgement.notes += not_reached(models, [traces[0, "float64"], traces[1, "float64"]])
        self._say(models)

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
                raise Refused(f"{path.name} was read again and gives other outputs: not written")
            with replaced(path) as file:
                file.write(draft.read_bytes())

    def _random(self, targets: Sequence[Rows] = ()) -> bool:
        """Whether a model draws random numbers, in training where targets are given; said."""
        for number, side in enumerate(self.sides):
            if side.draws(self.rows, targets[number] if targets else None):
                self.judgement.verdict = "random"
                self.judgement.sentence = said_random(side.framework, training=bool(targets))
                return True
        return False

    def _settle(self) -> Models:
        """Give both models their weights under the pairing that what flows decides."""
        self.on_stage("layers are paired")
        self._give(0)
        shown = events_of(self.one, self.rows)
        outputs = self.one.ask64("outputs", self.rows)

        def run(matching: Matching) -> Flow:
            self.other.ask64("assign", self._of_other(matching))
            theirs = self.other.ask64("outputs", self.rows)
            agree = len(outputs) == len(theirs) and all(
                distance(aligned(outputs[name], theirs[other]), outputs[name]) <= BOUND
                for name, other in same_outputs(list(outputs), list(theirs)).items()
            )
            return Flow(events_of(self.other, self.rows), agree)

        self.matching, flow = settle(self.matching, shown, run)
        self._give(1)
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
                self.judgement.notes.append(
                    f"{side.narrow}: it was judged in float32 alone, by {BOUND32:.0e}"
                )
            elif names:
                coarse = True
                self.judgement.notes.append(
                    f"{listed(names)} of {side.framework} compute in float32 whatever is asked: "
                    f"judged by {BOUND32:.0e} and ten times each model's own rounding"
                )
        return coarse

    def _climb(self) -> dict[tuple[int, str], Trace]:
        """The four climbs; the outputs alone where those do not fit, or training is random."""
        traces = {}
        for number, side in enumerate(self.sides):
            for dtype in DTYPES:
                self.on_stage(f"{side.framework} climbs in {dtype}")
                traces[number, dtype] = outputs_of(side, self.rows, dtype)
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
            name: _in_layout_of(target, *pairs[name])
            for name, target in zip(pairs, targets, strict=True)
        }
        own = same_outputs(_outputs_of(traces[1, "float64"]), list(pairs))
        given = targets, [theirs[name] for name in own.values()]
        self.targets = given
        if self._random(given):
            return traces
        for (number, dtype), trace in traces.items():
            self.on_stage(f"{self.sides[number].framework} trains in {dtype}")
            if self.sides[number].narrow:  # the same model once more
                self._give(number)
            trace |= trained(self.sides[number], self.rows, given[number], dtype)
        return traces

    def _faults(self, models: Models, traces: Mapping[tuple[int, str], Trace]) -> list[Fault]:
        """Where the models part, at the lowest rung that breaks."""
        rungs, outputs = self.judgement.rungs, self.judgement.outputs
        if self.weights.mode == "own" and (wrong := weight_faults(models, self.sides)):
            return wrong
        counts = [len(_outputs_of(traces[number, "float64"])) for number in (0, 1)]
        if counts[0] != counts[1]:
            return [Fault(("outputs",), "the models have {} and {} outputs".format(*counts))]
        shapes = [
            Fault(("outputs", name), f"the outputs have the shapes {one.shape} and {other.shape}")
            for name, (one, other) in outputs.items()
            if aligned(one, other).shape != one.shape
        ]
        parted = [rung.rung for rung in rungs if rung.rung.startswith("outputs") and rung.broken]
        if not parted:
            return shapes or training_faults(models, rungs)
        self._give(0)  # the steps moved them
        self._give(1)
        scale = float(parted[0].partition(" x")[2] or 1)
        if scale != 1:
            rows = scaled(self.rows, scale)
            seen: list[list[Event]] = [events_of(side, rows) for side in self.sides]
            models = self.parted = models._replace(one=seen[0], other=seen[1])
        return shapes + place.faults(models)

    def _say(self, models: Models) -> None:
        """The verdict and its sentence."""
        judgement = self.judgement
        self._see_first_layer(models)
        judgement.notes += remarks(judgement.frameworks, judgement.rungs)
        if judgement.faults or any(rung.broken for rung in judgement.rungs):
            judgement.verdict = "wrong"
            judgement.sentence = said_wrong(judgement.faults, judgement.rungs)
            judgement.notes += unforced(self.matching.pairs)
        else:
            judgement.verdict = "right"
            judgement.notes += place.notes(models)
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


def _in_layout_of(target: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A target of the first model's output for the second's, which may have channels first."""
    if one.shape != other.shape and target.shape == one.shape == aligned(one, other).shape:
        return np.moveaxis(target, -1, 1)
    return target.reshape(other.shape) if target.shape == one.shape else target
