"""What a finished record of each kind has beside the keys of every record, and without fail.

A field without a default must be there, and `needed` names the keys that must be there though they
may be null. The record of a run that failed is a plain `Record`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta, field
from msgspec.structs import force_setattr

from benchmarks.records.keys import (
    NotNegative,
    Number,
    Part,
    Positive,
    Record,
    Time,
    Whole,
)
from benchmarks.records.plans import Plan
from benchmarks.records.walks import ExplainWalk

Kind = TypeVar("Kind", bound=Record)
Problem = Annotated[str, Meta(title="problem")]  # one that is known here
Regime = Annotated[str, Meta(title="regime")]  # the same
ORIGIN = (
    *("framework", "data.source", "data.digest", "versions", "host.cpu", "host.cores", "threads"),
    *("git.commit", "git.dirty"),
)
PARTS = ("input", "forward", "backward", "optimiser", "bookkeeping")
"""In the order of a step; the last, the running loss and metric, makes it whole."""
TRAINED = (
    *(*ORIGIN, "device", "seed", "metrics", "history", "epoch_seconds", "total_seconds"),
    "settings",
)


class Measured(Record, frozen=True, kw_only=True):
    """What a job measured in a process."""

    needed: ClassVar[tuple[str, ...]] = ORIGIN
    problem: Problem
    regime: Regime


class Trained(Measured, frozen=True, kw_only=True):
    """A whole training."""

    needed: ClassVar[tuple[str, ...]] = TRAINED
    created: Time
    protocol: Number


class Run(Trained, frozen=True, kw_only=True):
    """A training and a test, of a problem that a user may have brought."""

    problem: str


class Explain(Trained, frozen=True, kw_only=True):
    """A run on a walk; its regime has the name of its switches."""

    needed: ClassVar[tuple[str, ...]] = (*TRAINED, "steady_epoch_seconds")
    problem: str
    regime: str


class Factorial(Trained, frozen=True, kw_only=True):
    """A run with a subset of one framework's defaults; its regime has the name of the subset."""

    regime: str
    start: str
    goal: str
    switches: list[str]
    turned: list[str]


class Crossval(Trained, frozen=True, kw_only=True):
    """A training on all rows but those of a fold."""

    needed: ClassVar[tuple[str, ...]] = (
        *TRAINED,
        *("settings.changed", "settings.problem.hidden", "settings.problem.learning_rate"),
        *("settings.problem.folds", "settings.problem.fold_epochs"),
        *("settings.problem.fold_batch_size", "settings.problem.validation"),
    )
    fold: Whole  # counted from 0
    folds: Whole
    fold_statistics: str  # whose mean and deviation standardise it: "all" rows or its "own"


class Race(Measured, frozen=True, kw_only=True):
    """A training by a framework, or by a peer."""

    needed: ClassVar[tuple[str, ...]] = (*ORIGIN, "metrics", "epoch_seconds", "validation_seconds")
    total_seconds: Positive
    peak_rss_bytes: Positive


class Itself(Measured, frozen=True, kw_only=True):
    """One of two trainings of an arm that differ in nothing."""

    needed: ClassVar[tuple[str, ...]] = (*ORIGIN, "epoch_seconds")
    copy: str


class Scale(Measured, frozen=True, kw_only=True):
    """A training of a problem made larger."""

    steady_epoch_seconds: Positive
    peak_rss_bytes: Positive
    axis: Annotated[str, Meta(title="axis")]
    value: Positive  # the place on it


class Compilation(Measured, frozen=True, kw_only=True):
    """A training with a part of its step compiled; `extent` says in words which."""

    needed: ClassVar[tuple[str, ...]] = (*ORIGIN, "epoch_seconds", "stages.build")
    first_epoch_seconds: Positive
    steady_epoch_seconds: Positive
    extent: str


class Roofs(Part, frozen=True):
    """What the machine can do at best, beside a run: see `speed/limit.py:measure`."""

    dense: Positive
    sparse: Positive | None
    flop: Positive
    bytes: Positive
    steps: Positive
    flops: Positive
    bandwidth: Positive
    harness: NotNegative


class Limit(Measured, frozen=True, kw_only=True):
    """A run, and the limits of its machine."""

    steady_epoch_seconds: Positive
    limit: Roofs


class Profile(Part, frozen=True):
    """Seconds a step by kind of kernel, as a framework's profiler sees them, and of all."""

    products: NotNegative
    other_kernels: NotNegative
    whole: Positive


class Ablation(Measured, frozen=True, kw_only=True):
    """A step taken apart; `until` has seconds of a step that ends with each of PARTS.

    `otherwise` has those of a whole one that does a piece of `tuned` as users do, by piece.
    """

    needed: ClassVar[tuple[str, ...]] = (*ORIGIN, *(f"until.{part}" for part in PARTS))
    until: dict[str, Positive]
    steps: Whole
    products_alone: Positive
    profile: Profile
    otherwise: dict[str, Positive] = msgspec.field(default_factory=dict)


class Rung(Part, frozen=True):
    """Where two arms first differ by more than a rounding; `rung` is empty where they do not.

    The error is None where it is no finite number.
    """

    rung: str
    tensor: str
    error: NotNegative | None


class ExplainRung(Record, frozen=True, kw_only=True):
    """Where the two arms of a step of a walk, by the keys of their jobs, first differ."""

    before: str
    after: str
    first: Rung


class Differing(Part, frozen=True):
    """A tensor of two ladders, its error and the bound of that; null was no finite number."""

    pair: list[str]
    rung: str
    tensor: str
    error: NotNegative | None
    bound: NotNegative | None


class Layers(Part, frozen=True):
    """A layer of each of two models, or one without a partner: see `twins/apart.py:Apart`."""

    one: str
    other: str
    kind: str = ""
    shown: bool = False
    inherited: NotNegative | None = None
    after: NotNegative | None = None
    own: NotNegative | None = None
    settings: list[str] = field(default_factory=list)


class Fault(Part, frozen=True):
    """Where two models part."""

    places: list[str]
    sentence: str


class Cause(Part, frozen=True):
    """Why they do, and the line to write; a gap that is null was not measured.

    `reason` is the sentence without that line; earlier records have none.
    """

    sentence: str
    proved: bool
    reason: str = ""
    places: list[str] = field(default_factory=list)
    difference: str = ""
    trial: str = ""
    write: str = ""
    before: NotNegative | None = None
    after: NotNegative | None = None


class Parity(Record, frozen=True, kw_only=True):
    """Two ladders compared, or two models of a user's; `judged` is of the latter alone."""

    problem: str
    regime: str
    verdict: str
    differences: list[Differing]
    notice: str = ""
    judged: str = ""
    frameworks: list[str] = field(default_factory=list)
    weights: str = ""
    pairs: list[list[str]] = field(default_factory=list)
    layers: list[Layers] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


KINDS: dict[str, type[Record]] = {
    "run": Run,
    "explain": Explain,
    "factorial": Factorial,
    "race": Race,
    "itself": Itself,
    "scale": Scale,
    "limit": Limit,
    "compilation": Compilation,
    "ablation": Ablation,
    "crossval": Crossval,
    "explain_rung": ExplainRung,
    "explain_walk": ExplainWalk,
    "parity": Parity,
    "plan": Plan,
}


def typed(record: dict[str, Any]) -> Record:
    """What a sound object holds: of its kind's class where the run ended well."""
    kind = Record if record.get("error") else KINDS.get(record.get("kind") or "run", Record)
    known = {name: value for name, value in record.items() if value is not None}
    converted = msgspec.convert(known, kind)
    force_setattr(converted, "json", record)  # `convert` would copy it
    return converted
