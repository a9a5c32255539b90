"""The ladder of differences: a walk from one framework's `native` to another's, a switch a step.

The walk is a list of steps between arms; an arm is a framework and a regime. What a switch means
stands in `Regime`, what a framework does by itself in its manifest, and no step is written by hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.records.arm import Arm
from benchmarks.records.job import Job
from benchmarks.records.kinds import Rung
from common.framework import Framework
from common.problem import Problem
from common.regime import NATIVE, Regime
from common.say import none_such
from common.trace import FIRST_STEP, Trace, relative_error

OWN = "random numbers"  # and with them the pipeline that feeds the rows
EXECUTION = "execution"
SWITCHES = (
    *("kernels", "biases", "rho", "epsilon", "epsilon_inside_root", "order", "loss_on"),
    *("last_batch", "tf32", EXECUTION, "denormals"),
)
"""In the order of the walk: EXECUTION changes the framework, the others a switch of `Regime`."""


@dataclass(frozen=True)
class Step:
    """One difference made equal: from the value that it had to the value that it is given."""

    switch: str
    old: Any
    new: Any
    before: Arm
    after: Arm
    paired: bool  # whether one seed means the same random numbers on both sides


@dataclass(frozen=True)
class Walk:
    """The steps from one framework by itself to another by itself, and what needs no step."""

    start: str
    goal: str
    steps: tuple[Step, ...]
    skipped: Mapping[str, str]  # switch -> why there is no step
    regimes: Mapping[Arm, Regime]  # of all arms on the way, both ends included
    problems: Mapping[Arm, Problem] = field(
        default_factory=dict
    )  # where it is not one and the same

    @property
    def arms(self) -> list[Arm]:
        """All arms on the way, both ends included."""
        return [self.steps[0].before, *(step.after for step in self.steps)]


def walk(
    problem: Problem,
    start: Framework,
    goal: Framework,
    *,
    order: Sequence[str] = SWITCHES,
    device: str = "cpu",
) -> Walk:
    """The walk from `start` to `goal`; switches that `order` does not name follow those it does.

    First the harness takes over random numbers, shuffle and pipeline from `start`, last it hands
    them back to `goal`. A switch that one of them cannot turn is turned where the other runs;
    together with the execution go those that neither can turn, and those without an effect.
    Raises ValueError for an unknown switch.
    """
    here, there = NATIVE.resolve(start.native), NATIVE.resolve(goal.native)
    skipped: dict[str, str] = {}
    for switch in SWITCHES:
        old, new = _value(switch, start, here), _value(switch, goal, there)
        if old == new:
            skipped[switch] = f"the same in both: {old}"
        elif reason := _no_effect(switch, problem, device):
            skipped[switch] = f"{old} and {new}: {reason}"
    regime = replace(here, shared_initial=True, sparse_rows=problem.text)
    stops = [(start.name, NATIVE), (start.name, _named(start, regime))]
    turns = [(OWN, f"{start.name}'s", "the harness's")]
    now = start
    for switch in _possible(order, start, goal):
        if switch in skipped:
            continue
        turns.append((switch, _value(switch, start, here), _value(switch, goal, there)))
        turned = {switch: getattr(there, switch)} if switch != EXECUTION else {}
        if switch == EXECUTION:
            now, idle = goal, [s for s in skipped if s != EXECUTION]
            turned = {s: getattr(there, s) for s in {*start.fixed} & {*goal.fixed} | {*idle}}
        regime = replace(regime, **turned)
        stops.append((now.name, _named(now, regime)))
    turns.append((OWN, "the harness's", f"{goal.name}'s"))
    stops.append((goal.name, NATIVE))
    arms = [Arm(problem.name, name, regime.name, device) for name, regime in stops]
    paired = [regime.shared_initial for _, regime in stops]
    steps = (
        Step(*turn, before, after, paired=a and b)
        for turn, before, after, a, b in zip(
            turns, arms, arms[1:], paired, paired[1:], strict=False
        )
    )
    regimes = {arm: regime for arm, (_, regime) in zip(arms, stops, strict=True)}
    return Walk(start.name, goal.name, tuple(steps), skipped, regimes)


def _value(switch: str, framework: Framework, rules: Regime) -> Any:
    return framework.name if switch == EXECUTION else getattr(rules, switch)


def _no_effect(switch: str, problem: Problem, device: str) -> str:
    """Why a switch that differs changes nothing here; empty when it may."""
    if switch == "tf32" and not device.startswith("cuda"):
        return f"no effect on {device}"
    if switch == "loss_on" and problem.loss == "mean_squared_error":
        return "no effect on mean squared error, which has no last activation"
    return ""


def _possible(order: Sequence[str], start: Framework, goal: Framework) -> list[str]:
    """All switches in the order asked for, but for those that a framework cannot turn."""
    if unknown := [switch for switch in order if switch not in SWITCHES]:
        raise ValueError(none_such("switch", unknown[0], SWITCHES))
    every = list(dict.fromkeys([*order, *SWITCHES]))
    middle = every.index(EXECUTION)
    first, last = every[:middle], every[middle + 1 :]
    return [
        *(s for s in first if s not in start.fixed),
        *(s for s in last if s in goal.fixed and s not in start.fixed),
        EXECUTION,
        *(s for s in first if s in start.fixed and s not in goal.fixed),
        *(s for s in last if s not in goal.fixed),
    ]


def _named(framework: Framework, regime: Regime) -> Regime:
    """The regime under the name of the switches that are not the framework's own.

    So the arms that two walks share are equal, and are run once.
    """
    own = NATIVE.resolve(framework.native)
    turned = [s for s in SWITCHES if s != EXECUTION and getattr(own, s) != getattr(regime, s)]
    return replace(regime, name="+".join(["own-rules", *turned]))


def plan_walks(
    problem: Problem,
    walks: Iterable[Walk],
    seeds: Iterable[int],
    *,
    shuffle_seed: int = 0,
    python: Mapping[str, str] | None = None,
    **common: Any,
) -> list[Job]:
    """Each arm once a seed, in a random order that is new for each seed; `common` as for Job."""
    walks = list(walks)
    regimes = {arm: walk.regimes[arm] for walk in walks for arm in walk.arms}
    problems = {arm: own for walk in walks for arm, own in walk.problems.items()}
    jobs = []
    for seed in seeds:
        generator = random.Random(f"{shuffle_seed} {problem.name} {seed}")
        for arm in generator.sample(list(regimes), len(regimes)):
            name = arm.framework
            interpreter = (python or {}).get(name)
            own, where = problems.get(arm, problem), (arm.device, seed)
            jobs.append(Job(own, name, regimes[arm], *where, python=interpreter, **common))
    return jobs


def first_rung(before: Trace, after: Trace, limit: float = FIRST_STEP) -> Rung:
    """The first tensor, from the lowest rung up, whose relative error is not within `limit`."""
    for key, expected in before.items():
        error = relative_error(after[key], expected) if key in after else float("inf")
        if not error <= limit:
            rung, _, tensor = key.partition("/")
            return Rung(rung, tensor, error)
    return Rung("", "", 0.0)
