"""How many runs are missing and how long they will take, before anything is run.

A run takes what its process takes to start, and then so much a step. Both are read off records: of
these results where there are any that are alike, else of those that come with the docs, from
another machine, which is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.record import read_files, read_served
from common.install import DOCS
from common.say import counted

ELSEWHERE = ("tuned", "time")  # packed records in docs/study
WORTH_SAYING = 60  # seconds


@dataclass(frozen=True)
class Forecast:
    """What a command will run, and for about how long."""

    runs: int
    there: int  # of these, with a record
    seconds: float | None  # of the others; None where nothing like them has ever been run
    guess: str  # why the seconds are not to be relied on; empty where they are

    @property
    def missing(self) -> int:
        """Runs that have no record yet."""
        return self.runs - self.there

    def __str__(self) -> str:
        had = f", {self.there} of them there" if self.there else ""
        if not self.missing:
            return f"{counted(self.runs, 'run')}{had}: nothing to run"
        if self.seconds is None:
            time = "how long they take is not known before the first has ended"
        else:
            time = f"about {duration(self.seconds)}" + (f" ({self.guess})" if self.guess else "")
        return f"{counted(self.runs, 'run')}{had}: {time}"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def forecast(
    jobs: Iterable[Job], results: Path, *, force: bool = False, at_once: int = 1
) -> Forecast:
    """The forecast of these jobs; `at_once` is how many that are not timed run at a time.

    What starts is counted once for all that share a process.
    """
    jobs = list(dict.fromkeys(jobs))
    missing = [job for job in jobs if force or read_served(job, results) is None]
    return forecast_missing(missing, len(jobs), results, at_once=at_once)


def forecast_missing(
    missing: Sequence[Job], runs: int, results: Path, *, at_once: int = 1
) -> Forecast:
    """As `forecast`, where it is known which of the runs are missing."""
    there = runs - len(missing)
    if not missing:
        return Forecast(runs, there, 0.0, "")
    here = _costs(record for _, record in read_files(results, lambda message: None))
    started: set[object] = set()
    seconds, guesses = 0.0, dict[str, None]()
    for job in missing:
        found = _alike(job, here)
        if found is None:
            return Forecast(runs, there, None, "")
        costs, guess = found
        guesses[guess] = None
        process = job.batch or job.process
        start = 0.0 if process in started else fmean(cost.start for cost in costs)
        started.add(process)
        fit = fmean(cost.step for cost in costs) * job.steps
        seconds += (start + fit) / (1 if job.timed else at_once)
    guess = "; ".join(filter(None, guesses))
    return Forecast(runs, there, seconds, guess)


@dataclass(frozen=True)
class _Cost:
    """What a run has taken."""

    kind: str
    arm: tuple[str, str, str, str]  # problem, framework, regime, device
    start: float  # seconds, of all but the epochs
    step: float  # seconds of a step, for each row of the training set


def _costs(records: Iterable[Record]) -> list[_Cost]:
    return list(filter(None, map(_cost, records)))


def _cost(record: Record) -> _Cost | None:
    problem, epochs = record.settings.problem or {}, len(record.epoch_seconds)
    folded = record.kind == "crossval"
    batch = problem.get("fold_batch_size" if folded else "batch_size")
    if record.error or not epochs or not batch or record.trained_together > 1:
        return None
    fit = sum(record.epoch_seconds) + sum(record.validation_seconds)
    # the process of a fold has trained others before
    start = 0.0 if folded else max(0.0, (record.total_seconds or fit) - fit)
    arm = (record.problem, record.framework, record.regime, record.device)
    return _Cost(record.kind, arm, start, fit * batch / epochs)


def _alike(job: Job, here: Sequence[_Cost]) -> tuple[list[_Cost], str] | None:
    """What is most like a job, and why it is a guess; None where nothing is."""
    arm = (job.problem.name, job.framework, job.regime.name, job.device)
    looks: Iterator[tuple[Callable[[_Cost], bool], str]] = iter(
        (
            (lambda cost: cost.arm == arm and cost.kind == job.kind, ""),
            (lambda cost: cost.arm == arm, ""),
            (lambda cost: cost.arm[:2] == arm[:2], "from runs of another regime or device"),
            (lambda cost: cost.arm[0] == arm[0], "from runs of another framework"),
        )
    )
    for alike, guess in looks:
        if found := [cost for cost in here if alike(cost)]:
            return found, guess
        if found := [cost for cost in _elsewhere() if alike(cost)]:
            return found, "a guess: times of another machine"
    return None


@cache
def _elsewhere() -> tuple[_Cost, ...]:
    """Of the records that come with the docs, where these are."""
    paths = [DOCS / "study" / f"{name}.jsonl.gz" for name in ELSEWHERE]
    files = (read_files(path, lambda message: None) for path in paths if path.is_file())
    return tuple(_costs(record for file in files for _, record in file))
