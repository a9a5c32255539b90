"""What both models' losses say of outputs that they are given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from benchmarks.twins.causes.objectives import Draw, Objective, identified
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.climb import Refused, aligned, distance
from benchmarks.twins.compare import BOUND

SINGLE = 8  # rows that are asked about one by one


class Asked(NamedTuple):
    """What both models' losses say of the same outputs: draws as the first model has them."""

    draws: list[Draw]
    losses: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, draws: list[Draw], pairs: list[list[float]]) -> Asked | None:
        """Of both losses of every draw; None where nothing could be asked."""
        return cls(draws, (np.array(pairs)[:, 0], np.array(pairs)[:, 1])) if draws else None


def ask(scene: Scene) -> Asked | None:
    """Both losses of the outputs that the models gave, whole, in parts and with other targets.

    None where a model has several outputs, or the outputs differ.
    """
    outputs = [scene.traces[n, "float64"] for n in (0, 1)]
    named = [[key for key in trace if key.startswith("outputs/")] for trace in outputs]
    if named != [["outputs/output"]] * 2:
        return None
    one, other = (trace["outputs/output"] for trace in outputs)
    if distance(aligned(one, other), one) > BOUND:
        return None
    y = [scene.given[n][0] for n in (0, 1)]
    if any(len(target) != len(one) for target in y):
        return None
    draws, losses = [], []
    for rows, of in _chosen(len(one)):
        try:
            values = [
                side.ask64("loss_alone", output[rows], target[of])
                for side, output, target in zip(scene.sides, (one, other), y, strict=True)
            ]
        except Refused:
            continue
        if np.all(np.isfinite(values)):
            draws.append(Draw(one[rows], y[0][of]))
            losses.append(values)
    return Asked.of(draws, losses)


def of_rows(scene: Scene) -> Asked | None:
    """Both losses of parts of the rows, for models of several outputs; None where they part."""
    if scene.outputs_part or any(len(y) != len(scene.rows[0]) for ys in scene.given for y in ys):
        return None
    draws, losses = [], []
    for rows, of in _chosen(len(scene.rows[0])):
        if rows is not of:
            continue
        try:
            xs = [x[rows] for x in scene.rows]
            values = [
                float(side.ask64("gradients", xs, [y[rows] for y in ys])["loss"])
                for side, ys in zip(scene.sides, scene.given, strict=True)
            ]
        except Refused:
            continue
        draws.append(Draw(scene.rows[0][rows], scene.given[0][0][rows]))
        losses.append(values)
    return Asked.of(draws, losses)


def objective_of(scene: Scene, number: int) -> Objective | None:
    """The loss of model 0 or 1, by its own output; None where it has several, or no loss that is
    known gives its numbers."""
    trace, side = scene.traces[number, "float64"], scene.sides[number]
    if [key for key in trace if key.startswith("outputs/")] != ["outputs/output"]:
        return None
    output, target = trace["outputs/output"], scene.given[number][0]
    if len(target) != len(output):
        return None
    draws, losses = [], []
    for rows, of in _chosen(len(output)):
        with suppress(Refused):
            losses.append(side.ask64("loss_alone", output[rows], target[of]))
            draws.append(Draw(output[rows], target[of]))
    return identified(draws, np.array(losses)) if np.all(np.isfinite(losses)) else None


def _chosen(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the outputs, and of the targets that they are given."""
    every = np.arange(count)
    yield every, every
    for shift in (1, 3):
        yield every, np.roll(every, shift)
    half = every[: count // 2 + 1]
    yield half, half
    yield every[1::2], every[::2][: len(every[1::2])]
    for i in range(min(count, SINGLE)):
        one = every[i : i + 1]
        yield one, one
