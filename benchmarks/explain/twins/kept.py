"""Walks between twins: kept when they are planned, and put together again with their runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.explain.explained import Explained
from benchmarks.explain.from_records import setting
from benchmarks.explain.runs import Walked
from benchmarks.explain.walk import Step, Walk
from benchmarks.harness.worker import provenance
from benchmarks.records.arm import Arm, group_by, metric_of, of_kind
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Explain, typed
from benchmarks.records.record import header, write_record
from benchmarks.records.values import plain
from benchmarks.records.walks import ExplainWalk, Way
from common.data import Data
from common.twins.problem import Twins


@dataclass(frozen=True)
class Kept(Twins):
    """A file of which the records alone are known: it may be gone, and is not executed."""

    changed: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def changes(self) -> dict[str, Any]:
        """The settings that differed from those in the file."""
        return dict(self.changed)


def keep(walks: Sequence[Walk], job: Job, data: Data, results: Path) -> None:
    """Write the walks, of whose runs `job` is one; the same walks have one file."""
    record = record_of(walks, job, data)
    about = {name: value for name, value in record.items() if name != "created"}
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    folder = results / Walked.folder / job.problem.name.replace(":", "-") / "walks"
    write_record(record, folder / f"{digest}.json")


def record_of(walks: Sequence[Walk], job: Job, data: Data) -> dict[str, Any]:
    """The record of these walks, as JSON has it."""
    record = {
        **header("explain_walk"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "problem": job.problem.name,
        "title": job.problem.title,
        "device": job.device,
        "data": provenance(data),
        "settings": {
            "changed": job.changed,
            "problem": {"sha256": job.problem.file_digest},
            "requested": {"device": job.device, "threads": job.threads, "data": job.data.asked},
        },
        "walks": [_way(walk) for walk in walks],
        "error": None,
    }
    return typed(plain(record, "", [])).json


def _way(walk: Walk) -> dict[str, Any]:
    steps = [
        {
            "switch": step.switch,
            "old": step.old,
            "new": step.new,
            "paired": step.paired,
            "after": _stop(walk, step.after),
        }
        for step in walk.steps
    ]
    return {"start": _stop(walk, walk.arms[0]), "steps": steps, "no_step": dict(walk.skipped)}


def _stop(walk: Walk, arm: Arm) -> dict[str, Any]:
    exchanged = asdict(walk.problems[arm]).get("exchanged")
    return {"framework": arm.framework, "regime": arm.regime, "exchanged": exchanged}


def explained(kept: Iterable[Record], runs: Iterable[Record]) -> Iterator[Explained]:
    """What the latest walk between two models gave of whose stops all have a run; each pair once.

    A pair is of one version of the file, on the same rows, with the same settings.
    """
    by_setting = group_by(of_kind(runs, Explain), setting)
    latest: dict[Hashable, Explained] = {}
    for record in sorted(of_kind(kept, ExplainWalk), key=lambda record: record.created or ""):
        found = _explained(record, by_setting.get(setting(record), []))
        if found:
            latest[setting(record), found.walks[0].start, found.walks[0].goal] = found
    yield from latest.values()


def _explained(record: ExplainWalk, runs: Iterable[Explain]) -> Explained | None:
    """The ways of which every stop has a run; None if there is none."""
    by_stop = group_by(
        runs,
        lambda run: _key(run.framework, run.regime, (run.settings.problem or {}).get("exchanged")),
    )
    walks: list[Walk] = []
    records: dict[Arm, dict[int, Explain]] = {}
    for way in record.walks:
        stops = [way.start, *(step.after for step in way.steps)]
        trained = [by_stop.get(_key(s.framework, s.regime, s.exchanged), []) for s in stops]
        if way.steps and all(trained):
            arms = [Arm(record.problem, s.framework, s.regime, record.device) for s in stops]
            walks.append(_walk(way, arms))
            seeds = ({run.seed: run for run in same} for same in trained)
            records.update(zip(arms, seeds, strict=True))
    if not walks:
        return None
    problem = Kept(
        name=record.problem,
        title=record.title,
        features=0,
        outputs=0,
        hidden=(),
        loss="",  # type: ignore[arg-type]
        epochs=1,
        batch_size=1,
        test_metric=metric_of(next(iter(records[walks[0].arms[0]].values()))),
        changed=record.changed,
    )
    return Explained(problem, tuple(walks), records, {})


def _key(framework: str, regime: str, exchanged: Any) -> Hashable:
    return framework, regime, json.dumps(exchanged, sort_keys=True)


def _walk(way: Way, arms: Sequence[Arm]) -> Walk:
    steps = tuple(
        Step(step.switch, step.old, step.new, before, after, step.paired)
        for step, before, after in zip(way.steps, arms, arms[1:], strict=False)
    )
    return Walk(arms[0].framework, arms[-1].framework, steps, way.no_step, {})
