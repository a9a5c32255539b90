"""What two models of a user's differ in, layer by layer, that a training feels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmarks.explain.twins.switch import SAME, WITH, Found, Switch, Turn
from benchmarks.twins.conventions import shared_settings
from benchmarks.twins.match import Pair
from benchmarks.twins.phrases import listed
from common.twins.turns import Turns

SET = ("epsilon", "momentum")
"""Settings of a normalisation that a model which is built still looks at."""


def of_layers(pairs: Iterable[Pair], names: Sequence[str]) -> Found:
    """A switch for each setting of each kind of normalisation; other settings go along."""
    found = Found([], {})
    groups: dict[tuple, list[Pair]] = {}
    for pair in pairs:
        for key, value, wanted, alike in shared_settings(pair):
            is_norm = pair.one.kind.endswith("norm")
            if is_norm and key in SET and not alike:
                groups.setdefault((key, pair.one.kind, value, wanted), []).append(pair)
            elif is_norm and key in SET:
                found.skipped[f"{key} of {pair.one.kind}"] = f"{SAME}: {value}"
            elif not alike:
                told = f"{value} in {names[0]} and {wanted} in {names[1]}"
                found.skipped[f"{key} of {pair.name}"] = f"{WITH}: {told}"
    several = [key[:2] for key in groups]
    for (key, kind, value, wanted), those in groups.items():
        name = f"{key} of {kind}"
        if several.count((key, kind)) > 1:
            name += f" {listed(pair.one.name for pair in those)}"
        mine_to = tuple((pair.one.layer or pair.one.name, key, wanted) for pair in those)
        theirs_to = tuple((pair.other.layer or pair.other.name, key, value) for pair in those)
        found.skipped.pop(name, None)
        both = _layers(mine_to), _layers(theirs_to)
        found.switches.append(Switch(name, (f"{value:g}", f"{wanted:g}"), both))
    return found


def _layers(settings: tuple[tuple[str, str, float], ...]) -> Turn:
    return lambda turns: replace(turns, layers=(*turns.layers, *settings))


def of_dropout(drawn: Sequence[Sequence[tuple[str, float]]], names: Sequence[str]) -> Found:
    """Rates that are exchanged, layer by layer in their order; else dropout that is off and on."""
    one, other = drawn
    rates = [[rate for _, rate in side] for side in drawn]
    if rates[0] == rates[1]:
        return Found([], {"dropout": f"{SAME}: {_rates(one)}"})
    code = [name for side in drawn for name, _ in side if ": " in name]
    if code:  # a function that a model calls
        told = f"{listed(code)} is a function that the model's own code calls"
        return Found([], {"dropout": f"{WITH}: {told}"})
    if len(one) == len(other):
        pairs = list(zip(one, other, strict=True))
        mine = tuple((a[0], a[1], b[1]) for a, b in pairs if a[1] != b[1])
        theirs = tuple((b[0], b[1], a[1]) for a, b in pairs if a[1] != b[1])
        values = _rates(one), _rates(other)
        return Found([Switch("dropout", values, (_dropout(mine), _dropout(theirs)))], {})

    def off(turns: Turns) -> Turns:
        return replace(turns, without_dropout=True)

    switches = []
    if one:
        switches.append(Switch(f"dropout of {names[0]}", (_rates(one), "off"), (off, None)))
    if other:
        switches.append(Switch(f"dropout of {names[1]}", ("off", _rates(other)), (None, off)))
    return Found(switches, {})


def _dropout(rates: tuple[tuple[str, float, float], ...]) -> Turn:
    return lambda turns: replace(turns, dropout=rates)


def _rates(drawn: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{rate:g}" for _, rate in drawn) or "none"
