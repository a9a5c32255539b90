"""Records made by hand: what every kind of them has beside its numbers."""

from __future__ import annotations

from typing import Any

RAN: dict[str, Any] = {
    "data": {"source": "folder", "digest": "sha256:1", "notice": ""},
    "versions": {"numpy": "2.0"},
    "host": {"cpu": "x", "cores": 2},
    "threads": 2,
    "git": {"commit": "abc", "dirty": False},
    "warnings": [],
}
