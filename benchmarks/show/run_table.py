"""Whole runs as a table, once: `run`, `table`, `study` and `report` all show this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Any

from benchmarks.records.arm import (
    Arm,
    ended_without,
    group_by,
    metric_of,
    result_of,
    some_diverged,
    succeeded,
    threads,
    training_runs,
)
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, warnings_of
from benchmarks.show.port_time import port_sentences
from benchmarks.show.section import Section
from benchmarks.show.wording import listed, number, sentence
from benchmarks.statistics.verdict import Plan, comparisons
from common.framework import label_of
from common.problem import Metric
from common.say import counted

HEADINGS = (
    "problem",
    "framework",
    "device",
    "test accuracy or MAE",
    "epoch (ms)",
    "first epoch (s)",
    "samples/s",
    "peak (MiB)",
    "whole run (s)",
    "runs",
    "notes",
)
TEXT = (0, 1, 2, 3, len(HEADINGS) - 1)  # columns of text
LEFT_OUT = {"all": range(0), "metric": range(4, 9), "time": range(3, 4)}  # columns
METRIC = (
    "Accuracy, or mean absolute error (MAE) in 1,000 $, on the test rows after the last epoch: "
    "mean ± standard deviation over n seeds."
)
TIMES = (
    "Epoch: median over processes of the median of all epochs but the first, training only. First "
    "epoch, samples a second, peak memory of the process and the whole run from process start: "
    "medians over processes."
)
CAPTIONS = {"all": f"{METRIC} {TIMES}", "metric": METRIC, "time": TIMES}
FEW = (
    f"fewer than {MIN_PROCESSES} processes: no interval and no ranking; "
    "the times of such rows say nothing about which framework is faster"
)


@dataclass(frozen=True)
class Row:
    """The repetitions of one run: equal in everything but the seed.

    `values` are the test metrics, one a finished run; the other numbers are medians over finished
    runs in the unit that the name gives, or None without any.
    """

    problem: str
    framework: str
    regime: str
    device: str
    runs: tuple[Record, ...]
    failed: tuple[Record, ...]
    values: tuple[float, ...]
    steady_epoch_seconds: float | None
    first_epoch_seconds: float | None
    samples_per_second: float | None
    peak_rss_bytes: float | None
    total_seconds: float | None
    notice: str  # what must be said about data that is not the real data
    notes: tuple[str, ...]


def sections(
    records: Iterable[Record], show: str = "all", plan: Plan | None = None
) -> list[Section]:
    """A table a regime, so that numbers of two regimes never share a column; notes below the last.

    `show`: `all`, `metric` (no times, and the verdicts as sentences below) or `time` (no metric).
    Where times are shown, what may be said of a port's is a sentence below.
    Raises ValueError when the records were measured under different protocols.
    """
    runs = training_runs(records)
    rows = rows_of(runs, times=show != "metric")
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    kept = [i for i in range(len(HEADINGS)) if i not in LEFT_OUT[show]]
    tables = [
        Section(
            f"Results, regime {regime}",
            tuple(HEADINGS[i] for i in kept),
            [[cells[i] for i in kept] for cells in (_cells(row, notes) for row in own)],
            tuple(new for new, i in enumerate(kept) if i in TEXT),
        )
        for regime, own in group_by(rows, lambda row: row.regime).items()
    ]
    if tables:
        pairs = comparisons(runs, plan)
        verdicts = [sentence(pair, times=False) for pair in pairs]
        said = verdicts if show == "metric" else port_sentences(pairs)
        numbered = (f"{i}: {note}" for i, note in enumerate(notes, 1))
        warnings = [f"warning: {warning}" for warning in warnings_of(runs)] * (show != "metric")
        tables[0].notices.extend(not_real(runs))
        tables[-1].notes.extend([CAPTIONS[show], *said, *numbered, *warnings])
    return tables


def rows_of(runs: list[Record], *, times: bool = True) -> list[Row]:
    """One for each arm and data set; a failed run is counted in the first row of its arm."""
    rows = []
    several = len({threads(record) for record in runs}) > 1
    for repetitions in group_by(runs, Arm.of).values():
        finished = succeeded(repetitions)
        failed = [run for run in repetitions if run.error]
        for runs_of_data in group_by(finished, lambda run: run.data.digest).values() or [[]]:
            rows.append(_row(runs_of_data, failed, several, times))
            failed = []
    return rows


def _cells(row: Row, notes: list[str]) -> list[str]:
    """A text for each of HEADINGS; a row shows the numbers of its own notes."""
    epoch, peak = row.steady_epoch_seconds, row.peak_rss_bytes
    return [
        f"*{row.problem} !" if row.notice else row.problem,
        label_of(row.framework),
        row.device,
        metric_text(row),
        number(None if epoch is None else 1e3 * epoch),
        number(row.first_epoch_seconds),
        number(row.samples_per_second),
        number(None if peak is None else peak / 2**20),
        number(row.total_seconds),
        f"{len(row.runs)}" + (f" + {len(row.failed)} failed" if row.failed else ""),
        ", ".join(str(i) for i, note in enumerate(notes, 1) if note in row.notes),
    ]


def metric_text(row: Row) -> str:
    """`0.9785` or `MAE 2.620`, and with several seeds `0.9785 ± 0.0007 (n=5)`; or why not."""
    if not row.values:
        lost = "diverged" if some_diverged(row.runs) else "not finite"
        return lost if row.runs else "-"
    metric = metric_of(row.runs[0])
    name = "" if metric is Metric.ACCURACY else f"{metric.word} "
    text = f"{name}{mean(row.values):.{metric.digits}f}"
    if len(row.values) > 1:
        text += f" ± {stdev(row.values):.{metric.digits}f} (n={len(row.values)})"
    return text


def _row(runs: list[Record], failed: list[Record], say_threads: bool, times: bool) -> Row:
    first = (runs or failed)[0]
    values = list(map(result_of, runs))

    def middle(name: str) -> float | None:
        known = [value for run in runs if (value := getattr(run, name)) is not None]
        return median(known) if known else None

    return Row(
        problem=first.problem,
        framework=first.framework,
        regime=first.regime,
        device=first.device,
        runs=tuple(runs),
        failed=tuple(failed),
        values=tuple(value for value in values if value is not None),
        steady_epoch_seconds=middle("steady_epoch_seconds"),
        first_epoch_seconds=middle("first_epoch_seconds"),
        samples_per_second=middle("samples_per_second"),
        peak_rss_bytes=middle("peak_rss_bytes"),
        total_seconds=middle("total_seconds"),
        notice=first.data.notice or "",
        notes=(*_notes(runs, failed, values, say_threads), *(_of_times(runs) if times else ())),
    )


def _notes(runs: list[Record], failed: list[Record], values: list, say_threads: bool) -> list[str]:
    first = (runs or failed)[0]
    notes = []
    if notice := first.data.notice:
        notes.append(f"NOT THE REAL DATA FILES ({first.data.source}): {notice}")
    if first.changed:
        notes.append(f"changed: {listed(first.changed.items())}")
    if say_threads:
        notes.append(f"threads: {threads(first)}")
    if None in values:
        notes.append(f"{values.count(None)} of {counted(len(runs), 'run')} {ended_without(runs)}")
    if len({str((run.versions, run.host.cpu)) for run in runs}) > 1:
        notes.append("mixes machines or versions of libraries; `--force` measures anew")
    if failed and (error := failed[0].error):
        notes.append(f"failed: {error.kind}: {_one_line(error.message)}")
    replicas = sum(run.trained_together > 1 for run in runs)
    if replicas:
        notes.append(f"{replicas} of {len(runs)} runs are replicas, several in one process")
    return notes


def _of_times(runs: list[Record]) -> Iterator[str]:
    timed = sum(run.timed for run in runs)
    if timed < len(runs):
        yield f"the times are of {counted(timed, 'run')}, those of the others were not taken"
    if 0 < timed < MIN_PROCESSES:
        yield FEW


def _one_line(text: Any, limit: int = 160) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
