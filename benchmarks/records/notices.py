"""What must be said of a set of records, whatever they are asked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.records.arm import group_by
from benchmarks.records.keys import Record
from common.say import counted


def not_real(records: Iterable[Record]) -> list[str]:
    """The notices of records that come from other data than the real files, each once."""
    notices = dict.fromkeys(record.data.notice for record in records)
    return [f"NOT THE REAL DATA FILES: {notice}" for notice in notices if notice]


def warnings_of(runs: Sequence[Record]) -> list[str]:
    """Each warning of the records once; those that differ only in their numbers count as alike."""
    notices = {run.data.notice for run in runs}
    every = [w for run in runs for w in run.warnings if w not in notices]
    alike = group_by(every, lambda w: re.sub(r"\d[\d.,]*", "#", w)).values()
    return [w[0] + (f" (and {len(w) - 1} more like it)" if len(w) > 1 else "") for w in alike]


def provenance(runs: Sequence[Record]) -> Iterator[str]:
    """Sentences on what the numbers come from, each value once; the digest covers every record."""
    digest = hashlib.sha256()
    for run in runs:
        digest.update(json.dumps(run.json, sort_keys=True).encode())

    def every(name: str, values: Iterable[str]) -> str:
        return f"{name}: {', '.join(dict.fromkeys(values))}"

    yield every("data", (f"{run.data.source} {run.data.digest}" for run in runs))
    yield every("versions", (f"{k} {v}" for run in runs for k, v in run.versions.items()))
    machines = (
        f"{run.host.cpu}, {counted(run.host.cores, 'core')}, {counted(run.threads, 'thread')}"
        for run in runs
    )
    yield every("machine", machines)
    yield every(
        "commit", (f"{run.git.commit}{' with changes' * bool(run.git.dirty)}" for run in runs)
    )
    yield f"{counted(len(runs), 'record')}: sha256:{digest.hexdigest()}"
    yield from (f"warning: {warning}" for warning in warnings_of(runs))
