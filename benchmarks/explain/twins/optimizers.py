"""What two optimisers of a user's differ in, constant by constant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.explain.twins.switch import SAME, WITH, Found, Switch, Turn
from benchmarks.twins.causes.fitting import COMMON, differing
from benchmarks.twins.phrases import listed
from common.twins.rule import Rule
from common.twins.turns import Turns

RULE, EPSILON, DECAY, COUPLING, RATE = (
    "the optimiser's rule",
    "the optimiser's epsilon",
    "weight decay",
    "coupling of the decay",
    "learning rate",
)
RULES: Mapping[str, tuple[str, ...]] = {
    RULE: ("family",),
    EPSILON: ("epsilon", "place"),
    "momentum": ("momentum", "nesterov", "dampening"),
    "rho": ("rho",),
    "betas": ("beta_1", "beta_2"),
    "bias correction": ("corrected",),
    "centring": ("centered",),
    "amsgrad": ("amsgrad",),
    "the first sum of squares": ("initial",),
    DECAY: ("decay", "kernels_only"),
    COUPLING: ("coupled",),
    "clipping": ("clip", "limit"),
}
"""What a constant is called -> the fields of a rule that are turned with it."""


class Optimizer(NamedTuple):
    """What an optimiser was seen to do."""

    rule: Rule
    rate: float


def of_optimizers(names: Sequence[str], one: Optimizer | None, other: Optimizer | None) -> Found:
    """A switch for each constant of the rule, and for the rule itself."""
    found = Found([], {})
    unknown = [name for name, seen in zip(names, (one, other), strict=True) if seen is None]
    if one is None or other is None:
        told = f"{listed(unknown)}'s steps follow no rule that is known, at one learning rate"
        found.skipped["optimiser"] = f"{WITH}: {told}"
        return found
    fields = _fields(one.rule, other.rule)
    for name, group in RULES.items():
        changed = [field for field in group if field in fields]
        if name == DECAY and changed and not (one.rule.decay and other.rule.decay):
            changed = [*group, "coupled"]
            fields.discard("coupled")
        if changed:
            found.switches.append(_of_rule(name, changed, one, other))
        elif name == DECAY:  # where it stands is its coupling
            found.skipped[name] = f"{SAME}: {one.rule.decay:g}"
        elif name == RULE or (name == EPSILON and one.rule.family != "SGD"):
            known = one.rule.family if name == RULE else _said(name, one)  # rates may differ
            found.skipped[name] = f"{SAME}: {known}"
    if not np.isclose(one.rate, other.rate, rtol=1e-4) and "family" not in fields:
        found.switches.append(_of_rule(RATE, (), one, other))
    elif "family" not in fields:
        found.skipped[RATE] = f"{SAME}: {one.rate:g}"
    return found


def _fields(one: Rule, other: Rule) -> set[str]:
    """What two rules differ in; `rate_in_buffer` is felt under a schedule alone."""
    found = set(differing(one, other))
    if "family" in found:  # with all its constants, but for what every family may have
        found |= {*differing(replace(one, family=other.family), other)} & {*COMMON}
    return found - {"rate_in_buffer"}


def _of_rule(name: str, fields: Sequence[str], one: Optimizer, other: Optimizer) -> Switch:
    def turn(mine: Optimizer, theirs: Optimizer) -> Turn:
        def turned(turns: Turns) -> Turns:
            rule, rate = turns.rule or mine.rule, turns.rate or mine.rate
            if "family" in fields:
                kept = {name: getattr(rule, name) for name in COMMON}
                return replace(turns, rule=replace(theirs.rule, **kept), rate=theirs.rate)
            values = {field: getattr(theirs.rule, field) for field in fields}
            rate = theirs.rate if name == RATE else rate
            return replace(turns, rule=replace(rule, **values), rate=rate)

        return turned

    both = turn(one, other), turn(other, one)
    return Switch(name, (_said(name, one), _said(name, other)), both, of_rule=True)


def _said(name: str, of: Optimizer) -> str:
    rule = of.rule
    if name == RATE:
        return f"{of.rate:g}"
    if name == RULE:
        return f"{rule.family} at {of.rate:g}"
    if name == EPSILON:
        return f"{rule.epsilon:g} {rule.place}"
    if name == "momentum":
        return f"{rule.momentum:g}{', Nesterov' if rule.nesterov else ''}"
    if name in (DECAY, COUPLING):
        where = "in the gradient" if rule.coupled else "beside the step"
        which = ", of kernels alone" if rule.kernels_only else ""
        return f"{rule.decay:g} {where}{which}" if rule.decay else "none"
    if name == "clipping":
        return f"{rule.clip} at {rule.limit:g}" if rule.clip else "none"
    values = [getattr(rule, field) for field in RULES[name]]
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v).lower() for v in values)
