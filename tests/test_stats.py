"""Intervals against SciPy's own tests, their coverage, and the samples that have no variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from benchmarks.stats import Interval, paired, ratio_of_times, welch

samples = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(2, 12))
def test_both_agree_with_scipy(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(3, 1, n), rng.normal(4, 2, n), rng.normal(4, 5, m)
    expected = scipy_stats.ttest_rel(b, a).confidence_interval(0.95)
    assert paired(a, b)[1:] == pytest.approx((expected.low, expected.high))
    expected = scipy_stats.ttest_ind(c, a, equal_var=False).confidence_interval(0.95)
    assert welch(a, c)[1:] == pytest.approx((expected.low, expected.high))


@given(samples, samples)
def test_the_other_way_round_is_the_interval_reversed(a, b):
    assert welch(a, b).reversed() == pytest.approx(welch(b, a), abs=1e-9)


def test_pairing_takes_out_what_both_share():
    shared = np.random.default_rng(0).normal(0, 10, 10)
    before, after = shared, shared + 1 + 0.01 * np.arange(10)
    assert paired(before, after).excludes_zero
    assert not welch(before, after).excludes_zero


@pytest.mark.parametrize("interval", [paired, welch])
def test_no_variance_is_an_interval_of_no_width(interval):
    assert interval([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) == Interval(0, 0, 0)
    assert interval([0.5, 0.5], [0.75, 0.75]) == Interval(0.25, 0.25, 0.25)
    assert interval([0.5, 0.5], [0.75, 0.75]).excludes_zero
    assert not interval([0.5, 0.5], [0.5, 0.5]).excludes_zero


def test_one_constant_sample_leaves_the_variance_of_the_other():
    found = welch([1.0, 1.0, 1.0], [2.0, 3.0, 4.0])
    expected = 2 + scipy_stats.t.ppf([0.025, 0.975], 2) / np.sqrt(3)
    assert found == pytest.approx((2, *expected))


@pytest.mark.parametrize("interval", [paired, welch])
def test_one_value_has_no_interval(interval):
    assert interval([1.0], [3.0]) == Interval(2, None, None)
    assert not interval([1.0], [3.0]).excludes_zero


@pytest.mark.parametrize("interval", [paired, welch])
@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_is_no_sample_is_refused(interval, values):
    with pytest.raises(ValueError, match="finite numbers were expected"):
        interval(values, [1.0] * len(values))


def test_unequal_numbers_are_no_pairs():
    with pytest.raises(ValueError, match="pairs were expected, got 2 and 3"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0])


def test_a_wider_confidence_is_a_wider_interval():
    narrow, wide = (paired([1, 2, 3], [2, 4, 3], level) for level in (0.9, 0.95))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = [
        (found := welch(rng.normal(0, 1, 6), rng.normal(2, 3, 9))).low <= 2 <= found.high
        for _ in range(2000)
    ]
    assert 0.935 < np.mean(hits) < 0.965


def test_a_ratio_of_times_is_that_of_medians_and_its_interval_covers_the_spread():
    before, after = [[2.0, 2.2, 2.1]] * 5, [[1.0, 1.1, 0.9]] * 5
    ratio = ratio_of_times(before, after)
    assert ratio.value == pytest.approx(2.1)
    assert ratio.low < 2.1 < ratio.high and ratio.verdict == "faster"
    assert ratio_of_times(after, before).verdict == "slower"
    assert ratio_of_times(before, before).verdict == "no difference seen"
    assert ratio_of_times(before, after) == ratio  # the same values, the same interval


def test_few_processes_give_a_ratio_without_an_interval():
    ratio = ratio_of_times([[2.0]] * 4, [[1.0]] * 9)
    assert ratio == (2.0, None, None) and ratio.verdict == "too few processes"


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


@pytest.mark.parametrize("bad", [[], [[]], [[0.0]], [[float("nan")]]])
def test_times_that_are_none_are_refused(bad):
    with pytest.raises(ValueError):
        ratio_of_times(bad, [[1.0]])
