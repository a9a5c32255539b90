"""The catalogue of causes: every known difference that two models may have."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.twins.causes.entries import layers, order, training, wiring
from benchmarks.twins.causes.entry import Entry

ENTRIES: Mapping[str, Entry] = {
    entry.name: entry
    for entries in (layers.ENTRIES, order.ENTRIES, wiring.ENTRIES, training.ENTRIES)
    for entry in entries
}
"""Name -> entry."""
