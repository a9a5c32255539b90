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
from benchmarks.twins.causes.rules import Walk
from benchmarks.twins.compare import STEP
from common.twins.rule import Rule

Declaration = tuple[Rule, float | None] | None
"""What an optimiser says of itself: its rule, and its learning rate where that is a number."""

GROUPS = (
    ("family",),
    ("epsilon", "place"),
    ("momentum", "nesterov", "dampening", "rate_in_buffer"),
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


OUTSIDE = {"clip", "limit", "decay", "kernels_only", "rate_in_buffer"}
"""What an optimiser does not say of itself, where it is done by a hook or by groups of weights."""


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


def differences(
    one: Fit, walk: Walk, declaration: Declaration, first: Declaration = None
) -> list[Difference]:
    """How the rule of the second model's steps differs from the first's; empty where none does.

    `declaration` is the second optimiser's, `first` the first's: what they deny is not sure.
    """
    other, sure = _second(one, walk, declaration)
    if other is None:
        return []
    return [
        d._replace(sure=sure and not _denied(d, first, declaration))
        for d in _needed(one, other, walk)
    ]


def _second(one: Fit, walk: Walk, declaration: Declaration) -> tuple[Fit | None, bool]:
    """The rule of the second model's steps, and whether no other would do as well; None where it
    is the first's, or none that is known."""
    if fit(one.rule, walk, fixed(one.rates)).gap <= STEP:
        return None, True
    if declaration:
        rule, rate = declaration
        rated = free if rate is None else fixed([rate] * len(walk.total))
        if (other := fit(rule, walk, rated)).holds:
            return other, True
    fitting = [
        (bool(change.field), result)
        for change in changes(one.rule)
        if (result := tried(change, walk, fixed(one.rates)))
    ]
    # what needs no constant to be estimated is simpler
    plain = [result for estimated, result in fitting if not estimated]
    single = plain or [result for _, result in fitting]
    if single:
        return single[0], len({tuple(_group(one, result)) for result in single}) == 1
    for rated in (constant, free):
        if (other := fit(one.rule, walk, rated)).holds:
            return other, True
    found = known(walk, declaration)
    # a rule of several constants that were estimated is one of several that might do
    return found, found is not None and found.rule in STARTS


def _denied(difference: Difference, *declarations: Declaration) -> bool:
    """Whether an optimiser says otherwise of itself, or a schedule is only a guess."""
    fits = (difference.one, difference.other)
    for fitted, declaration in zip(fits, declarations, strict=True):
        if "rates" in difference.fields:
            falling = not np.allclose(fitted.rates, fitted.rates[0], rtol=10 * TOLERANCE)
            if falling and (declaration is None or declaration[1] is not None):
                return not shifted(*fits)
        elif declaration and declaration[0].family == fitted.rule.family:
            fields = set(differing(declaration[0], fitted.rule)) - OUTSIDE
            if fields & set(difference.fields):
                return True
    return False


def shifted(one: Fit, other: Fit) -> bool:
    """Whether the rates of one are those of the other a step later."""
    a, b = np.array(one.rates), np.array(other.rates)
    falling = not np.allclose(a, a[0], rtol=10 * TOLERANCE)
    return falling and any(
        np.allclose(x[1:], y[:-1], rtol=10 * TOLERANCE) for x, y in ((a, b), (b, a))
    )


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
