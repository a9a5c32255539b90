"""A planned comparison: its declaration before the first run, and the jobs that follow from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from statistics import stdev, variance
from typing import Any

from benchmarks.records import machine
from benchmarks.records.arm import Arm, by_seed, group_by, succeeded, training_runs
from benchmarks.records.declared import FILE, KIND, plan_of
from benchmarks.records.job import PROTOCOL, Job
from benchmarks.records.keys import Object, Record
from benchmarks.records.kinds import typed
from benchmarks.records.plans import Planned
from benchmarks.records.record import header, read_record, read_records, write_record
from benchmarks.statistics.intervals import runs_needed
from benchmarks.statistics.verdict import MARGINS
from common.regime import REGIMES
from common.say import counted


def study_jobs(jobs: Iterable[Job], seeds: Mapping[str, int], timed: int) -> list[Job]:
    """The jobs of the first seeds of each arm, as many as `seeds` has for its problem.

    The first `timed` of each arm are timed. The order is that of `jobs`.
    """
    ranks: Counter[Job] = Counter()
    chosen = []
    for job in jobs:
        arm = replace(job, seed=0)
        if ranks[arm] < seeds[job.problem.name]:
            chosen.append(replace(job, timed=ranks[arm] < timed))
        ranks[arm] += 1
    return chosen


def pilot(
    runs: Iterable[Record], seeds: int, most: int, margins: Mapping[str, float] = MARGINS
) -> dict[str, Object]:
    """The seeds per arm that each problem needs, by the spread of its first runs.

    The number is what the hardest of its comparisons needs, at least `seeds` and at most `most`,
    by the margin of each problem.
    A spread does not tell which framework is ahead, so planning by it leaves the error rates of the
    verdicts as they are (Friede and Kieser 2006, Biometrical Journal 48).
    """
    plan: dict[str, Object] = {}
    for problem, own in group_by(training_runs(runs), lambda run: run.problem).items():
        spreads, margin = list(_spreads(own)), margins[problem]
        needed = [runs_needed(s["spread"], margin, paired=s["paired"]) or most for s in spreads]
        wanted = max([seeds, *needed])
        plan[problem] = {"wanted": wanted, "seeds": min(wanted, most), "spreads": spreads}
    return plan


def _spreads(runs: list[Record]) -> Iterator[Object]:
    """The spread of each pair of frameworks in a regime on a device, as `runs_needed` takes it."""
    finished = succeeded(runs)
    places = group_by(finished, lambda run: (run.regime, run.device))
    for (regime, device), own in places.items():
        arms = {k: by_seed(v) for k, v in group_by(own, lambda run: run.framework).items()}
        for one, other in combinations(arms, 2):
            seeds = arms[one].keys() & arms[other].keys()
            if len(seeds) < 2:
                continue
            x, y = ([arms[name][seed] for seed in sorted(seeds)] for name in (one, other))
            paired = REGIMES[regime].paired
            unpaired = ((variance(x) + variance(y)) / 2) ** 0.5
            spread = stdev(b - a for a, b in zip(x, y, strict=True)) if paired else unpaired
            place = {"regime": regime, "device": device, "frameworks": [one, other]}
            yield {**place, "pilot_seeds": len(seeds), "paired": paired, "spread": spread}


def declaration(jobs: Iterable[Job], pilots: Mapping[str, Any] | None = None) -> Object:
    """The declaration of each problem: seeds per arm, margin, and the conditions of the runs.

    The number of timed runs is left open: no verdict on time is planned by it. `pilots` has, by
    problem, the `pilot` from which its number of seeds was planned.
    """
    problems = {}
    for name, own in group_by(jobs, lambda job: job.problem.name).items():
        arms = group_by(own, lambda job: (job.framework, job.regime, job.device))
        first = next(iter(arms.values()))
        problems[name] = {
            "seeds": len(first),
            "first_seed": min(job.seed for job in first),
            "metric": first[0].problem.metric,
            "margin": first[0].problem.margin,
            "threads": first[0].threads,
            "content": first[0].content,
            "changed": first[0].problem.changes(),
            "pilot": (pilots or {}).get(name),
        }
        if digest := first[0].problem.file_digest:
            problems[name]["file"] = digest
    return json.loads(json.dumps(problems))  # as it will be read back


def declare(results: Path, problems: Mapping[str, Object]) -> dict[str, Planned]:
    """Add new problems to the plan of a results folder; returns the whole plan.

    A declaration is never changed: raises ValueError for a problem that was declared otherwise.
    """
    path = results / FILE
    plan = read_record(path) if path.is_file() else None
    if plan and plan.protocol != PROTOCOL:
        raise ValueError(
            f"{path} was declared for protocol {plan.protocol}, this version measures by "
            f"{PROTOCOL}; give another --results"
        )
    declared = dict(plan.json["problems"]) if plan else {}
    before: Counter[str] = Counter()
    for name, wanted in problems.items():
        known = declared.get(name)
        if known is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            before = before or Counter(run.problem for run in read_records(results))
            facts = {"declared": now, "runs_before": before[name], "git": machine.git()}
            declared[name] = {**wanted, **facts}
            continue
        other = [key for key in wanted if key != "pilot" and known[key] != wanted[key]]
        if other:
            changes = ", ".join(f"{key} {known[key]} and not {wanted[key]}" for key in other)
            raise ValueError(
                f"{path} declares for {name}: {changes}; keep to it, or give another --results"
            )
    whole = typed({**header(KIND), "problems": declared})
    if whole != plan:
        write_record(whole, path)
    return plan_of([whole])


def unfulfilled(plan: Mapping[str, Planned], records: Iterable[Record]) -> list[str]:
    """One sentence per problem of which an arm has fewer finished seeds than were declared."""
    sentences = []
    for name, runs in group_by(records, lambda record: record.problem).items():
        if name not in plan:
            sentences.append(f"{name}: no number of seeds was declared before its runs")
            continue
        planned = plan[name].seeds
        finished = [
            len({run.seed for run in repetitions if run.error is None})
            for repetitions in group_by(runs, Arm.of).values()
        ]
        short = [seeds for seeds in finished if seeds < planned]
        if short:
            sentences.append(
                f"{name}: planned are {counted(planned, 'seed')} an arm; fewer than that in "
                f"{len(short)} of {counted(len(finished), 'arm')}, the least {min(short)}"
            )
    return sentences
