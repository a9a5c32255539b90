"""Which weights of one model are which of the other: by kind, shape and order of execution.

What flows decides where these do not: see `benchmarks.twins.flow`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from benchmarks.twins.alike import aligned, exact, loosened, shapes, single, sizes, weights
from benchmarks.twins.fused import Splits, joined, parted, split_units, splits_of
from common.twins.layers import Link
from common.twins.probe import Unit, Values

STATE = ("moving_mean", "moving_variance")


class Pair(NamedTuple):
    """A unit of each model, by the users' names, and the weights that both have."""

    one: Unit
    other: Unit
    links: tuple[Link, ...]
    forced: bool = True  # nothing else of this kind and shape was left
    chosen: bool = False  # by PAIRS

    @property
    def name(self) -> str:
        """The unit's name, and the other model's where it is another."""
        same = self.one.name == self.other.name
        return self.one.name if same else f"{self.one.name} ~ {self.other.name}"

    def alone(self) -> tuple[list[str], list[str]]:
        """Roles that only the first model has, and those that only the other has."""
        mine, theirs = ({link.one for link in self.links}, {link.other for link in self.links})
        return (
            [role for role in self.one.weights if role not in mine],
            [role for role in self.other.weights if role not in theirs],
        )


class Matching(NamedTuple):
    """All pairs in the order of the first model, and the units without a partner.

    `splits` says of each model which of its layers are several of the other's.
    """

    pairs: tuple[Pair, ...]
    alone_one: tuple[Unit, ...]
    alone_other: tuple[Unit, ...]
    splits: tuple[Splits, Splits] = ({}, {})

    def to_other(self, values: Values) -> Values:
        """The first model's values under the other's names and in its layout."""
        values = parted(values, self.splits[0])
        moved = {
            f"{pair.other.name}/{link.other}": link.to_other(values[f"{pair.one.name}/{link.one}"])
            for pair in self.pairs
            for link in pair.links
            if f"{pair.one.name}/{link.one}" in values
        }
        return joined(moved, self.splits[1])

    def to_one(self, values: Values, prefix: str = "") -> Values:
        """The other model's values under the first's names and in its layout."""
        values = parted(values, self.splits[1], prefix)
        moved = {
            f"{prefix}{pair.one.name}/{link.one}": link.to_one(
                values[f"{prefix}{pair.other.name}/{link.other}"], pair.one.weights[link.one]
            )
            for pair in self.pairs
            for link in pair.links
            if f"{prefix}{pair.other.name}/{link.other}" in values
        }
        return joined(moved, self.splits[0], prefix)


def match(
    ones: Sequence[Unit],
    others: Sequence[Unit],
    chosen: Mapping[str, str],
    flatten: Mapping[str, tuple[int, ...]],
) -> Matching:
    """Pair the units of two models; `chosen` is PAIRS, `flatten` FLATTEN of the file.

    Raises ValueError for names in them that no layer has.
    """
    splits = splits_of(ones, others)
    ones, others = single(split_units(ones, splits[0])), single(split_units(others, splits[1]))
    _check("PAIRS", chosen, ones)
    _check("PAIRS", chosen.values(), others)
    _check("FLATTEN", flatten, ones)
    partner: dict[int, int] = {}
    for name, other_name in chosen.items():
        mine, theirs = (
            [i for i, unit in enumerate(units) if unit.name == wanted]
            for units, wanted in ((ones, name), (others, other_name))
        )
        partner.update(zip(mine, theirs, strict=False))
    for likeness in (exact, shapes, weights, sizes):
        mine = [i for i in range(len(ones)) if i not in partner]
        theirs = [i for i in range(len(others)) if i not in partner.values()]
        if likeness is sizes:
            left = [ones[i] for i in mine], [others[j] for j in theirs]
            ones, mine = loosened(ones, mine, left[1])
            others, theirs = loosened(others, theirs, left[0])
        alike = [likeness(ones[i]) for i in mine], [likeness(others[j]) for j in theirs]
        for i, j in aligned(*alike):
            partner[mine[i]] = theirs[j]
    same = [shapes(unit) for unit in others]
    pairs = [
        Pair(
            one,
            others[partner[i]],
            links_of(one, others[partner[i]], flatten.get(one.name, ())),
            forced=same.count(same[partner[i]]) == 1,
            chosen=one.name in chosen,
        )
        for i, one in enumerate(ones)
        if i in partner
    ]
    return Matching(
        tuple(pairs),
        tuple(ones[i] for i in mine if i not in partner),
        tuple(others[j] for j in theirs if j not in partner.values()),
        splits,
    )


def exchanged(matching: Matching, i: int, j: int) -> Matching:
    """The matching with the partners of two of its pairs exchanged, by their numbers."""
    pairs = list(matching.pairs)
    for number, source in ((i, matching.pairs[j]), (j, matching.pairs[i])):
        pair = matching.pairs[number]
        flattened = next((link.flattened for link in pair.links if link.flattened), ())
        links = links_of(pair.one, source.other, flattened)
        pairs[number] = pair._replace(other=source.other, links=links)
    return matching._replace(pairs=tuple(pairs))


def replaced(matching: Matching, i: int, side: int, j: int) -> Matching | None:
    """The matching with a unit that is alone, of model 0 or 1 and by its number, in the place of
    that model's in a pair; None unless the two have one kind and shape."""
    pair, alone = matching.pairs[i], (matching.alone_one, matching.alone_other)[side]
    inside, unit = (pair.other if side else pair.one), alone[j]
    if pair.chosen or shapes(inside) != shapes(unit):
        return None
    one, other = (pair.one, unit) if side else (unit, pair.other)
    flattened = next((link.flattened for link in pair.links if link.flattened), ())
    new = pair._replace(one=one, other=other, links=links_of(one, other, flattened), forced=False)
    pairs = (*matching.pairs[:i], new, *matching.pairs[i + 1 :])
    rest = (*alone[:j], inside, *alone[j + 1 :])
    alones = (matching.alone_one, rest) if side else (rest, matching.alone_other)
    return Matching(pairs, *alones, matching.splits)


def turned(matching: Matching, i: int) -> Matching | None:
    """The matching with a square matrix of a layer of one's own turned; None if it is none."""
    pair = matching.pairs[i]
    links = tuple(
        link._replace(axes=link.axes[::-1])
        if len(link.shape) == 2 and link.shape[0] == link.shape[1]
        else link
        for link in pair.links
    )
    if not _free(pair.one, pair.other) or links == pair.links or pair.chosen:
        return None
    pairs = (*matching.pairs[:i], pair._replace(links=links), *matching.pairs[i + 1 :])
    return matching._replace(pairs=pairs)


def interchangeable(one: Pair, other: Pair) -> bool:
    """Whether the partners of two pairs may be exchanged; those in PAIRS may not."""
    return not (one.chosen or other.chosen) and shapes(one.other) == shapes(other.other)


def links_of(one: Unit, other: Unit, flattened: tuple[int, ...]) -> tuple[Link, ...]:
    """The weights that two units share: by role, of layers of one's own by shape."""
    links, free = [], list(other.weights)
    for role, shape in one.weights.items():
        partner = role if role in free else next(iter(free), None) if _free(one, other) else None
        if partner is None:
            continue
        axes = _axes(shape, other.weights[partner])
        if axes is not None:
            free.remove(partner)
            behind = flattened if role == "kernel" and len(shape) == 2 else ()
            links.append(Link(role, partner, axes, other.weights[partner], behind))
    return tuple(links)


def _free(one: Unit, other: Unit) -> bool:
    return "other" in (one.kind, other.kind)


def _axes(shape: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...] | None:
    """The order of axes that makes `shape` the wanted one, axes of one aside; None if none does."""
    small = [n for n in wanted if n != 1]
    orders = permutations(range(len(shape))) if len(shape) <= 5 else ()
    return next((o for o in orders if [shape[i] for i in o if shape[i] != 1] == small), None)


def _check(table: str, names: Iterable[str], units: Sequence[Unit]) -> None:
    known = list(dict.fromkeys(unit.name for unit in units))
    for name in names:
        if name not in known:
            raise ValueError(f"{table} has {name!r}, expected one of {', '.join(known)}")
