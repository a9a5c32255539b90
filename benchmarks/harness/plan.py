"""What to run: a list of jobs, the arms of a comparison interleaved in a seeded random order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from benchmarks.records.job import Job
from common.framework import framework
from common.problem import Problem
from common.regime import NATIVE, Regime


def plan(
    problems: Iterable[Problem],
    frameworks: Iterable[str],
    regimes: Iterable[Regime],
    devices: Mapping[str, Sequence[str]],
    seeds: Iterable[int],
    *,
    peers: Iterable[str] = (),
    shuffle_seed: int = 0,
    on_data: Mapping[str, Mapping[str, Any]] | None = None,
    python: Mapping[str, str] | None = None,
    **common: Any,
) -> list[Job]:
    """Every seed of every problem in every arm (framework x regime x device).

    For each seed of a problem the arms come one after another in a random order, and for the next
    seed in the reverse of it (A B, B A): so neither a slow drift of the machine nor a neighbour's
    heat favours an arm. `devices` and `python` (interpreters) are by framework, `on_data` has
    fields of Job by problem, and `common` those of all. A peer is an arm of its own, with nothing
    to choose.
    """
    problems, seeds, regimes = list(problems), list(seeds), list(regimes)
    arms = [
        (name, regime, device)
        for name in frameworks
        for regime, device in product(regimes, devices[name])
    ]
    arms += [(peer, NATIVE, "cpu") for peer in peers]
    orders = {problem.name: _orders(arms, problem.name, shuffle_seed) for problem in problems}
    return [
        Job(
            problem,
            name,
            regime,
            device,
            seed,
            python=(python or {}).get(name),
            **(on_data or {}).get(problem.name, {}),
            **common,
        )
        for seed in seeds
        for problem in problems
        for name, regime, device in next(orders[problem.name])
    ]


def together(jobs: Iterable[Job], most: int) -> list[list[Job]]:
    """The jobs in batches, each for one process, in the order in which their first jobs came.

    At most so many share one, and only jobs that may be trained together (`Job.batch`).
    """
    batches: list[list[Job]] = []
    unfilled: dict[Job | None, list[Job]] = {}
    for job in jobs:
        if job.batch is None or len(unfilled.get(job.batch, ())) in (0, most):
            batches.append([])
            unfilled[job.batch] = batches[-1]
        unfilled[job.batch].append(job)
    return batches


def _orders(arms, problem: str, shuffle_seed: int):
    """Endlessly: a random order of the arms, then its reverse."""
    generator = random.Random(f"{shuffle_seed} {problem}")
    while True:
        order = generator.sample(arms, len(arms))
        yield order
        yield order[::-1]


def check_device(name: str, device: str) -> None:
    """Raise ValueError when the framework cannot use that kind of device at all."""
    kinds = framework(name).devices
    if device != "auto" and device.partition(":")[0] not in kinds:
        raise ValueError(f"{name} has no device {device!r}; it has: {', '.join(kinds)}, auto")
