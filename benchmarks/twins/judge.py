"""Two models judged: right, wrong and where, random, or refused with what to write.

Judged is what a user can feel: outputs, loss, gradients, weights and running statistics after
steps. The judge is the same model in float64: rounding shrinks there, a difference stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness.process import Child
from benchmarks.twins.climb import (
    Refused,
    Side,
    Trace,
    aligned,
    distance,
    drawn,
    events_of,
    forms,
    log_odds,
    outputs_of,
    renamed,
    trained,
)
from benchmarks.twins.flow import Flow, settle
from benchmarks.twins.match import STATE, Matching, Pair, exchanged, interchangeable, match
from benchmarks.twins.place import Fault, Models, faults, listed, notes
from benchmarks.twins.reach import computes_in_float32, not_reached
from common.twins.file import TwinsFile, read_file, targets_for
from common.twins.probe import Event, Rows, Values
from common.twins.user_file import family

BOUND = 1e-7  # in float64, of the scale: half a rounding of float32, which nobody can feel
BOUND32 = 1e-5  # where a layer has no float64, and ten times what each side differs from itself
SHARE = 1e-2  # of the largest gradient: the least scale that an error of a gradient is judged on
FIXED = 1e-5  # a tolerance that people use: a larger error in float32 is said to be rounding


class Rung(NamedTuple):
    """One tensor of both models: its error in float64, which is judged, and in float32.

    `own` is how far each model in float32 is from itself in float64; `error32` is the least
    tolerance that would pass. Errors are max|a - b| / max|b|.
    """

    rung: str
    tensor: str
    error: float
    bound: float
    error32: float
    own: tuple[float, float]

    @property
    def broken(self) -> bool:
        """Whether the models differ here by more than rounding; NaN always does."""
        return not self.error <= self.bound


@dataclass
class Judgement:
    """What the judge says of two models, and all that it saw."""

    path: str
    frameworks: tuple[str, str]
    seed: int
    verdict: str  # "right", "wrong", "random" or "refused"
    sentence: str
    places: list[str] = field(default_factory=list)  # users' names, the first fault first
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    weights: str = ""  # carried, own or drawn, and whose
    pairs: list[tuple[str, str]] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    outputs: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    first_layer: tuple[np.ndarray, np.ndarray] | None = None


def judge(
    path: str | Path,
    frameworks: tuple[str, str],
    *,
    seed: int = 0,
    children: Mapping[str, Child] | None = None,
    weights: str = "",
    device: str = "cpu",
) -> Judgement:
    """Judge the two models of a file.

    `children` are processes by framework that may serve many files; one that is missing is made
    and ended here. `weights` is "carried", "own" or "drawn"; empty: carried where a model brings
    weights that it did not draw. Raises ValueError for a file that cannot be read.
    """
    judgement = Judgement(str(path), frameworks, seed, "refused", "")
    with ExitStack() as stack:
        try:
            file = read_file(path)
            for name in frameworks:
                if family(name) not in file.models:
                    raise Refused(f"{Path(path).name} has no function {family(name)}_model")
            sides = []
            for name in frameworks:
                child = (children or {}).get(name)
                child = child or stack.enter_context(Child(name, device=device, threads=2))
                stack.callback(_forget, child)
                sides.append(Side(child, file, name, seed, device))
            _Case(judgement, file, (sides[0], sides[1]), weights).judge()
        except Refused as error:
            judgement.sentence = str(error)
    return judgement


def _forget(child: Child) -> None:
    if not child.connection.closed:
        child.call("benchmarks.twins.probes:close_probes")


class _Case:
    """One file being judged."""

    def __init__(
        self, judgement: Judgement, file: TwinsFile, sides: tuple[Side, Side], weights: str
    ) -> None:
        self.judgement, self.file, self.weights = judgement, file, weights
        self.one, self.other = sides
        self.rows, self.y = file.rows(judgement.seed)
        self.matching = match(self.one.units, self.other.units, file.pairs, file.flatten)

    def judge(self) -> None:
        """Fill the judgement."""
        judgement = self.judgement
        judgement.notes += self.one.notes + self.other.notes
        if self._random(None):
            return
        self._settings()
        self._choose_weights()
        shown = events_of(self.one, self.rows)
        self.matching, flow = settle(self.matching, shown, self._flow)
        judgement.pairs = [(pair.one.name, pair.other.name) for pair in self.matching.pairs]
        self._assign()
        coarse = self._coarse(shown, flow.events)
        traces = self._climb()
        if traces is None:
            return
        judgement.rungs = self._compare(traces, bool(coarse))
        names = judgement.frameworks
        models = Models(names, self.matching, shown, flow.events, self._replay)
        judgement.notes += not_reached(models, [traces[0, "float64"], traces[1, "float64"]])
        judgement.faults += self._faults(models)
        self._say(models)

    def _random(self, targets: Sequence[Rows] | None) -> bool:
        """Whether a model draws random numbers, in training where targets are given; said."""
        for number, side in enumerate((self.one, self.other)):
            if side.draws(self.rows, None if targets is None else targets[number]):
                when = "in evaluation" if targets is None else "in training"
                self.judgement.verdict = "random"
                self.judgement.sentence = (
                    f"{side.framework}'s model draws random numbers {when}: two runs of it on the "
                    "same rows differ; make its noise an input, or take its mean, to compare it"
                )
                return True
        return False

    def _settings(self) -> None:
        """What can be told before anything runs: dropout, precision, what is trained."""
        one, other = self.one, self.other
        add = self.judgement.faults.append
        if sorted(rate for _, rate in one.dropout) != sorted(rate for _, rate in other.dropout):
            told = [
                f"{side.framework} has {listed(f'{rate:g} in {name}' for name, rate in side.dropout)}"
                if side.dropout
                else f"{side.framework} has none"
                for side in (one, other)
            ]
            places = [name for side in (one, other) for name, _ in side.dropout]
            add(Fault(("dropout", *places), f"the rates of dropout differ: {'; '.join(told)}"))
        for pair in self.matching.pairs:
            mine, theirs = one.precision.get(pair.one.name), other.precision.get(pair.other.name)
            if mine != theirs:
                words = [f"{pair.name} computes in {mine or 'float32'} in {one.framework}"]
                words.append(f"in {theirs or 'float32'} in {other.framework}")
                add(Fault((pair.one.name, pair.other.name), " and ".join(words)))
                break
        for pair in self.matching.pairs:
            for link in pair.links:
                held = link.one in pair.one.frozen, link.other in pair.other.frozen
                if held[0] != held[1] and link.one not in STATE:
                    frozen, trains = (one, other) if held[0] else (other, one)
                    words = f"{pair.name}: {link.one} is frozen in {frozen.framework}"
                    words += f" and trained in {trains.framework}"
                    add(Fault((pair.one.name, pair.other.name), words))
                    break

    def _choose_weights(self) -> None:
        """Settle whose weights the models are compared with; give them to the first model."""
        one, other = self.one, self.other
        for side in (one, other):
            side.assign(side.own)  # the one in float64 drew from another seed
        mode = self.weights or ("carried" if one.brought or other.brought else "drawn")
        both = one.brought and other.brought
        if not self.weights and both and self._alike():
            mode = "own"
        self.source: Values = {}
        if mode == "drawn":
            self.source = drawn(self._units(0), self.judgement.seed)
            thrown = [side.framework for side in (one, other) if side.brought]
            if thrown:
                self.judgement.notes.append(
                    f"the weights that {' and '.join(thrown)} brought are not used: --weights drawn"
                )
        elif mode == "carried" and other.brought and not one.brought:
            self.source = self.matching.to_one(other.own)
        elif mode == "carried":
            self.source = one.own
            if both:
                self.judgement.notes.append(
                    f"the weights that {other.framework} brought too are not used, and are others: "
                    "--weights own judges both as they are"
                )
        whose = other if mode == "carried" and not one.brought and other.brought else one
        self.mode = mode
        self.judgement.weights = f"carried from {whose.framework}" if mode == "carried" else mode
        if self.source:
            one.assign(self.source)

    def _units(self, side: int) -> list[Any]:
        alone = self.matching.alone_other if side else self.matching.alone_one
        return [pair[side] for pair in self.matching.pairs] + list(alone)

    def _alike(self) -> bool:
        """Whether the weights that both brought are mostly the same; layers are exchanged where
        that makes them so."""
        for i, pair in enumerate(self.matching.pairs):
            for j in range(i + 1, len(self.matching.pairs)):
                if self._far(pair) > 1e-4 and interchangeable(pair, self.matching.pairs[j]):
                    trial = exchanged(self.matching, i, j)
                    if self._far(trial.pairs[i]) < 1e-4:
                        self.matching = trial
                        break
        near = [self._far(pair) < 1e-4 for pair in self.matching.pairs]
        return 2 * sum(near) >= len(near)

    def _far(self, pair: Pair) -> float:
        errors = [
            distance(
                link.to_other(self.one.own[f"{pair.one.name}/{link.one}"]),
                self.other.own[f"{pair.other.name}/{link.other}"],
            )
            for link in pair.links
        ]
        return max(errors, default=0.0)

    def _values(self, matching: Matching) -> Values:
        """The second model's values under a pairing."""
        if self.mode == "own":
            return {}
        values = matching.to_other({**self.one.own, **self.source})
        if self.mode == "drawn":
            rest = drawn(self._units(1), self.judgement.seed)
            values = {**rest, **values}
        return values

    def _flow(self, matching: Matching) -> Flow:
        """What the second model in float64 shows under a pairing."""
        values = self._values(matching)
        if values:
            self.other.ask64("assign", values)
        events = events_of(self.other, self.rows)
        mine, theirs = (side.ask64("outputs", self.rows) for side in (self.one, self.other))
        agree = len(mine) == len(theirs) and all(
            self._gap(a, b) <= BOUND for a, b in zip(mine.values(), theirs.values(), strict=True)
        )
        return Flow(events, agree)

    def _gap(self, one: np.ndarray, other: np.ndarray) -> float:
        return distance(aligned(one, other), one)

    def _assign(self) -> None:
        values = self._values(self.matching)
        if values:
            self.other.assign(values)

    def _coarse(self, shown: Sequence[Event], events: Sequence[Event]) -> list[str]:
        """Layers that compute in float32 though asked for float64; said."""
        coarse = []
        for side, own in ((self.one, shown), (self.other, events)):
            names = dict.fromkeys([*side.inexact, *computes_in_float32(own)])
            if names:
                coarse += list(names)
                self.judgement.notes.append(
                    f"{listed(names)} of {side.framework} compute in float32 whatever is asked: "
                    f"judged by {BOUND32:.0e} and ten times each model's own rounding"
                )
        return coarse

    def _climb(self) -> dict[tuple[int, str], Trace] | None:
        """The four climbs; None where training draws random numbers or the outputs do not fit."""
        sides = (self.one, self.other)
        traces = {
            (number, dtype): outputs_of(side, self.rows, dtype)
            for number, side in enumerate(sides)
            for dtype in ("float32", "float64")
        }
        self._see_forms([traces[0, "float32"], traces[1, "float32"]])
        first = [_first_outputs(traces[number, "float64"]) for number in (0, 1)]
        self.judgement.outputs = {
            name: (traces[0, "float32"][key], traces[1, "float32"][other])
            for name, key, other in zip(
                first[0], *(_keys_of_outputs(traces[n, "float32"]) for n in (0, 1)), strict=False
            )
        }
        targets = targets_for(self.file.loss, list(first[0].values()), self.y, self.judgement.seed)
        theirs = [
            _in_layout_of(target, one, other)
            for target, one, other in zip(
                targets, first[0].values(), first[1].values(), strict=False
            )
        ]
        fit = [v.shape for v in first[0].values()] == [
            aligned(one, other).shape
            for one, other in zip(first[0].values(), first[1].values(), strict=False)
        ]
        if not fit or len(first[0]) != len(first[1]):
            return traces  # what trains on other shapes is another training
        if self._random([targets, theirs]):
            return None
        for (number, dtype), trace in traces.items():
            trace |= trained(sides[number], self.rows, (targets, theirs)[number], dtype)
        return traces

    def _see_forms(self, traces: Sequence[Trace]) -> None:
        """Say what the outputs are where LOSS_ON does not; a fault where it says otherwise."""
        names = self.judgement.frameworks
        self.forms = forms(self.file, names, traces)
        for side in (self.one, self.other):
            looks = self.forms.get(family(side.framework))
            told = self.file.loss_on.get(family(side.framework))
            if looks and told and looks != told:
                self.judgement.faults.append(
                    Fault(
                        ("outputs", "loss"),
                        f"LOSS_ON says {told} for {side.framework}, and its outputs look like "
                        f"{looks}: a softmax or sigmoid too many or too few before the loss",
                    )
                )
            elif looks == "probabilities" and not told:
                self.judgement.notes.append(
                    f"{side.framework}'s outputs are probabilities, which LOSS_ON does not say"
                )
                for probe in side.probes.values():
                    side.child.call("benchmarks.twins.probes:set_form", probe, looks)

    def _compare(self, traces: Mapping[tuple[int, str], Trace], coarse: bool) -> list[Rung]:
        """Every tensor that both models have, in the order of the rungs."""
        mine = {dtype: traces[0, dtype] for dtype in ("float32", "float64")}
        theirs = {dtype: renamed(traces[1, dtype], self.matching) for dtype in mine}
        rungs = []
        keys = {key: key for key in mine["float64"]}
        outputs = [_all_outputs(trace["float64"]) for trace in (mine, theirs)]
        keys |= dict(zip(*outputs, strict=False))
        gradients = [v for k, v in mine["float64"].items() if k.startswith("gradients/")]
        largest = max((float(np.max(np.abs(v), initial=0.0)) for v in gradients), default=0.0)
        for key, other in keys.items():
            if other not in theirs["float64"]:
                continue
            rung, _, tensor = key.partition("/")
            floor = self._floor(rung, tensor, largest)
            pairs = {d: self._comparable(mine[d][key], theirs[d][other], rung) for d in mine}
            error, error32 = (
                distance(b, a, floor) for a, b in (pairs["float64"], pairs["float32"])
            )
            own = tuple(distance(pairs["float32"][n], pairs["float64"][n], floor) for n in (0, 1))
            bound = BOUND32 + 10 * max(own) if coarse else BOUND
            rungs.append(Rung(rung, tensor, error, bound, error32, (own[0], own[1])))
        return rungs

    def _comparable(
        self, one: np.ndarray, other: np.ndarray, rung: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Two tensors of one form: probabilities and logits are both turned into logarithms."""
        if not rung.startswith("outputs"):
            return one, other
        other = aligned(one, other)
        mine, theirs = (self.forms.get(family(name), "") for name in self.judgement.frameworks)
        if mine == theirs or one.shape != other.shape:
            return one, other
        return log_odds(self.file.loss, one, mine), log_odds(self.file.loss, other, theirs)

    def _floor(self, rung: str, tensor: str, largest: float) -> float:
        """The least scale of an error: a bias before a normalisation has no gradient but rounding."""
        if rung == "gradients":
            return 0.0 if tensor.startswith("input/") else SHARE * largest
        if "slot/first" in tensor:
            return 0.1 * SHARE * largest
        if "slot/second" in tensor:
            return 0.1 * (SHARE * largest) ** 2
        return self.file.learning_rate if rung.startswith("step") else 0.0

    def _replay(self, layer: str, inputs: Sequence[np.ndarray]) -> Any:
        try:
            return self.other.ask64("replay", layer, inputs)
        except Refused as error:
            raise ValueError(str(error)) from error

    def _faults(self, models: Models) -> list[Fault]:
        """Where the models part, from the lowest rung that breaks."""
        from benchmarks.twins.training import training_faults

        rungs = self.judgement.rungs
        outputs = [r for r in rungs if r.rung.startswith("outputs")]
        parted = any(r.broken for r in outputs)
        ones, others = (len(v) for v in self._outputs_shown())
        if ones != others:
            return [Fault(("outputs",), f"one model has {ones} outputs and the other {others}")]
        found = []
        shapes = [
            (name, one.shape, other.shape)
            for name, (one, other) in self.judgement.outputs.items()
            if aligned(one, other).shape != one.shape
        ]
        if shapes:
            name, one, other = shapes[0]
            found.append(Fault(("outputs",), f"{name} has shape {one} and {other}"))
        if parted:
            scale = next(r.rung for r in outputs if r.broken).partition(" x")[2]
            found += faults(models if not scale else self._at_scale(models, float(scale)))
        if not parted and not shapes:
            found += training_faults(models, rungs, self.judgement.frameworks)
        return found

    def _outputs_shown(self) -> tuple[Any, Any]:
        return self.one.ask("outputs", self.rows), self.other.ask("outputs", self.rows)

    def _at_scale(self, models: Models, scale: float) -> Models:
        """What flows in rows at another scale."""
        from benchmarks.twins.climb import scaled

        self._choose_again()
        rows = scaled(self.rows, scale)
        return models._replace(one=events_of(self.one, rows), other=events_of(self.other, rows))

    def _choose_again(self) -> None:
        """Give both models their first weights back; the steps moved them."""
        self.one.assign({**self.one.own, **self.source})
        self._assign()

    def _say(self, models: Models) -> None:
        """The verdict and its sentence."""
        judgement = self.judgement
        broken = [rung for rung in judgement.rungs if rung.broken]
        if not broken and not judgement.faults:
            judgement.verdict = "right"
            judgement.notes += notes(models)
            rounding = [r for r in judgement.rungs if r.error32 > FIXED]
            judgement.sentence = f"the two compute the same ({judgement.weights} weights)"
            if rounding:
                worst = max(rounding, key=lambda r: r.error32)
                judgement.sentence += (
                    f"; {worst.rung} {worst.tensor} differs by {worst.error32:.0e} in float32, "
                    f"which is rounding: {worst.error:.0e} in float64"
                )
            return
        judgement.verdict = "wrong"
        judgement.places = [place for fault in judgement.faults for place in fault.places]
        clauses = [judgement.faults[0].sentence] if judgement.faults else []
        if broken:
            rung = broken[0]
            clauses.append(
                f"{rung.rung} {rung.tensor} differs by {rung.error32:.1e}, and by {rung.error:.1e} "
                f"in float64, where rounding stays below {rung.bound:.0e}"
            )
        if len(judgement.faults) > 1:
            more = [fault.places[0] for fault in judgement.faults[1:]]
            clauses.append(f"more places: {listed(more)}")
        judgement.sentence = "; ".join(clauses)


def _keys_of_outputs(trace: Trace) -> list[str]:
    return [key for key in trace if key.startswith("outputs/")]


def _all_outputs(trace: Trace) -> list[str]:
    return [key for key in trace if key.startswith("outputs")]


def _first_outputs(trace: Trace) -> dict[str, np.ndarray]:
    """The outputs at the rows' own scale, by name."""
    return {key.partition("/")[2]: trace[key] for key in _keys_of_outputs(trace)}


def _in_layout_of(target: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A target of the first model's output for the second's, which may have channels first."""
    moved = one.shape != other.shape and aligned(one, other).shape == one.shape
    if moved and target.shape == one.shape:
        return np.moveaxis(target, -1, 1)
    return target.reshape(other.shape) if target.size == other.size else target
