"""Where the numbers of a report come from: the last of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.records.arm import data_of
from benchmarks.records.keys import Record
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from common.say import counted


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """Versions, machines, commits and data of every record."""
    found: dict[tuple[str, str], int] = {}
    days = []
    for kind, records in kinds.items():
        for record in records:
            for row in [("kind of record", kind), *_surroundings(record)]:
                found[row] = found.get(row, 0) + 1
            days += [record["created"]] if record.get("created") else []
    if not found:
        return
    order = list(dict.fromkeys(_topic(what) for what, _ in found))
    rows = [
        [what, value, str(count)]
        for (what, value), count in sorted(
            found.items(), key=lambda item: order.index(_topic(item[0][0]))
        )
    ]
    notes = [f"made from {min(days)} to {max(days)}"] if days else []
    section = Section("Every record", ("what", "value", "records"), rows, (0, 1), notes)
    text = "Numbers are of this machine, these versions and these data, and of no others."
    yield Part("environment", "Where the numbers come from", text, [section])


def _topic(what: str) -> str:
    """`version of numpy` stands beside the other versions."""
    return what.partition(" of ")[0]


def _surroundings(record: Record) -> Iterator[tuple[str, str]]:
    data, host, git = data_of(record), record.get("host") or {}, record.get("git") or {}
    if data.get("digest"):
        yield f"data of {record.get('problem')}", f"{data.get('source')} {data['digest']}"
    if host.get("cpu"):
        yield "machine", f"{host['cpu']}, {counted(host.get('cores'), 'core')}"
    if host.get("os"):
        yield "operating system", host["os"]
    if record.get("threads"):
        yield "threads of a run", str(record["threads"])
    if git.get("commit"):
        yield "commit", git["commit"] + " with changes" * bool(git.get("dirty"))
    for name, version in (record.get("versions") or {}).items():
        yield f"version of {name}", str(version)
