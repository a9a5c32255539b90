"""Every subset of a few defaults, taken over at once: a full factorial design.

A walk turns one switch after another, so that each is seen beside those turned before it alone.
Where switches depend on each other only all subsets tell what a port does that takes over some.
Source: Box, Hunter and Hunter, Statistics for Experimenters, the chapter on two-level designs.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, combinations
from math import prod
from statistics import fmean
from typing import Any

from benchmarks.explain.explained import Effect
from benchmarks.explain.runs import Walked
from benchmarks.records.arm import by_seed, group_by, of_kind
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Factorial
from benchmarks.statistics.intervals import holm, p_value, paired
from common.framework import Framework
from common.problem import PROBLEMS, Problem
from common.regime import NATIVE, TUNED
from common.say import none_such

SWITCHES = ("kernels", "biases", "rho", "epsilon", "epsilon_inside_root", "order")
"""That every framework can turn, in the order in which a subset names them."""
MATTER = ("kernels", "rho", "epsilon", "epsilon_inside_root")
MOST = 5  # switches: 32 subsets

Subset = tuple[str, ...]
"""The switches that have the goal's value, in the design's order; all others have the start's."""
_Values = Mapping[Subset, Mapping[int, float]]  # the test metric by seed


def subsets(switches: Sequence[str]) -> list[Subset]:
    """All of them, the smallest first: 2 to the power of their number."""
    sizes = range(len(switches) + 1)
    return list(chain.from_iterable(combinations(switches, size) for size in sizes))


@dataclass(frozen=True)
class Treated(Walked):
    """A training by the tuned code with a subset of switches at the goal's values, untimed."""

    kind = folder = "factorial"
    start: str = ""  # whose defaults all other switches have
    goal: str = ""
    switches: Subset = ()
    turned: Subset = ()

    @property
    def about(self) -> dict[str, Any]:
        """The design, and the place in it."""
        ends = {"start": self.start, "goal": self.goal}
        return {**ends, "switches": list(self.switches), "turned": list(self.turned)}


def treated(
    jobs: Iterable[Job], start: Framework, goal: Framework, switches: Sequence[str]
) -> list[Treated]:
    """Every job in every subset, in an order of its own for each.

    Raises ValueError for a switch that is unknown, that both frameworks have alike, or too many.
    """
    here, there = NATIVE.resolve(start.native), NATIVE.resolve(goal.native)
    for switch in switches:
        if switch not in SWITCHES:
            raise ValueError(none_such("switch", switch, SWITCHES))
        if getattr(here, switch) == getattr(there, switch):
            value = getattr(here, switch)
            raise ValueError(f"{switch} is {value} in {start.name} and {goal.name} alike")
    if not 0 < len(switches) <= MOST:
        raise ValueError(f"1 to {MOST} switches were expected, got {len(switches)}")
    chosen = tuple(switch for switch in SWITCHES if switch in switches)
    own = replace(TUNED, **{switch: getattr(here, switch) for switch in chosen})
    design = {"start": start.name, "goal": goal.name, "switches": chosen, "timed": False}
    found = []
    for job in jobs:
        order = random.Random(f"{job.problem.name} {job.framework} {job.seed}")
        every = subsets(chosen)
        for turned in order.sample(every, len(every)):
            values = {switch: getattr(there, switch) for switch in turned}
            name = "+".join([f"{start.name.replace(':', '-')}-rules", *turned])
            regime = replace(own, name=name, **values)
            found.append(Treated.of(job, regime=regime, turned=turned, **design))
    return found


@dataclass(frozen=True)
class Design:
    """What all subsets of the switches gave on one problem, in one or more frameworks."""

    problem: Problem
    start: str
    goal: str
    switches: Subset
    runs: Mapping[str, Mapping[Subset, Sequence[Factorial]]]  # by framework

    @property
    def subsets(self) -> list[Subset]:
        """All of them, the smallest first."""
        return subsets(self.switches)

    @property
    def terms(self) -> list[Subset]:
        """Each switch, and each two of them."""
        return [term for term in self.subsets if len(term) in (1, 2)]

    @property
    def records(self) -> list[Factorial]:
        """All of them."""
        return [run for own in self.runs.values() for runs in own.values() for run in runs]

    def mean(self, framework: str, subset: Subset) -> float | None:
        """The mean test metric over seeds; None without a run that ended with a number."""
        values = self._values(framework, subset)
        return fmean(values.values()) if values else None

    def effect(self, framework: str, subset: Subset) -> Effect | None:
        """What taking over this subset does to the test metric, paired by seed."""
        return self._effects.get((framework, "subset", subset))

    def contrast(self, framework: str, term: Subset) -> Effect | None:
        """What a switch does, as the mean over all ways that the others stand; of two switches: by
        how much more one does where the other is turned too. Of the seeds that all subsets have."""
        return self._effects.get((framework, "term", term))

    def _values(self, framework: str, subset: Subset) -> dict[int, float]:
        return by_seed(self.runs[framework].get(subset, ()))

    @cached_property
    def _effects(self) -> dict[tuple[str, str, Subset], Effect]:
        samples = {key: pair for key, pair in self._samples() if pair[0]}
        p_values = holm([p_value(*pair, pairs=True) for pair in samples.values()])
        return {
            key: Effect(paired(*pair), True, p)
            for (key, pair), p in zip(samples.items(), p_values, strict=True)
        }

    def _samples(self) -> Iterator[tuple[tuple[str, str, Subset], tuple[list[float], list[float]]]]:
        """Pairs of values, before and after, of every effect of the page."""
        for framework in self.runs:
            values = {subset: self._values(framework, subset) for subset in self.subsets}
            none = values[()]
            for subset in self.subsets[1:]:
                seeds = sorted(none.keys() & values[subset].keys())
                before, after = ([own[s] for s in seeds] for own in (none, values[subset]))
                yield (framework, "subset", subset), (before, after)
            common = sorted(set.intersection(*(set(own) for own in values.values())))
            for term in self.terms:
                sides = [[_side(term, values, seed, sign) for seed in common] for sign in (-1, 1)]
                yield (framework, "term", term), (sides[0], sides[1])


def _side(term: Subset, values: _Values, seed: int, sign: int) -> float:
    """One side of a contrast: the subsets of one sign, summed so that the sides' difference is the
    mean effect of the term's first switch, or of what the second adds to it."""
    total = sum(
        own[seed]
        for subset, own in values.items()
        if prod(1 if switch in subset else -1 for switch in term) == sign
    )
    return total / (len(values) / 2 ** len(term))


def designs(records: Iterable[Record]) -> Iterator[Design]:
    """Those of the records, one for each problem, pair of ends and set of switches."""
    known = [run for run in of_kind(records, Factorial) if run.problem in PROBLEMS]
    by_design = group_by(known, lambda run: (run.problem, run.start, run.goal, (*run.switches,)))
    for (problem, start, goal, switches), runs in by_design.items():
        by_framework = {
            name: group_by(own, lambda run: (*run.turned,))
            for name, own in sorted(group_by(runs, lambda run: run.framework).items())
        }
        yield Design(PROBLEMS[problem], start, goal, switches, by_framework)
