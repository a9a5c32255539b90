"""One immutable JSON record a run: raw values, never summaries of several runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from statistics import fmean, stdev
from typing import Any, NoReturn

from msgspec import to_builtins

from benchmarks.records import machine
from benchmarks.records.check import MEANINGS as MEANINGS
from benchmarks.records.check import fault_of
from benchmarks.records.job import PROTOCOL, UNTIMED, Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.records.packed import MAX_BYTES as MAX_BYTES
from benchmarks.records.packed import made_of, unpack
from benchmarks.records.values import plain
from common import clock
from common.atomic import replaced
from common.say import counted, say

SCHEMA = 1  # which keys a record has
TRACEBACK_CHARACTERS = 4000


class NewerRecord(ValueError):
    """A record of a later version: nothing may be written over it that was not asked for."""


BLANK = to_builtins(Record())
EMPTY = {name: BLANK[name] for name in [*BLANK][[*BLANK].index("data") : [*BLANK].index("host")]}
EMPTY["settings"] = {}
"""What `worker.run_job` measures, with the values of a run that failed."""

CLOCKS = (
    *clock.CLOCKS,
    *("steady_epoch_seconds", "first_epoch_seconds", "total_seconds", "samples_per_second"),
    "stages",
)
"""What the record of an untimed job leaves empty: other work may have run beside it."""


def header(kind: str) -> dict[str, Any]:
    """How every record begins."""
    return {"kind": kind, "schema": SCHEMA, "protocol": PROTOCOL}


def make_record(
    job: Job,
    measured: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> Record:
    """The record of a job from what its worker measured, or from the error it ended with.

    That of an untimed job has no clocks. `error` has `kind`, `message` and `traceback_tail`.
    Numbers that are not finite become None and are named in `warnings`: JSON has no NaN.
    """
    measured = dict(measured or {})
    surroundings = measured.pop("surroundings", {})
    record = {
        **header(job.kind),
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
        "host": {**machine.host(), **surroundings},
        "git": machine.git(),
        "error": error,
    }
    if error is not None:
        record["threads"] = job.threads
        record["versions"] = machine.versions()
        file = {"problem": {"sha256": digest}} if (digest := job.problem.file_digest) else {}
        record["settings"] = {"changed": job.changed, **file}
        record["data"] = {**EMPTY["data"], "digest": job.content or None}
    not_finite: list[str] = []
    record = plain(record, "", not_finite)
    record["warnings"] = [] if error else [*_not_finite(not_finite), *_warnings(record, job)]
    return typed(record | job.about)


def described(error: Exception) -> dict[str, str]:
    """An error as a record holds it; its traceback is that of the process where it was raised."""
    trace = str(error.__cause__ or "").strip()
    tail = trace[-TRACEBACK_CHARACTERS:]  # of whole lines: no path in it is cut
    return {
        "kind": getattr(error, "kind", type(error).__name__),
        "message": getattr(error, "message", str(error)),
        "traceback_tail": tail.partition("\n")[2] if len(tail) < len(trace) else trace,
    }


def write_record(record: Record | Mapping[str, Any], path: Path) -> None:
    """Write it, or what it is to be read from, whole or not at all."""
    text = json.dumps(json_of(record), indent=1, allow_nan=False)
    with replaced(path) as file:
        file.write(f"{text}\n".encode())


def json_of(record: Any) -> Any:
    """What a record is on disk; anything else as it is."""
    return record.json if isinstance(record, Record) else record


def read_record(path: Path) -> Record:
    """The record in a file; ValueError says why it is none."""
    about = path.stat()
    if not S_ISREG(about.st_mode) or about.st_size > MAX_BYTES:  # a pipe would be waited for
        raise ValueError(f"{path} is not a record: a file of at most {MAX_BYTES:,} bytes is")
    try:
        text = path.read_text(encoding="utf-8")
        if made_of(text) > MAX_BYTES:
            raise ValueError("too many values")
        record = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # JSON and UTF-8 errors alike
        raise ValueError(f"{path} is not a record: no valid JSON ({error})") from error
    return _checked(record, path)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON's")


def _checked(record: Any, place: Path | str) -> Record:
    if not isinstance(record, dict) or "schema" not in record:
        raise ValueError(f"{place} is not a record: an object with the key 'schema' was expected")
    if record["schema"] != SCHEMA:
        newer = isinstance(record["schema"], int) and record["schema"] > SCHEMA
        raise (NewerRecord if newer else ValueError)(
            f"{place} has schema {record['schema']!r:.60}, this version reads {SCHEMA}; "
            "run it again with --force or read it with the version that wrote it"
        )
    if fault := fault_of(record):
        raise ValueError(f"{place} is no record of kind {record.get('kind', 'run')!r:.60}: {fault}")
    return typed(record)


def read_finished(path: Path) -> Record | None:
    """The record of a run that ended well; None when it has to be run (again).

    Raises NewerRecord, for which running it again would lose the other.
    """
    try:
        record = read_record(path)
    except NewerRecord:
        raise
    except (FileNotFoundError, ValueError):
        return None
    return None if record.error else record


def read_served(job: Job, results: Path) -> Record | None:
    """The finished record that serves for a job: an untimed one takes that of its timed run too."""
    paths = dict.fromkeys((replace(job, timed=True).path, job.path))
    return next(filter(None, (read_finished(results / path) for path in paths)), None)


def read_records(
    folder: Path | str, kind: str = "run", complain: Callable[[str], None] | None = None
) -> Iterator[Record]:
    """Every record of that kind below a folder; order and `complain` as for `read_files`."""
    for _, record in read_files(folder, complain):
        if record.kind == kind:
            yield record


def read_files(
    folder: Path | str, complain: Callable[[str], None] | None = None
) -> Iterator[tuple[Path, Record]]:
    """Every record below a folder with its path below it, in the order of the paths.

    One without clocks is left out where the same run has been timed. What is not a record is
    skipped and named through `complain` (default: standard error). Instead of a folder it may be a
    file of packed records; ValueError when it is no such file.
    """
    complain = complain or (lambda message: say(f"skipped: {message}"))
    if Path(folder).is_file():
        for number, packed in enumerate(unpack(Path(folder)), 1):
            try:
                yield Path(folder), _checked(packed, f"record {number} of {folder}")
            except ValueError as error:
                complain(str(error))
        return
    for path in sorted(Path(folder).rglob("*.json")):
        try:
            record = read_record(path)
        except (OSError, ValueError) as error:
            complain(str(error))
            continue
        if path.name.endswith(UNTIMED):
            timed = path.with_name(path.name.removesuffix(UNTIMED) + ".json")
            with suppress(NewerRecord):  # which is said of itself
                if read_finished(timed):
                    continue
        yield path.relative_to(folder), record


def read_beside(records: list[Record], results: Path, kind: str = "") -> list[Record]:
    """The finished records of the results that belong into one figure with these.

    They are of the same problems and protocol, from this or an earlier command; `kind` is the
    folder of records that are no whole runs.
    """
    beside: list[Record] = []
    for problem in dict.fromkeys(record.problem for record in records):
        folder = results / kind / problem.replace(":", "-")
        beside += read_records(folder, kind or "run", complain=lambda message: None)
    return [r for r in beside if r.error is None and r.protocol == records[0].protocol]


def read_merged(
    folders: Iterable[Path | str], complain: Callable[[str], None] | None = None
) -> Iterator[tuple[Path, Record]]:
    """The records of several folders as `read_files` has them; what an earlier one has, once."""
    folders = list(folders)
    if len(folders) == 1:
        yield from read_files(folders[0], complain)
        return
    earlier: set[str] = set()
    for folder in folders:
        texts = set()
        for path, record in read_files(folder, complain):
            text = json.dumps(record.json, sort_keys=True)
            texts.add(text)
            if text not in earlier:
                yield path, record
        earlier |= texts


def some_records(*folders: Path | str) -> list[Record]:
    """The records of runs below the folders; ValueError when there is none."""
    records = [record for _, record in read_merged(folders) if record.kind == "run"]
    if not records:
        places = " and ".join(map(str, folders))
        raise ValueError(f"{places}: no record of a run; `twinbench run` writes them there")
    return records


def _not_finite(places: list[str]) -> list[str]:
    return [
        f"{place} has {counted(places.count(place), 'value')} not finite, recorded as null"
        for place in dict.fromkeys(places)
    ]


def _warnings(record: Mapping[str, Any], job: Job) -> Iterator[str]:
    """Sentences on what makes the numbers of a run less trustworthy."""
    if job.timed and job.clocked:
        yield from _doubts_of_time(record)
    if job.threads is not None and record["threads"] not in (None, job.threads):
        yield f"{counted(job.threads, 'thread')} asked for, {record['threads']} in use"
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
