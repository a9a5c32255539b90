"""A network of dense layers as a drawing."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from common.problem import Loss, Problem

LINKS: dict[Loss, str] = {
    "categorical_crossentropy": "softmax",
    "binary_crossentropy": "sigmoid",
    "mean_squared_error": "no activation",
}


def draw(problem: Problem) -> None:
    """Draw a bar per layer, as high as the logarithm of its width, and the weights between them."""
    words = ["input", *["relu"] * len(problem.hidden), LINKS[problem.loss]]
    widths = (problem.features, *problem.hidden, problem.outputs)
    _, axes = plt.subplots(figsize=(1.8 * len(widths), 2.2), layout="constrained")
    for place, (width, word) in enumerate(zip(widths, words, strict=True)):
        _bar(axes, place, width, word)
    for place, layer in enumerate(problem.layers):
        axes.annotate("", (place + 0.85, 0), (place + 0.15, 0), arrowprops={"arrowstyle": "->"})
        weights = f"{layer.fan_in * layer.fan_out:,}\nweights"
        axes.text(place + 0.5, 0.1, weights, ha="center", va="bottom", fontsize=8)
    axes.set_xlim(-0.6, len(widths) - 0.4)
    axes.axis("off")


def _bar(axes: Axes, place: int, width: int, word: str) -> None:
    half = (0.5 + math.log10(width)) / 2
    axes.bar(place, 2 * half, 0.2, bottom=-half, color="C7")
    axes.text(place, half + 0.1, f"{width:,}", ha="center", va="bottom")
    axes.text(place, -half - 0.1, word, ha="center", va="top", fontsize=9)
    axes.set_ylim(min(axes.get_ylim()[0], -half - 0.7), max(axes.get_ylim()[1], half + 0.7))
