"""The catalogue of causes: every known difference that two models may have."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.twins.causes.entries import layers, order, training, wiring
from benchmarks.twins.causes.entry import Entry

GROUPS = (layers, order, wiring, training)
"""The modules that have entries, each of one kind of difference, which its docstring names."""

ENTRIES: Mapping[str, Entry] = {entry.name: entry for group in GROUPS for entry in group.ENTRIES}
"""Name -> entry."""
