"""Ours against what a user would run instead, in turn on one machine, each in a fresh process."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from benchmarks.harness import worker, worker_folds
from benchmarks.harness.clocks import Stages, Surroundings, peak_rss_bytes, process_age_seconds
from benchmarks.harness.peers import PEERS
from benchmarks.records.arm import group_by, of_kind, result_of
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Race
from benchmarks.records.machine import usable_cores, versions
from benchmarks.records.place import Place
from benchmarks.statistics.epochs import epoch_ratio
from benchmarks.statistics.ratios import Ratio, ratio_of_times

Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Raced(Job):
    """A run of a framework or of a peer, which lives in the environment of one."""

    kind = "race"
    folder = "race/hold-out"
    across = True
    target = f"{__name__}:measure"

    @property
    def place(self) -> Place:
        """Where it runs; a peer runs in the environment of its framework."""
        peer = PEERS.get(self.framework)
        return replace(super().place, framework=peer.framework if peer else self.framework)


@dataclass(frozen=True)
class RacedFolds(Raced):
    """The same of the K-fold protocol."""

    folder = "race/folds"
    target = f"{__name__}:measure_folds"

    @property
    def epochs(self) -> int:
        """Those of each fold."""
        return self.problem.fold_epochs

    @property
    def steps(self) -> float:
        """Those of all folds."""
        return self.problem.folds * self.epochs / self.problem.fold_batch_size


def measure(job: Job, emit: Emit) -> dict[str, Any]:
    """The measured part of a record; in a Child."""
    return measure_peer(job, False, emit) if job.framework in PEERS else worker.run_job(job, emit)


def measure_folds(job: Job, emit: Emit) -> dict[str, Any]:
    """The measured part of a record of the K-fold protocol; in a Child."""
    if job.framework in PEERS:
        return measure_peer(job, True, emit)
    surroundings = Surroundings()
    parts = worker_folds.run_folds(worker_folds.folds_of(job), emit)
    metric = job.problem.metric
    values = [part["history"][f"val_{metric}"][-1] for part in parts]
    return {
        **parts[0],
        "total_seconds": process_age_seconds(),
        "metrics": {metric: sum(values) / len(values)},
        "surroundings": surroundings.read(),
    }


def measure_peer(job: Job, folds: bool, emit: Emit) -> dict[str, Any]:
    """The measured part of a record of a peer; in a Child."""
    surroundings, stages = Surroundings(), Stages()
    emit({"stage": "import"})
    with stages("import"):
        peer = importlib.import_module(f"benchmarks.speed.peers.{job.framework}")
    trained = (peer.cross_validate if folds else peer.train)(job, stages, emit)
    total, peak, rest = process_age_seconds(), peak_rss_bytes(), trained["epoch_seconds"][1:]
    return {
        **trained,
        "total_seconds": total,
        "first_epoch_seconds": trained["epoch_seconds"][0],
        "steady_epoch_seconds": median(rest) if rest else None,
        "stages": stages.seconds,
        "peak_rss_bytes": peak,
        "threads": job.threads or usable_cores(),
        "versions": versions(),
        "data": worker.provenance(worker.planned_data(job)),
        "settings": {"changed": job.changed},
        "surroundings": surroundings.read(),
    }


@dataclass(frozen=True)
class Runner:
    """One arm of a race: medians over its processes, and how often the first arm's time they are.

    Times in seconds. A ratio over 1 says that this arm is faster.
    """

    framework: str
    regime: str
    processes: int
    metrics: tuple[float, ...]  # of the runs that ended with one
    epoch: float | None  # training alone
    validated: float | None  # with the validation after it
    total: float
    peak: float  # bytes
    epoch_ratio: Ratio | None
    validated_ratio: Ratio | None
    total_ratio: Ratio
    peak_ratio: float


def runners(records: Iterable[Record], peer: str = "textbook") -> list[Runner]:
    """The arms of one problem's finished records, the peer first; ValueError without it."""
    finished = of_kind(records, Race)
    arms = group_by(finished, lambda record: (record.framework, record.regime))
    first = next((runs for (name, _), runs in arms.items() if name == peer), None)
    if first is None:
        raise ValueError(f"no finished run of {peer}, against which the others are measured")
    order = sorted(arms.items(), key=lambda item: (item[1] is not first, item[0]))
    return [_runner(name, regime, runs, first) for (name, regime), runs in order]


def _runner(name: str, regime: str, runs: list[Race], first: list[Race]) -> Runner:
    def middle(of: Callable[[Race], list[float]]) -> float | None:
        values = [of(run)[1:] for run in runs]
        return median(map(median, values)) if all(values) else None

    total = ratio_of_times(*([[run.total_seconds] for run in arm] for arm in (first, runs)))
    peak = median(run.peak_rss_bytes for run in runs)
    return Runner(
        name,
        regime,
        len(runs),
        tuple(value for value in map(result_of, runs) if value is not None),
        middle(lambda run: run.epoch_seconds),
        middle(_validated),
        median(run.total_seconds for run in runs),
        peak,
        epoch_ratio(first, runs),
        epoch_ratio(first, runs, _validated),
        total,
        median(run.peak_rss_bytes for run in first) / peak,
    )


def _validated(run: Race) -> list[float]:
    """Seconds of each epoch with its validation; empty when there is none."""
    pairs = list(zip(run.epoch_seconds, run.validation_seconds, strict=False))
    return [trained + validated for trained, validated in pairs]
