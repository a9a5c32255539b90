"""How many runs a verdict takes: exact power, and power by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats
from scipy.integrate import quad

from benchmarks.statistics import intervals
from benchmarks.statistics.intervals import (
    DIFFERENT,
    EQUIVALENT,
    paired,
    runs_needed,
    verdict,
    welch,
)


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
    needed = runs_needed(1.0, 1.0, paired=False, difference=-1.2)
    assert expected <= needed <= expected + 2


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
