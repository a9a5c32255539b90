"""What is run: one job, whose path is the key of its record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records.place import Place
from common.problem import Problem
from common.regime import Regime

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
