"""The ratio of two arms' epochs: by neighbours where their runs took turns, else by medians."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.records.arm import Kind, in_turns
from benchmarks.statistics.ratios import Ratio, ratio_of_times, ratio_of_turns

Seconds = Callable[[Kind], Sequence[float]]  # of each epoch of a run, in order


def notes(runs: Iterable[Kind]) -> Iterator[str]:
    """How the ratios were taken, where runs took turns."""
    if any(run.heat for run in runs):
        yield (
            "the arms' epochs took turns (A B, B A): the ratio of two arms' epochs is the median "
            "over processes of the median ratio of neighbouring epochs, without the first two (of "
            "three, the first); epochs of a few ms share a turn"
        )


def epoch_ratio(
    one: Sequence[Kind],
    other: Sequence[Kind],
    seconds: Seconds[Kind] = lambda run: run.epoch_seconds,
) -> Ratio | None:
    """Of an epoch of the first arm to one of the other; None where a run has no steady epoch."""
    if pairs := in_turns(one, other):
        arms = [[steady(seconds(run)) for run in arm] for arm in zip(*pairs, strict=True)]
        ratio = ratio_of_turns
    else:
        arms = [[list(seconds(run)[1:]) for run in arm] for arm in (one, other)]
        ratio = ratio_of_times
    return ratio(*arms) if all(arms) and all(map(all, arms)) else None


def steady(seconds: Sequence[float]) -> list[float]:
    """All but two that warm up; one was too few for PyTorch's text."""
    return list(seconds[2 if len(seconds) > 3 else 1 :])
