"""Intervals against SciPy's own tests, their coverage, power, and samples without variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from scipy.integrate import quad

from benchmarks.records.arm import epochs_to
from benchmarks.statistics import intervals
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
from benchmarks.statistics.ratios import Ratio, difference_of_times, ratio_of_times

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


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_the_confidence_is_that_of_scipy(level):
    a, b, c = [1, 2, 3, 7], [2, 4, 3, 5], [2, 4, 3]
    expected = scipy_stats.ttest_rel(b, a).confidence_interval(level)
    assert paired(a, b, level)[1:] == pytest.approx((expected.low, expected.high))
    expected = scipy_stats.ttest_ind(c, a, equal_var=False).confidence_interval(level)
    assert welch(a, c, level)[1:] == pytest.approx((expected.low, expected.high))


def test_the_smallest_samples_with_an_interval_have_two_values_each():
    assert None not in paired([1, 2], [2, 4]) and None not in welch([1, 2], [2, 4])
    assert welch([1], [2, 4])[1:] == welch([2, 4], [1])[1:] == (None, None)


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
    assert ratio[:3] == (2.0, None, None) and ratio.verdict == "too few processes"


def test_the_interval_is_that_of_every_sample_of_processes_by_its_probability():
    """Of 5 processes with one time each, k of which are at most t: the median of 5 that are drawn
    is at most t as often as 3 or more of them are, a binomial probability."""
    before, after = [[6.0]] * 5, [[t] for t in (1.0, 2.0, 3.0, 4.0, 5.0)]
    at_most_1 = scipy_stats.binom.sf(2, 5, 1 / 5)
    for tail, low, high in ((at_most_1 - 0.012, 6 / 5, 6), (at_most_1 + 0.012, 6 / 4, 6 / 2)):
        found = ratio_of_times(before, after, confidence=1 - 2 * tail)
        assert found[:3] == pytest.approx((2, low, high))
        found = difference_of_times(before, after, confidence=1 - 2 * tail)
        assert found == pytest.approx((-3, 6 / high - 6, 6 / low - 6))


def test_the_times_of_a_process_are_drawn_anew_each_time_that_it_is_drawn():
    """Of 5 processes with the times 1, 2 and 3 the median of 3 drawn times is 1 in 7 of 27 cases,
    independently for each of the 5 that are drawn, be they the same process or not."""
    before, after = [[6.0]] * 5, [[1.0, 2.0, 3.0]] * 5
    one = scipy_stats.binom.sf(2, 5, 7 / 27)
    for tail, low, high in ((one - 0.015, 6 / 3, 6), (one + 0.015, 3, 3)):
        found = ratio_of_times(before, after, confidence=1 - 2 * tail)
        assert found[:3] == pytest.approx((3, low, high))


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
    def found(spread, n, shift=1.0):
        times = [[1 + spread * w] * 3 for w in np.linspace(-1, 1, n)]
        return ratio_of_times(times, [[shift * t for t in process] for process in times])

    assert found(0.01, 9).verdict == "equally fast" and found(0.01, 9).p == 1
    assert found(0.2, 5).verdict == "no difference seen"
    faster = found(0.001, 9, 0.97)  # within 5 %, and yet another time
    assert faster.close and faster.verdict == "faster" and faster.p < 0.001


@pytest.mark.parametrize("pairs", [True, False])
def test_p_is_that_of_scipy_and_below_5_percent_where_the_interval_excludes_0(pairs):
    rng = np.random.default_rng(5)
    for shift in (0.0, 0.3, 0.6, 2.0):
        a, b = rng.normal(0, 1, 20), rng.normal(shift, 2, 20)
        test = (
            scipy_stats.ttest_rel(a, b) if pairs else scipy_stats.ttest_ind(a, b, equal_var=False)
        )
        found = p_value(a, b, pairs=pairs)
        assert found == pytest.approx(test.pvalue)
        assert (found < 0.05) == (paired if pairs else welch)(a, b).excludes_zero
    assert p_value([1.0, 1.0], [2.0, 2.0], pairs=pairs) is None
    assert p_value([1.0], [2.0], pairs=pairs) is None


def test_holm_is_the_step_down_rule_and_leaves_out_what_has_no_p():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, None, 0.4]) == [0.9, None, 0.8] and holm([]) == []


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
    found = difference_of_times(before, after)
    assert found.mean == pytest.approx(-1.1)
    assert found.low < -1.1 < found.high < 0
    assert difference_of_times(before[:4], after)[1:] == (None, None)


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


def test_runs_needed_agree_with_the_formula_of_chow_and_shao_where_it_holds():
    # large samples: n = (z_.95 + z_.90)^2 2 s^2 / margin^2 (Chow, Shao & Wang 2008, section 3.2)
    z = scipy_stats.norm.ppf([0.95, 0.9]).sum()
    for spread in (0.014, 0.05):
        expected = z**2 * 2 * spread**2 / 0.005**2
        assert expected <= runs_needed(spread, 0.005, paired=False) <= expected + 2
        assert expected / 2 <= runs_needed(spread, 0.005, paired=True) <= expected / 2 + 3
    assert 130 <= runs_needed(0.014, 0.005, paired=False) <= 170  # what the protocol says of IMDB


def power_by_integral(n, spread, margin, pairs, difference):
    """Over the observed standard error, in units of the true one, of what is left to the mean."""
    freedom = n - 1 if pairs else 2 * (n - 1)
    error, gap = spread * (1 / n if pairs else 2 / n) ** 0.5, abs(difference)
    t = scipy_stats.t.ppf(0.95 if gap < margin else 0.975, freedom)

    def density(observed):
        reach = t * observed * error
        if gap < margin:
            ends = np.array([margin - reach, reach - margin])
            share = -np.diff(scipy_stats.norm.cdf((ends - gap) / error))[0]
        else:
            share = scipy_stats.norm.sf((margin + reach - gap) / error)
        return share * scipy_stats.chi.pdf(observed * freedom**0.5, freedom) * freedom**0.5

    return quad(density, 0, margin / (t * error) if gap < margin else 10, limit=200)[0]


@pytest.mark.parametrize("pairs", [True, False])
@pytest.mark.parametrize(
    ("n", "spread", "margin", "difference"),
    [(2, 1, 6, 0), (4, 1, 2, 0), (9, 2, 2, 0.6), (25, 1, 1, -0.2), (8, 1, 1, 1.9), (15, 2, 1, -3)],
)
def test_the_fewest_runs_are_those_whose_exact_power_is_enough(
    pairs, n, spread, margin, difference
):
    exact = power_by_integral(n, spread, margin, pairs, difference)
    plan = {"paired": pairs, "difference": difference}
    assert runs_needed(spread, margin, power=exact - 1e-5, **plan) == n
    assert runs_needed(spread, margin, power=exact + 1e-5, **plan) == n + 1


def test_more_runs_than_anybody_makes_are_no_plan(monkeypatch):
    n = runs_needed(1, 0.5, paired=True)
    monkeypatch.setattr(intervals, "MOST_RUNS", n)
    assert runs_needed(1, 0.5, paired=True) == n
    monkeypatch.setattr(intervals, "MOST_RUNS", n - 1)
    assert runs_needed(1, 0.5, paired=True) is None


def test_runs_needed_to_show_a_difference_are_those_of_a_t_test_on_what_exceeds_the_margin():
    z = scipy_stats.norm.ppf([0.975, 0.8]).sum()
    expected = z**2 * 2 * 1.0**2 / 0.2**2
    found = runs_needed(1.0, 1.0, paired=False, difference=-1.2)
    assert expected <= found <= expected + 2


def test_runs_needed_at_the_edges():
    assert runs_needed(0, 0.1, paired=True) == 2
    assert runs_needed(0, 0.1, paired=True, difference=0.3) == 2
    assert runs_needed(1, 0.1, paired=True, difference=0.1) is None  # neither verdict is true
    # at the margin itself there is no difference beyond it, but by chance in a fortieth
    assert runs_needed(1, 1, paired=True, difference=1, power=0.03) is None
    assert runs_needed(1, 1e-4, paired=True) is None
    near = [runs_needed(1, 1, paired=True, difference=d) for d in (0, 0.3, -0.3, 0.6)]
    assert near[0] < near[1] == near[2] < near[3]
    message = "^a spread and a positive margin were expected, got -1, 1$"
    with pytest.raises(ValueError, match=message):
        runs_needed(-1, 1, paired=True)


@pytest.mark.parametrize("pairs", [True, False])
@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_the_planned_number_has_its_power_and_half_of_it_has_not(pairs, shift):
    n = runs_needed(1.0, 1.0, paired=pairs, difference=shift and 1.9)
    interval, rng = (paired if pairs else welch), np.random.default_rng(5)
    word = DIFFERENT if shift else EQUIVALENT

    def power(n: int, studies: int = 1500) -> float:
        hits = 0
        for _ in range(studies):
            a, b = rng.normal(0, 1, n), rng.normal(1.9 if shift else 0, 1, n)
            a = np.zeros(n) if pairs else a
            hits += verdict(interval(a, b, 0.9), interval(a, b), 1.0) == word
        return hits / studies

    assert power(n) > 0.8 - 0.04  # four standard errors
    assert power(n // 2) < 0.7


def test_superiority_is_mann_and_whitneys_u_over_n_m():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 9), rng.integers(1, 8, 7)
    u = scipy_stats.mannwhitneyu(b, a).statistic
    found = superiority(a, b, larger_is_better=True)
    assert found.mean == pytest.approx(u / 63)
    assert found.low < found.mean < found.high
    mirrored = superiority(a, b, larger_is_better=False)
    assert mirrored == pytest.approx((1 - found.mean, 1 - found.high, 1 - found.low))
    assert superiority(b, a, larger_is_better=True) == pytest.approx(mirrored)


def test_superiority_in_pairs_is_a_share_with_wilsons_interval():
    a, b = np.zeros(10), np.array([1.0] * 7 + [-1.0] * 3)
    found = superiority(a, b, larger_is_better=True, pairs=True)
    expected = scipy_stats.binomtest(7, 10).proportion_ci(method="wilson")
    assert found == pytest.approx((0.7, expected.low, expected.high))
    found = superiority(a, b, larger_is_better=False, pairs=True, confidence=0.8)
    expected = scipy_stats.binomtest(3, 10).proportion_ci(0.8, method="wilson")
    assert found == pytest.approx((0.3, expected.low, expected.high))
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
        found = superiority(a, b, larger_is_better=True, pairs=pairs)
        hits += found.low <= truth <= found.high
    assert 922 <= hits <= 978  # 95 %, give or take four standard deviations


def test_the_sampling_error_is_that_of_a_binomial_share():
    assert sampling_error(0.5, 10_000) == pytest.approx(0.005)
    assert sampling_error(1.0, 10) == 0
    simulated = np.random.default_rng(0).binomial(2246, 0.78, 20_000) / 2246
    assert sampling_error(0.78, 2246) == pytest.approx(simulated.std(), rel=0.03)


def test_the_sampling_error_of_an_mae_is_that_of_the_mean_of_its_rows_errors():
    errors = np.abs(np.random.default_rng(0).normal(2, 3, 102))
    found = sampling_error_of_mae(errors.mean(), (errors**2).mean(), 102)
    assert found == pytest.approx(errors.std() / 102**0.5)


def test_the_first_epoch_that_reaches_a_target():
    assert epochs_to([0.5, 0.9, 0.8, 0.95], 0.9, larger_is_better=True) == 2
    assert epochs_to([3.0, None, 2.5], 2.6, larger_is_better=False) == 3
    assert epochs_to([3.0, 2.7], 2.6, larger_is_better=False) is None
    assert epochs_to([], 0.9, larger_is_better=True) is None
    for larger in (True, False):
        assert epochs_to([None, 0.9, 0.9], 0.9, larger_is_better=larger) == 2  # reached at it
