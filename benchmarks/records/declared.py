"""What a results folder declared before its first run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.records.keys import Record
from benchmarks.records.plans import Plan, Planned
from benchmarks.records.record import read_records

KIND = "plan"
FILE = "plan.json"  # in the results folder


def read_plan(*results: Path) -> dict[str, Planned]:
    """What results folders or files declare of each problem, the first that declares anything."""
    return plan_of(record for folder in results for record in read_records(folder, KIND))


def plan_of(records: Iterable[Record]) -> dict[str, Planned]:
    """What the first plan among the records declares."""
    return next((plan.problems for plan in records if isinstance(plan, Plan)), {})
