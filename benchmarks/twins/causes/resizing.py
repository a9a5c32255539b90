"""Images resized in NumPy by every rule that frameworks have: which one was it?

Sources of the grids: tf.image.resize, torch.nn.functional.interpolate, jax.image.resize.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from common.language import Phrase, chained, phrase


class Resize(NamedTuple):
    """An interpolation ("none" where the size stays), whether it is widened to shrink without
    aliasing, and its grid: "half pixels", "corners" that are aligned, or "legacy", from 0 on.

    `cubic` is the kernel's constant.
    """

    interpolation: str
    antialias: bool = False
    grid: str = "half pixels"
    cubic: float = -0.5

    def __str__(self) -> str:
        return self.in_words

    @property
    def in_words(self) -> Phrase:
        """The rule as a sentence has it."""
        words: list[str] = [self.interpolation]
        if self.antialias:
            words.append(phrase("with antialias"))
        if self.interpolation == "bicubic":
            words.append(phrase("constant {value:g}", value=self.cubic))
        if self.grid != "half pixels":
            words.append(phrase("on a grid of {grid}", grid=self.grid))
        return chained(" ", words)


SAME = Resize("none")
RESIZES = (
    Resize("bilinear"),
    Resize("bilinear", antialias=True),
    Resize("nearest"),
    Resize("nearest", grid="legacy"),
    Resize("bicubic"),
    Resize("bicubic", antialias=True),
    Resize("bicubic", cubic=-0.75),
    Resize("area"),
    Resize("bilinear", grid="corners"),
    Resize("bilinear", grid="legacy"),
    Resize("bicubic", grid="corners", cubic=-0.75),
)
"""In the order in which one is taken, where several do."""


def resized(image: np.ndarray, size: tuple[int, int], rule: Resize) -> np.ndarray:
    """An image (height, width, channels) in another size, float64."""
    if rule == SAME:
        return image.astype(np.float64)
    rows, columns = (shares(old, new, rule) for old, new in zip(image.shape[:2], size, strict=True))
    return np.einsum("ih,hwc,jw->ijc", rows, image.astype(np.float64), columns, optimize=True)


def shares(old: int, new: int, rule: Resize) -> np.ndarray:
    """What each new place takes of each old one, (new, old)."""
    scale = old / new
    places = np.arange(new)
    if rule.interpolation == "nearest":
        shift = 0.5 if rule.grid == "half pixels" else 0.0
        chosen = np.minimum(np.floor((places + shift) * scale).astype(int), old - 1)
        return np.eye(old)[chosen]
    if rule.interpolation == "area":
        lows, highs = places[:, None] * scale, (places[:, None] + 1) * scale
        cells = np.arange(old)
        parts = np.minimum(cells + 1, highs) - np.maximum(cells, lows)
        return np.maximum(parts, 0) / scale
    if rule.grid == "corners":
        centres: np.ndarray = places * (old - 1) / max(new - 1, 1)
    else:
        centres = places * scale if rule.grid == "legacy" else (places + 0.5) * scale - 0.5
    width = max(scale, 1.0) if rule.antialias else 1.0
    taps = np.arange(-4 * int(np.ceil(width)), old + 4 * int(np.ceil(width)))
    weights = _kernel((taps - centres[:, None]) / width, rule)
    if rule.antialias:  # what lies outside of the image has no share
        inside = (taps >= 0) & (taps < old)
        return weights[:, inside] / weights[:, inside].sum(axis=1, keepdims=True)
    table = np.zeros((new, old))
    for column, tap in enumerate(np.clip(taps, 0, old - 1)):  # the border goes on
        table[:, tap] += weights[:, column]
    return table / table.sum(axis=1, keepdims=True)


def _kernel(distances: np.ndarray, rule: Resize) -> np.ndarray:
    d = np.abs(distances)
    if rule.interpolation == "bilinear":
        return np.maximum(1 - d, 0)
    a = rule.cubic
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))
