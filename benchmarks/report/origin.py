"""Where the numbers of a report come from: the last of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from benchmarks.records.keys import Record
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from common.say import counted


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """Versions, machines, commits and data of every record."""
    counts: Counter[tuple[str, str]] = Counter()
    days = []
    for kind, records in kinds.items():
        for record in records:
            counts.update([("kind of record", kind), *_surroundings(record)])
            days += [record.created] if record.created else []
    if not counts:
        return
    order = list(dict.fromkeys(_topic(what) for what, _ in counts))
    facts = sorted(counts.items(), key=lambda item: order.index(_topic(item[0][0])))
    rows = [[what, value, str(count)] for (what, value), count in facts]
    notes = [f"made from {min(days)} to {max(days)}"] if days else []
    section = Section("Every record", ("what", "value", "records"), rows, (0, 1), notes)
    text = "Numbers are of this machine, these versions and these data, and of no others."
    yield Part("environment", "Where the numbers come from", text, [section])


def _topic(what: str) -> str:
    """`version of numpy` stands beside the other versions."""
    return what.partition(" of ")[0]


def _surroundings(record: Record) -> Iterator[tuple[str, str]]:
    data, host = record.data, record.host
    if data.digest:
        yield f"data of {record.problem}", f"{data.source} {data.digest}"
    if host.cpu:
        yield "machine", f"{host.cpu}, {counted(host.cores, 'core')}"
    if host.os:
        yield "operating system", host.os
    if record.threads:
        yield "threads of a run", str(record.threads)
    if record.git.commit:
        yield "commit", record.git.commit + " with changes" * bool(record.git.dirty)
    for name, version in record.versions.items():
        yield f"version of {name}", str(version)
