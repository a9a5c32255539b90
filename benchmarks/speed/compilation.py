"""What a framework's compiler brings: the tutorial's code with it and without, in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from benchmarks.harness import worker
from benchmarks.harness.clocks import Stages, Surroundings, process_age_seconds
from benchmarks.records.arm import group_by, of_kind
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Compilation
from benchmarks.statistics.epochs import epoch_ratio
from benchmarks.statistics.payback import Payback, Started, payback
from benchmarks.statistics.ratios import Ratio
from common.framework import framework, frameworks

NOTHING, WHOLE = "nothing", "the whole step"


@dataclass(frozen=True)
class Compiled(Job):
    """A training with a part of its step compiled: an extent of the framework, nothing or all."""

    kind = folder = "compilation"
    across = True
    target = f"{__name__}:measure"
    extent: str = ""  # empty: as the regime says

    @property
    def about(self) -> dict[str, Any]:
        """What is compiled, in words."""
        return {"extent": self.extent or (WHOLE if self.regime.compiled else NOTHING)}

    @property
    def key(self) -> str:
        """Path of its record below the folder of its kind."""
        return f"{self.about['extent'].replace(' ', '-')}/{super().key}"

    def __str__(self) -> str:
        return f"{super().__str__()}, {self.about['extent']}"


def extents(job: Job) -> list[Compiled]:
    """The job, and where it is compiled each extent beside it."""
    parts = framework(job.framework).extents if job.regime.compiled else ()
    whole = Compiled.of(job)
    return [whole, *(replace(whole, extent=part) for part in parts)]


def measure(job: Compiled, emit: worker.Emit) -> dict[str, Any]:
    """The measured part of a record: training alone, no rows held out; in a Child."""
    surroundings, stages = Surroundings(), Stages()
    kind = framework(job.framework)
    with stages("import"):
        kind.task_class()
        partly = kind.ablation_module().PartlyCompiledTask if job.extent else None
    with stages("data"):
        data = worker.planned_data(job)
        (x, y), _ = worker.training_rows(job, data)
    with stages("build"):
        if partly:
            task = partly(job.problem, extent=job.extent, **worker.task_options(job))
        else:
            task = worker.task_of(job)
    with stages("fit"):
        history = worker.fit(task, x, y, emit)
    return {
        **worker.measured(job, data, task, history, len(y), stages),
        "total_seconds": process_age_seconds(),
        "surroundings": surroundings.read(),
    }


@dataclass(frozen=True)
class Extent:
    """One arm: medians over its processes in seconds, counts of one process, None if not told.

    `ratio` and `payback` are against the arm where nothing is compiled; None of that itself, and
    without it.
    """

    framework: str
    compiled: str
    processes: int
    epoch: float
    first: float  # with building the network before it
    graph_breaks: int | None
    recompilations: int | None
    ratio: Ratio | None
    payback: Payback | None


def arms(records: Iterable[Record]) -> list[Extent]:
    """Those of one problem's finished records, by framework; first where nothing is compiled."""
    found = []
    for name, own in group_by(of_kind(records, Compilation), lambda run: run.framework).items():
        by_extent = group_by(own, lambda run: run.extent)
        parts = known.extents if (known := frameworks().get(name)) else ()
        for extent in filter(by_extent.get, (NOTHING, *parts, WHOLE)):
            plain = by_extent.get(NOTHING) if extent != NOTHING else None
            found.append(_arm(name, extent, by_extent[extent], plain))
    return found


def _arm(
    name: str, extent: str, runs: list[Compilation], plain: list[Compilation] | None
) -> Extent:
    started, settings = [_started(run) for run in runs], runs[0].settings
    return Extent(
        name,
        extent,
        len(runs),
        median(each.steady for each in started),
        median(each.first for each in started),
        settings.graph_breaks,
        settings.recompilations,
        epoch_ratio(plain, runs) if plain else None,
        payback([_started(run) for run in plain], started) if plain else None,
    )


def _started(run: Compilation) -> Started:
    return Started(run.stages["build"] + run.first_epoch_seconds, run.steady_epoch_seconds)
