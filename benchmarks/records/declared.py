"""What a results folder declared before its first run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.records.keys import Record
from benchmarks.records.kinds import Plan, Planned
from benchmarks.records.record import read_records

KIND = "plan"
FILE = "plan.json"  # in the results folder


def read_plan(results: Path) -> dict[str, Planned]:
    """What a results folder or file declares of each problem; empty where it declares nothing."""
    return plan_of(read_records(results, KIND))


def plan_of(records: Iterable[Record]) -> dict[str, Planned]:
    """What the first plan among the records declares."""
    return next((plan.problems for plan in records if isinstance(plan, Plan)), {})
