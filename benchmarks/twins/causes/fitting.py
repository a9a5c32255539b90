"""Which rule makes the steps that were seen? Tried from the simplest on, constants estimated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.causes.entry import rounded
from benchmarks.twins.causes.rules import Walk, errors, moves
from common.twins.rule import BEFORE, BESIDE, INSIDE, Rule

TOLERANCE = 2e-5  # of a step: Keras raises its decays to powers in float32
SEARCHED = 4096  # entries that a search looks at; what it finds is held against all
NARROWING = 40  # steps of a search along one constant
GLANCE = 12  # steps behind which one that leaves as much as before is given up
HELPS = 0.9  # of the gap: a constant that leaves more of it explains nothing
DIGITS = (1, 2, 3, 4)

STARTS = (
    Rule(),
    Rule(momentum=0.9),
    Rule(momentum=0.9, nesterov=True),
    Rule("RMSprop", place=INSIDE),
    Rule("RMSprop", rho=0.99, epsilon=1e-8),
    Rule("Adam", place=BEFORE),
    Rule("Adam", epsilon=1e-8),
    Rule("Adagrad", initial=0.1, place=INSIDE),
    Rule("Adagrad", epsilon=1e-10),
)
"""The optimisers as Keras and PyTorch have them."""

USED = {
    "SGD": ("momentum", "nesterov", "dampening", "rate_in_buffer"),
    "RMSprop": ("rho", "epsilon", "place", "centered", "momentum", "rate_in_buffer"),
    "Adam": ("beta_1", "beta_2", "epsilon", "place", "corrected", "amsgrad"),
    "Adagrad": ("initial", "epsilon", "place"),
}
COMMON = ("decay", "coupled", "kernels_only", "clip", "limit")
SHARES = ("momentum", "rho", "beta_1", "beta_2")  # searched as what is left to 1
DOMAINS = {"epsilon": (1e-12, 1.0), "initial": (1e-6, 10.0), "decay": (1e-6, 10.0)}
DOMAINS |= {"limit": (1e-6, 1e4)} | dict.fromkeys(SHARES, (1e-5, 0.99))
GRID = 14


class Fit(NamedTuple):
    """A rule, the learning rate of each step, and the errors that remain, (steps, tensors)."""

    rule: Rule
    rates: tuple[float, ...]
    errors: np.ndarray

    @property
    def gap(self) -> float:
        """The largest error."""
        return float(self.errors.max(initial=0.0))

    @property
    def holds(self) -> bool:
        """Whether the rule makes every step to rounding."""
        return self.gap <= TOLERANCE


Rated = Callable[[Rule, Walk], tuple[float, ...]]
"""The learning rates that a rule is tried with."""


def fixed(rates: Sequence[float]) -> Rated:
    """These and no others."""
    return lambda rule, walk: tuple(rates)


def constant(rule: Rule, walk: Walk) -> tuple[float, ...]:
    """One rate for all steps: the median of those that each tensor asks for."""
    unit, actual = moves(rule, walk, [1.0] * len(walk.total)), walk.moves
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        products = np.add.reduceat((unit * actual).sum(axis=0), walk.starts)
        rates = products / np.add.reduceat((unit**2).sum(axis=0), walk.starts)
    rates = rates[np.isfinite(rates)]
    # of the lower middle one, not a mean of two: one of them would be none that was seen
    rate = float(np.sort(rates)[(len(rates) - 1) // 2]) if len(rates) else 0.0
    return (rate,) * len(walk.total)


def free(rule: Rule, walk: Walk) -> tuple[float, ...]:
    """A rate for each step, as a schedule has it."""
    rates: list[float] = []
    for number, actual in enumerate(walk.moves):
        padding = [0.0] * (len(walk.total) - number - 1)
        without, unit = (moves(rule, walk, [*rates, r, *padding])[number] for r in (0.0, 1.0))
        slope = unit - without
        size = float(slope @ slope)
        rates.append(float(slope @ (actual - without)) / size if size > 0 else 0.0)
    return tuple(rates)


def fit(rule: Rule, walk: Walk, rated: Rated = constant) -> Fit:
    """The rule's steps beside those that were seen."""
    rates = rated(rule, walk)
    return Fit(rule, rates, errors(walk, moves(rule, walk, rates)))


@dataclass(frozen=True)
class Change:
    """A change of one thing in a rule; `field` is the constant that is to be estimated, if any."""

    what: str
    rule: Rule
    field: str = ""


def changes(rule: Rule) -> Iterator[Change]:
    """Every single change of a rule, within its family."""
    used = USED[rule.family]
    if "place" in used:
        places = (INSIDE, BESIDE, BEFORE) if rule.family == "Adam" else (INSIDE, BESIDE)
        yield from (Change("place", replace(rule, place=p)) for p in places if p != rule.place)
    for switch in ("corrected", "centered", "amsgrad"):
        if switch in used:
            turned: Any = {switch: not getattr(rule, switch)}
            yield Change(switch, replace(rule, **turned))
    if rule.momentum and "momentum" in used:
        yield Change("momentum", replace(rule, momentum=0.0, nesterov=False))
        yield Change("buffer", replace(rule, rate_in_buffer=not rule.rate_in_buffer))
        if rule.family == "SGD":
            yield Change("nesterov", replace(rule, nesterov=not rule.nesterov))
    yield from (Change(name, rule, name) for name in used if name in DOMAINS)
    if rule.family == "SGD" and not rule.momentum:
        yield Change("momentum", replace(rule, nesterov=True), "momentum")
    yield from _decays(rule)
    kinds = ("value", "norm", "global norm")
    if rule.clip:
        yield from (Change("clip", replace(rule, clip=k)) for k in kinds if k != rule.clip)
        yield Change("clip", replace(rule, clip=""))
        yield Change("limit", rule, "limit")
    else:
        yield from (Change("clip", replace(rule, clip=k), "limit") for k in kinds)


def _decays(rule: Rule) -> Iterator[Change]:
    if rule.decay:
        yield Change("decay", replace(rule, decay=0.0))
        yield Change("coupled", replace(rule, coupled=not rule.coupled))
        yield Change("kernels_only", replace(rule, kernels_only=not rule.kernels_only))
        yield Change("decay", rule, "decay")
        return
    plain = rule.family == "SGD" and not rule.momentum  # there both are one
    for coupled in (False,) if plain else (False, True):
        for kernels_only in (False, True):
            base = replace(rule, coupled=coupled, kernels_only=kernels_only)
            yield Change("decay", base, "decay")


def tried(change: Change, walk: Walk, rated: Rated) -> Fit | None:
    """The change with its constant estimated; None where it does not make the steps."""
    small = walk.thinned(SEARCHED)
    if not change.field:
        rule = change.rule
    else:
        best = _searched(change, small, rated)
        if best is None:
            return None
        rule = _nice(change, best, small, rated)
    if not fit(rule, small, rated).holds:
        return None
    whole = fit(rule, walk, rated)
    return whole if whole.holds else None


def with_constant(rule: Rule, field: str, x: float) -> Rule:
    """The rule with a constant set; of a share x is what is left to 1."""
    value: Any = {field: 1 - x if field in SHARES else x}
    return replace(rule, **value)


def _searched(change: Change, walk: Walk, rated: Rated) -> float | None:
    """The value of the constant that leaves least, by a grid and a golden section."""

    def left(log: float) -> float:
        rule = with_constant(change.rule, change.field, float(np.exp(log)))
        return fit(rule, walk, rated).gap

    low, high = np.log(DOMAINS[change.field])
    grid = np.linspace(low, high, GRID)
    gaps = [left(x) for x in grid]
    best = int(np.argmin(gaps))
    if gaps[best] > HELPS * max(gaps):
        return None
    a, b = grid[max(0, best - 1)], grid[min(GRID - 1, best + 1)]
    ratio = (np.sqrt(5) - 1) / 2
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    at_c, at_d = left(c), left(d)
    for number in range(NARROWING):
        if number == GLANCE and min(at_c, at_d) > max(0.3 * gaps[best], 50 * TOLERANCE):
            return None
        if at_c < at_d:
            b, d, at_d = d, c, at_c
            c = b - ratio * (b - a)
            at_c = left(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + ratio * (b - a)
            at_d = left(d)
    return float(np.exp(c if at_c < at_d else d))


def _nice(change: Change, value: float, walk: Walk, rated: Rated) -> Rule:
    """The rule with the constant of fewest digits that does as well."""
    for digits in DIGITS:
        rule = with_constant(change.rule, change.field, rounded(value, digits))
        if fit(rule, walk, rated).gap <= TOLERANCE / 2:
            return rule
    return with_constant(change.rule, change.field, value)


def identified(walk: Walk, starts: Iterable[Rule], rate: float | None = None) -> Fit | None:
    """The rule that makes the steps: one of the starts, with a single change, or with a schedule.

    `rate` is the learning rate that the optimiser tells, if any. None where no rule does.
    """
    starts = list(starts)
    rated = constant if rate is None else fixed([rate] * len(walk.total))
    for rule in starts:
        if (result := fit(rule, walk, rated)).holds:
            return result
    for rule in starts:
        for change in changes(rule):
            if changed := tried(change, walk, rated):
                return changed
    for rule in starts:
        for other in (constant, free):
            if (result := fit(rule, walk, other)).holds:
                return result
    return None


def differing(one: Rule, other: Rule) -> list[str]:
    """The fields in which two rules differ, of those that mean something in either."""
    if one.family != other.family:
        return ["family"]
    one, other = _plain(one), _plain(other)
    names = (*USED[other.family], *COMMON)
    return [name for name in names if _differ(getattr(one, name), getattr(other, name))]


def _plain(rule: Rule) -> Rule:
    """The rule with what is switched off at its defaults."""
    if not rule.decay or (rule.family == "SGD" and not rule.momentum):
        rule = replace(rule, coupled=False)
    if not rule.decay:
        rule = replace(rule, kernels_only=False)
    if not rule.momentum:
        rule = replace(rule, nesterov=False, dampening=0.0, rate_in_buffer=False)
    return rule if rule.clip else replace(rule, limit=0.0)


def _differ(a: Any, b: Any) -> bool:
    if isinstance(a, float):
        return not np.isclose(a, b, rtol=1e-6, atol=0)
    return bool(a != b)
