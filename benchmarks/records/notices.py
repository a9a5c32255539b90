"""What must be said of a set of records, whatever they are asked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator

from benchmarks.records.arm import data_of, group_by
from benchmarks.records.keys import Record
from common.say import counted


def not_real(records: Iterable[Record]) -> list[str]:
    """The notices of records that come from other data than the real files, each once."""
    found = dict.fromkeys(data_of(record).get("notice") for record in records)
    return [f"NOT THE REAL DATA FILES: {notice}" for notice in found if notice]


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
    machines = ((c, counted(n, "core"), counted(threads, "thread")) for c, n, threads in hosts)
    yield every("machine", map(", ".join, machines))
    commits = (str(r["git"]["commit"]) + " with changes" * bool(r["git"]["dirty"]) for r in runs)
    yield every("commit", commits)
    yield f"{counted(len(runs), 'record')}: sha256:{digest.hexdigest()}"
    yield from (f"warning: {warning}" for warning in warnings_of(runs))


def _notice(record: Record) -> str:
    return data_of(record).get("notice") or ""
