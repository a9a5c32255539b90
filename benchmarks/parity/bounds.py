"""Measure how far rounding alone moves two climbs apart: the numbers in `common/bounds.json`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness.ladder import Ladder, climb_apart, climb_by_hand
from benchmarks.records.job import PROTOCOL
from benchmarks.records.place import Place
from benchmarks.statistics.parity import Parity
from common.atomic import replaced
from common.problem import Problem
from common.trace import Trace, judged_rung

REASONS = {
    "data": "the same arrays must give the same digest",
    "weights": "copying changes no bit",
    "scores": "sums of up to 10,000 float32 products, added in another order",
    "loss": "as scores, then a mean over the batch",
    "gradients": "as scores, once more for each layer on the way down",
    "step": "RMSprop divides by the root of small squares, which lifts the error of a gradient "
    "near zero; by step 100 an input may have crossed a relu's kink, and its weights differ",
    "fit": "as the steps, by the loop that is timed",
    "two epochs": "four batches twice over, in another order: 8 steps, before rounding grows",
    "epoch": "losses and metrics of a whole run; rounding is amplified by every step, so that its "
    "weights are shown and not judged",
    "final": "as the epochs; where ten times the error is 1 or more nothing is judged",
}


class Setting(NamedTuple):
    """One way in which a machine rounds; it becomes a sentence in the file."""

    sentence: str
    threads: int = 2
    seed: int = 0
    environment: Mapping[str, str] = {}


PLAIN = {"ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}
SETTINGS = (
    Setting("2 threads, seed 0"),
    Setting("1 thread, seed 0", threads=1),
    Setting(
        "2 threads, seed 0, without the processor's wide instructions ("
        + ", ".join(f"{name}={value}" for name, value in PLAIN.items())
        + ")",
        environment=PLAIN,
    ),
    Setting("2 threads, seed 1", seed=1),
)

Measured = dict[str, dict[str, dict[str, float]]]
"""Problem -> rung -> tensor -> the largest error; all epochs are one rung."""


def measure(
    problems: Iterable[Problem],
    names: Iterable[str],
    data_dir: str | None,
    say: Callable[[str], None],
) -> Measured:
    """Climb each problem on the real data in every setting, on the embedded data in the first.

    Errors are those against the reference in float64 and those between two frameworks; the
    reference in float32 counts as a framework.
    """
    measured: Measured = {}
    for problem in problems:
        worst = measured.setdefault(problem.name, {})
        sources: dict[bytes, str] = {}  # the embedded table of Boston is the real one
        for data in ("real", "embedded"):
            by_hand: dict[int, tuple[Trace, Trace]] = {}
            for setting in SETTINGS if data == "real" else SETTINGS[:1]:
                ladder = Ladder(
                    problem, seed=setting.seed, data=data, data_dir=data_dir, epochs=problem.epochs
                )
                digest = ladder.rows().digest().tobytes()
                if sources.setdefault(digest, data) != data:
                    continue
                say(f"{problem.name}, {data} data, {setting.sentence}")
                if setting.seed not in by_hand:
                    by_hand[setting.seed] = (
                        climb_by_hand(ladder),
                        climb_by_hand(ladder, np.float32),
                    )
                with _environment(setting.environment):
                    arms = [Place(name, threads=setting.threads) for name in names]
                    traces = {arm.framework: climb_apart(ladder, arm) for arm in arms}
                exact, rounded = by_hand[setting.seed]
                traces["reference in float32"] = rounded
                keep_largest(worst, Parity(ladder, "", exact, rounded, traces))
    return measured


def keep_largest(worst: dict[str, dict[str, float]], parity: Parity) -> None:
    """Update `worst` (rung -> tensor -> error) with the larger errors of this parity.

    Raises ArithmeticError for an error that is not finite, which rounding cannot cause.
    """
    for pair, differences in parity.pairs.items():
        for d in differences:
            if not math.isfinite(d.error):
                raise ArithmeticError(
                    f"{parity.ladder.problem.name}: {' and '.join(pair)} differ by {d.error} at "
                    f"rung '{d.rung}', tensor {d.tensor}: a fault and not rounding; run `twinbench "
                    "parity` and mend it before bounds are measured"
                )
            if d.rung in ("data", "weights") or d.tensor == "step":
                continue  # equal by definition
            if d.rung.startswith("epoch") and d.tensor.endswith(("/kernel", "/bias")):
                continue  # shown, never judged
            rung = worst.setdefault(judged_rung(d.rung), {})
            rung[d.tensor] = max(rung.get(d.tensor, 0.0), d.error)


def write_bounds(measured: Measured, path: Path) -> None:
    """Write the file atomically; a problem that was not measured keeps its numbers."""
    if path.exists():
        measured = json.loads(path.read_text())["measured"] | measured
    content: dict[str, Any] = {
        "protocol": PROTOCOL,
        "settings": [setting.sentence for setting in SETTINGS],
        "data": "the real data in every setting, the embedded data in the first",
        "reasons": REASONS,
        "measured": {
            problem: {
                rung: {tensor: float(f"{error:.2g}") for tensor, error in tensors.items()}
                for rung, tensors in rungs.items()
            }
            for problem, rungs in measured.items()
        },
    }
    with replaced(path) as file:
        file.write(f"{json.dumps(content, indent=1)}\n".encode())


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables in this process, from which a child inherits them."""
    original = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(original)
