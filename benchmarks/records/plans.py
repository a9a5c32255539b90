"""The record of a plan: what a results folder declared before its first run."""

from __future__ import annotations

from benchmarks.records.keys import NotNegative, Number, Object, Part, Record, Whole


class Spread(Part, frozen=True):
    """Of the test metric over the seeds of a pilot."""

    spread: Number
    regime: str


class Pilot(Part, frozen=True):
    """The first runs, by which a number of seeds was planned."""

    wanted: Whole
    spreads: list[Spread]


class Planned(Part, frozen=True):
    """What was declared of a problem."""

    seeds: Whole
    first_seed: Whole
    runs_before: Whole
    metric: str
    content: str
    declared: str
    margin: NotNegative
    threads: Whole | None
    changed: Object
    pilot: Pilot | None
    file: str = ""  # SHA-256 of a user's twins


class Plan(Record, frozen=True, kw_only=True):
    """What a results folder declared before its first run."""

    problems: dict[str, Planned]
