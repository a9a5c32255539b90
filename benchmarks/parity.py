"""The parity ladder climbed by each framework, and what comes out when it is compared.

Every framework climbs in a process of its own, the reference in this one; all start from the same
weights and are given the same rows in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmarks import measure
from benchmarks.child import Child
from benchmarks.place import Place
from benchmarks.plan import PROTOCOL, path_of
from benchmarks.record import SCHEMA, write_record
from common.atomic import replaced
from common.data import Data, load
from common.framework import framework, label_of
from common.problem import Problem
from common.reference import ReferenceTask
from common.regime import MATCHED, Regime
from common.splits import hold_out
from common.trace import STEPS, Difference, Rows, Trace, climb, compare, first_broken

KIND = "parity"  # of a record, and the folder below the results
REFERENCE = "reference"
SHORT = ((1, 10), 2)  # steps and epochs of a ladder for a quick look

OnRung = Callable[[str], None]


@dataclass(frozen=True)
class Ladder:
    """Everything that decides what a climb gives, but for who climbs and on which machine."""

    problem: Problem
    regime: Regime = MATCHED
    seed: int = 0
    data: str = "auto"
    data_dir: str | None = None
    steps: tuple[int, ...] = STEPS
    epochs: int = 0  # of the whole training run; 0 leaves it out

    def loaded(self) -> Data:
        """The problem's data; those of the last ladder stay in memory."""
        return _loaded(self.problem, self.data, self.data_dir)

    def planned(self) -> Ladder:
        """The same, but whoever climbs takes the data from where they are now, or not at all."""
        data, data_dir = self.loaded().again or (self.data, self.data_dir)
        return replace(self, data=data, data_dir=data_dir)

    def rows(self) -> Rows:
        """The problem's rows, as both regimes with shared weights take them: text as CSR."""
        data = self.loaded()
        (x, y), validation = hold_out(data.x, data.y, self.problem.validation)
        return Rows(x, y, data.x_test, data.y_test, validation)

    def key(self, arms: Sequence[Place]) -> str:
        """Path below the results folder of what these arms find, but for how the names end.

        As `Job.key`: its digest covers what can change the numbers and is not in the path.
        """
        settings = {
            "problem": asdict(self.problem),
            "regime": self.regime.switches(),
            "steps": self.steps,
            "epochs": self.epochs,
            "content": self.loaded().digest,
            "arms": [asdict(arm) for arm in sorted(arms, key=str)],
        }
        return path_of((KIND, self.problem.name, self.regime.name), self.seed, settings)


@lru_cache(maxsize=1)
def _loaded(problem: Problem, data: str, data_dir: str | None) -> Data:
    return load(problem, data=data, data_dir=data_dir)


def climb_here(
    ladder: Ladder, name: str, device: str, emit: Callable[[str], None]
) -> tuple[Trace, dict[str, Any]]:
    """The trace of a framework in this process, and the facts of what ran; emits each rung."""

    def make() -> Any:
        options = {"regime": ladder.regime, "device": device, "seed": ladder.seed}
        return framework(name).make_task(ladder.problem, **options)

    trace = climb(make, ladder.rows(), steps=ladder.steps, epochs=ladder.epochs, on_rung=emit)
    return trace, make().facts()


def climb_apart(ladder: Ladder, arm: Place, on_rung: OnRung = lambda rung: None) -> Trace:
    """The trace of a framework in a fresh process of its own."""
    with Child.at(arm, ladder.regime) as child:
        here = "benchmarks.parity:climb_here"
        trace, _ = child.call(here, ladder, arm.framework, arm.device, on_event=on_rung)
        return trace


def climb_by_hand(
    ladder: Ladder, dtype: type = np.float64, on_rung: OnRung = lambda rung: None
) -> Trace:
    """The trace of the reference in NumPy."""
    return climb(
        lambda: ReferenceTask(ladder.problem, regime=ladder.regime, seed=ladder.seed, dtype=dtype),
        ladder.rows(),
        steps=ladder.steps,
        epochs=ladder.epochs,
        on_rung=on_rung,
    )


@dataclass
class Parity:
    """What one ladder gave: a trace of each arm and two of the reference, compared."""

    ladder: Ladder
    notice: str  # to be said loudly, of data that are not the real ones
    reference: Trace  # in float64
    rounded: Trace  # the reference in float32: what rounding alone does
    traces: Mapping[str, Trace]  # by arm
    raised: dict[tuple[str, str], float] = field(init=False)
    raised_because: ClassVar[str] = (
        "raised to ten times the error of the reference in float32: an ill-conditioned seed"
    )
    pairs: dict[tuple[str, str], list[Difference]] = field(init=False)

    def __post_init__(self) -> None:
        """Compare; where the reference in float32 breaks a bound itself, raise the bound.

        There the seed is ill-conditioned, and no framework is to blame: RMSprop divides a gradient
        by the root of its own square, so the rounding of one that nearly vanishes becomes a part
        of a whole step. Ten times the reference's own error is allowed.
        """
        self.raised = {
            (d.rung, d.tensor): 10 * d.error
            for d in compare(self.rounded, self.reference, self.ladder.problem)
            if d.broken and d.bound and math.isfinite(d.error)
        }
        named = {**self.traces, REFERENCE: self.reference}
        pairs = [*((name, REFERENCE) for name in self.traces), *combinations(self.traces, 2)]
        self.pairs = {(one, other): self._judged(named[one], named[other]) for one, other in pairs}

    def _judged(self, found: Trace, expected: Trace) -> list[Difference]:
        differences = compare(found, expected, self.ladder.problem)
        return [d._replace(bound=self.raised.get((d.rung, d.tensor), d.bound)) for d in differences]

    def breach(self) -> tuple[tuple[str, str], Difference] | None:
        """The breach at the lowest rung of all pairs, those with the reference first; or None."""
        height = {rung: i for i, rung in enumerate(rungs_of(self.reference))}
        found = [
            (pair, broken)
            for pair, differences in self.pairs.items()
            if (broken := first_broken(differences))
        ]
        return min(found, key=lambda item: height.get(item[1].rung, len(height)), default=None)

    def verdict(self) -> str:
        """One sentence: all within bounds, or where it breaks first and who is wrong."""
        breach = self.breach()
        if breach is None:
            return "every rung is within its bounds"
        pair, broken = breach
        wrong = [
            label_of(name)
            for (name, other), differences in self.pairs.items()
            if other == REFERENCE and any(d.broken and d.rung == broken.rung for d in differences)
        ]
        right = [label for label in map(label_of, self.traces) if label not in wrong]
        found = (
            f"first breach at rung '{broken.rung}', tensor {broken.tensor}: "
            f"{' and '.join(map(label_of, pair))} differ by {broken.error:.1e}, "
            f"bound {broken.bound:.1e}"
        )
        if not wrong:
            return f"{found}; each alone is within its bound of the reference"
        agree = f"; {' and '.join(right)} agree{'s' * (len(right) == 1)} with it" if right else ""
        differ = f"{' and '.join(wrong)} differ{'s' * (len(wrong) == 1)} from the reference"
        return f"{found}; {differ}{agree}"

    def growth(self) -> Iterator[tuple[str, list[int], list[float]]]:
        """Of each arm and the rounded reference: steps, and the largest error of any weight."""
        batch = self.ladder.problem.batch_size
        steps_an_epoch = -(-int(self.reference["data/rows"]) // batch)
        rungs = {f"step {k}": k for k in self.ladder.steps}
        rungs |= {f"epoch {n + 1}": (n + 1) * steps_an_epoch for n in range(self.ladder.epochs)}
        every = {**self.traces, f"{REFERENCE} in float32": self.rounded}
        for name, trace in every.items():
            worst: dict[str, float] = {}
            for d in compare(trace, self.reference, self.ladder.problem):
                if d.rung in rungs and d.tensor.endswith(("/kernel", "/bias")):
                    worst[d.rung] = max(worst.get(d.rung, 0.0), d.error)
            points = sorted((rungs[rung], error) for rung, error in worst.items())
            yield name, [step for step, _ in points], [error for _, error in points]


def plain(parity: Parity, arms: Sequence[Place]) -> dict[str, Any]:
    """All numbers of one problem; an error that is not finite is None."""
    breach, ladder = parity.breach(), parity.ladder
    return {
        "problem": ladder.problem.name,
        "regime": ladder.regime.name,
        "seed": ladder.seed,
        "frameworks": [str(arm) for arm in arms],
        "threads": arms[0].threads,
        "steps": list(ladder.steps),
        "epochs": ladder.epochs,
        "data_digest": parity.reference["data/digest"].tobytes().hex(),
        "notice": parity.notice,
        "raised_bounds": [
            {"rung": rung, "tensor": tensor, "bound": bound}
            for (rung, tensor), bound in parity.raised.items()
        ],
        "verdict": parity.verdict(),
        "first_breach": breach and {"pair": breach[0], **_number(breach[1])},
        "differences": [
            {"pair": pair, **_number(d)} for pair, ds in parity.pairs.items() for d in ds
        ],
        "growth": [
            {"who": name, "steps": steps, "errors": errors}
            for name, steps, errors in parity.growth()
        ],
    }


def _number(d: Difference) -> dict[str, Any]:
    error = d.error if math.isfinite(d.error) else None
    return {**d._asdict(), "error": error, "broken": d.broken}


def keep(found: Mapping[str, Any], path: Path) -> None:
    """Write what `plain` gives as a record, for `twinbench report`."""
    about = {"kind": KIND, "schema": SCHEMA, "protocol": PROTOCOL, "error": None}
    seen = {"host": measure.host(), "git": measure.git(), "versions": measure.versions()}
    write_record({**about, **found, **seen}, path)


def rungs_of(trace: Trace) -> list[str]:
    """The rungs of a trace, from the lowest up."""
    return list(dict.fromkeys(key.partition("/")[0] for key in trace))


def save_trace(trace: Trace, path: Path) -> None:
    """Write it as `.npz`, whole or not at all; `/` in a tensor's name becomes `:`."""
    arrays: dict[str, Any] = {k.replace("/", ":"): value for k, value in trace.items()}
    with replaced(path) as file:
        np.savez(file, **arrays)


def read_trace(path: Path) -> Trace:
    """A trace from its file."""
    with np.load(path, allow_pickle=False) as arrays:
        return {key.replace(":", "/"): arrays[key] for key in arrays.files}
