"""Records to rows, once: the terminal, the Markdown table and the curves all start here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import mean, median, stdev
from typing import Any

from benchmarks.plan import MIN_PROCESSES
from common.problem import PROBLEMS
from common.regime import REGIMES

Record = dict[str, Any]

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
CAPTION = (
    "Accuracy, or mean absolute error (MAE) in 1,000 $, on the test rows after the last epoch: "
    "mean ± standard deviation over n seeds. Epoch: median over processes of the median of all "
    "epochs but the first, training only. First epoch, samples a second, peak memory of the "
    "process and the whole run from process start: medians over processes."
)
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


@dataclass(frozen=True)
class Summary:
    """Rows by regime, so that numbers of two regimes never share a column, and what to say below.

    `notes` are numbered from 1 in this order; a row shows the numbers of its own.
    """

    sections: dict[str, list[Row]]
    notes: list[str]
    warnings: list[str] = field(default_factory=list)

    def marks(self, row: Row) -> str:
        """The numbers of the row's notes: "1, 3"."""
        return ", ".join(str(i) for i, note in enumerate(self.notes, 1) if note in row.notes)


def group_by(items: Iterable[Any], key: Callable[[Any], Hashable]) -> dict[Any, list[Any]]:
    """Items by key, in the order in which the keys first appear."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def training_runs(records: Iterable[Record]) -> list[Record]:
    """The records of whole runs, without those of another kind, sorted for every report.

    Raises ValueError when they were measured under different protocols.
    """
    runs = [record for record in records if record.get("kind", "run") == "run"]
    protocols = sorted({str(record.get("protocol")) for record in runs})
    if len(protocols) > 1:
        raise ValueError(
            f"records of protocols {' and '.join(protocols)} cannot stand in one table; "
            "keep each protocol in a results folder of its own"
        )
    return sorted(runs, key=_place)


def changed(record: Record) -> dict[str, Any]:
    """The settings of the problem that were changed from those published."""
    return (record.get("settings") or {}).get("changed") or {}


def arm(record: Record) -> tuple:
    """What two runs must share to be repetitions of each other, but for the data they found."""
    settings = tuple(sorted((name, str(value)) for name, value in changed(record).items()))
    names = ("problem", "framework", "regime", "device")
    return (*(record[name] for name in names), threads(record), settings)


def metric_of(record: Record) -> str:
    """`accuracy` or `mae`; of a user's own twins whichever was measured."""
    if record["problem"] in PROBLEMS:
        return PROBLEMS[record["problem"]].metric
    return "mae" if "mae" in (record.get("metrics") or {}) else "accuracy"


def result_of(record: Record) -> float | None:
    """The test metric of a run; None where it is no number, or the run diverged: then it is none
    either, though a finite one may stand in the record."""
    found = (record.get("metrics") or {}).get(metric_of(record))
    return None if record.get("diverged") else found


def data_of(record: Record) -> dict[str, Any]:
    """The record's `data`, empty for a run that failed before it had any."""
    return record.get("data") or {}


def summarise(records: Iterable[Record]) -> Summary:
    """One row for each arm and data set; a failed run is counted in the first row of its arm."""
    rows = []
    runs = training_runs(records)
    several = len({threads(record) for record in runs}) > 1
    for repetitions in group_by(runs, arm).values():
        finished = [r for r in repetitions if not r.get("error")]
        failed = [r for r in repetitions if r.get("error")]
        for same in group_by(finished, lambda r: data_of(r).get("digest")).values() or [[]]:
            rows.append(_row(same, failed, say_threads=several))
            failed = []
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    return Summary(group_by(rows, lambda row: row.regime), notes, warnings_of(runs))


def cells(row: Row, summary: Summary) -> list[str]:
    """The texts of a row, one for each of HEADINGS."""
    runs = f"{len(row.runs)}" + (f" + {len(row.failed)} failed" if row.failed else "")
    epoch = row.steady_epoch_seconds
    return [
        row.problem,
        row.framework,
        row.device,
        metric_text(row),
        number(None if epoch is None else 1e3 * epoch),
        number(row.first_epoch_seconds),
        number(row.samples_per_second),
        number(None if row.peak_rss_bytes is None else row.peak_rss_bytes / 2**20),
        number(row.total_seconds),
        runs,
        summary.marks(row),
    ]


def metric_text(row: Row) -> str:
    """`0.9785` or `MAE 2.620`, and with several seeds `0.9785 ± 0.0007 (n=5)`; or why not."""
    if not row.values:
        lost = "diverged" if any(run.get("diverged") for run in row.runs) else "not finite"
        return lost if row.runs else "-"
    name, digits = ("MAE ", 3) if metric_of(row.runs[0]) == "mae" else ("", 4)
    text = f"{name}{mean(row.values):.{digits}f}"
    if len(row.values) > 1:
        text += f" ± {stdev(row.values):.{digits}f} (n={len(row.values)})"
    return text


def number(value: float | None) -> str:
    """About three digits, without exponents: `12,345`, `12.3`, `0.123`; "-" for None."""
    if value is None:
        return "-"
    return f"{value:,.{max(0, 3 - len(str(int(abs(value)))))}f}" if value >= 1 else f"{value:.3f}"


def _place(record: Record) -> tuple:
    """Problems and regimes in the order of their tables, the rest by name."""
    regimes, problems = list(REGIMES), list(PROBLEMS)
    return (
        regimes.index(record["regime"]),
        problems.index(record["problem"]) if record["problem"] in problems else len(problems),
        record["problem"],
        record["device"],
        record["framework"],
        str(arm(record)),
        record["seed"],
    )


def threads(record: Record) -> str:
    """Threads asked for: those read back would set a run that failed early apart."""
    requested = (record.get("settings") or {}).get("requested") or {}
    return str(requested.get("threads", record.get("threads")))


def _row(runs: list[Record], failed: list[Record], *, say_threads: bool) -> Row:
    first = (runs or failed)[0]
    values = list(map(result_of, runs))

    def middle(name: str) -> float | None:
        known = [r[name] for r in runs if r.get(name) is not None]
        return median(known) if known else None

    return Row(
        problem=first["problem"],
        framework=first["framework"],
        regime=first["regime"],
        device=first["device"],
        runs=tuple(runs),
        failed=tuple(failed),
        values=tuple(value for value in values if value is not None),
        steady_epoch_seconds=middle("steady_epoch_seconds"),
        first_epoch_seconds=middle("first_epoch_seconds"),
        samples_per_second=middle("samples_per_second"),
        peak_rss_bytes=middle("peak_rss_bytes"),
        total_seconds=middle("total_seconds"),
        notice=data_of(first).get("notice") or "",
        notes=tuple(_notes(runs, failed, values, say_threads)),
    )


def _notes(runs: list[Record], failed: list[Record], values: list, say_threads: bool) -> list[str]:
    first = (runs or failed)[0]
    notes = []
    if data_of(first).get("notice"):
        notes.append(f"NOT THE REAL DATA FILES ({data_of(first)['source']}): {_notice(first)}")
    if changed(first):
        notes.append("changed: " + ", ".join(f"{k} = {v}" for k, v in changed(first).items()))
    if say_threads:
        notes.append(f"threads: {threads(first)}")
    if None in values:
        notes.append(f"{values.count(None)} of {len(runs)} runs {ended_without(runs)}")
    if len({str((r.get("versions"), _cpu(r))) for r in runs}) > 1:
        notes.append("mixes machines or versions of libraries; `--force` measures anew")
    if failed:
        error = failed[0]["error"]
        notes.append(f"failed: {error.get('kind')}: {_one_line(error.get('message'))}")
    timed = sum(r.get("timed", True) for r in runs)
    if timed < len(runs):
        notes.append(f"the times are of {timed} runs, those of the others were not taken")
    replicas = sum(r.get("trained_together", 1) > 1 for r in runs)
    if replicas:
        notes.append(f"{replicas} of {len(runs)} runs are replicas, several in one process")
    if 0 < timed < MIN_PROCESSES:
        notes.append(FEW)
    return notes


def ended_without(runs: list[Record]) -> str:
    """How those of the runs ended that have no result."""
    diverged = any(run.get("diverged") for run in runs)
    return "diverged or ended without a number" if diverged else "ended without a number"


def warnings_of(runs: list[Record]) -> list[str]:
    """Each warning of the records once; those that differ only in their numbers count as alike."""
    said = {_notice(r) for r in runs}
    every = [w for r in runs for w in r.get("warnings") or [] if w not in said]
    alike = group_by(every, lambda w: re.sub(r"\d[\d.,]*", "#", w)).values()
    return [w[0] + (f" (and {len(w) - 1} more like it)" if len(w) > 1 else "") for w in alike]


def provenance(runs: list[Record]) -> Iterator[str]:
    """Sentences on what the numbers come from, each value once; the digest covers every record."""
    digest = hashlib.sha256()
    for run in runs:
        digest.update(json.dumps(run, sort_keys=True).encode())

    def every(name: str, values: Iterable[str]) -> str:
        return f"{name}: {', '.join(dict.fromkeys(values))}"

    yield every("data", (f"{data_of(r)['source']} {data_of(r)['digest']}" for r in runs))
    yield every("versions", (f"{k} {v}" for r in runs for k, v in r["versions"].items()))
    hosts = ((r["host"]["cpu"], r["host"]["cores"], r["threads"]) for r in runs)
    yield every("machine", (f"{cpu}, {n} cores, {threads} threads" for cpu, n, threads in hosts))
    commits = (str(r["git"]["commit"]) + " with changes" * bool(r["git"]["dirty"]) for r in runs)
    yield every("commit", commits)
    yield f"{len(runs)} records: sha256:{digest.hexdigest()}"
    yield from (f"warning: {warning}" for warning in warnings_of(runs))


def _notice(record: Record) -> str:
    return data_of(record).get("notice") or ""


def _cpu(record: Record) -> Any:
    return (record.get("host") or {}).get("cpu")


def _one_line(text: Any, limit: int = 160) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
