"""What users have built on and no rearrangement may change: `python -m tests.pins` writes it down.

A change of `pins.json` is a change that a user feels: it belongs into CHANGELOG.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.cli.parser import command_module, commands
from benchmarks.explain.runs import Walked, rung_key
from benchmarks.explain.steps import Round
from benchmarks.harness.worker_folds import folds_of
from benchmarks.records.check import fault_of
from benchmarks.records.job import Job
from benchmarks.records.packed import unpack
from benchmarks.records.record import read_records
from benchmarks.speed.compilation import Compiled
from benchmarks.speed.limit import Limited
from benchmarks.speed.race import Raced, RacedFolds
from benchmarks.speed.scale import along
from common.problem import PROBLEMS
from common.regime import REGIMES

ROOT = Path(__file__).resolve().parent.parent
PATH = Path(__file__).with_suffix(".json")
PACKED = (
    "tests/faults/records.jsonl.gz",
    "docs/study/records.jsonl.gz",
    "docs/study/time.jsonl.gz",
)


def current() -> dict[str, Any]:
    """What this checkout does."""
    return {
        "keys": {f"{job.problem.name}, {what}": job.key for what, job in _jobs()},
        "paths": dict(_paths()),
        "options": {name: _options(name) for name in commands()},
        "records": {path: _kinds(ROOT / path) for path in PACKED},
        "bounds": hashlib.sha256((ROOT / "common/bounds.json").read_bytes()).hexdigest(),
        "switches": {name: regime.switches() for name, regime in REGIMES.items()},
    }


def _jobs() -> Iterator[tuple[str, Job]]:
    """A job for each thing that a key depends on; a record of old must be found under its key."""
    for problem in PROBLEMS.values():
        for name, regime in REGIMES.items():
            yield name, Job(problem, "a", regime, threads=2, content="sha256:1")
    job = Job(PROBLEMS["boston"], "a:b", REGIMES["matched"], "cuda:1", seed=7)
    yield "elsewhere", job
    yield "by another interpreter", replace(job, python="/python")
    yield "untimed", replace(job, timed=False)
    yield "changed", replace(job, problem=job.problem.but(hidden=(8,), learning_rate=0.5))
    yield "another rule", replace(job, regime=replace(job.regime, rho=0.95, deterministic=True))


def _paths() -> Iterator[tuple[str, str]]:
    """Where the records of every kind of job lie below the results."""
    job = Job(PROBLEMS["boston"], "a:b", REGIMES["matched"], "cuda:1", 3, 2, content="sha256:1")
    yield "crossval", folds_of(job)[1].path
    yield "crossval, own statistics", folds_of(job, own_statistics=True)[1].path
    yield "scale", along(job, "width", (2,))[0].path
    for kind in (Limited, Raced, Walked, Round, Compiled):
        yield kind.kind, kind.of(job).path
    yield "race, folds", RacedFolds.of(job).path
    rung = rung_key(Walked.of(job), Walked.of(replace(job, seed=4)))
    yield "rung", f"{Walked.folder}/{rung}"


def _options(command: str) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    command_module(command).add_arguments(parser)
    return sorted(
        name for action in parser._actions for name in action.option_strings or [action.dest]
    )


def _kinds(path: Path) -> dict[str, int]:
    """How many records of each kind are read; none is skipped."""
    kinds = Counter(record.get("kind", "run") for record in unpack(path) if not fault_of(record))
    assert kinds["run"] == len(list(read_records(path)))
    return dict(sorted(kinds.items()))


if __name__ == "__main__":
    PATH.write_text(f"{json.dumps(current(), indent=1, default=str)}\n")
