"""What to run: a list of jobs, the arms of a comparison interleaved in a seeded random order."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.place import Place
from common.framework import framework
from common.problem import Problem
from common.regime import NATIVE, Regime

if TYPE_CHECKING:
    from common.data.sources import Choice

PROTOCOL = 2  # how it is measured; numbers of two protocols never stand in one table
MIN_PROCESSES = 5  # fewer say too little about time for an interval or a ranking
UNTIMED = "-untimed.json"  # how the name of a record without clocks ends


@dataclass(frozen=True)
class Job:
    """One training run: everything that its process must know."""

    problem: Problem
    framework: str
    regime: Regime
    device: str = "cpu"
    seed: int = 0
    threads: int | None = None  # None: as many as the framework takes
    data: Choice = "auto"
    data_dir: str | None = None
    content: str = ""  # digest of the data; other data is another run, wherever it lies
    python: str | None = None  # interpreter; None: this one
    timeout: float | None = None  # seconds
    timed: bool = True  # False: for its metrics alone; it may share the machine with others
    source: tuple[str, str | None] | None = None  # where the plan found the data: `Data.again`

    @property
    def changed(self) -> dict[str, Any]:
        """The settings of problem and regime that differ from those published."""
        return {**self.problem.changes(), **self.regime.changes()}

    @property
    def place(self) -> Place:
        """Where it runs."""
        return Place(self.framework, self.device, self.threads, self.python)

    @property
    def key(self) -> str:
        """Path of its record below the results folder.

        The digest in the name covers all that can change the numbers and is not in the path, so
        that a record is never taken for that of a run with other settings. An untimed run has a
        record beside the one that it would have if it were timed.
        """
        settings = {
            "protocol": PROTOCOL,
            "problem": asdict(self.problem),
            "regime": self.regime.switches(),
            "threads": self.threads,
            "content": self.content,
            "python": self.python,
        }
        arm = (self.framework, self.regime.name, self.device)
        path = path_of((self.problem.name, *arm), self.seed, settings)
        return f"{path}{'.json' if self.timed else UNTIMED}"

    def __str__(self) -> str:
        arm = f"{self.problem.name} {self.framework} {self.regime.name} {self.device}"
        return f"{arm} seed {self.seed}"


def path_of(folders: Iterable[str], seed: int, settings: Mapping[str, Any]) -> str:
    """Where what is measured with these settings lies below the results, without its suffix.

    No other settings have the path, nor has it a colon, which not every file system allows.
    """
    text = json.dumps(settings, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return "/".join([*folders, f"seed{seed}-{digest}"]).replace(":", "-")


def fold_path(job: Job, fold: int, own_statistics: bool) -> Path:
    """Where the record of a fold lies below the results folder."""
    key = Path("crossval", job.key)
    own = "-own" if own_statistics else ""
    return key.with_name(f"{key.stem}-fold{fold + 1}of{job.problem.folds}{own}.json")


def plan(
    problems: Iterable[Problem],
    frameworks: Iterable[str],
    regimes: Iterable[Regime],
    devices: Mapping[str, Sequence[str]],
    seeds: Iterable[int],
    *,
    peers: Iterable[str] = (),
    shuffle_seed: int = 0,
    content: Mapping[str, str] | None = None,
    source: Mapping[str, tuple[str, str | None] | None] | None = None,
    python: Mapping[str, str] | None = None,
    **common: Any,
) -> list[Job]:
    """Every seed of every problem in every arm (framework x regime x device).

    For each seed of a problem the arms come one after another in a random order, and for the next
    seed in the reverse of it (A B, B A): so neither a slow drift of the machine nor a neighbour's
    heat favours an arm. `devices` are by framework, `content` (data digests) and `source` (where
    the data were found) by problem, `python` (interpreters) by framework; `common` are further
    fields of every Job. A peer is an arm of its own, with nothing to choose.
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
            content=(content or {}).get(problem.name, ""),
            source=(source or {}).get(problem.name),
            python=(python or {}).get(name),
            **common,
        )
        for seed in seeds
        for problem in problems
        for name, regime, device in next(orders[problem.name])
    ]


def together(jobs: Iterable[Job], most: int) -> list[list[Job]]:
    """The jobs in batches, each for one process, in the order in which their first jobs came.

    At most so many untimed seeds of an arm with tuned execution share one; any other job is alone.
    """
    batches: list[list[Job]] = []
    unfilled: dict[Job, list[Job]] = {}
    for job in jobs:
        alone = job.timed or not job.regime.tuned
        arm = replace(job, seed=0)
        if alone or len(unfilled.get(arm, ())) in (0, most):
            batches.append([])
            unfilled[arm] = batches[-1]
        unfilled[arm].append(job)
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
