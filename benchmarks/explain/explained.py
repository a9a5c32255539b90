"""What the walks gave: the effect of each step, of both ways and of a switch on both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any, NamedTuple

from msgspec import to_builtins

from benchmarks.explain.walk import OWN, Step, Walk
from benchmarks.records.arm import Arm, by_seed
from benchmarks.records.kinds import Explain, Rung
from benchmarks.statistics.intervals import ERROR, Interval, holm, p_value, paired, welch
from common.problem import Metric, Problem


class Effect(NamedTuple):
    """What a step does to the test metric, in the metric's unit."""

    interval: Interval  # 95 %
    paired: bool  # by seed, Student's t; else Welch's
    holm: float | None  # the p of no effect, adjusted for all effects of the page

    @property
    def seen(self) -> bool:
        """Whether its interval excludes 0, and outlasts Holm's correction over the page."""
        return self.interval.excludes_zero and (self.holm is None or self.holm < ERROR)

    @property
    def verdict(self) -> str:
        """In the protocol's words."""
        return "changes" if self.seen else "no change seen"

    def word(self, metric: Metric) -> str:
        """`better` or `worse` where it is seen, else `unclear`."""
        if not self.seen:
            return "unclear"
        return "better" if (self.interval.mean > 0) == metric.larger_is_better else "worse"


Samples = tuple[list[float], list[float], bool]
"""Test metrics before and after, and whether they are pairs."""


@dataclass(frozen=True)
class Explained:
    """What the walks between two frameworks gave on one problem."""

    problem: Problem
    walks: tuple[Walk, ...]  # one, or there and back
    records: Mapping[Arm, Mapping[int, Explain]]  # finished runs by arm and seed
    rungs: Mapping[tuple[Arm, Arm], Rung]  # by the arms before and after

    def values(self, arm: Arm) -> dict[int, float]:
        """The test metric by seed, of the runs that ended with a number."""
        return by_seed(self.records.get(arm, {}).values())

    def mean(self, arm: Arm) -> float | None:
        """The mean test metric over seeds."""
        values = self.values(arm)
        return fmean(values.values()) if values else None

    def way(self, walk: Walk) -> Effect | None:
        """The effect of the whole way; its ends share no random numbers."""
        return self._effects.get((walk.arms[0], walk.arms[-1]))

    def step_effect(self, step: Step) -> Effect | None:
        """The effect of a step, paired by seed where one seed means the same on both sides."""
        return self._effects.get((step.before, step.after))

    def interaction(self, there: Step, back: Step) -> Effect | None:
        """By how much a switch does more on the way there than on the way back, paired by seed.

        Other than zero when what the switch does depends on how the others stand.
        """
        return self._effects.get((there.before, there.after, back.before, back.after))

    @cached_property
    def _effects(self) -> dict[tuple[Arm, ...], Effect]:
        """By the arms that each is of; None of them without runs."""
        samples = {arms: found for arms, found in self._samples() if found[0] and found[1]}
        p_values = [p_value(a, b, pairs=pairs) for a, b, pairs in samples.values()]
        return {
            arms: Effect((paired if pairs else welch)(a, b), pairs, p)
            for (arms, (a, b, pairs)), p in zip(samples.items(), holm(p_values), strict=True)
        }

    def _samples(self) -> Iterator[tuple[tuple[Arm, ...], Samples]]:
        """Of every step, of both ways, and of a switch on both."""
        for walk in self.walks:
            for step in walk.steps:
                arms = step.before, step.after
                yield arms, self._of(*arms, pairs=step.paired)
            ends = walk.arms[0], walk.arms[-1]
            yield ends, self._of(*ends, pairs=False)
        for there, back in self.both_ways():
            if there.paired and back.paired:
                four = there.before, there.after, back.before, back.after
                a, b, c, d = self._shared(*four)
                reverse = [x - y for x, y in zip(c, d, strict=True)]
                yield four, (reverse, [y - x for x, y in zip(a, b, strict=True)], True)

    def both_ways(self) -> Iterator[tuple[Step, Step]]:
        """The steps of each switch that both walks turn, there and back."""
        if len(self.walks) == 2:
            there, back = self.walks
            others = {step.switch: step for step in back.steps if step.switch != OWN}
            yield from ((s, others[s.switch]) for s in there.steps if s.switch in others)

    def _of(self, before: Arm, after: Arm, *, pairs: bool) -> Samples:
        if pairs:
            a, b = self._shared(before, after)
            return a, b, True
        return [*self.values(before).values()], [*self.values(after).values()], False

    def _shared(self, *arms: Arm) -> list[list[float]]:
        """The values of each arm, of the seeds that all have."""
        values = [self.values(arm) for arm in arms]
        seeds = sorted(set.intersection(*map(set, values)))
        return [[by[seed] for seed in seeds] for by in values]

    def plain(self) -> dict[str, Any]:
        """Everything as plain values: the walks with what each step does, and the records."""
        walks = [
            {
                "from": walk.start,
                "to": walk.goal,
                "no_step": dict(walk.skipped),
                "steps": [self._plain_step(step) for step in walk.steps],
            }
            for walk in self.walks
        ]
        records = [run.json for runs in self.records.values() for run in runs.values()]
        return {"problem": self.problem.name, "walks": walks, "records": records}

    def _plain_step(self, step: Step) -> dict[str, Any]:
        effect, rung = self.step_effect(step), self.rungs.get((step.before, step.after))
        return {
            "switch": step.switch,
            "from": step.old,
            "to": step.new,
            "arm": [step.after.framework, step.after.regime],
            "mean": self.mean(step.after),
            "effect": effect and effect.interval._asdict(),
            "holm": effect and effect.holm,
            "paired": step.paired,
            "first_rung": to_builtins(rung),
        }
