"""Preprocessing that differs: each side's is found again in NumPy, from the raw rows on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.entry import rounded
from benchmarks.twins.causes.resizing import RESIZES, SAME, Resize, resized
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.climb import distance
from benchmarks.twins.compare import BOUND32
from benchmarks.twins.prepared import Prepared, prepared
from common.language import phrase

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MEANS = (103.939, 116.779, 123.68)  # of ImageNet, blue first


class Scaling(NamedTuple):
    """`factors` times a channel plus `offsets`, for each channel that comes out."""

    factors: tuple[float, ...]
    offsets: tuple[float, ...]

    def __str__(self) -> str:
        for name, known in KNOWN.items():
            if len(self.factors) == len(known.factors) and np.allclose(self, known, rtol=1e-4):
                return name
        if len(set(self.factors)) == len(set(self.offsets)) == 1:
            return _line(self.factors[0], self.offsets[0])
        return ", ".join(map(_line, self.factors, self.offsets))


def _line(factor: float, offset: float) -> str:
    return f"{factor:.5g} * x" + (f" + {offset:.5g}" if offset else "")


IN_WORDS = ("(x / 255 - mean) / std of ImageNet", "x - mean of ImageNet, blue first")


def _known() -> dict[str, Scaling]:
    mean, deviation = (np.array(values) for values in IMAGENET)
    table = {"x": (1.0, 0.0), "x / 255": (1 / 255, 0.0), "x / 127.5 - 1": (1 / 127.5, -1.0)}
    known: dict[str, Scaling] = {}
    for name, (factor, offset) in table.items():
        known |= {f"{name}": Scaling((factor,) * 3, (offset,) * 3)}
    divided, blue_first = IN_WORDS
    known[divided] = Scaling(tuple(1 / (255 * deviation)), tuple(-mean / deviation))
    known[blue_first] = Scaling((1.0,) * 3, tuple(-x for x in MEANS))
    return known


KNOWN = _known()


class Recipe(NamedTuple):
    """What makes rows of raw images: a resize, an order of the channels, a scaling; and how far
    its rows are from those that were seen."""

    resize: Resize
    reversed: bool
    scaling: Scaling
    gap: float

    def of(self, images: Sequence[np.ndarray], sizes: Sequence[tuple[int, int]]) -> list[Any]:
        """The rows that it makes."""
        return [
            _ordered(resized(image, size, self.resize), self.reversed) * self.scaling.factors
            + self.scaling.offsets
            for image, size in zip(images, sizes, strict=True)
        ]


def _ordered(image: np.ndarray, backwards: bool) -> np.ndarray:
    return image[..., ::-1] if backwards else image


def recipe(images: Sequence[np.ndarray], rows: Sequence[np.ndarray]) -> Recipe | None:
    """The recipe by which images became rows, both channels last; None where none is known."""
    if any(x.ndim != 3 or r.ndim != 3 for x, r in zip(images, rows, strict=True)):
        return None
    if any(x.shape[-1] != r.shape[-1] for x, r in zip(images, rows, strict=True)):
        return None
    sizes = [(row.shape[0], row.shape[1]) for row in rows]
    kept = all(x.shape == r.shape for x, r in zip(images, rows, strict=True))
    for resize in [SAME] if kept else RESIZES:
        made = [resized(x, size, resize) for x, size in zip(images, sizes, strict=True)]
        for backwards in (False, True) if images[0].shape[-1] > 1 else (False,):
            ordered = [_ordered(image, backwards) for image in made]
            scaling = _scaling(ordered, rows)
            candidate = Recipe(resize, backwards, scaling, np.inf)
            gap = _gap(candidate.of(images, sizes), rows)
            if gap <= BOUND32:
                return candidate._replace(gap=gap)
    return None


def _scaling(images: Sequence[np.ndarray], rows: Sequence[np.ndarray]) -> Scaling:
    """The line for each channel by least squares."""
    factors, offsets = [], []
    for c in range(images[0].shape[-1]):
        x = np.concatenate([image[..., c].ravel() for image in images])
        y = np.concatenate([row[..., c].ravel() for row in rows])
        basis = np.stack([x, np.ones_like(x)], axis=1)
        (factor, offset), *_ = np.linalg.lstsq(basis, y, rcond=None)
        factors.append(rounded(float(factor)))
        offsets.append(0.0 if abs(offset) < 1e-6 * abs(factor) * 255 else rounded(float(offset)))
    return Scaling(tuple(factors), tuple(offsets))


def _gap(rows: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    return max(map(distance, rows, others))


def explained(both: Prepared, names: Sequence[str]) -> Iterator[Cause]:
    """Why two preprocessings differ; nothing where one of them is no known recipe."""
    images = [x for x in both.raw if isinstance(x, np.ndarray)]
    shapes = [(a.shape, b.shape) for a, b in zip(both.ones, both.others, strict=True)]
    if len(images) != len(both.raw) or any(a != b for a, b in shapes):
        return
    one, other = recipe(images, both.ones), recipe(images, both.others)
    if one is None or other is None:
        return
    sizes = [(row.shape[0], row.shape[1]) for row in both.others]
    for field, (entry, words) in WORDS.items():
        mine, theirs = getattr(one, field), getattr(other, field)
        if _same(mine, theirs):
            continue
        trial = other._replace(**{field: mine})
        before = _gap(trial.of(images, sizes), both.others)
        if before <= BOUND32:
            continue
        settings = {
            "scaling": phrase(str(one.scaling)),
            "order": phrase("blue first") if one.reversed else phrase("red first"),
            "interpolation": one.resize.interpolation,
            "antialias": one.resize.antialias,
        }
        yield Cause(
            entry,
            ("preprocess",),
            phrase(
                "a raw image {what} in {one} and {another} in {other}",
                what=words(one),
                one=names[0],
                another=words(other),
                other=names[1],
            ),
            ENTRIES[entry].line(names[1], settings),
            True,
            phrase("where it {what} in NumPy too", what=words(other)),
            before,
            other.gap,
        )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Scaling):
        return bool(np.allclose(one, other, rtol=1e-5, atol=1e-6))
    return bool(one == other)


WORDS: dict[str, tuple[str, Any]] = {
    "resize": (
        "preprocessing_resize",
        lambda r: phrase("is resized by {rule}", rule=r.resize.in_words),
    ),
    "reversed": (
        "preprocessing_channels",
        lambda r: (
            phrase("has its channels reversed")
            if r.reversed
            else phrase("has its channels as they are")
        ),
    ),
    "scaling": (
        "preprocessing_scale",
        lambda r: phrase("becomes {scaling}", scaling=phrase(str(r.scaling))),
    ),
}


def _find(scene: Scene) -> Iterator[Cause]:
    judgement = scene.judgement
    if any(r.rung == "preprocess" and r.broken for r in judgement.rungs):
        both = prepared(scene.file.path, scene.sides, judgement.seed)
        if both is not None:
            yield from explained(both, judgement.frameworks)


FINDER = Finder(("preprocessing_resize", "preprocessing_channels", "preprocessing_scale"), _find)
