"""The ratio of epochs: by neighbours of one heat, else by medians."""

from __future__ import annotations

import pytest

from benchmarks.records.arm import in_turns
from benchmarks.statistics.epochs import epoch_ratio, notes
from benchmarks.statistics.ratios import ratio_of_times, ratio_of_turns
from tests.sample_records import run


def runs(factor: float, heats: list[str | None]) -> list:
    """A run a heat, whose neighbours suffer alike; two warm up."""
    return [
        run(
            heat=heat,
            seed=seed,
            epoch_seconds=[9.0, 5.0, *(factor * (seed + n) for n in (1, 2, 4))],
        )
        for seed, heat in enumerate(heats)
    ]


def test_runs_of_one_heat_are_compared_epoch_by_epoch_without_two_that_warm_up():
    heats = ["a", "b", "c", "d", "e"]
    one, other = runs(2.0, heats), runs(1.0, heats)[::-1]  # the heat pairs them, not their place
    assert [(a.seed, b.seed) for a, b in in_turns(one, other)] == [(n, n) for n in range(5)]
    ratio = epoch_ratio(one, other)
    assert ratio == ratio_of_turns(*([r.epoch_seconds[2:] for r in runs(f, heats)] for f in (2, 1)))
    assert ratio.low == ratio.high == pytest.approx(2)
    assert "took turns" in "".join(notes(one))


def test_a_run_whose_neighbour_failed_is_left_out_of_the_pairs():
    assert len(in_turns(runs(2.0, ["a", "b"]), runs(1.0, ["b"]))) == 1


@pytest.mark.parametrize("heats", [[None] * 5, ["a", "b", "c", "d", None], list("vwxyz")])
def test_other_runs_are_compared_by_their_medians(heats):
    one, other = runs(2.0, ["a", "b", "c", "d", "e"]), runs(1.0, heats)
    medians = ratio_of_times(*([r.epoch_seconds[1:] for r in arm] for arm in (one, other)))
    assert epoch_ratio(one, other) == medians
    assert not list(notes(runs(1.0, [None])))


def test_one_epoch_alone_is_not_steady():
    short = [run(heat=None, epoch_seconds=[1.0])]
    assert epoch_ratio(short, short) is None
