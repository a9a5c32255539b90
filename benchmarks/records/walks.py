"""The record of a planned walk between two trainings of a user's: which runs are its stops."""

from __future__ import annotations

from benchmarks.records.keys import Object, Part, Record


class Stop(Part, frozen=True):
    """An arm on the way; `exchanged` is what its model has of the other one's, null if nothing."""

    framework: str
    regime: str
    exchanged: Object | None = None


class WalkStep(Part, frozen=True):
    """A switch, its value before and after, and whether runs of one seed are a pair."""

    switch: str
    old: str
    new: str
    paired: bool
    after: Stop


class Way(Part, frozen=True):
    """A walk; `no_step` says by switch why there is no step for it."""

    start: Stop
    steps: list[WalkStep]
    no_step: dict[str, str]


class ExplainWalk(Record, frozen=True, kw_only=True):
    """The walk, or both ways, between two models of a file; the runs have records of their own."""

    problem: str
    title: str
    walks: list[Way]
