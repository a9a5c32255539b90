"""What makes one model's steps, starting from the rule that makes the other's: single changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.twins.causes.fitting import (
    STARTS,
    TOLERANCE,
    Fit,
    changes,
    constant,
    differing,
    fit,
    fixed,
    free,
    identified,
    tried,
)
from benchmarks.twins.causes.rules import Rule, Walk
from benchmarks.twins.compare import STEP

Declaration = tuple[Rule, float | None] | None
"""What an optimiser says of itself: its rule, and its learning rate where that is a number."""

GROUPS = (
    ("family",),
    ("epsilon", "place"),
    ("momentum", "nesterov", "rate_in_buffer"),
    ("rho",),
    ("beta_1", "beta_2"),
    ("corrected",),
    ("centered",),
    ("amsgrad",),
    ("initial",),
    ("decay", "coupled", "kernels_only"),
    ("clip", "limit"),
    ("rates",),
)
"""Fields of a rule that are one cause together; "rates" are the learning rates."""


class Difference(NamedTuple):
    """What two rules differ in, both with their learning rates.

    The gap of the second model's steps is `before` where this alone is as in the first, and `after`
    with the second's. `sure`: no other single change does as well.
    """

    fields: tuple[str, ...]
    one: Fit
    other: Fit
    before: float
    after: float
    sure: bool = True


def known(walk: Walk, declaration: Declaration) -> Fit | None:
    """The rule that makes a model's steps: what its optimiser says, or nearly; else any known."""
    starts, rate = ([declaration[0]], declaration[1]) if declaration else (STARTS, None)
    return identified(walk, starts, rate) or (identified(walk, STARTS) if declaration else None)


def differences(one: Fit, walk: Walk, declaration: Declaration) -> list[Difference]:
    """How the rule of the second model's steps differs from the first's; empty where none does."""
    if fit(one.rule, walk, fixed(one.rates)).gap <= STEP:
        return []
    if declaration:
        rule, rate = declaration
        rated = free if rate is None else fixed([rate] * len(walk.total))
        if (other := fit(rule, walk, rated)).holds:
            return list(_needed(one, other, walk))
    single = [
        result for change in changes(one.rule) if (result := tried(change, walk, fixed(one.rates)))
    ]
    if single:
        sure = len({tuple(_group(one, result)) for result in single}) == 1
        return [d._replace(sure=sure) for d in _needed(one, single[0], walk)]
    for rated in (constant, free):
        if (other := fit(one.rule, walk, rated)).holds:
            return list(_needed(one, other, walk))
    fitted = known(walk, declaration)
    # a rule of several constants that were estimated is one of several that might do
    sure = fitted is not None and fitted.rule in STARTS
    return [d._replace(sure=sure) for d in _needed(one, fitted, walk)] if fitted else []


def _group(one: Fit, other: Fit) -> list[tuple[str, ...]]:
    fields = differing(one.rule, other.rule)
    return [group for group in GROUPS if set(group) & set(fields)]


def _needed(one: Fit, other: Fit, walk: Walk) -> Iterator[Difference]:
    """The differences without which the second model's steps are not made, by group."""
    fields = differing(one.rule, other.rule)
    rule = other.rule
    for name in fields if fields != ["family"] else []:
        trial = replace(rule, **{name: getattr(one.rule, name)})
        if fit(trial, walk, fixed(other.rates)).gap <= STEP:
            rule = trial  # what is not felt is no difference
    other = fit(rule, walk, fixed(other.rates))
    fields = differing(one.rule, rule)
    if not np.allclose(one.rates, other.rates, rtol=10 * TOLERANCE):
        fields.append("rates")
    for group in GROUPS:
        changed = tuple(name for name in group if name in fields)
        if changed:
            before = _gap_without(changed, one, other, walk)
            yield Difference(changed, one, other, before, other.gap)


def _gap_without(changed: Sequence[str], one: Fit, other: Fit, walk: Walk) -> float:
    """The gap of the second rule with these fields as the first has them."""
    if "family" in changed:
        return fit(one.rule, walk).gap
    if "rates" in changed:
        return fit(other.rule, walk, fixed(one.rates)).gap
    rule = replace(other.rule, **{name: getattr(one.rule, name) for name in changed})
    return fit(rule, walk, fixed(other.rates)).gap
