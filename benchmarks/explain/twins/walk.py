"""The walk from one of a user's trainings to the other, a switch a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from hashlib import sha256
from typing import NamedTuple

from benchmarks.explain.twins.sides import Sides
from benchmarks.explain.twins.switch import SAME, Found, Switch, Turn
from benchmarks.explain.walk import OWN, Step, Walk
from benchmarks.records.arm import Arm
from common.framework import framework
from common.regime import NATIVE, Regime
from common.twins.problem import Twins
from common.twins.turned import Turned
from common.twins.turns import Loss, Turns

READ = "{}'s optimiser as it was read"
EXCHANGED = "the model and its framework"
ORDER = "order of the rows"
LETTERS = 100  # of the name of an arm, which is a folder


class Stop(NamedTuple):
    """Where a walk is between two steps."""

    framework: str
    turns: Turns
    regime: Regime
    problem: Twins


def found_of(sides: Sides, starts: Found) -> Found:
    """All differences of two trainings, in the order in which they are turned."""
    found = Found([], {})
    found.add(starts)
    found.add(sides.found)
    orders = [NATIVE.resolve(framework(name).native) for name in sides.names]
    one, other = (str(rules.order) for rules in orders)
    if one == other:
        found.skipped[ORDER] = f"{SAME}: {one}"
    else:
        found.switches.append(Switch(ORDER, (one, other), (_as_it_is, _as_it_is)))
    batches = [str(rules.last_batch) for rules in orders]
    found.skipped["last batch"] = f"{SAME}: {batches[0]}"
    return found


def _as_it_is(turns: Turns) -> Turns:
    """The order of the rows is a switch of the regime."""
    return turns


def twin_walk(
    twins: Twins,
    sides: Sides,
    found: Found,
    alike: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    back: bool = False,
    order: Sequence[str] = (),
    device: str = "cpu",
) -> Walk:
    """The walk from the first side to the second, or `back`.

    First the rows come in an order that both sides can be given, and weights that both draw alike
    are the other side's draw. Then each switch is turned in the first model, then the model and its
    framework, and then what can only be turned in the second. Last the second's own order of rows.
    `order` names switches that are turned first. Raises ValueError for one that is not there.
    """
    number = int(back)
    start, goal = sides.names[number], sides.names[1 - number]
    switches = _ordered([s.reversed() if back else s for s in found.switches], order)
    own, theirs = (NATIVE.resolve(framework(name).native) for name in (start, goal))
    judged = _judged(sides)
    mine = [s for s in switches if s.turns[0]]
    yours = [s for s in switches if not s.turns[0] and s.turns[1]]
    skipped = dict(found.skipped)

    def stop(name: str, turns: Turns, rows: Regime, label: str) -> Stop:
        if loss := judged[sides.names.index(name)]:
            turns = replace(turns, judged=loss)
        regime = replace(NATIVE, order=rows.order, name=label)
        return Stop(name, turns, regime, _turned(twins, turns))

    def ended(name: str) -> Stop:
        plain = stop(name, Turns(), own, "native")
        problem = plain.problem if plain.turns != Turns() else twins
        return plain._replace(regime=NATIVE, problem=problem)

    rows = own
    turns = Turns(initial=alike[number], giver=goal) if alike[number] else Turns()
    labels = ["own rows"]
    turned: list[tuple[str, str, str]] = [(OWN, f"{start}'s", "the harness's")]
    stops = [ended(start), stop(start, turns, rows, _label(labels))]
    for switch in mine:
        if switch.of_rule and turns.rule is None:
            optimizer = sides.optimizers[number]
            assert optimizer is not None  # else no switch is of a rule
            turns = replace(turns, rule=optimizer.rule, rate=optimizer.rate)
            labels.append("rule")
            turned.append((READ.format(start), f"{start}'s", "the harness's"))
            stops.append(stop(start, turns, rows, _label(labels)))
        rows = theirs if switch.name == ORDER else rows
        turns = _turn(switch.turns[0], turns)
        labels.append(switch.name)
        turned.append((switch.name, *switch.values))
        stops.append(stop(start, turns, rows, _label(labels)))
    turns = Turns()
    for switch in yours:
        turns = _turn(switch.turns[1], turns)
    labels = [f"from {start}", *(switch.name for switch in yours)]
    turned.append((EXCHANGED, start, goal))
    stops.append(stop(goal, turns, theirs, _label(labels)))
    for i, switch in enumerate(yours, 1):
        turns = Turns()
        for left in yours[i:]:
            turns = _turn(left.turns[1], turns)
        labels.remove(switch.name)
        turned.append((switch.name, *switch.values))
        stops.append(stop(goal, turns, theirs, _label(labels)))
    turned.append((OWN, "the harness's", f"{goal}'s"))
    stops.append(ended(goal))
    return _walk(twins, turned, stops, skipped, device)


def _walk(
    twins: Twins,
    turned: Sequence[tuple[str, str, str]],
    stops: Sequence[Stop],
    skipped: dict[str, str],
    device: str,
) -> Walk:
    arms = [Arm(twins.name, stop.framework, stop.regime.name, device) for stop in stops]
    steps = tuple(
        # the first step gives one side the random numbers of the other
        Step(*turn, before, after, paired=number > 0 or not stops[1].turns.initial)
        for number, (turn, before, after) in enumerate(zip(turned, arms, arms[1:], strict=False))
    )
    regimes = {arm: stop.regime for arm, stop in zip(arms, stops, strict=True)}
    problems = {arm: stop.problem for arm, stop in zip(arms, stops, strict=True)}
    return Walk(stops[0].framework, stops[-1].framework, steps, skipped, regimes, problems)


def _turn(turn: Turn | None, turns: Turns) -> Turns:
    return turn(turns) if turn else turns


def _turned(twins: Twins, turns: Turns) -> Turned:
    known = {each.name: getattr(twins, each.name) for each in fields(twins)}
    return Turned(**known, exchanged=turns)


def _judged(sides: Sides) -> tuple[Loss | None, Loss | None]:
    """By which loss each side's test rows are judged, where the two have their own."""
    one, other = sides.losses
    if one is None or other is None or one._replace(form="") == other._replace(form=""):
        return None, None
    judge = one._replace(scale=1.0, a_row=False)
    return judge, judge._replace(form=other.form)


def _ordered(switches: Sequence[Switch], order: Sequence[str]) -> list[Switch]:
    known = {switch.name: switch for switch in switches}
    if unknown := [name for name in order if name not in known]:
        raise ValueError(f"no switch {unknown[0]!r}; there are: {', '.join(known) or 'none'}")
    return [known[name] for name in dict.fromkeys([*order, *known])]


def _label(names: Sequence[str]) -> str:
    """The name of an arm: what has been turned, in letters that a folder may have."""
    words = [name.replace("the optimiser's ", "").replace(" of the ", " of ") for name in names]
    label = "+".join(words).replace(" ", "-").replace("/", "-")
    if len(label) <= LETTERS:
        return label
    return f"{label[: LETTERS - 9]}-{sha256(label.encode()).hexdigest()[:8]}"
