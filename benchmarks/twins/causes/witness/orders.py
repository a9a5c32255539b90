"""Rearrangements: axes in another order, reshaped, turned round, parts exchanged, a step taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations

import numpy as np

from benchmarks.twins.causes.witness.elementwise import Program

Array = np.ndarray
AXES = 5  # a tensor of more axes is left as it lies
PARTS = 4  # that may stand in another order


def rearrangements(x: Array, y: Array) -> Iterator[Program]:
    """Ways to the shape of y that only move numbers, the plainest first; rows stay rows."""
    if x.size != y.size or len(x) != len(y) or x.ndim > AXES or y.ndim > AXES:
        return
    shape = y.shape
    yield Program("order", "the order of the numbers", {}, lambda x: x.reshape(shape))
    for order in _orders(x.ndim):
        permuted = partial(_permuted, order=order, shape=shape)
        yield Program("order", "another order", {"order": order}, permuted)
    for order in _orders(y.ndim):
        turned = tuple(shape[axis] for axis in np.argsort(order))
        settings = {"shape": turned[1:], "order": order}
        apply = partial(_shaped, order=order, shape=turned)
        yield Program("order", "a shape in another order", settings, apply)
    yield from _blocks(x, y)
    if x.shape == y.shape:
        for axis in range(1, x.ndim):
            yield Program("flipped", "a reversal", {"axis": axis}, partial(np.flip, axis=axis))
        yield from _exchanged(x)


def _blocks(x: Array, y: Array) -> Iterator[Program]:
    """Channels that become blocks of pixels, or blocks that become channels: (n, h, w, c), with the
    block's two axes before the channels, as TensorFlow, or behind them, as PyTorch."""
    if not x.ndim == y.ndim == 4 or x.shape[1:3] == y.shape[1:3]:
        return
    small, large = sorted((x, y), key=lambda t: t.shape[1])
    (_, h, w, _), (_, tall, wide, c) = small.shape, large.shape
    if tall % h or wide % w or tall // h * (wide // w) * c != small.shape[-1]:
        return
    block = tall // h, wide // w
    for name, split, order in (
        ("before", (*block, c), (0, 1, 3, 2, 4, 5)),
        ("behind", (c, *block), (0, 1, 4, 2, 5, 3)),
    ):
        settings = {"block": f"{name} the channels"}
        if small is x:
            apply = partial(_spread, split=split, order=order, shape=y.shape)
        else:
            apply = partial(_gathered, block=block, back=np.argsort(order).tolist(), shape=y.shape)
        yield Program("blocks", "blocks of pixels", settings, apply)


def _spread(x: Array, split: Sequence[int], order: Sequence[int], shape: Sequence[int]) -> Array:
    return x.reshape(*x.shape[:3], *split).transpose(order).reshape(-1, *shape[1:])


def _gathered(x: Array, block: Sequence[int], back: Sequence[int], shape: Sequence[int]) -> Array:
    cut = x.reshape(len(x), shape[1], block[0], shape[2], block[1], -1)
    return cut.transpose(back).reshape(-1, *shape[1:])


def _permuted(x: Array, order: Sequence[int], shape: Sequence[int]) -> Array | None:
    return x.transpose(order).reshape(shape) if x.ndim == len(order) else None


def _shaped(x: Array, order: Sequence[int], shape: Sequence[int]) -> Array:
    return x.reshape(shape).transpose(order)


def steps(x: Array, y: Array) -> Iterator[Program]:
    """One step of (n, time, ...), the last one first."""
    if x.ndim != y.ndim + 1 or x.shape[:1] + x.shape[2:] != y.shape:
        return
    for step in (-1, 0, *range(1, x.shape[1] - 1)):
        yield Program("step", "step", {"step": step}, partial(np.take, indices=step, axis=1))


def _orders(rank: int) -> Iterator[tuple[int, ...]]:
    plain = tuple(range(1, rank))
    return ((0, *order) for order in permutations(plain) if order != plain)


def _exchanged(x: Array) -> Iterator[Program]:
    """Equal parts of the last axis in another order."""
    for count in range(2, PARTS + 1):
        if x.shape[-1] % count or x.shape[-1] == count:
            continue
        for order in list(permutations(range(count)))[1:]:
            yield Program("parts", "parts", {"order": order}, partial(_in_order, order=order))
    width = x.shape[-1]
    for groups in range(2, width // 2 + 1):
        if width % groups == 0:
            yield Program("shuffled", "groups", {"groups": groups}, partial(_shuffled, n=groups))


def _shuffled(x: Array, n: int) -> Array:
    """The last axis, one of each of n groups after the other."""
    return x.reshape(*x.shape[:-1], n, -1).swapaxes(-1, -2).reshape(x.shape)


def _in_order(x: Array, order: Sequence[int]) -> Array:
    parts = np.split(x, len(order), axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1)
