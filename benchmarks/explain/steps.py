"""Where the time of a training step goes: epochs with parts left out, one beside the other.

A part costs what an epoch takes with it less what an epoch takes without it and all that follows.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.harness import worker
from benchmarks.harness.clocks import Stages, Surroundings, median_seconds
from benchmarks.records.arm import group_by, of_kind
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import PARTS, Ablation, Profile
from benchmarks.statistics.ratios import Ratio, ratio_of_times
from common.batches import is_sparse
from common.framework import framework
from common.splits import hold_out

STEPS = 100  # of an epoch, at most: a step costs what it costs
ROUNDS = 7
EPOCHS = 3
KERNELS = Profile.__struct_fields__[:-1]


@dataclass(frozen=True)
class Round(Job):
    """A step taken apart; the seed is the number of the round."""

    kind = folder = "ablation"
    target = f"{__name__}:measure"


def measure(job: Job, emit: Callable[[dict], None]) -> dict[str, Any]:
    """One round, the measured part of a record: the seed of the job is its number. In a Child.

    Seconds a step by last part in `until`, with a piece of `tuned` done as users do in `otherwise`,
    of the matrix products alone in `products_alone`, and by kind of kernel with the whole of the
    profiled epoch in `profile`.
    """
    started, surroundings = perf_counter(), Surroundings()
    ablation = framework(job.framework).ablation_module()
    data = worker.planned_data(job)
    (x, y), _ = hold_out(data.x, data.y, job.problem.validation)
    rows = min(len(y), STEPS * job.problem.batch_size)
    x, y = worker.held(job, x[:rows]), y[:rows]
    steps = -(-rows // job.problem.batch_size)

    seconds = {}
    pieces = framework(job.framework).pieces if job.regime.tuned else ()
    apart = [*PARTS[:-1], *pieces]
    # in an order that is new each round; the whole step last, since its Task is needed after
    for part in [*random.Random(job.seed).sample(apart, len(apart)), PARTS[-1]]:
        emit({"stage": part})
        if part == PARTS[-1]:
            task = worker.task_of(job)
        elif part in pieces:
            task = ablation.OtherwiseTask(job.problem, piece=part, **worker.task_options(job))
        else:
            task = ablation.PartialTask(job.problem, last=part, **worker.task_options(job))
        history = task.fit(x, y, epochs=EPOCHS, order=task.order(rows))
        seconds[part] = median(history["epoch_seconds"][1:]) / steps  # the first may compile
        gc.collect()  # a Keras network is a ring of references, and the next is timed
    emit({"stage": "kernels"})
    fed = x[: job.problem.batch_size] if job.regime.tuned and is_sparse(x) else None
    place = task.facts()["device"]
    products = ablation.products(job.problem, place, fed, tuned=job.regime.tuned)
    clocks: list[float] = []
    profile = ablation.profiled(
        lambda: clocks.extend(task.fit(x, y, epochs=1, order=task.order(rows))["epoch_seconds"])
    )
    return {
        **worker.measured(job, data, task, history, rows, Stages()),
        "until": {part: seconds[part] for part in PARTS},
        "otherwise": {piece: seconds[piece] for piece in pieces},
        "steps": steps,
        "products_alone": median_seconds(products, task.synchronize),
        "profile": {k: v / steps for k, v in {**profile, "whole": clocks[0]}.items()},
        "surroundings": surroundings.read(),
        "total_seconds": perf_counter() - started,
    }


@dataclass(frozen=True)
class Split:
    """Where the time of a step goes in one arm: medians over rounds, in seconds a step."""

    framework: str
    regime: str
    parts: Mapping[str, float]  # by PARTS; a small one may come out negative, which is noise
    step: float
    products_alone: float
    profile: Mapping[str, float]  # share of the profiled epoch by kind of kernel
    rounds: int


def splits(records: Iterable[Record]) -> list[Split]:
    """One for each arm of the finished records, in their order."""
    finished = of_kind(records, Ablation)
    arms = group_by(finished, lambda record: (record.framework, record.regime))
    return [_split(name, regime, rounds) for (name, regime), rounds in arms.items()]


class Piece(NamedTuple):
    """Seconds a step of tuned, those with one of its pieces done as users do, and their ratio."""

    framework: str
    piece: str
    step: float
    otherwise: float
    ratio: Ratio


def pieces(records: Iterable[Record]) -> list[Piece]:
    """One for each piece of each framework's tuned regime, in their order."""
    found = []
    for name, rounds in group_by(of_kind(records, Ablation), lambda run: run.framework).items():
        tuned = [run for run in rounds if run.otherwise]
        whole = [[run.until[PARTS[-1]]] for run in tuned]
        for piece in tuned[0].otherwise if tuned else ():
            without = [[run.otherwise[piece]] for run in tuned]
            step, otherwise = (median(chain(*each)) for each in (whole, without))
            ratio = ratio_of_times(without, whole)
            found.append(Piece(name, piece, step, otherwise, ratio))
    return found


def _split(name: str, regime: str, rounds: list[Ablation]) -> Split:
    until = {part: [r.until[part] for r in rounds] for part in PARTS}
    before = ([0.0] * len(rounds), *until.values())
    parts = {
        part: median(b - a for a, b in zip(last, seconds, strict=True))
        for last, (part, seconds) in zip(before, until.items(), strict=False)
    }
    profile = {k: median(getattr(r.profile, k) / r.profile.whole for r in rounds) for k in KERNELS}
    return Split(
        name,
        regime,
        parts,
        step=median(until[PARTS[-1]]),
        products_alone=median(r.products_alone for r in rounds),
        profile=profile,
        rounds=len(rounds),
    )
