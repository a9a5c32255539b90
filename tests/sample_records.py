"""Records made by hand: what every kind of them has beside its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.records.plans import Planned
from common.problem import PROBLEMS

RAN: dict[str, Any] = {
    "data": {"source": "folder", "digest": "sha256:1", "notice": ""},
    "versions": {"numpy": "2.0"},
    "created": "2026-01-01T00:00:00+00:00",
    "host": {"cpu": "x", "cores": 2},
    "threads": 2,
    "git": {"commit": "abc", "dirty": False},
    "warnings": [],
}


FILL: dict[str, Any] = {
    **RAN,
    "schema": 1,
    "protocol": 1,
    "device": "cpu",
    "seed": 0,
    "metrics": {},
    "history": {},
    "epoch_seconds": [],
    "validation_seconds": [],
    "total_seconds": None,
    "settings": {"changed": {}},
    "error": None,
}


def made(**fields: Any) -> Record:
    """A record of any kind with these fields, and what every kind has beside them."""
    return typed({**FILL, **fields})


def but(record: Record, **changes: Any) -> Record:
    """The record with some keys changed."""
    return typed({**record.json, **changes})


def run(
    problem: str = "mnist",
    framework: str = "alpha",
    regime: str = "matched",
    seed: int = 0,
    *,
    value: float | None = 0.97,
    epochs: tuple[float, ...] = (0.9, 0.25, 0.2, 0.3),
    **more: Any,
) -> Record:
    """A whole run with that test metric and those seconds an epoch."""
    metric = PROBLEMS[problem].metric
    curve = [4 / (1 + epoch) for epoch in range(len(epochs))]
    history = {"loss": curve, metric: curve}
    if PROBLEMS[problem].validation:
        history |= {"val_loss": curve, f"val_{metric}": curve}
    fields = {
        "problem": problem,
        "framework": framework,
        "regime": regime,
        "seed": seed,
        "metrics": {"loss": 0.1, metric: value},
        "history": history,
        "epoch_seconds": list(epochs),
        "first_epoch_seconds": epochs[0],
        "steady_epoch_seconds": 0.25,
        "total_seconds": 12.34,
        "peak_rss_bytes": 700 * 2**20,
    }
    return made(**{"kind": "run", **fields, **more})


def declared(seeds: int = 30, runs_before: int = 0) -> Planned:
    """What a plan says of MNIST."""
    return Planned(seeds, 0, runs_before, "accuracy", "sha256:1", "today", 0.003, 1, {}, None)


def paths_in(value: Any) -> list[str]:
    """The texts in a value that have an absolute path, of POSIX or of Windows."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in paths_in(part)]
    path = r"(?:^|[\s'\"=(])(?:~?/|[A-Za-z]:[\\/]|\\\\)\w"
    return [value] if isinstance(value, str) and re.search(path, value) else []


def seeds(values: Iterable[float], framework: str = "alpha", **more: Any) -> list[Record]:
    """A whole run a value, of the seeds 0, 1, 2, ..."""
    return [
        run(framework=framework, seed=seed, value=value, **more)
        for seed, value in enumerate(values)
    ]
