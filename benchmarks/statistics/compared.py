"""Whole runs with the comparisons of their arms, which take a bootstrap each and are made once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from benchmarks.records.arm import training_runs
from benchmarks.records.declared import plan_of
from benchmarks.records.keys import Record
from benchmarks.statistics.verdict import Comparison, Plan, comparisons


class Compared(NamedTuple):
    """Whole runs in the order of every report, and the comparison of each pair of their arms."""

    runs: list[Record]
    pairs: list[Comparison]

    @classmethod
    def of(cls, records: Iterable[Record], plan: Plan | None = None) -> Compared:
        """Those of the whole runs among the records.

        Raises ValueError when these were measured under different protocols.
        """
        runs = training_runs(records)
        return cls(runs, comparisons(runs, plan))


class Kinds(dict[str, list[Record]]):
    """Records by kind, as the parts of a report are given them."""

    @cached_property
    def compared(self) -> Compared:
        """The whole runs by what was planned of them; raises as `Compared.of`."""
        return Compared.of(self.get("run", []), plan_of(self.get("plan", [])))
