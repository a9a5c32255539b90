"""Records made by hand: what every kind of them has beside its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

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


def run(
    problem: str = "mnist",
    framework: str = "alpha",
    regime: str = "matched",
    seed: int = 0,
    *,
    value: float | None = 0.97,
    epochs: tuple[float, ...] = (0.9, 0.25, 0.2, 0.3),
    **more: Any,
) -> dict[str, Any]:
    """A whole run with that test metric and those seconds an epoch."""
    metric = PROBLEMS[problem].metric
    curve = [4 / (1 + epoch) for epoch in range(len(epochs))]
    history = {"loss": curve, metric: curve}
    if PROBLEMS[problem].validation:
        history |= {"val_loss": curve, f"val_{metric}": curve}
    return {
        **RAN,
        "kind": "run",
        "schema": 1,
        "protocol": 1,
        "problem": problem,
        "framework": framework,
        "regime": regime,
        "device": "cpu",
        "seed": seed,
        "metrics": {"loss": 0.1, metric: value},
        "history": history,
        "epoch_seconds": list(epochs),
        "validation_seconds": [],
        "first_epoch_seconds": epochs[0],
        "steady_epoch_seconds": 0.25,
        "total_seconds": 12.34,
        "peak_rss_bytes": 700 * 2**20,
        "settings": {"changed": {}},
        "error": None,
    } | more


def paths_in(value: Any) -> list[str]:
    """The texts in a value that have an absolute path, of POSIX or of Windows."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in paths_in(part)]
    path = r"(?:^|[\s'\"=(])(?:~?/|[A-Za-z]:[\\/]|\\\\)\w"
    return [value] if isinstance(value, str) and re.search(path, value) else []


def seeds(values: Iterable[float], framework: str = "alpha", **more: Any) -> list[dict[str, Any]]:
    """A whole run a value, of the seeds 0, 1, 2, ..."""
    return [
        run(framework=framework, seed=seed, value=value, **more)
        for seed, value in enumerate(values)
    ]
