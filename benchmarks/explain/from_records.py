"""The walks of `twinbench explain`, put together again from the records of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import combinations

from benchmarks.explain.explained import Explained
from benchmarks.explain.walk import Walk, walk
from benchmarks.records.arm import Arm, group_by, of_kind, threads
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Explain, ExplainRung, Rung
from common.framework import framework, frameworks
from common.problem import PROBLEMS, Problem


def explained(runs: Iterable[Record], rungs: Iterable[Record]) -> Iterator[Explained]:
    """One for each problem, setting and pair of frameworks with a whole walk among the runs.

    `rungs` are records of where two arms first differ. A walk in another order than the usual one
    (`--order`) is not found again.
    """
    known = [run for run in of_kind(runs, Explain) if run.problem in PROBLEMS]
    first = {
        (record.before.rpartition("/")[0], record.after.rpartition("/")[0]): record.first
        for record in of_kind(rungs, ExplainRung)
    }
    settings = list(group_by(known, setting).values())
    for group in settings:
        problem, device = _problem(group[0]), group[0].device
        by_arm = group_by(group, Arm.bare)
        names = [name for name in frameworks() if any(arm.framework == name for arm in by_arm)]
        # a record of a rung does not tell the settings apart
        alone = sum(runs[0].problem == problem.name for runs in settings) == 1
        for ends in combinations(map(framework, names), 2):
            both = [walk(problem, a, b, device=device) for a, b in (ends, ends[::-1])]
            whole = [way for way in both if all(arm in by_arm for arm in way.arms)]
            if whole:
                arms = dict.fromkeys(arm for way in whole for arm in way.arms)
                records = {arm: {run.seed: run for run in by_arm[arm]} for arm in arms}
                yield Explained(
                    problem, tuple(whole), records, _rungs(whole, first if alone else {})
                )


def setting(record: Record) -> tuple:
    """What all runs of a walk share; SHA-256 is that of a user's file."""
    file = str((record.settings.problem or {}).get("sha256"))
    where = record.problem, record.device, threads(record)
    return *where, str(record.changed), record.data.digest, file


def _problem(run: Record) -> Problem:
    names = {field.name for field in fields(Problem)}
    changes = {k: v for k, v in run.changed.items() if k in names}
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in changes.items()}
    return PROBLEMS[run.problem].but(**plain)


def _rungs(walks: list[Walk], first: Mapping[tuple[str, str], Rung]) -> dict[tuple[Arm, Arm], Rung]:
    """Found by the folders of the two jobs, which are the names of their arms."""

    def folder(arm: Arm) -> str:
        parts = (arm.problem, arm.framework, arm.regime, arm.device)
        return "/".join(part.replace(":", "-") for part in parts)

    pairs = [(step.before, step.after) for walk in walks for step in walk.steps]
    keys = {pair: (folder(pair[0]), folder(pair[1])) for pair in pairs}
    return {pair: first[key] for pair, key in keys.items() if key in first}
