"""The parity ladder: who climbs it, on what, in which process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.harness.process import Child
from benchmarks.records.job import path_of
from benchmarks.records.place import Place
from common.data import Data, load
from common.framework import framework
from common.problem import Problem
from common.reference import ReferenceTask
from common.regime import MATCHED, Regime
from common.splits import hold_out
from common.trace import STEPS, Rows, Trace, climb

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
        """The problem's rows, as all regimes with shared weights take them: text as CSR."""
        data = self.loaded()
        (x, y), validation = hold_out(data.x, data.y, self.problem.validation)
        return Rows(x, y, data.x_test, data.y_test, validation)

    def key(self, arms: Sequence[Place]) -> str:
        """Path below the results folder of what these arms find, but for how the names end.

        As `Job.key`: its digest covers what can change the numbers and is not in the path.
        """
        settings = {
            "problem": asdict(self.problem),
            "regime": self.regime.keyed(),
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
        here = "benchmarks.harness.ladder:climb_here"
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
