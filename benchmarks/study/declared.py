"""A whole comparison: what is declared before its first run, and the runs that this asks for."""

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
from benchmarks.records.arm import arm, by_seed, group_by, succeeded, training_runs
from benchmarks.records.declared import FILE, KIND, Plan
from benchmarks.records.job import PROTOCOL, Job
from benchmarks.records.keys import Record
from benchmarks.records.record import SCHEMA, read_record, read_records, write_record
from benchmarks.statistics.intervals import runs_needed
from common.problem import PROBLEMS
from common.regime import REGIMES
from common.say import counted


def study_jobs(jobs: Iterable[Job], seeds: Mapping[str, int], timed: int) -> list[Job]:
    """Of each arm the first seeds, as many as its problem has; of these the first ones are timed.

    Seeds are counted in the order of the jobs.
    """
    chosen = []
    for same in group_by(jobs, lambda job: replace(job, seed=0)).values():
        kept = same[: seeds[same[0].problem.name]]
        chosen += [replace(job, timed=i < timed) for i, job in enumerate(kept)]
    place = {job: i for i, job in enumerate(jobs)}
    return sorted(chosen, key=lambda job: place[replace(job, timed=True)])


def pilot(runs: Iterable[Record], seeds: int, most: int) -> Plan:
    """The seeds an arm that each problem needs, by the spread of its first runs.

    Of `seeds` and as many as the hardest of its comparisons needs the larger, but at most `most`.
    The spreads say nothing of who is ahead: planning by them leaves the verdicts' errors as they
    are (Friede and Kieser 2006, Biometrical Journal 48).
    """
    found: Plan = {}
    for problem, same in group_by(training_runs(runs), lambda run: run["problem"]).items():
        margin = PROBLEMS[problem].margin
        spreads = list(_spreads(same))
        needed = [
            runs_needed(each["spread"], margin, paired=each["paired"]) or most for each in spreads
        ]
        wanted = max([seeds, *needed])
        found[problem] = {"wanted": wanted, "seeds": min(wanted, most), "spreads": spreads}
    return found


def _spreads(runs: list[Record]) -> Iterator[dict[str, Any]]:
    """Of each pair of frameworks in a regime on a device, as `runs_needed` takes it."""
    finished = succeeded(runs)
    places = group_by(finished, lambda run: (run["regime"], run["device"]))
    for (regime, device), same in places.items():
        arms = {k: by_seed(v) for k, v in group_by(same, lambda run: run["framework"]).items()}
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


def declaration(jobs: Iterable[Job], pilots: Mapping[str, Any] | None = None) -> Plan:
    """What is declared of each problem: its seeds an arm, the margin, and what the runs are of.

    How many are timed is not: no verdict on time is planned by their number. `pilots` has by
    problem what a number of seeds was planned from.
    """
    problems = {}
    for name, same in group_by(jobs, lambda job: job.problem.name).items():
        arms = group_by(same, lambda job: (job.framework, job.regime, job.device))
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
    return json.loads(json.dumps(problems))  # as it will be read back


def declare(results: Path, problems: Plan) -> Plan:
    """The plan of a results folder, with these problems added if they are new to it.

    What was once declared stays: ValueError for a problem that was declared otherwise.
    """
    path = results / FILE
    plan = read_record(path) if path.is_file() else None
    if plan and plan.get("protocol") != PROTOCOL:
        raise ValueError(
            f"{path} was declared for protocol {plan.get('protocol')}, this version measures by "
            f"{PROTOCOL}; give another --results"
        )
    declared = dict(plan["problems"]) if plan else {}
    before: Counter[str] = Counter()
    for name, wanted in problems.items():
        known = declared.get(name)
        if known is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            before = before or Counter(run["problem"] for run in read_records(results))
            facts = {"declared": now, "runs_before": before[name], "git": machine.git()}
            declared[name] = {**wanted, **facts}
            continue
        other = [key for key in wanted if key != "pilot" and known[key] != wanted[key]]
        if other:
            said = ", ".join(f"{key} {known[key]} and not {wanted[key]}" for key in other)
            raise ValueError(
                f"{path} declares for {name}: {said}; keep to it, or give another --results"
            )
    whole = {"kind": KIND, "schema": SCHEMA, "protocol": PROTOCOL, "problems": declared}
    if whole != plan:
        write_record(whole, path)
    return declared


def unfulfilled(plan: Plan, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence on each problem of which an arm has fewer finished seeds than were declared."""
    said = []
    for name, runs in group_by(records, lambda record: record["problem"]).items():
        if name not in plan:
            said.append(f"{name}: no number of seeds was declared before its runs")
            continue
        done = {
            key: len({run["seed"] for run in same if run["error"] is None})
            for key, same in group_by(runs, arm).items()
        }
        planned, short = plan[name]["seeds"], [n for n in done.values() if n < plan[name]["seeds"]]
        if short:
            said.append(
                f"{name}: planned are {counted(planned, 'seed')} an arm; fewer than that in "
                f"{len(short)} of {counted(len(done), 'arm')}, the least {min(short)}"
            )
    return said
