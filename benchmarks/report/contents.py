"""Everything that a folder of records lets a report say, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.records.arm import group_by, of_one_protocol, training_runs
from benchmarks.records.keys import Record
from benchmarks.records.record import read_files
from benchmarks.report import kinds as of
from benchmarks.report import runs as of_runs
from benchmarks.report.origin import environment
from benchmarks.show.html.part import Part
from benchmarks.statistics.verdict import Plan


def read_kinds(
    folder: Path, complain: Callable[[str], None] | None = None
) -> dict[str, list[Record]]:
    """The records below a folder by kind; a race of K-fold protocols is `race/folds`."""
    found = group_by(read_files(folder, complain), lambda item: _kind(*item))
    return {kind: [record for _, record in items] for kind, items in found.items()}


def _kind(path: Path, record: Record) -> str:
    kind = str(record.get("kind", "run"))
    return "race/folds" if kind == "race" and "folds" in path.parts else kind


def contents(kinds: dict[str, list[Record]]) -> list[Part]:
    """The parts that these records have something for, the verdicts first.

    Raises ValueError when they were measured under different protocols.
    """
    of_one_protocol(record for records in kinds.values() for record in records)
    return list(_parts(kinds))


def _parts(kinds: dict[str, list[Record]]) -> Iterator[Part]:
    runs = training_runs(kinds.get("run", []))
    plan: Plan = next((record["problems"] for record in kinds.get("plan", [])), {})
    yield from of_runs.verdicts(runs, plan)
    yield from of_runs.table(runs)
    yield from of_runs.failures([r for records in kinds.values() for r in records])
    yield from of_runs.learning(runs)
    yield from of.folds(kinds)
    yield from of_runs.times(runs)
    yield from of_runs.memory(runs)
    yield from of_runs.stages(runs)
    yield from of.step_parts(kinds)
    yield from of.parity(kinds)
    yield from of.walks(kinds)
    yield from of.limits(kinds)
    yield from of.growth(kinds)
    yield from of.races(kinds)
    yield from environment(kinds)
