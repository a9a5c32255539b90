"""Whose weights two models are compared with: carried, own or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.twins.climb import Side, distance, drawn
from benchmarks.twins.fused import joined, parted
from benchmarks.twins.match import Link, Matching, Pair, exchanged, interchangeable, match
from common.language import chained, phrase
from common.twins.file import TwinsFile
from common.twins.probe import Values

ALIKE = 1e-4  # weights that both models bring, nearer than this, are one and the same


class Weights(NamedTuple):
    """The mode, whose they are, what the first model is given, and a sentence on what is lost."""

    mode: str
    whose: str
    source: Values
    note: str = ""

    def __str__(self) -> str:
        return f"carried from {self.whose}" if self.mode == "carried" else self.mode

    def of_other(self, matching: Matching, own: Values, seed: int) -> Values:
        """What the second model is given under a pairing; `own` are the first model's values.

        In the mode "own" nothing. Weights of the second model alone are drawn too where weights
        are drawn: at zero, as a bias begins, they could not be told from absent ones.
        """
        if self.mode == "own":
            return {}
        values = matching.to_other({**own, **self.source})
        if self.mode == "drawn":
            values = {**drawn_for(matching, 1, seed), **values}
        return values


def matched(one: Side, other: Side, file: TwinsFile) -> Matching:
    """The pairs of two models; a layer whose weights are made of others by those, where the other
    model has such by itself."""
    matching = match(one.units, other.units, file.pairs, file.flatten)
    made = [
        (side, unit)
        for pair in matching.pairs
        for side, unit, partner in ((one, pair.one, pair.other), (other, pair.other, pair.one))
        if unit.made and partner.kind == "other"
    ]
    for side, unit in made:
        side.take_apart(unit)
    return match(one.units, other.units, file.pairs, file.flatten) if made else matching


def chosen(
    one: Side, other: Side, matching: Matching, wanted: str, seed: int
) -> tuple[Weights, Matching]:
    """The mode that was wanted, or else the one that the models ask for.

    Weights that one model brings are carried to the other. Where both bring theirs and most are
    the same, each keeps its own: the conversion that the user made is what is judged.
    """
    both, bring = one.brought and other.brought, one.brought or other.brought
    alike, mode = both and wanted in ("", "own"), wanted
    if alike:
        matching, alike = _by_value(one, other, matching)
    if not mode:
        mode = "own" if alike else "carried" if bring else "drawn"
    if mode == "own":
        return Weights(mode, "", {}), matching
    if mode == "drawn":
        lost = chained(" and ", [side.framework for side in (one, other) if side.brought])
        words = phrase("the weights that {names} brought are not used", names=lost)
        return Weights(mode, "", drawn_for(matching, 0, seed), words if lost else ""), matching
    if other.brought and not one.brought:
        return Weights(mode, other.framework, matching.to_one(other.own)), matching
    note = phrase(
        "the weights that {framework} brought too are not used, and are others: --weights own "
        "judges both as they are",
        framework=other.framework,
    )
    return Weights(mode, one.framework, one.own, note if both else ""), matching


def drawn_for(matching: Matching, side: int, seed: int) -> Values:
    """Random values for all weights of a model, 0 or 1, that have a partner or are trained.

    What neither holds for, such as the scale of ones of a normalisation without one, is a constant.
    """
    units = [(pair.other if side else pair.one, pair) for pair in matching.pairs]
    kept = {
        f"{unit.name}/{role}"
        for unit, pair in units
        for role in pair.alone()[side]
        if role in unit.frozen
    }
    alone = matching.alone_other if side else matching.alone_one
    free = [
        u._replace(weights={r: w for r, w in u.weights.items() if r not in u.frozen}) for u in alone
    ]
    values = drawn([*(unit for unit, _ in units), *free], seed)
    return joined({k: v for k, v in values.items() if k not in kept}, matching.splits[side])


def far_of(pair: Pair, link: Link, owns: Sequence[Values]) -> float:
    """How far a weight of the first model is from the second's own."""
    mine = link.to_other(owns[0][f"{pair.one.name}/{link.one}"])
    return distance(mine, owns[1][f"{pair.other.name}/{link.other}"])


def _by_value(one: Side, other: Side, matching: Matching) -> tuple[Matching, bool]:
    """The pairing under which most weights are the same, and whether most are."""
    owns = [parted(side.own, matching.splits[n]) for n, side in enumerate((one, other))]

    def far(pair: Pair) -> float:
        return max((far_of(pair, link, owns) for link in pair.links), default=0.0)

    for i in range(len(matching.pairs)):
        for j in range(i + 1, len(matching.pairs)):
            if far(matching.pairs[i]) < ALIKE:
                break
            if interchangeable(matching.pairs[i], matching.pairs[j]):
                trial = exchanged(matching, i, j)
                matching = trial if far(trial.pairs[i]) < ALIKE else matching
    near = [far(pair) < ALIKE for pair in matching.pairs]
    return matching, 2 * sum(near) >= len(near)
