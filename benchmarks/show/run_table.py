"""Whole runs as a table, once: `run`, `table`, `study` and `report` all show this one."""

from __future__ import annotations

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
)
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, warnings_of
from benchmarks.show.port_time import port_sentences
from benchmarks.show.section import Section
from benchmarks.show.wording import listed, number, sentence
from benchmarks.statistics.compared import Compared
from benchmarks.statistics.epochs import notes as epoch_notes
from common.framework import label_of
from common.problem import Metric
from common.say import counted

HEADINGS = (
    "problem",
    "framework",
    "device",
    "test accuracy or MAE",
    "test loss",
    "epoch (ms)",
    "first epoch (s)",
    "samples/s",
    "peak (MiB)",
    "whole run (s)",
    "runs",
    "notes",
)
TEXT = (0, 1, 2, 3, len(HEADINGS) - 1)  # columns of text
LEFT_OUT = {"all": range(0), "metric": range(5, 10), "time": range(3, 5)}  # columns
SPARE = ("samples/s", "first epoch (s)", "whole run (s)", "device", "peak (MiB)")
"""What a narrow terminal does without, the first first."""
METRIC = (
    "Accuracy, or mean absolute error (MAE) in 1,000 $, on the test rows after the last epoch: "
    "mean ± standard deviation over n seeds; and the mean test loss."
)
TIMES = (
    "Epoch: median over processes of the median of all epochs but the first, training only. First "
    "epoch, samples a second, peak memory of the process and the whole run from process start: "
    "medians over processes."
)
CAPTIONS = {"all": f"{METRIC} {TIMES}", "metric": METRIC, "time": TIMES}
LONGEST = 160  # characters of an error in a note
FEW = (
    f"fewer than {MIN_PROCESSES} processes: no interval and no ranking; "
    "the times of such rows say nothing about which framework is faster"
)


@dataclass(frozen=True)
class Row:
    """The repetitions of one run, equal in everything but the seed, finished and failed ones."""

    runs: tuple[Record, ...]
    failed: tuple[Record, ...]
    notes: tuple[str, ...]

    @property
    def first(self) -> Record:
        """A run that has what all have."""
        return (self.runs or self.failed)[0]

    @property
    def values(self) -> list[float]:
        """The test metrics of the finished runs that ended with one."""
        return [value for value in map(result_of, self.runs) if value is not None]

    @property
    def loss(self) -> float | None:
        """The mean test loss of the finished runs that ended with a metric; None without any."""
        ended = [run for run in self.runs if result_of(run) is not None]
        losses = [loss for run in ended if (loss := run.metrics.get("loss")) is not None]
        return mean(losses) if losses else None

    def middle(self, name: str, unit: float = 1) -> str:
        """The median over finished runs of a quantity, in its unit; "-" where none has it."""
        known = [value for run in self.runs if (value := getattr(run, name)) is not None]
        return number(median(known) / unit if known else None)


def sections(compared: Compared, show: str = "all") -> list[Section]:
    """A table a regime, so that numbers of two regimes never share a column; notes below the last.

    `show`: `all`, `metric` (no times, and the verdicts as sentences below) or `time` (no metric).
    Where times are shown, what may be said of a port's is a sentence below.
    """
    runs, pairs = compared
    rows = rows_of(runs, times=show != "metric")
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    kept = [i for i in range(len(HEADINGS)) if i not in LEFT_OUT[show]]
    tables = [
        Section(
            f"Results, regime {regime}",
            tuple(HEADINGS[i] for i in kept),
            [[cells[i] for i in kept] for cells in (_cells(row, notes) for row in own)],
            tuple(new for new, i in enumerate(kept) if i in TEXT),
            spare=SPARE,
            runs=list(map(_repetitions, own)),
        )
        for regime, own in group_by(rows, lambda row: row.first.regime).items()
    ]
    if tables:
        verdicts = [sentence(pair, times=False) for pair in pairs]
        said = verdicts if show == "metric" else [*port_sentences(pairs), *epoch_notes(runs)]
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
            notes = [*_notes(runs_of_data, failed, several), *(_of_times(runs_of_data) * times)]
            rows.append(Row(tuple(runs_of_data), tuple(failed), tuple(notes)))
            failed = []
    return rows


def _cells(row: Row, notes: list[str]) -> list[str]:
    """A text for each of HEADINGS; a row shows the numbers of its own notes."""
    first = row.first
    return [
        f"*{first.problem} !" if first.data.notice else first.problem,
        label_of(first.framework),
        first.device,
        metric_text(row),
        "-" if row.loss is None else f"{row.loss:#.4g}",
        row.middle("steady_epoch_seconds", 1e-3),
        row.middle("first_epoch_seconds"),
        row.middle("samples_per_second"),
        row.middle("peak_rss_bytes", 2**20),
        row.middle("total_seconds"),
        f"{len(row.runs)}" + (f" + {len(row.failed)} failed" if row.failed else ""),
        ", ".join(str(i) for i, note in enumerate(notes, 1) if note in row.notes),
    ]


def _repetitions(row: Row) -> list[list[str]]:
    """The headings, and a row of numbers for each run, the failed ones last."""
    single = [Row((run,), (), ()) for run in row.runs] + [Row((), (run,), ()) for run in row.failed]
    return [
        ["seed", *HEADINGS[3:-2], "created"],
        *(
            [str(of.first.seed), *_cells(of, [])[3:-2], (of.first.created or "")[:10]]
            for of in single
        ),
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


def _notes(runs: list[Record], failed: list[Record], say_threads: bool) -> list[str]:
    first = (runs or failed)[0]
    notes = []
    if notice := first.data.notice:
        notes.append(f"NOT THE REAL DATA FILES ({first.data.source}): {notice}")
    if first.changed:
        notes.append(f"changed: {listed(first.changed.items())}")
    if say_threads:
        notes.append(f"threads: {threads(first)}")
    if lost := sum(result_of(run) is None for run in runs):
        notes.append(f"{lost} of {counted(len(runs), 'run')} {ended_without(runs)}")
    if len({str((run.versions, run.host.cpu)) for run in runs}) > 1:
        notes.append("mixes machines or versions of libraries; `--force` measures anew")
    if failed and (error := failed[0].error):
        notes.append(f"failed: {error.kind}: {_one_line(error.message)}")
    replicas = sum(run.trained_together > 1 for run in runs)
    if replicas:
        notes.append(f"{replicas} of {len(runs)} runs are replicas, several in one process")
    return notes


def _of_times(runs: list[Record]) -> list[str]:
    timed = sum(run.timed for run in runs)
    untaken = f"the times are of {counted(timed, 'run')}, those of the others were not taken"
    return [untaken] * (timed < len(runs)) + [FEW] * (0 < timed < MIN_PROCESSES)


def _one_line(text: Any) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."
