"""What a comparison of climbs leaves on disk: its numbers as a record, and the traces."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness.ladder import KIND
from benchmarks.records import machine
from benchmarks.records.place import Place
from benchmarks.records.record import header, write_record
from benchmarks.statistics.parity import Parity
from common.atomic import replaced
from common.trace import Difference, Trace


def plain(parity: Parity, arms: Sequence[Place]) -> dict[str, Any]:
    """All numbers of one problem, for JSON; an error that is not finite is None."""
    breach, ladder = parity.breach(), parity.ladder
    return {
        "problem": ladder.problem.name,
        "regime": ladder.regime.name,
        "seed": ladder.seed,
        "frameworks": [str(arm) for arm in arms],
        "threads": arms[0].threads,
        "steps": list(ladder.steps),
        "epochs": ladder.epochs,
        "data_digest": parity.reference["data/digest"].tobytes().hex(),
        "notice": parity.notice,
        "raised_bounds": [
            {"rung": rung, "tensor": tensor, "bound": bound}
            for (rung, tensor), bound in parity.raised.items()
        ],
        "verdict": parity.verdict(),
        "first_breach": breach and {"pair": breach[0], **_number(breach[1])},
        "differences": [
            {"pair": pair, **_number(d)} for pair, ds in parity.pairs.items() for d in ds
        ],
        "growth": [
            {"who": name, "steps": steps, "errors": errors}
            for name, steps, errors in parity.growth()
        ],
    }


def verdicts(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries of `--json`, by the numbers of `plain` or of a user's models or traces."""
    return [
        {
            "about": " and ".join(one["traces"])
            if "traces" in one
            else f"{one['problem']}, {one['regime']}, seed {one['seed']}",
            "verdict": one.get("judged") or ("breach" if one["first_breach"] else "within bounds"),
            "sentence": one["verdict"],
        }
        for one in results
    ]


def _number(d: Difference) -> dict[str, Any]:
    error = d.error if math.isfinite(d.error) else None
    return {**d._asdict(), "error": error, "broken": d.broken}


def keep(numbers: Mapping[str, Any], path: Path) -> None:
    """Write the numbers of `plain` as a record, for `twinbench report`."""
    origin = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": machine.host(),
        "git": machine.git(),
        "versions": machine.versions(),
    }
    write_record({**header(KIND), "error": None, **numbers, **origin}, path)


def save_trace(trace: Trace, path: Path) -> None:
    """Write a trace atomically as `.npz`; `/` in a tensor's name becomes `:`."""
    arrays: dict[str, Any] = {k.replace("/", ":"): value for k, value in trace.items()}
    with replaced(path) as file:
        np.savez(file, **arrays)


def read_trace(path: Path) -> Trace:
    """Read a trace that `save_trace` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return {key.replace(":", "/"): arrays[key] for key in arrays.files}
