"""What is running and what is left, on standard error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean
from time import monotonic
from typing import Any

from rich import progress as bars
from rich.console import Console
from rich.text import Text

from benchmarks.harness.process import Child
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from common.problem import Problem
from common.say import is_quiet
from common.visible import visible

Kind = tuple[Problem, str, bool]  # of jobs that take about as long as each other
DRAWN_A_SECOND = 2  # times: what draws and estimates takes time from what is being timed


def bar_of(*columns: bars.ProgressColumn, **options: Any) -> bars.Progress:
    """A bar with these columns on standard error until it ends; none in a file, nor with `-q`."""
    console = Console(stderr=True, quiet=is_quiet())
    shown = console.is_terminal and not is_quiet()
    return bars.Progress(*columns, console=console, disable=not shown, transient=True, **options)


class Progress:
    """A live line on a terminal; elsewhere a plain line at the start and the end of each job."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs
        self.left = Counter(map(_kind, jobs))
        self.done: list[tuple[Kind, float]] = []  # seconds of each job that ran now and ended well
        self.number = 0  # jobs that ended, well or not
        self.ended = monotonic()  # when the last of them did
        self.current: Job | None = None
        self.begun: set[Job] = set()
        self.drawn = 0.0  # when the running job was last drawn
        self.bar = bar_of(
            bars.BarColumn(bar_width=20),
            bars.TextColumn("{task.description}", markup=False),
            refresh_per_second=DRAWN_A_SECOND,
        )
        self.console = self.bar.console
        self.line = self.bar.add_task("", total=max(1, len(jobs)))

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def event(self, job: Job, event: dict[str, Any]) -> None:
        """Take note of a stage or of an epoch of the job that is running."""
        new, self.current = job not in self.begun, job
        self.begun.add(job)
        if not self.console.is_terminal:
            if new:
                self._print(f"[{self.number + 1}/{len(self.jobs)}] {job}")
            return
        if not new and monotonic() - self.drawn < 1 / DRAWN_A_SECOND:
            return
        self.drawn = monotonic()
        doing = event.get("stage", "")
        within = float(doing == "evaluate")
        if "epoch" in event:
            metric = job.problem.metric
            within = event["epoch"] / job.epochs
            doing = f"epoch {event['epoch']}/{job.epochs} loss {event['loss']:.4f}"
            doing += f" {metric} {event[metric]:.4f}" if metric in event else ""
        self.bar.update(
            self.line,
            completed=self.number + within,
            description=f"[{self.number + 1}/{len(self.jobs)}] {job}: {doing}{self._left(within)}",
        )

    def finished(self, job: Job, record: Record, cached: bool) -> None:
        """Print one line for a job that ended."""
        self.number += 1
        result = f"FAILED: {record.error.kind}" if record.error else _result(record)
        self.left[_kind(job)] -= 1
        since, self.ended = monotonic() - self.ended, monotonic()
        if record.error is None and not cached:
            # without a clock of its own, what it took beside those that ran with it
            self.done.append((_kind(job), record.total_seconds or since))
        self.bar.update(self.line, completed=self.number)
        had = " (was there)" if cached else ""
        line = f"[{self.number}/{len(self.jobs)}] {job}: {result}{had}{self._left(0)}"
        self._print(line)

    def _print(self, text: str) -> None:
        """A line above the bar, not wrapped whatever width rich takes a log file to have."""
        self.console.print(Text(visible(text)), soft_wrap=True)

    def seconds_left(self, within: float = 0.0) -> float | None:
        """Estimate for the jobs that have not ended, `within` of the running one being done.

        A job counts like those of its problem and framework so far that are timed or not as it is,
        else of its problem, else all.
        """
        if not self.done:
            return None
        left = +self.left
        seconds = sum(self._typical(kind) * n for kind, n in left.items())
        running = next(iter(left), None) if self.current is None else _kind(self.current)
        return seconds - (within * self._typical(running) if running else 0.0)

    def _typical(self, kind: Kind) -> float:
        same = [s for done, s in self.done if done[0] == kind[0]]
        closer = [s for done, s in self.done if done == kind]
        return fmean(closer or same or [s for _, s in self.done])

    def _left(self, within: float) -> str:
        seconds = self.seconds_left(within)
        if not seconds:
            return ""
        return f", about {seconds / 60:.0f} min left" if seconds > 90 else f", {seconds:.0f} s left"


def _kind(job: Job) -> Kind:
    return job.problem, job.framework, job.timed


def _result(record: Record) -> str:
    """The test metrics; of a fold, which has none, the metrics of the rows that it held out."""
    scores = {f"test {name}": value for name, value in record.metrics.items()}
    if not scores:
        curves = record.history.items()
        scores = {
            name.replace("val_", "validation "): curve[-1]
            for name, curve in curves
            if curve and name.startswith("val_")
        }
    values = [
        f"{name} {'not finite' if value is None else format(value, '.4f')}"
        for name, value in scores.items()
    ]
    seconds = record.total_seconds
    took = [f"{seconds:.1f} s"] if seconds is not None else ["untimed"] * bool(record.metrics)
    return ", ".join([*["DIVERGED"] * bool(record.diverged), *values, *took])


@contextmanager
def shown_child(job: Job) -> Iterator[Callable[..., Any]]:
    """`call(target, *arguments)`: what a target returns of the job and these, from one process.

    The target and its epochs are shown meanwhile. Raises what `Child.call` raises.
    """
    console = Console(stderr=True, quiet=is_quiet())
    with console.status(f"{job}: starting") as status, Child.at(job.place, job.regime) as child:

        def show(event: dict[str, Any]) -> None:
            status.update(f"{job}: epoch {event['epoch']}/{job.epochs}")

        def call(target: str, *arguments: Any) -> Any:
            status.update(f"{job}: {target.rpartition(':')[2]}")
            return child.call(target, job, *arguments, on_event=show, timeout=job.timeout)

        yield call
