"""What two models of a user's start from: is it drawn alike, kind of layer by kind of layer?

Nothing is assumed of an initialiser. Each side draws by its own code, once a seed, and what one
side has drawn the other can be given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.explain.twins.switch import SAME, Found, Switch, Turn
from benchmarks.twins.fused import parted, whole
from benchmarks.twins.match import Matching, Pair
from common.twins.probe import Values
from common.twins.turns import Turns
from common.twins.user_file import family

ERROR = 1e-3  # of all tests of a kind together: a wrong "differs" costs a step, and nothing else
MANY = 512  # of a matrix with more rows or columns no singular values are taken


class Drawn(NamedTuple):
    """What one weight of both models started from, by seed, in the first model's layout."""

    kind: str
    role: str
    names: tuple[str, str]  # of the weight, in either model
    one: list[np.ndarray]
    other: list[np.ndarray]


def of_starts(
    matching: Matching, draws: tuple[Sequence[Values], Sequence[Values]], names: Sequence[str]
) -> tuple[Found, tuple[tuple[str, ...], tuple[str, ...]]]:
    """A switch for each kind of layer whose weights are drawn otherwise.

    `draws` are the initial values of both models by seed. Beside the switches: the weights that are
    drawn alike, by both models' names.
    """
    found, alike = Found([], {}), list[Drawn]()
    for name, drawn_by_seed in zip(names, draws, strict=True):
        if _is_fixed(drawn_by_seed):
            make = f"{family(name)}_model"
            found.skipped[f"another draw of {name} with each seed"] = (
                f"every run starts from the same values, which {make}() draws by a seed of its "
                f"own, or loads; {make}(seed) is given that of the run"
            )
    kinds: dict[str, list[Drawn]] = {}
    for drawn in _drawn(matching, draws):
        kinds.setdefault(drawn.kind, []).append(drawn)
    for kind, weights in kinds.items():
        apart = [each for each in weights if differs(each, ERROR / len(weights))]
        name = f"initial values of {kind}"
        if not apart:
            alike += weights
            found.skipped[name] = f"{SAME}: {_said([(w.role, w.one) for w in weights])}"
            continue
        values = _said([(w.role, w.one) for w in apart]), _said([(w.role, w.other) for w in apart])
        ones, others = (tuple(dict.fromkeys(w.names[n] for w in weights)) for n in (0, 1))
        both = _given(ones, names[1]), _given(others, names[0])
        found.switches.append(Switch(name, values, both))
    mine, theirs = (tuple(dict.fromkeys(w.names[n] for w in alike)) for n in (0, 1))
    return found, (mine, theirs)


def _given(weights: tuple[str, ...], giver: str) -> Turn:
    def turn(turns: Turns) -> Turns:
        return replace(turns, initial=(*turns.initial, *weights), giver=giver)

    return turn


def _drawn(matching: Matching, draws: tuple[Sequence[Values], Sequence[Values]]) -> Iterator[Drawn]:
    both = [
        [parted(v, split) for v in of] for of, split in zip(draws, matching.splits, strict=True)
    ]
    for pair in matching.pairs:
        for link in pair.links:
            if _is_constant(pair, link.one):
                continue
            one, other = (f"{u.name}/{r}" for u, r in zip(pair[:2], link[:2], strict=True))
            shape = pair.one.weights[link.one]
            wholes = (
                f"{whole(pair.one.name)}/{link.one}" if matching.splits[0] else one,
                f"{whole(pair.other.name)}/{link.other}" if matching.splits[1] else other,
            )
            if all(one in v for v in both[0]) and all(other in v for v in both[1]):
                yield Drawn(
                    pair.one.kind,
                    link.one,
                    wholes,
                    [values[one] for values in both[0]],
                    [link.to_one(values[other], shape) for values in both[1]],
                )


def _is_fixed(draws: Sequence[Values]) -> bool:
    """Whether a model starts from the same values with every seed, though not all are constants."""
    drawn = [name for name, value in draws[0].items() if value.size and np.ptp(value)]
    repeated = all(np.array_equal(v[name], draws[0][name]) for v in draws[1:] for name in drawn)
    return bool(drawn) and len(draws) > 1 and repeated


def _is_constant(pair: Pair, role: str) -> bool:
    return pair.one.kind == "other" and role in pair.one.frozen


def differs(drawn: Drawn, error: float) -> bool:
    """Whether the two are drawn from other distributions, by their numbers and singular values.

    Two-sample tests of Kolmogorov and Smirnov. A draw that is the same with each seed counts once.
    A constant is another draw than all that is not the same constant.
    """
    from scipy.stats import ks_2samp

    one, other = _unlike(drawn.one), _unlike(drawn.other)
    if len(one) == len(other) == 1 and np.array_equal(one[0], other[0]):
        return False
    if any(len(side) == 1 and np.all(side[0] == side[0].flat[0]) for side in (one, other)):
        return True
    numbers = [np.concatenate([v.ravel() for v in side]) for side in (one, other)]
    samples = [numbers, [np.abs(side) for side in numbers]]  # two spreads are farthest apart there
    size = one[0].shape
    if len(size) > 1 and min(size[-2:]) > 1 and max(size[-2:]) <= MANY:
        samples.append([_singular(one), _singular(other)])
    return any(ks_2samp(*pair).pvalue < error / len(samples) for pair in samples)


def _unlike(values: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    return values[:1] if all(np.array_equal(v, values[0]) for v in values) else values


def _singular(values: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.linalg.svd(v, compute_uv=False).ravel() for v in values])


def _said(weights: Sequence[tuple[str, Sequence[np.ndarray]]]) -> str:
    """The spread of each role over all layers and seeds; of constants their value."""
    by_role: dict[str, list[np.ndarray]] = {}
    for role, values in weights:
        by_role.setdefault(role, []).extend(v.ravel() for v in values)
    words = []
    for role, parts in by_role.items():
        numbers = np.concatenate(parts)
        spread = float(np.std(numbers))
        words.append(f"{role} {f'sd {spread:.2g}' if spread else f'{numbers[0]:g}'}")
    return ", ".join(words)
