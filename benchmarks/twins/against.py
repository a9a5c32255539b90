"""One model judged by the golden of the other, whose framework is not here.

The judge's own rungs and bounds. What flows between layers is in no golden, so a difference in the
outputs has no place here, and a layer is named from the loss on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.harness.process import Child
from benchmarks.twins.case import DTYPES
from benchmarks.twins.climb import RANDOM, Refused, Side, Trace, distance, outputs_of
from benchmarks.twins.compare import (
    Bounds,
    agree,
    compare,
    largest_gradient,
    of_one_form,
    same_outputs,
)
from benchmarks.twins.flow import Flow, settle
from benchmarks.twins.forms import see_forms
from benchmarks.twins.golden import Golden, changed, golden_path, read_golden, trained_alone
from benchmarks.twins.judge import THREADS, forget
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import Matching, match
from benchmarks.twins.place import Fault, Models
from benchmarks.twins.settings import setting_faults
from benchmarks.twins.training import training_faults, weight_faults
from benchmarks.twins.verdict import remarks, said_random, said_right, said_wrong
from benchmarks.twins.weights import drawn_for
from common.twins.file import TwinsFile, read_file
from common.twins.probe import Unit, Values
from common.twins.user_file import family


def judge_against(
    path: str | Path,
    framework: str,
    *,
    children: Mapping[str, Child] | None = None,
    bounds: Bounds = (),
) -> Judgement:
    """Judge a file's other model by the golden of this framework's; in which order, it says.

    `children` and `bounds` are those of `judge`. Raises ValueError for a file that cannot be read;
    a golden that does not fit the file is a verdict.
    """
    file = read_file(path)
    judgement = Judgement(str(path), (framework, ""), 0, digest=file.sha256)
    with ExitStack() as stack:
        try:
            golden = read_golden(golden_path(path, framework))
            facts = golden.facts
            if facts.framework != framework or family(facts.partner) not in file.models:
                raise Refused(f"the golden of {framework} belongs to other models: write it again")
            judgement.seed, judgement.weights = facts.seed, facts.weights
            judgement.frameworks = _ordered(facts.number, framework, facts.partner)
            if names := changed(golden, file):
                raise Refused(
                    f"{', '.join(names)} changed since {framework}'s golden was written: write it "
                    f"again by pytest --twins-update, where {framework} and {facts.partner} are "
                    "installed"
                )
            child = (children or {}).get(facts.partner)
            child = child or stack.enter_context(Child(facts.partner, threads=THREADS))
            stack.callback(forget, child)
            side = Side(child, file, facts.partner, facts.seed, "cpu")
            _Case(judgement, file, golden, side).judge(bounds)
        except Refused as error:
            judgement.sentence = str(error)
        except (ValueError, KeyError, IndexError, TypeError) as error:  # of a stranger's golden
            judgement.sentence = f"the golden of {framework} does not fit: {error}"
    return judgement


def _ordered(number: int, golden: Any, running: Any) -> tuple[Any, Any]:
    """What is the golden's and what is the running model's, the first model's first."""
    return (running, golden) if number else (golden, running)


class _Absent:
    """A side of which there is a golden alone."""

    def __init__(self, golden: Golden) -> None:
        self.framework, self.own = golden.facts.framework, golden.given
        self.dropout, self.precision = golden.facts.dropout, golden.facts.precision
        self.probes: Mapping[str, int] = {}


class _Case:
    """One model being judged by a golden."""

    def __init__(self, judgement: Judgement, file: TwinsFile, golden: Golden, side: Side) -> None:
        self.judgement, self.file, self.golden, self.side = judgement, file, golden, side
        self.number = golden.facts.number
        self.sides: tuple[Any, Any] = _ordered(self.number, _Absent(golden), side)
        self.matching = self._match(_ordered(self.number, golden.facts.units, side.units))

    def _match(self, units: tuple[Sequence[Unit], Sequence[Unit]]) -> Matching:
        """The pairing that was settled when the golden was written, while the model is as then."""
        facts, pairs = self.golden.facts, self.file.pairs
        same = [_form(unit) for unit in facts.partners] == [_form(unit) for unit in self.side.units]
        known = {**dict(facts.pairs), **pairs} if same else pairs
        matching = match(*units, known, self.file.flatten)
        free = [pair._replace(chosen=pair.one.name in pairs) for pair in matching.pairs]
        return matching._replace(pairs=tuple(free))

    def _given(self, matching: Matching) -> Values:
        """The running model's first weights: the golden's, unless both keep their own."""
        facts, values = self.golden.facts, dict(self.side.own)
        if facts.weights == "own":
            return values
        if facts.weights == "drawn":
            values |= drawn_for(matching, 1 - self.number, facts.seed)
        carried = matching.to_one if self.number else matching.to_other
        return values | carried(self.golden.given)

    def judge(self, bounds: Bounds) -> None:
        """Fill the judgement."""
        judgement, facts = self.judgement, self.golden.facts
        judgement.notes += [
            f"{facts.words} did not run: it is its golden that was compared",
            *self.side.notes,
        ]
        if self.side.draws(self.golden.rows):
            self._say_random(training=False)
            return
        self._settle()
        running, fit = self._climb()
        if fit and self._draws():
            self._say_random(training=True)
            return
        if fit:
            given, targets = self._given(self.matching), self.golden.targets
            more = trained_alone(self.side, given, self.golden.rows, targets)
            running = {dtype: trace | more[dtype] for dtype, trace in running.items()}
        traces = _ordered(self.number, self.golden.traces, running)
        before = _ordered(self.number, self.golden.given, self._given(self.matching))[0]
        first = traces[0]["float64"]
        if fit:
            before = before | {"loss": first["loss/loss"]}
        judgement.rungs = compare(
            self.file,
            *traces,
            self.matching,
            before,
            self.forms,
            coarse=facts.coarse or bool(self.side.narrow),
            largest=largest_gradient(first),
            bounds=bounds,
        )
        judgement.notes += remarks(judgement.frameworks, judgement.rungs)
        if fit and _rungs(running["float64"]) != {r.rung for r in judgement.rungs}:
            raise Refused(f"{facts.framework}'s golden has other rungs: write it again")
        self._say(fit)

    def _draws(self) -> bool:
        one, other = (self.side.loss(self.golden.rows, self.golden.targets) for _ in range(2))
        return distance(one, other) > RANDOM

    def _say_random(self, *, training: bool) -> None:
        self.judgement.verdict = "random"
        self.judgement.sentence = said_random(self.side.framework, training=training)

    def _settle(self) -> None:
        """Give the model its weights, under another pairing of equal shapes where that helps."""
        stored = _outputs(self.golden.traces["float64"])

        def run(matching: Matching) -> Flow:
            self.side.ask64("assign", self._given(matching))
            outputs = self.side.ask64("outputs", self.golden.rows)
            ones, others = _ordered(self.number, stored, outputs)
            return Flow([], agree(ones, others))

        self.matching, _ = settle(self.matching, [], run)
        self.judgement.pairs = [(pair.one.name, pair.other.name) for pair in self.matching.pairs]

    def _climb(self) -> tuple[dict[str, Trace], bool]:
        """The outputs in both dtypes, and whether they have the golden's form."""
        self.side.assign(self._given(self.matching))
        running = {dtype: outputs_of(self.side, self.golden.rows, dtype) for dtype in DTYPES}
        shown = _ordered(self.number, self.golden.traces["float32"], running["float32"])
        scaled = [{k: v for k, v in trace.items() if k.startswith("outputs")} for trace in shown]
        self.forms, faults, notes = see_forms(self.file, self.sides, scaled)
        self.judgement.faults += faults
        self.judgement.notes += notes
        both = [_outputs(trace) for trace in shown]
        self.judgement.outputs = {
            name: (both[0][name], both[1][other])
            for name, other in same_outputs(list(both[0]), list(both[1])).items()
        }
        return running, of_one_form(*both)

    def _say(self, fit: bool) -> None:
        """The faults, the verdict and its sentence."""
        judgement, facts = self.judgement, self.golden.facts
        models = Models(judgement.frameworks, self.matching, [], [], _no_replay)
        parted = [r for r in judgement.rungs if r.rung.startswith("outputs") and r.broken]
        if facts.weights == "own":
            judgement.faults += weight_faults(models, self.sides)
        if parted or not fit:
            told = (
                f"the outputs are not those of {facts.framework}'s golden; where the two part is "
            )
            told += f"seen where {facts.framework} is installed"
            judgement.faults.append(Fault(("outputs",), told))
        else:
            judgement.faults += training_faults(models, judgement.rungs)
        judgement.faults += setting_faults(models, self.sides)
        if judgement.faults or any(r.broken for r in judgement.rungs):
            judgement.verdict = "wrong"
            judgement.sentence = said_wrong(judgement.faults, judgement.rungs)
        else:
            judgement.verdict = "right"
            judgement.sentence = said_right(facts.weights, judgement.rungs)


def _form(unit: Unit) -> tuple[Any, ...]:
    return unit.name, unit.kind, {role: tuple(shape) for role, shape in unit.weights.items()}


def _outputs(trace: Trace) -> Values:
    """The outputs at the rows' own scale."""
    return {k.partition("/")[2]: v for k, v in trace.items() if k.startswith("outputs/")}


def _rungs(trace: Trace) -> set[str]:
    return {key.partition("/")[0] for key in trace}


def _no_replay(layer: str, inputs: Sequence[Any]) -> tuple[Any, ...]:
    raise ValueError(f"{layer} is in a golden, which has no layers")
