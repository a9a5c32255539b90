"""Everything that a folder of records lets a report say, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.records.arm import group_by, of_one_protocol
from benchmarks.records.keys import Record
from benchmarks.records.record import read_merged
from benchmarks.show.part import Part
from benchmarks.statistics.compared import Kinds

PARTS = (
    "show.matrix",
    "study.verdict_table",
    "report.runs",
    "twins.records_table",
    "folds.crossval_table",
    "explain.steps_table",
    "parity.records_table",
    "explain.walk_table",
    "explain.factorial_table",
    "speed.limit_table",
    "speed.scale_table",
    "speed.race_table",
    "speed.compilation_table",
    "report.origin",
)
"""In the order of the page: modules whose `parts(kinds)` gives what records of these kinds say."""


def read_kinds(
    *folders: Path, complain: Callable[[str], None] | None = None
) -> dict[str, list[Record]]:
    """The records below the folders by kind; a race of K-fold protocols is `race/folds`."""
    kinds = group_by(read_merged(folders, complain), lambda item: _kind(*item))
    return {kind: [record for _, record in items] for kind, items in kinds.items()}


def _kind(path: Path, record: Record) -> str:
    return "race/folds" if record.kind == "race" and "folds" in path.parts else record.kind


def contents(kinds: dict[str, list[Record]]) -> list[Part]:
    """The parts that these records have something for, the verdicts first.

    Raises ValueError when they were measured under different protocols.
    """
    of_one_protocol(record for records in kinds.values() for record in records)
    return list(_parts(Kinds(kinds)))


def _parts(kinds: Kinds) -> Iterator[Part]:
    for name in PARTS:
        if find_spec(f"benchmarks.{name.partition('.')[0]}"):  # its folder may have been deleted
            yield from import_module(f"benchmarks.{name}").parts(kinds)
