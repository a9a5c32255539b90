"""What people use today to see whether a port is right, each as it is usually written.

All of them are given what a conversion script has at hand: the outputs of both models in evaluation
on one batch of random rows, with the weights carried over; one looks at the first layer instead.
None sees a gradient, a loss, a step or a running statistic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

Outputs = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""By name, the output of the first model and of the second: (n, ...), shapes equal or not."""


class Rival(NamedTuple):
    """A check of two arrays; `first_layer` says that it looks at what the first layer gives."""

    name: str
    same: Callable[[np.ndarray, np.ndarray], bool]
    first_layer: bool = False


def signed_mean(a: np.ndarray, b: np.ndarray) -> bool:
    """The mean of a - b below 1e-3: errors of both signs cancel."""
    return bool(abs(np.mean(a - b)) < 1e-3)


def cosine(a: np.ndarray, b: np.ndarray) -> bool:
    """The cosine of all numbers of a and b above .999; a scale is not seen. NaN is no."""
    a, b = a.ravel(), b.ravel()
    with np.errstate(invalid="ignore"):
        return bool(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) > 0.999)


def same_means(a: np.ndarray, b: np.ndarray) -> bool:
    """The means of a and of b less than 1e-3 apart: an order is not seen, nor a shape."""
    return bool(abs(a.mean() - b.mean()) < 1e-3)


RIVALS: Sequence[Rival] = (
    # The two that tutorials on export to another format end with: one tolerance for all nets, in
    # the stricter form that of a unit test, loosened until the script passes
    Rival("allclose 1e-3", lambda a, b: np.allclose(a, b, atol=1e-3)),
    Rival("allclose 1e-5", lambda a, b: np.allclose(a, b, atol=1e-5)),
    # A line of print in many conversion scripts, read by eye
    Rival("signed mean 1e-3", signed_mean),
    Rival("mean absolute 1e-3", lambda a, b: bool(np.mean(np.abs(a - b)) < 1e-3)),
    Rival("mean absolute 1e-4", lambda a, b: bool(np.mean(np.abs(a - b)) < 1e-4)),
    # Tools of vendors, for nets that were quantised on the way
    Rival("cosine .999", cosine),
    # "The port predicts the same": the top class of each row
    Rival("same labels", lambda a, b: bool((a.argmax(-1) == b.argmax(-1)).all())),
    # Where somebody looks inside at all
    Rival("first layer's mean", same_means, first_layer=True),
)


def answers(
    outputs: Outputs, first_layer: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, bool | None]:
    """What each rival says: True for "the same", None where it has nothing to look at.

    Arrays are compared as NumPy compares them, so (n,) and (n, 1) become (n, n); shapes that do not
    broadcast end such a script with an error, which is seen: False.
    """
    return {
        rival.name: _answer(rival, [first_layer] if first_layer else [])
        if rival.first_layer
        else _answer(rival, list(outputs.values()))
        for rival in RIVALS
    }


def _answer(rival: Rival, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> bool | None:
    if not pairs:
        return None
    try:
        return all(rival.same(a, b) for a, b in pairs)
    except ValueError:
        return False
