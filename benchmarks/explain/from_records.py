"""The walks of `twinbench explain`, put together again from the records of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import combinations

from benchmarks.explain.walk import Arm, Explained, Rung, Walk, walk
from benchmarks.records.arm import changed, data_of, group_by, threads
from benchmarks.records.keys import Record
from common.framework import framework, frameworks
from common.problem import PROBLEMS, Problem


def explained(runs: Iterable[Record], rungs: Iterable[Record]) -> Iterator[Explained]:
    """One for each problem, setting and pair of frameworks with a whole walk among the runs.

    `rungs` are records of where two arms first differ. A walk in another order than the usual one
    (`--order`) is not found again.
    """
    runs = [run for run in runs if not run.get("error") and run["problem"] in PROBLEMS]
    first = {(r["before"].rpartition("/")[0], r["after"].rpartition("/")[0]): r for r in rungs}
    settings = list(group_by(runs, _setting).values())
    for same in settings:
        problem, device = _problem(same[0]), same[0]["device"]
        known = [name for name in frameworks() if any(r["framework"] == name for r in same)]
        by_arm = group_by(same, lambda run: (run["framework"], run["regime"]))
        # a record of a rung does not tell the settings apart
        alone = sum(each[0]["problem"] == problem.name for each in settings) == 1
        for ends in combinations(map(framework, known), 2):
            both = [walk(problem, a, b, device=device) for a, b in (ends, ends[::-1])]
            whole = [w for w in both if all(_name(arm) in by_arm for arm in w.arms)]
            if whole:
                arms = {arm: by_arm[_name(arm)] for each in whole for arm in each.arms}
                records = {arm: {run["seed"]: run for run in of} for arm, of in arms.items()}
                seen = _rungs(problem.name, whole, device, first if alone else {})
                yield Explained(problem, tuple(whole), records, seen)


def _setting(run: Record) -> tuple:
    digest = data_of(run).get("digest")
    return run["problem"], run["device"], threads(run), str(changed(run)), digest


def _problem(run: Record) -> Problem:
    names = {field.name for field in fields(Problem)}
    changes = {k: v for k, v in changed(run).items() if k in names}
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in changes.items()}
    return PROBLEMS[run["problem"]].but(**plain)


def _name(arm: Arm) -> tuple[str, str]:
    return arm.framework, arm.regime.name


def _rungs(
    problem: str, walks: list[Walk], device: str, first: Mapping[tuple[str, str], Record]
) -> dict[tuple[Arm, Arm], Rung]:
    """Found by the folders of the two jobs, which are the names of their arms."""

    def folder(arm: Arm) -> str:
        parts = (problem, arm.framework, arm.regime.name, device)
        return "/".join(part.replace(":", "-") for part in parts)

    steps = [step for each in walks for step in each.steps]
    keys = {(s.before, s.after): (folder(s.before), folder(s.after)) for s in steps}
    return {pair: Rung(**first[key]["first"]) for pair, key in keys.items() if key in first}
