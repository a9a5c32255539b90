"""What a results folder declared before its first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.records.record import read_records

KIND = "plan"
FILE = "plan.json"  # in the results folder

Plan = dict[str, Any]


def read_plan(results: Path) -> Plan:
    """What a results folder or file declares of each problem; empty where it declares nothing."""
    return next((plan["problems"] for plan in read_records(results, KIND)), {})
