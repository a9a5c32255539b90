"""Verdicts by simulated studies, and known answers that mutations must spoil."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.harness.local import run_batch
from benchmarks.records import arm
from benchmarks.records.job import Job, Source
from benchmarks.records.record import read_records, write_record
from benchmarks.show.wording import sentence
from benchmarks.statistics import intervals, verdict
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT, NOT_ENOUGH, Interval
from benchmarks.statistics.verdict import MARGINS, compared, comparisons
from common.problem import PROBLEMS
from common.regime import REGIMES, TUNED
from tests.conftest import installed
from tests.sample_records import seeds

REAL = Source(choice="real")


STUDIES = 1000


SLACK = 4  # standard errors of a share of so many studies


SPREADS = {
    "mnist unpaired": (MARGINS["mnist"], 0.0017, False),
    "imdb unpaired": (MARGINS["imdb"], 0.014, False),
    "reuters paired": (MARGINS["reuters"], 0.006, True),
    "boston unpaired": (MARGINS["boston"], 0.157, False),
}
"""Margin, standard deviation over seeds (paired: of the differences) as runs have shown it."""


def study(seed, n, spread, paired, shift):
    """The scores of n seeds in two set-ups that differ by `shift`."""
    rng = np.random.default_rng(seed)
    first = rng.normal(0, 5 * spread if paired else spread, n)
    second = (first if paired else 0) + shift + rng.normal(0, spread, n)
    return first, second


def shares(name, n, margins):
    """The share of simulated studies that get each verdict, a shift of so many margins planted."""
    margin, spread, paired = SPREADS[name]
    interval, words = (intervals.paired if paired else intervals.welch), []
    for seed in range(STUDIES):
        a, b = study(seed, n, spread, paired, margins * margin)
        words.append(intervals.verdict(interval(a, b, 0.9), interval(a, b), margin))
    return {word: words.count(word) / STUDIES for word in (EQUIVALENT, DIFFERENT, NOT_ENOUGH)}


def slack(share):
    return SLACK * (share * (1 - share) / STUDIES) ** 0.5


@pytest.mark.parametrize("name", SPREADS)
def test_a_thousand_studies_get_the_verdicts_that_they_deserve(name):
    margin, spread, paired = SPREADS[name]
    n = intervals.runs_needed(spread, margin, paired=paired)
    alike, edge, apart = (shares(name, n, margins) for margins in (0, 1, 3))
    assert alike[EQUIVALENT] >= 0.8 - slack(0.8)
    assert alike[DIFFERENT] <= 0.05
    assert apart[DIFFERENT] >= 0.9
    assert apart[EQUIVALENT] <= 0.05
    # the level of the two one-sided tests, reached and not passed
    assert 0.05 - slack(0.05) <= edge[EQUIVALENT] <= 0.05 + slack(0.05)
    assert edge[DIFFERENT] <= 0.025 + slack(0.025)


def scores(gaps, spread=0.01, middle=0.9):
    """Two lists of scores that share a spread much wider than their gaps."""
    shared = middle + spread * np.linspace(-1, 1, len(gaps))
    return [float(v) for v in shared], [float(v) for v in shared + gaps]


def wave(n):
    """n values of mean 0 and standard deviation 1."""
    values = np.where(np.arange(n) % 2, 1.0, -1.0)
    return values / values.std(ddof=1)


def verdict_of(gaps, problem="mnist", regime="matched", **options):
    first, second = scores(gaps, **options)
    same = {"problem": problem, "regime": regime}
    (pair,) = comparisons(seeds(first, "alpha", **same) + seeds(second, "beta", **same))
    return pair


def known_answers():
    """Verdicts that follow from the protocol by hand; each mutation must make one of them false."""
    # t_29 is 1.699 at 90 % and 2.045 at 95 %: this error puts a thousandth between the two
    between = 0.001 / 1.87 * 30**0.5 * wave(30)
    near, far = verdict_of(0.002 + between).metric, verdict_of(0.004 + between).metric
    assert near.margin == 0.003 and near.seeds == (30, 30) and near.paired
    assert near.difference == pytest.approx(0.002) and near.verdict == EQUIVALENT
    assert far.verdict == NOT_ENOUGH
    assert near.narrow.high - near.narrow.low == pytest.approx(2 * 1.699 * 0.001 / 1.87, rel=1e-3)
    assert near.wide.low < near.narrow.low < 0.002 < near.narrow.high < near.wide.high
    assert verdict_of(0.009 + between).metric.verdict == DIFFERENT
    assert verdict_of(-0.009 + between).metric.verdict == DIFFERENT
    # what both share hides the difference in native, where a seed is none of both
    assert verdict_of(0.002 + between, regime="native").metric.verdict == NOT_ENOUGH
    better, worse = (
        verdict_of(0.009 + between),
        verdict_of(0.9 + 0.1 * wave(30), "boston", middle=2.7),
    )
    assert better.metric.superiority.mean == 1 and "accuracy of beta is higher" in sentence(better)
    # a larger MAE is worse
    assert worse.metric.superiority.mean < 0.5 and "MAE of beta is higher" in sentence(worse)
    assert verdict_of(np.zeros(30), "boston", middle=2.7).targets[0].reached == 30
    assert verdict_of(np.zeros(30), "boston", middle=2.9).targets[0].reached == 0


def test_known_answers():
    known_answers()


def interval_mutant(alter):
    return lambda real: lambda a, b, confidence=0.95: alter(real, a, b, confidence)


MUTATIONS = {
    "tails swapped": (
        "paired",
        interval_mutant(lambda real, a, b, c: Interval(*np.array(real(a, b, c))[[0, 2, 1]])),
    ),
    "90 % and 95 % exchanged in the verdict": (
        "verdict",
        lambda real: lambda narrow, wide, margin: real(wide, narrow, margin),
    ),
    "90 % and 95 % exchanged in the intervals": (
        "paired",
        interval_mutant(lambda real, a, b, c: real(a, b, {0.9: 0.95, 0.95: 0.9}[c])),
    ),
    "pairing broken": ("paired", interval_mutant(lambda real, a, b, c: real(a, b[1:] + b[:1], c))),
    "paired where it must not be": ("welch", lambda real: intervals.paired),
    "not paired where it must be": ("paired", lambda real: intervals.welch),
    "difference the other way round": (
        "paired",
        interval_mutant(lambda real, a, b, c: real(b, a, c)),
    ),
    "one side of the margin alone": (
        "verdict",
        lambda real: lambda n, w, m: real(n, w, m) if n.mean > 0 else NOT_ENOUGH,
    ),
    "larger is better, whatever the metric": (
        "superiority",
        lambda real: lambda a, b, **more: real(a, b, **{**more, "larger_is_better": True}),
    ),
    "smaller is better, whatever the metric": (
        "superiority",
        lambda real: lambda a, b, **more: real(a, b, **{**more, "larger_is_better": False}),
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_known_answers_are_spoilt_by_a_fault_in_the_statistics(name, monkeypatch):
    function, mutated = MUTATIONS[name]
    monkeypatch.setattr(intervals, function, mutated(getattr(intervals, function)))
    with pytest.raises(AssertionError):
        known_answers()


def test_known_answers_are_spoilt_by_margins_of_another_problem_and_by_a_target_reversed(
    monkeypatch,
):
    with monkeypatch.context() as patch:
        patch.setattr(verdict, "MARGINS", dict.fromkeys(MARGINS, MARGINS["imdb"]))
        with pytest.raises(AssertionError):
            known_answers()
    real = arm.epochs_to
    monkeypatch.setattr(
        "benchmarks.records.arm.epochs_to", lambda v, t, **_: real(v, t, larger_is_better=True)
    )
    with pytest.raises(AssertionError):
        known_answers()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("regime", ["native", "matched"])
def test_a_planted_shift_of_three_margins_is_found_from_records_on_disk(tmp_path, problem, regime):
    """Real-looking scores of two arms that are alike; then one arm's are moved."""
    margin, spread = MARGINS[problem], MARGINS[problem] / 2
    middle = 2.7 if problem == "boston" else 0.88
    first, second = study(3, 30, spread, False, 0)
    if REGIMES[regime].paired:
        second = first + second / 100
    for shift, word in ((0.0, EQUIVALENT), (3 * margin, DIFFERENT), (-3 * margin, DIFFERENT)):
        folder = tmp_path / f"{shift}"
        for name, values in (("alpha", middle + first), ("beta", middle + second + shift)):
            arm = {"problem": problem, "regime": regime}
            for record in seeds(map(float, values), name, **arm):
                write_record(record, folder / name / f"seed{record.seed}.json")
        (pair,) = comparisons(read_records(folder))
        assert pair.metric.verdict == word
        assert pair.metric.paired == REGIMES[regime].paired
        assert pair.metric.difference == pytest.approx(shift, abs=spread)
        assert not pair.metric.exploratory


@pytest.mark.long
@pytest.mark.real_data
def test_too_few_epochs_in_one_framework_are_called_different_and_as_many_equivalent():
    first, second = (installed(name) for name in ("keras", "torch"))

    def trained(name, **changes):
        problem = PROBLEMS["reuters"].but(**changes)
        jobs = [Job(problem, name, TUNED, seed=seed, data=REAL, timed=False) for seed in range(8)]
        return run_batch(jobs)

    whole, other, short = trained(first), trained(second), trained(second, epochs=2)
    assert compared(first, second, whole, other).metric.verdict == EQUIVALENT
    assert compared(first, second, whole, short).metric.verdict == DIFFERENT
