"""One immutable JSON record a run: raw values, never summaries of several runs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks import measure
from benchmarks.compact import unpack
from benchmarks.plan import PROTOCOL, UNTIMED, Job
from common.atomic import replaced

SCHEMA = 1  # which keys a record has
TRACEBACK_CHARACTERS = 4000

EMPTY: Mapping[str, Any] = {
    "data": {"source": None, "origin": None, "digest": None, "real": None, "notice": ""},
    "metrics": {},
    "history": {},
    "epoch_seconds": [],
    "validation_seconds": [],
    "steady_epoch_seconds": None,
    "first_epoch_seconds": None,
    "total_seconds": None,
    "samples_per_second": None,
    "peak_rss_bytes": None,
    "import_rss_bytes": None,
    "peak_device_bytes": None,
    "stages": {},
    "threads": None,
    "versions": {},
    "settings": {},
    "trained_together": 1,
}
"""What `worker.run_job` measures, with the values of a run that failed."""

MEANINGS: Mapping[str, tuple[str, str, str]] = {
    "kind": ("text", "", "`run`; records of other commands name other kinds"),
    "schema": ("number", "", "which keys a record has"),
    "protocol": ("number", "", "how it was measured; two protocols never stand in one table"),
    "created": ("text", "", "when it was made, UTC, ISO 8601"),
    "problem": ("text", "", "name of the problem"),
    "framework": ("text", "", "name of the framework, with its backend after a colon"),
    "regime": ("text", "", "name of the regime; its switches are in `settings.regime`"),
    "device": ("text", "", "`cpu`, `cuda:0`, ...: where it ran"),
    "seed": ("number", "", "of initial weights and order"),
    "timed": ("true or false", "", "whether it had the machine to itself, and has clocks"),
    "data.source": ("text", "", "`folder`, `cache`, `download`, `embedded` or `generated`"),
    "data.origin": ("text", "", "path, address, package and version, or generator and seed"),
    "data.digest": ("text", "", "SHA-256 of the decoded arrays"),
    "data.real": ("true or false", "", "whether they are the whole real data set"),
    "data.notice": ("text", "", "what must be said of embedded or generated data, else empty"),
    "metrics": ("object", "share, 1,000 $", "`loss`, and `accuracy` or `mae`, of the test rows"),
    "history": ("object of lists", "", "an epoch: of training and, as `val_...`, held-out rows"),
    "epoch_seconds": ("list", "s", "training alone, each epoch"),
    "validation_seconds": ("list", "s", "scoring the held-out rows, each epoch"),
    "steady_epoch_seconds": ("number", "s", "median of all epochs but the first"),
    "first_epoch_seconds": ("number", "s", "the first epoch, with tracing and compilation"),
    "total_seconds": ("number", "s", "from the start of the process to the test metric"),
    "samples_per_second": ("number", "rows/s", "training rows over the steady epoch"),
    "peak_rss_bytes": ("number", "bytes", "the most memory that the process had resident"),
    "import_rss_bytes": ("number", "bytes", "the same after the framework's import alone"),
    "peak_device_bytes": ("number", "bytes", "the most memory taken on the device, where told"),
    "stages": ("object", "s", "`import`, `data`, `build`, `fit` and `evaluate`, in turn"),
    "threads": ("number", "", "CPU threads, as read back from the framework"),
    "versions": ("object", "", "of Python and of every package that computes"),
    "settings.regime": ("object", "", "every switch of the regime, as it was set"),
    "settings.problem": ("object", "", "every setting of the problem"),
    "settings.changed": ("object", "", "the settings that differ from those published"),
    "settings.score_rows": ("number", "rows", "rows that are scored at a time"),
    "settings.requested": ("object", "", "device, threads and data as they were asked for"),
    "settings.python": ("text", "", "interpreter of the process, null for that of the command"),
    "settings.device": ("text", "", "the device, as the framework names it"),
    "settings.devices": ("list", "", "the devices that the framework sees"),
    "settings.compiled": ("true or false", "", "whether the network was compiled"),
    "trained_together": ("number", "", "how many seeds shared the process as replicas"),
    "host.cpu": ("text", "", "model of the processor"),
    "host.cores": ("number", "", "cores of the machine"),
    "host.usable_cores": ("number", "", "cores that the process might use"),
    "host.memory_bytes": ("number", "bytes", "memory of the machine"),
    "host.os": ("text", "", "operating system"),
    "host.governor": ("text", "", "frequency governor, null where it cannot be read"),
    "host.load_before": ("number", "", "load average of one minute, when the run began"),
    "host.load_after": ("number", "", "and when it ended"),
    "host.others_cpu_share": ("number", "share", "of all cores, used by other processes meanwhile"),
    "host.steal_share": ("number", "share", "of all cores, kept by the hypervisor meanwhile"),
    "git.commit": ("text", "", "of the checkout that ran, null outside of one"),
    "git.dirty": ("true or false", "", "whether that had changes"),
    "error": ("object", "", "null, or `kind`, `message`, `traceback_tail` of what ended it"),
    "warnings": ("list of text", "", "what makes the numbers less trustworthy"),
}
"""Type, unit and meaning of every key of a run's record, in its order; null stands for what a
failed run has not."""


CLOCKS = (
    "epoch_seconds",
    "validation_seconds",
    "steady_epoch_seconds",
    "first_epoch_seconds",
    "total_seconds",
    "samples_per_second",
    "stages",
)
"""What the record of an untimed job leaves empty: other work may have run beside it."""


def make_record(
    job: Job, measured: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The record of a job from what its worker measured, or from the error it ended with.

    That of an untimed job has no clocks. `error` has `kind`, `message` and `traceback_tail`.
    Numbers that are not finite become None and are named in `warnings`: JSON has no NaN.
    """
    measured = dict(measured or {})
    surroundings = measured.pop("surroundings", {})
    record = {
        "kind": "run",
        "schema": SCHEMA,
        "protocol": PROTOCOL,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "problem": job.problem.name,
        "framework": job.framework,
        "regime": job.regime.name,
        "device": job.device,
        "seed": job.seed,
        "timed": job.timed,
        **EMPTY,
        **measured,
        **({} if job.timed else {name: EMPTY[name] for name in CLOCKS}),
        "host": {**measure.host(), **surroundings},
        "git": measure.git(),
        "error": error,
    }
    if error is not None:
        record["threads"] = job.threads
        record["versions"] = measure.versions()
        record["settings"] = {"changed": job.changed}
        record["data"] = {**EMPTY["data"], "digest": job.content or None}
    not_finite: list[str] = []
    record = _plain(record, "", not_finite)
    record["warnings"] = [] if error else [*_not_finite(not_finite), *_warnings(record, job)]
    return record


def described(error: Exception) -> dict[str, str]:
    """An error as a record holds it; its traceback is that of the process where it was raised."""
    trace = str(error.__cause__ or "").strip()
    return {
        "kind": getattr(error, "kind", type(error).__name__),
        "message": getattr(error, "message", str(error)),
        "traceback_tail": trace[-TRACEBACK_CHARACTERS:],
    }


def write_record(record: Mapping[str, Any], path: Path) -> None:
    """Write it whole or not at all."""
    text = json.dumps(record, indent=1, allow_nan=False)
    with replaced(path) as file:
        file.write(f"{text}\n".encode())


def read_record(path: Path) -> dict[str, Any]:
    """The record in a file; ValueError says why it is none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # JSON and UTF-8 errors alike
        raise ValueError(f"{path} is not a record: no valid JSON ({error})") from error
    return _checked(record, path)


def _checked(record: Any, path: Path) -> dict[str, Any]:
    if not isinstance(record, dict) or "schema" not in record:
        raise ValueError(f"{path} is not a record: an object with the key 'schema' was expected")
    if record["schema"] != SCHEMA:
        raise ValueError(
            f"{path} has schema {record['schema']!r}, this version reads {SCHEMA}; "
            "run it again with --force or read it with the version that wrote it"
        )
    return record


def read_finished(path: Path) -> dict[str, Any] | None:
    """The record of a run that ended well; None when it has to be run (again)."""
    with suppress(FileNotFoundError, ValueError):
        record = read_record(path)
        return record if record["error"] is None else None
    return None


def read_served(job: Job, results: Path) -> dict[str, Any] | None:
    """The finished record that serves for a job: an untimed one takes that of its timed run too."""
    keys = dict.fromkeys((replace(job, timed=True).key, job.key))
    return next(filter(None, (read_finished(results / key) for key in keys)), None)


def read_records(
    folder: Path | str, kind: str = "run", complain: Callable[[str], None] | None = None
) -> Iterator[dict[str, Any]]:
    """Every record of that kind below a folder; order and `complain` as for `read_files`."""
    for _, record in read_files(folder, complain):
        if record.get("kind") == kind:
            yield record


def read_files(
    folder: Path | str, complain: Callable[[str], None] | None = None
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every record below a folder with its path below it, in the order of the paths.

    One without clocks is left out where the same run has been timed. What is not a record is
    skipped and named through `complain` (default: standard error). Instead of a folder it may be a
    file of packed records; ValueError when it is no such file.
    """
    if Path(folder).is_file():
        yield from (
            (Path(folder), _checked(record, Path(folder))) for record in unpack(Path(folder))
        )
        return
    complain = complain or (lambda message: print(f"skipped: {message}", file=sys.stderr))
    for path in sorted(Path(folder).rglob("*.json")):
        try:
            record = read_record(path)
        except (OSError, ValueError) as error:
            complain(str(error))
            continue
        if path.name.endswith(UNTIMED):
            timed = path.with_name(path.name.removesuffix(UNTIMED) + ".json")
            if read_finished(timed):
                continue
        yield path.relative_to(folder), record


def some_records(folder: Path | str) -> list[dict[str, Any]]:
    """The records of runs below a folder; ValueError when there is none."""
    records = list(read_records(folder))
    if not records:
        raise ValueError(f"{folder}: no record of a run; `twinbench run` writes them there")
    return records


def _plain(value: Any, place: str, not_finite: list[str]) -> Any:
    """`value` as JSON can hold it; the places of NaN and infinities are added to `not_finite`."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v, f"{place}.{k}", not_finite) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, place, not_finite) for v in value]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        not_finite.append(place.lstrip("."))
        return None
    return value


def _not_finite(places: list[str]) -> list[str]:
    return [
        f"{place} has {places.count(place)} value(s) that are not finite, recorded as null"
        for place in dict.fromkeys(places)
    ]


def _warnings(record: Mapping[str, Any], job: Job) -> Iterator[str]:
    """Sentences on what makes the numbers of a run less trustworthy."""
    if job.timed:
        yield from _doubts_of_time(record)
    if job.threads is not None and record["threads"] not in (None, job.threads):
        yield f"{job.threads} threads were asked for and {record['threads']} are in use"
    if record["data"]["notice"]:
        yield record["data"]["notice"]


def _doubts_of_time(record: Mapping[str, Any]) -> Iterator[str]:
    steady, host = record["epoch_seconds"][1:], record["host"]
    if len(steady) > 1 and stdev(steady) > 0.1 * fmean(steady):
        yield (
            f"epoch times spread by {stdev(steady) / fmean(steady):.0%} (standard deviation over "
            "mean, first epoch apart): run more processes, or on a quieter machine"
        )
    if record["steady_epoch_seconds"] is None:
        yield "one epoch only: there is no steady epoch time"
    elif record["steady_epoch_seconds"] < 1e-3:
        yield "epochs under 1 ms: the clock sees mostly overhead; train on more rows"
    if host.get("others_cpu_share", 0) > 0.1:
        yield (
            f"busy machine: other processes used {host['others_cpu_share']:.0%} of all cores "
            "meanwhile"
        )
    if host.get("steal_share", 0) > 0.01:
        yield f"the hypervisor kept {host['steal_share']:.0%} of the CPU time for other guests"
