"""Ratios and differences of times: their bootstrap intervals, and what is no time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from benchmarks.statistics.ratios import (
    Ratio,
    difference_of_times,
    ratio_of_times,
    ratio_of_turns,
)


def test_a_ratio_of_times_is_that_of_medians_and_its_interval_covers_the_spread():
    before, after = [[2.0, 2.2, 2.1]] * 5, [[1.0, 1.1, 0.9]] * 5
    ratio = ratio_of_times(before, after)
    assert ratio.value == pytest.approx(2.1)
    assert ratio.low < 2.1 < ratio.high and ratio.verdict == "faster"
    assert ratio_of_times(after, before).verdict == "slower"
    assert ratio_of_times(before, before).verdict == "no difference seen"
    assert ratio_of_times(before, after) == ratio  # the same values, the same interval


def test_of_epochs_that_took_turns_what_both_suffer_goes_out():
    noise = np.random.default_rng(0).lognormal(sigma=0.5, size=(5, 12))
    before, after = (list(2 * noise)), list(noise * np.random.default_rng(1).uniform(0.99, 1.01))
    apart, turns = (times(before, after) for times in (ratio_of_times, ratio_of_turns))
    assert turns.value == pytest.approx(2, rel=0.02) and turns.high - turns.low < 0.05
    assert apart.high - apart.low > 10 * (turns.high - turns.low)
    same = ratio_of_turns(before, before)
    assert same.low == same.high == 1 and same.verdict == "equally fast"
    # an epoch belongs to its neighbour: in another order nothing goes out
    mixed = ratio_of_turns(before, [list(reversed(times)) for times in after])
    assert mixed.high - mixed.low > 5 * (turns.high - turns.low)
    few = ratio_of_turns(before[:4], after[:4])
    assert few.low is None and few.verdict == "too few processes"
    shorter = [list(times)[:7] for times in after]
    assert ratio_of_turns(before, shorter) == ratio_of_turns([b[:7] for b in before], shorter)
    with pytest.raises(ValueError):
        ratio_of_turns(before, after[:4])


def test_few_processes_give_a_ratio_without_an_interval():
    ratio = ratio_of_times([[2.0]] * 4, [[1.0]] * 9)
    assert ratio[:3] == (2.0, None, None) and ratio.verdict == "too few processes"


def test_the_interval_is_that_of_every_sample_of_processes_by_its_probability():
    """Of 5 processes with one time each, k of which are at most t: the median of 5 that are drawn
    is at most t as often as 3 or more of them are, a binomial probability."""
    before, after = [[6.0]] * 5, [[t] for t in (1.0, 2.0, 3.0, 4.0, 5.0)]
    at_most_1 = scipy_stats.binom.sf(2, 5, 1 / 5)
    for tail, low, high in ((at_most_1 - 0.012, 6 / 5, 6), (at_most_1 + 0.012, 6 / 4, 6 / 2)):
        ratio = ratio_of_times(before, after, confidence=1 - 2 * tail)
        assert ratio[:3] == pytest.approx((2, low, high))
        difference = difference_of_times(before, after, confidence=1 - 2 * tail)
        assert difference == pytest.approx((-3, 6 / high - 6, 6 / low - 6))


def test_the_times_of_a_process_are_drawn_anew_each_time_that_it_is_drawn():
    """Of 5 processes with the times 1, 2 and 3 the median of 3 drawn times is 1 in 7 of 27 cases,
    independently for each of the 5 that are drawn, be they the same process or not."""
    before, after = [[6.0]] * 5, [[1.0, 2.0, 3.0]] * 5
    one = scipy_stats.binom.sf(2, 5, 7 / 27)
    for tail, low, high in ((one - 0.015, 6 / 3, 6), (one + 0.015, 3, 3)):
        ratio = ratio_of_times(before, after, confidence=1 - 2 * tail)
        assert ratio[:3] == pytest.approx((3, low, high))


def test_the_interval_of_times_is_at_95_percent_unless_it_is_asked_otherwise():
    before, after = (list(np.random.default_rng(seed).lognormal(size=(9, 4))) for seed in (1, 2))
    for times in (ratio_of_times, difference_of_times):
        assert times(before, after) == times(before, after, confidence=0.95)
        assert times(before, after) != times(before, after, confidence=0.94)
        _, low, high, *_ = times(before, after, draws=1)
        assert low == high


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.0, 1.2, "no difference seen"),
        (1.01, 1.2, "faster"),
        (0.8, 1.0, "no difference seen"),
        (0.8, 0.99, "slower"),
    ],
)
def test_a_ratio_is_a_difference_when_its_interval_excludes_one(low, high, word):
    assert Ratio(1.0, low, high).verdict == word


def test_equally_fast_is_what_lies_within_five_percent_of_one():
    def compared(spread, n, shift=1.0):
        times = [[1 + spread * w] * 3 for w in np.linspace(-1, 1, n)]
        return ratio_of_times(times, [[shift * t for t in process] for process in times])

    assert compared(0.01, 9).verdict == "equally fast" and compared(0.01, 9).p == 1
    assert compared(0.2, 5).verdict == "no difference seen"
    faster = compared(0.001, 9, 0.97)  # within 5 %, and yet another time
    assert faster.close and faster.verdict == "faster" and faster.p < 0.001


def test_processes_that_differ_widen_the_interval_though_their_epochs_do_not():
    alike = ratio_of_times([[2.0, 2.0]] * 6, [[1.0, 1.0]] * 6)
    unlike = ratio_of_times([[2.0, 2.0]] * 6, [[t, t] for t in (0.8, 0.9, 1.0, 1.0, 1.1, 1.2)])
    assert alike.high - alike.low < 0.01 < 0.1 < unlike.high - unlike.low


def test_the_interval_covers_the_true_ratio_as_often_as_it_says():
    random, hits = np.random.default_rng(0), 0
    for _ in range(200):
        arms = [
            [list(middle * t * random.lognormal(0, 0.02, 5)) for t in random.lognormal(0, 0.1, 12)]
            for middle in (3.0, 1.0)
        ]
        ratio = ratio_of_times(*arms, draws=400)
        hits += ratio.low <= 3 <= ratio.high
    assert 176 <= hits <= 199  # 95 % of 200 is 190, give or take four standard deviations


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([], "positive seconds of one or more processes were expected"),
        ([[1.0], [0.0]], "positive seconds of one or more processes were expected"),
        ([[]], "one or more finite numbers were expected"),
        ([[float("nan")]], "one or more finite numbers were expected"),
    ],
)
def test_times_that_are_none_are_refused(bad, message):
    for arms in ((bad, [[1.0]]), ([[1.0]], bad)):
        with pytest.raises(ValueError, match=f"^{message}"):
            ratio_of_times(*arms)


def test_a_difference_of_times_is_that_of_medians_with_an_interval_from_five_processes_on():
    before, after = [[2.0, 2.2, 2.1]] * 5, [[1.0, 1.1, 0.9]] * 5
    difference = difference_of_times(before, after)
    assert difference.mean == pytest.approx(-1.1)
    assert difference.low < -1.1 < difference.high < 0
    assert difference_of_times(before[:4], after)[1:] == (None, None)
