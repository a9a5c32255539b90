"""Intervals against SciPy's own tests, their coverage, and samples without variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from benchmarks.statistics.intervals import (
    DIFFERENT,
    EQUIVALENT,
    NOT_ENOUGH,
    Interval,
    holm,
    p_value,
    paired,
    runs_needed,
    sampling_error,
    sampling_error_of_mae,
    superiority,
    verdict,
    welch,
)

samples = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(2, 12))
def test_both_agree_with_scipy(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(3, 1, n), rng.normal(4, 2, n), rng.normal(4, 5, m)
    for level in ([], [0.5], [0.9], [0.99]):
        expected = scipy_stats.ttest_rel(b, a).confidence_interval(*level)
        assert paired(a, b, *level)[1:] == pytest.approx((expected.low, expected.high))
        expected = scipy_stats.ttest_ind(c, a, equal_var=False).confidence_interval(*level)
        assert welch(a, c, *level)[1:] == pytest.approx((expected.low, expected.high))


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
    interval = welch([1.0, 1.0, 1.0], [2.0, 3.0, 4.0])
    expected = 2 + scipy_stats.t.ppf([0.025, 0.975], 2) / np.sqrt(3)
    assert interval == pytest.approx((2, *expected))


@pytest.mark.parametrize("interval", [paired, welch])
def test_one_value_has_no_interval_and_two_have_one(interval):
    assert interval([1.0], [3.0]) == Interval(2, None, None)
    assert not interval([1.0], [3.0]).excludes_zero
    assert None not in interval([1, 2], [2, 4])
    assert welch([1], [2, 4])[1:] == welch([2, 4], [1])[1:] == (None, None)


@pytest.mark.parametrize(
    ("low", "high", "excludes"), [(0, 1, False), (-1, 0, False), (1e-9, 1, True), (-1, -1e-9, True)]
)
def test_an_interval_that_ends_at_zero_holds_it(low, high, excludes):
    assert Interval(0.5, low, high).excludes_zero is excludes


def test_an_interval_reversed_is_that_of_minus_the_difference():
    assert Interval(1.0, -2.0, 3.0).reversed() == Interval(-1.0, -3.0, 2.0)
    assert Interval(1.0, None, None).reversed() == Interval(-1.0, None, None)
    assert str(Interval(0.0, None, None).reversed().mean) == "0.0"  # and not minus 0


@pytest.mark.parametrize("interval", [paired, welch])
def test_an_interval_of_float32_values_is_that_of_the_same_values_in_float64(interval):
    a, b = np.random.default_rng(0).normal(1e4, 1e-2, (2, 9)).astype(np.float32)
    assert interval(a, b) == interval(a.astype(np.float64), b.astype(np.float64))


BAD = [[], [1.0, float("nan")], [float("inf")], [[1.0], [2.0]]]


@pytest.mark.parametrize("interval", [paired, welch])
@pytest.mark.parametrize("values", BAD)
def test_what_is_no_sample_is_refused(interval, values):
    for pair in ((values, [1.0] * len(values)), ([1.0] * len(values) or [1.0], values)):
        with pytest.raises(ValueError) as refused:
            interval(*pair)
        assert str(refused.value) == f"one or more finite numbers were expected, got {values!r}"


def test_unequal_numbers_are_no_pairs():
    with pytest.raises(ValueError, match=r"^pairs were expected, got 2 and 3 values$"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0])


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = [
        (interval := welch(rng.normal(0, 1, 6), rng.normal(2, 3, 9))).low <= 2 <= interval.high
        for _ in range(2000)
    ]
    assert 0.935 < np.mean(hits) < 0.965


@pytest.mark.parametrize("pairs", [True, False])
def test_p_is_that_of_scipy_and_below_5_percent_where_the_interval_excludes_0(pairs):
    rng = np.random.default_rng(5)
    for shift in (0.0, 0.3, 0.6, 2.0):
        a, b = rng.normal(0, 1, 20), rng.normal(shift, 2, 20)
        test = (
            scipy_stats.ttest_rel(a, b) if pairs else scipy_stats.ttest_ind(a, b, equal_var=False)
        )
        p = p_value(a, b, pairs=pairs)
        assert p == pytest.approx(test.pvalue)
        assert (p < 0.05) == (paired if pairs else welch)(a, b).excludes_zero
    assert p_value([1.0, 1.0], [2.0, 2.0], pairs=pairs) is None
    assert p_value([1.0], [2.0], pairs=pairs) is None


def test_holm_is_the_step_down_rule_and_leaves_out_what_has_no_p():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, None, 0.4]) == [0.9, None, 0.8]
    assert holm([0.6, 0.7]) == [1, 1] and holm([]) == []


@pytest.mark.parametrize(
    ("narrow", "wide", "word"),
    [
        ((-0.9, 0.9), (-1.1, 1.1), EQUIVALENT),
        ((0.1, 0.9), (0.05, 0.95), EQUIVALENT),  # and other than zero
        ((-1.0, 0.9), (-1.1, 1.0), NOT_ENOUGH),  # on the margin is not inside
        ((-0.9, 1.0), (-1.0, 1.1), NOT_ENOUGH),
        ((1.1, 2.0), (1.0, 2.1), NOT_ENOUGH),  # nor outside
        ((-2.0, -1.1), (-2.1, -1.0), NOT_ENOUGH),
        ((1.2, 2.0), (1.1, 2.1), DIFFERENT),
        ((-2.0, -1.2), (-2.1, -1.1), DIFFERENT),
        ((-3.0, 3.0), (-4.0, 4.0), NOT_ENOUGH),
        ((None, None), (None, None), NOT_ENOUGH),
    ],
)
def test_the_verdict_at_a_margin_of_one(narrow, wide, word):
    assert verdict(Interval(0, *narrow), Interval(0, *wide), 1.0) == word


@given(st.integers(0, 10**6), st.integers(2, 40), st.floats(0.1, 3))
def test_equivalent_is_what_two_one_sided_t_tests_at_5_percent_call_so(seed, n, margin):
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(0, 1, n), rng.normal(0.2, 1, n), rng.normal(0.2, 2, n + 3)
    p = max(
        scipy_stats.ttest_1samp(b - a, -margin, alternative="greater").pvalue,
        scipy_stats.ttest_1samp(b - a, margin, alternative="less").pvalue,
    )
    assert (verdict(paired(a, b, 0.9), paired(a, b), margin) == EQUIVALENT) == (p < 0.05)
    p = max(
        scipy_stats.ttest_ind(c + margin, a, equal_var=False, alternative="greater").pvalue,
        scipy_stats.ttest_ind(c - margin, a, equal_var=False, alternative="less").pvalue,
    )
    assert (verdict(welch(a, c, 0.9), welch(a, c), margin) == EQUIVALENT) == (p < 0.05)


@pytest.mark.parametrize("margin", [0, -1, float("nan")])
def test_a_margin_is_positive(margin):
    with pytest.raises(ValueError, match=f"^a positive margin was expected, got {margin}$"):
        verdict(Interval(0, 0, 0), Interval(0, 0, 0), margin)
    message = f"^a spread and a positive margin were expected, got 1, {margin}$"
    with pytest.raises(ValueError, match=message):
        runs_needed(1, margin, paired=True)


def test_superiority_is_mann_and_whitneys_u_over_n_m():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 9), rng.integers(1, 8, 7)
    u = scipy_stats.mannwhitneyu(b, a).statistic
    share = superiority(a, b, larger_is_better=True)
    assert share.mean == pytest.approx(u / 63)
    assert share.low < share.mean < share.high
    mirrored = superiority(a, b, larger_is_better=False)
    assert mirrored == pytest.approx((1 - share.mean, 1 - share.high, 1 - share.low))
    assert superiority(b, a, larger_is_better=True) == pytest.approx(mirrored)


def test_superiority_in_pairs_is_a_share_with_wilsons_interval():
    a, b = np.zeros(10), np.array([1.0] * 7 + [-1.0] * 3)
    share = superiority(a, b, larger_is_better=True, pairs=True)
    expected = scipy_stats.binomtest(7, 10).proportion_ci(method="wilson")
    assert share == pytest.approx((0.7, expected.low, expected.high))
    share = superiority(a, b, larger_is_better=False, pairs=True, confidence=0.8)
    expected = scipy_stats.binomtest(3, 10).proportion_ci(0.8, method="wilson")
    assert share == pytest.approx((0.3, expected.low, expected.high))
    ties = superiority([1.0] * 4, [1.0] * 4, larger_is_better=True, pairs=True)
    assert ties.mean == 0.5 and ties.low == pytest.approx(1 - ties.high)
    with pytest.raises(ValueError, match=r"^pairs were expected, got 1 and 2 values$"):
        superiority([1.0], [1.0, 2.0], larger_is_better=True, pairs=True)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_superiority_ends_where_the_share_is_z_standard_errors_away_after_newcombe(level):
    """Method 5: the variance of Hanley and McNeil with n* = m* = (m + n) / 2 - 1, at the end."""
    a, b = [0, 2, 2, 5], [1, 2, 3, 4, 6, 7, 7]
    share, *ends = superiority(a, b, larger_is_better=True, confidence=level)
    star = (4 + 7) / 2 - 1
    for t in ends:
        more = star * (1 - t) / (2 - t) + star * t / (1 + t)
        error = (t * (1 - t) * (1 + more) / (4 * 7)) ** 0.5
        assert abs(share - t) / error == pytest.approx(scipy_stats.norm.ppf((1 + level) / 2))
    assert ends[0] < share < ends[1]


@pytest.mark.parametrize("pairs", [True, False])
def test_one_that_always_wins_still_has_an_interval_with_a_width(pairs):
    always = superiority([1.0] * 5, [2.0] * 5, larger_is_better=True, pairs=pairs)
    assert always.mean == always.high == 1 and 0.4 < always.low < 0.75
    never = superiority([1.0] * 5, [2.0] * 5, larger_is_better=False, pairs=pairs)
    assert never == pytest.approx((0, 0, 1 - always.low))


@pytest.mark.parametrize("pairs", [True, False])
def test_the_interval_of_superiority_covers_the_truth_as_often_as_it_says(pairs):
    rng, hits, truth = np.random.default_rng(2), 0, scipy_stats.norm.cdf(1 / np.sqrt(2))
    for _ in range(1000):
        a, b = rng.normal(0, 1, 20), rng.normal(1, 1, 20)
        share = superiority(a, b, larger_is_better=True, pairs=pairs)
        hits += share.low <= truth <= share.high
    assert 922 <= hits <= 978  # 95 %, give or take four standard deviations


@pytest.mark.parametrize("pairs", [True, False])
def test_a_difference_up_to_the_tie_counts_half(pairs):
    for tie, mean in ((0.0, 1), (0.5, 1), (1.0, 0.5)):
        share = superiority([1.0] * 3, [2.0] * 3, larger_is_better=True, pairs=pairs, tie=tie)
        assert share.mean == mean


def test_the_sampling_error_is_that_of_a_binomial_share():
    assert sampling_error(0.5, 10_000) == pytest.approx(0.005)
    assert sampling_error(1.0, 10) == 0
    simulated = np.random.default_rng(0).binomial(2246, 0.78, 20_000) / 2246
    assert sampling_error(0.78, 2246) == pytest.approx(simulated.std(), rel=0.03)


def test_the_sampling_error_of_an_mae_is_that_of_the_mean_of_its_rows_errors():
    errors = np.abs(np.random.default_rng(0).normal(2, 3, 102))
    sampling = sampling_error_of_mae(errors.mean(), (errors**2).mean(), 102)
    assert sampling == pytest.approx(errors.std() / 102**0.5)
    assert sampling_error_of_mae(0.1, 0.01 - 1e-9, 10) == 0  # equal errors, and rounding
