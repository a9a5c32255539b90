"""What is run: one job, whose path is the key of its record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from benchmarks.records.place import Place
from common.problem import Problem
from common.regime import NATIVE, Regime

if TYPE_CHECKING:
    from benchmarks.records.arm import Arm
    from common.data.sources import Choice

PROTOCOL = 2  # how it is measured; numbers of two protocols never stand in one table
MIN_PROCESSES = 5  # fewer say too little about time for an interval or a ranking
UNTIMED = "-untimed.json"  # how the name of a record without clocks ends


class Source(NamedTuple):
    """What data it wants, and where the plan found them: its process looks nowhere else."""

    asked: Choice = "auto"
    choice: str = "auto"
    folder: str | None = None


ANYWHERE = Source()


class Process(NamedTuple):
    """What a process is started with, and for whom; jobs with equal ones share it."""

    place: Place
    regime: Regime
    owner: Job | None = None  # None: any job of that place and regime


@dataclass(frozen=True)
class Job:
    """One measurement in a process: everything that this must know. Here, a whole training run.

    Another kind of measurement is a class below this one, with a kind, a folder and a target.
    """

    kind: ClassVar[str] = "run"  # of its record
    folder: ClassVar[str] = ""  # of its records, below the results
    clocked: ClassVar[bool] = True  # whether what it compares are seconds
    across: ClassVar[bool] = False  # whether arms of several regimes are compared, and take turns
    # `module:function` that is given the job in its process, and returns what the record is made of
    target: ClassVar[str] = "benchmarks.harness.worker:run_job"
    # the same for a list of jobs that are trained together
    batch_target: ClassVar[str] = "benchmarks.harness.worker:run_replicas"

    problem: Problem
    framework: str
    regime: Regime
    device: str = "cpu"
    seed: int = 0
    threads: int | None = None  # None: as many as the framework takes
    data: Source = ANYWHERE
    content: str = ""  # digest of the data; other data is another run, wherever it lies
    python: str | None = None  # interpreter; None: this one
    timeout: float | None = None  # seconds
    timed: bool = True  # False: for its metrics alone; it may share the machine with others
    turns: bool = False  # an epoch of each in turn with its `heat`, where the engine can

    @classmethod
    def of(cls, job: Job, **changes: Any) -> Self:
        """A job with the fields of another one, as this kind of measurement."""
        return cls(**{field.name: getattr(job, field.name) for field in fields(job)} | changes)

    @property
    def changed(self) -> dict[str, Any]:
        """The settings of problem and regime that differ from those published."""
        return {**self.problem.changes(), **self.regime.changes()}

    @property
    def arm(self) -> Arm:
        """What it trains, and where; seeds repeat it."""
        from benchmarks.records.arm import Arm  # a process that measures needs no msgspec

        return Arm(self.problem.name, self.framework, self.regime.name, self.device)

    @property
    def place(self) -> Place:
        """Where it runs."""
        return Place(self.framework, self.device, self.threads, self.python)

    @property
    def process(self) -> Process:
        """The process in which it is measured: by default a fresh one of its own."""
        return Process(self.place, self.regime, self)

    @property
    def batch(self) -> Job | None:
        """Jobs for which this is equal may be trained together; None: it is trained alone."""
        return replace(self, seed=0) if self.regime.tuned and not self.timed else None

    @property
    def heat(self) -> Job | None:
        """Jobs for which this is equal take turns; None: it runs alone."""
        if not (self.turns and self.timed):
            return None
        shared = {field.name: getattr(self, field.name) for field in fields(Job)}
        arm = {"framework": "", "device": "", "python": None}
        return Job(**shared | arm | ({"regime": NATIVE} if self.across else {}))

    @property
    def epochs(self) -> int:
        """How many it trains, for the display of its progress."""
        return self.problem.epochs

    @property
    def steps(self) -> float:
        """How many steps it takes for each training row."""
        return self.epochs / self.problem.batch_size

    @property
    def about(self) -> dict[str, Any]:
        """What its record says of it beside its arm and seed, even when it fails."""
        return {}

    @property
    def path(self) -> str:
        """Path of its record below the results folder."""
        return str(PurePosixPath(self.folder, self.key))

    @property
    def key(self) -> str:
        """Path of its record below the folder of its kind.

        The digest in the name covers all that can change the numbers and is not in the path, so
        that a record is never taken for that of a run with other settings. An untimed run has a
        record beside the one that it would have if it were timed.
        """
        settings = {
            "protocol": PROTOCOL,
            "problem": asdict(self.problem),
            "regime": self.regime.keyed(),
            "threads": self.threads,
            "content": self.content,
            "python": self.python,
            **({"turns": True} if self.heat else {}),
        }
        arm = self.arm
        folders = (arm.problem, arm.framework, arm.regime, arm.device)
        path = path_of(folders, self.seed, settings)
        return f"{path}{'.json' if self.timed else UNTIMED}"

    def __str__(self) -> str:
        return f"{self.arm} seed {self.seed}"


def path_of(folders: Iterable[str], seed: int, settings: Mapping[str, Any]) -> str:
    """Where what is measured with these settings lies below the results, without its suffix.

    No other settings have the path, nor has it a colon, which not every file system allows.
    """
    text = json.dumps(settings, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return "/".join([*folders, f"seed{seed}-{digest}"]).replace(":", "-")
