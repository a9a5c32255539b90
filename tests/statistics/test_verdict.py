"""Verdicts: simulated studies, known answers that mutations must spoil, records end to end."""

from __future__ import annotations

import io
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from rich.console import Console

from benchmarks.harness.local import run_batch
from benchmarks.records import arm
from benchmarks.records.arm import by_seed, clocks
from benchmarks.records.job import Job, Source
from benchmarks.records.record import make_record, read_records, write_record
from benchmarks.show.section import markdown, print_sections
from benchmarks.show.wording import sentence
from benchmarks.statistics import intervals, verdict
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT, NOT_ENOUGH, Interval
from benchmarks.statistics.verdict import MARGINS, PLANNED, TARGETS, compared, comparisons
from benchmarks.study.verdict_table import verdict_sections
from common.problem import PROBLEMS
from common.regime import REGIMES, TUNED
from common.twins.problem import read_twins
from tests.conftest import installed
from tests.sample_records import but, declared, run, seeds

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


def with_margin(margin):
    return msgspec.structs.replace(declared(), margin=margin)


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("INPUT, LOSS = (6,), 'mse'\ndef keras_model(): ...\ndef torch_model(): ...\n")
    return read_twins(path)


def test_an_edited_file_is_compared_apart_and_has_no_margin_but_its_own(mine):
    def of_file(digest, value):
        changes = {"settings": {"changed": {}, "problem": {"sha256": digest}}}
        return [
            but(run(framework=name, value=value), problem=mine.name, **changes)
            for name in ("alpha", "beta")
        ]

    records = [*of_file("before", 0.5), *of_file(mine.sha256, 0.9)]
    plan = {mine.name: msgspec.structs.replace(with_margin(0.1), file=mine.sha256)}
    before, after = comparisons(records, plan)
    assert (before.metric.means, before.metric.margin) == ((0.5, 0.5), None)
    assert (after.metric.means, after.metric.margin) == ((0.9, 0.9), 0.1)
    job = Job(mine, "beta", REGIMES["matched"], seed=7, content="sha256:1", threads=2)
    failed = make_record(job, error={"kind": "E", "message": "", "traceback_tail": ""})
    before, after = comparisons([*records, but(failed, protocol=1)], plan)
    assert (before.lost, after.lost) == ((0, 0), (0, 1))


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
    (found,) = comparisons(seeds(first, "alpha", **same) + seeds(second, "beta", **same))
    return found


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
        (found,) = comparisons(read_records(folder))
        assert found.metric.verdict == word
        assert found.metric.paired == REGIMES[regime].paired
        assert found.metric.difference == pytest.approx(shift, abs=spread)
        assert not found.metric.exploratory


def test_margins_and_targets_are_those_of_the_protocol():
    assert MARGINS == {"mnist": 0.003, "imdb": 0.005, "reuters": 0.015, "boston": 0.15}
    assert TARGETS.keys() == MARGINS.keys() and min(TARGETS.values()) > 0


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


def test_the_same_scores_in_every_seed_prove_these_seeds_alone():
    (found,) = comparisons(seeds([0.97] * 3, "alpha") + seeds([0.97] * 3, "beta"))
    assert found.metric.verdict == EQUIVALENT and found.metric.constant
    assert found.metric.wide == Interval(0, 0, 0) and not found.metric.wide.excludes_zero
    assert "speaks of these seeds alone" in sentence(found)


def test_one_seed_is_not_enough_and_how_many_would_do_is_not_known():
    (found,) = comparisons([run(framework="alpha"), run(framework="beta")])
    assert found.metric.verdict == NOT_ENOUGH and found.metric.needed is None
    assert "no interval" in sentence(found) and "cannot be told" in sentence(found)


def test_runs_that_would_do_are_planned_at_the_difference_seen_and_never_below_the_floor():
    few = verdict_of(0.001 + 0.01 * wave(6)).metric
    assert few.verdict == NOT_ENOUGH
    assert few.needed == intervals.runs_needed(0.01, 0.003, paired=True, difference=0.001)
    # five seeds of Boston's defaults: planned at no difference, 6 would have done
    boston = seeds([2.60, 2.62, 2.65, 2.68, 2.705], "alpha", problem="boston", regime="native")
    boston += seeds([2.64, 2.71, 2.78, 2.85, 2.925], "beta", problem="boston", regime="native")
    (found,) = comparisons(boston)
    assert found.metric.verdict == NOT_ENOUGH and 100 < found.metric.needed < 300
    close = verdict_of(0.0005 * wave(3)).metric
    assert close.verdict == EQUIVALENT or close.needed == PLANNED
    many = verdict_of(0.0025 + 0.002 * wave(30)).metric  # equal arms would need fewer than these
    assert many.verdict == NOT_ENOUGH
    assert many.needed == intervals.runs_needed(0.002, 0.003, paired=True, difference=0.0025) > 30
    outside = verdict_of(0.0035 + 0.002 * wave(30)).metric
    assert (
        outside.needed == intervals.runs_needed(0.002, 0.003, paired=True, difference=0.0035) > 30
    )
    on = verdict_of(0.003 + 0.002 * wave(30)).metric
    assert on.verdict == NOT_ENOUGH and (on.needed is None or on.needed > 10_000)


def test_fewer_seeds_than_planned_are_an_early_look():
    records = seeds([0.97, 0.971], "alpha") + seeds([0.97, 0.971], "beta")
    (early,), (planned,) = comparisons(records), comparisons(records, {"mnist": declared(seeds=2)})
    for few in (early, planned):  # a plan of two makes two no verdict
        assert few.metric.exploratory == "fewer seeds than 30" and "Exploratory" in sentence(few)
        assert not few.loud[0]
    many = seeds([0.97] * PLANNED, "alpha") + seeds([0.97] * PLANNED, "beta")
    (full,) = comparisons(many, {"mnist": declared()})
    assert not full.metric.exploratory and "Exploratory" not in sentence(full) and full.loud[0]


@pytest.mark.parametrize(
    ("plan", "lost", "why"),
    [
        ({"seeds": 40}, {}, "fewer seeds than 40"),
        ({"runs_before": 4}, {}, "planned after a look at 4 runs"),
        ({}, {"diverged": True}, "seeds were lost"),
        ({}, {}, ""),
    ],
)
def test_a_look_before_the_plan_or_a_lost_seed_makes_a_verdict_exploratory(plan, lost, why):
    many = seeds([0.97] * 31, "alpha") + seeds([0.97] * 31, "beta")
    many[-1] = but(many[-1], **lost)
    plans = {"mnist": declared(**plan)}
    (found,) = comparisons(many, plans)
    assert found.metric.exploratory == why and found.loud[0] == (not why)
    assert ("**equivalent" in markdown(verdict_sections(many, plans))) == (not why)


def test_what_is_equivalent_may_differ_from_zero_and_both_are_said_after_holm():
    def found(others):
        gaps = {"cpu": 0.001 + 0.002 * wave(30)}  # p = .010
        gaps |= {f"cuda:{i}": 0.1 * wave(30) for i in range(others)}
        arms = [(d, *scores(gap)) for d, gap in gaps.items()]
        records = [
            run
            for device, *values in arms
            for name, of in zip("xy", values, strict=True)
            for run in seeds(of, name, device=device, timed=False)
        ]
        return comparisons(records)[0]

    alone, among = found(0), found(6)
    assert alone.metric.verdict == among.metric.verdict == EQUIVALENT
    assert alone.metric.p == pytest.approx(0.0104, abs=1e-4) and alone.loud[0] and among.loud[0]
    assert alone.holm[0] == alone.metric.p and among.holm[0] == pytest.approx(7 * alone.metric.p)
    assert "And yet it is not 0: y is higher by 0.0010 (p = 0.010; after" in sentence(alone)
    assert "excludes 0 (y is higher" in sentence(among) and "does not outlast" in sentence(among)
    assert alone.metric.bound == pytest.approx(alone.metric.narrow.high)


def test_differences_of_rounding_are_ties():
    shift = np.full(30, 1e-8)
    assert verdict_of(shift, "boston", middle=2.7).metric.superiority.mean == 0.5
    assert verdict_of(shift, "boston", middle=2.7, regime="native").metric.superiority.mean < 0.51
    assert verdict_of(np.full(30, -0.01), "boston", middle=2.7).metric.superiority.mean == 1


def test_pairs_are_the_seeds_that_both_have():
    first, second = seeds([0.1, 0.2, 0.3, 0.4], "alpha"), seeds([0.1, 0.2, 0.3, 0.4], "beta")[1:]
    (found,) = comparisons(first + second)
    assert found.metric.seeds == (3, 3) and found.metric.means == pytest.approx((0.3, 0.3))
    apart = [run(framework="beta", seed=s + 9, value=0.97 + s / 100) for s in range(3)]
    (found,) = comparisons(first + apart)
    assert not found.metric.paired and found.metric.seeds == (4, 3)


@pytest.mark.parametrize(
    "other",
    [
        {"problem": "boston"},
        {"regime": "native"},
        {"device": "cuda"},
        {"settings": {"changed": {"epochs": 2}}},
        {"settings": {"changed": {}, "requested": {"threads": 8}}},
        {"data": {"digest": "sha256:2"}},
    ],
)
def test_arms_that_differ_in_more_than_the_framework_are_never_compared(other):
    first = [run(framework="alpha", seed=s) for s in range(3)]
    assert comparisons(first + [run(framework="beta", seed=s, **other) for s in range(3)]) == []
    assert len(comparisons(first + [run(framework="beta", seed=s) for s in range(3)])) == 1


def test_every_pair_of_frameworks_is_compared_and_other_kinds_of_record_are_not():
    records = [run(framework=name) for name in ("alpha", "beta", "gamma")]
    assert [(c.first, c.second) for c in comparisons(records)] == [
        ("alpha", "beta"),
        ("alpha", "gamma"),
        ("beta", "gamma"),
    ]
    assert comparisons([but(record, kind="other") for record in records]) == []
    with pytest.raises(ValueError, match="protocols"):
        comparisons([*records, run(protocol=2)])


def times(n=5, slow=1.0, **more):
    """n runs of alpha, and of beta in a quarter of the time."""
    fast = {"epochs": (0.9, 0.25 * slow, 0.26 * slow), "total_seconds": 5.0, **more}
    return [run(framework="alpha", seed=s, epochs=(0.9, 1.0, 1.04)) for s in range(n)] + [
        run(framework="beta", seed=s, **fast) for s in range(n)
    ]


def test_a_ratio_over_one_says_that_the_second_is_faster():
    (found,) = comparisons(times())
    assert found.epoch.value == pytest.approx(4) and found.epoch.verdict == "faster"
    assert found.total.value == pytest.approx(12.34 / 5) and found.memory.value == 1
    assert "An epoch of beta is 4.00 times as fast (" in sentence(found)
    (found,) = comparisons(times(slow=16))
    assert found.epoch.verdict == "slower"
    assert "An epoch of alpha is 4.00 times as fast (" in sentence(found)
    (found,) = comparisons(times(slow=4))
    assert "equally fast within 5%" in sentence(found)
    alike = times(slow=4)
    # alike, and too far from each other to be called so
    (found,) = comparisons(but(r, epoch_seconds=[0.9, 1.0 + 0.1 * r.seed]) for r in alike)
    assert "No difference seen" in sentence(found)


@pytest.mark.parametrize("more", [{"timed": False}, {"trained_together": 4}])
def test_clocks_that_are_not_to_be_used_are_not_used_and_the_metric_is(more):
    (found,) = comparisons([*times(), *(run(framework="beta", seed=s, **more) for s in (5, 6))])
    assert found.processes == (5, 5) and found.epoch.value == pytest.approx(4)
    (found,) = comparisons(times(**more))
    assert found.metric.seeds == (5, 5) and found.processes == (5, 0)
    assert found.epoch is found.total is None and "5 are needed" in sentence(found)
    assert (found.memory is None) == ("trained_together" in more)


def test_a_record_without_any_clock_is_no_obstacle():
    untimed = {"timed": False, "epoch_seconds": [], "total_seconds": None, "epochs": (1.0,)}
    (found,) = comparisons(times(**untimed))
    assert found.metric and found.epoch is None
    assert clocks([run(**untimed)], "total_seconds") == []


def test_four_processes_are_too_few_for_a_ranking():
    (found,) = comparisons(times(4))
    assert found.epoch is None and found.processes == (4, 4)


def test_times_of_two_machines_are_not_compared():
    (found,) = comparisons(times(host={"cpu": "y", "cores": 2}))
    assert found.epoch is None and found.processes == (5, 5) and found.metric
    assert any("more than one machine" in note for note in found.notes)
    assert "not compared" in sentence(found)


def test_of_two_runs_of_one_seed_the_timed_one_counts():
    both = [run(value=0.9, timed=True), run(value=0.8, timed=False)]
    assert by_seed(both) == by_seed(both[::-1]) == {0: 0.9}


def test_time_to_target_is_a_median_over_runs_in_which_never_is_for_ever():
    def curve(seed, *values):
        history = {"loss": list(values), "val_accuracy": list(values)}
        return run("imdb", "alpha", seed=seed, epochs=(1.0, 0.5, 0.5), history=history)

    reaching = [curve(s, 0.8, 0.88, 0.9) for s in range(2)]
    (found,) = comparisons([*reaching, curve(2, 0.8, 0.8, 0.8), run("imdb", "beta")])
    target = found.targets[0]
    assert (target.by, target.runs, target.reached) == ("val_accuracy", 3, 2)
    assert (target.epochs, target.seconds) == (2, 1.5)
    (found,) = comparisons([*reaching[:1], curve(2, 0.8, None, 0.8), run("imdb", "beta")])
    assert found.targets[0].pass_rate == 0.5 and found.targets[0].epochs is None
    (found,) = comparisons([but(reaching[0], diverged=True), reaching[1], run("imdb", "beta")])
    assert found.targets[0].pass_rate == 0.5 and found.targets[0].epochs is None


def test_without_validation_the_target_is_met_by_the_test_metric_and_at_no_known_time():
    (found,) = comparisons([*seeds([0.98, 0.97], "alpha"), run(framework="beta")])
    assert found.targets[0].by == "test accuracy"
    assert found.targets[0].reached == 1 and found.targets[0].epochs is None


def test_what_makes_the_numbers_less_than_they_look_is_noted():
    failed = run(framework="beta", seed=8, error={"kind": "x"}, metrics={}, versions={})
    records = [
        run(framework="alpha", warnings=["busy machine: 20%"], settings={"compiled": True}),
        run(framework="alpha", seed=1, value=None, settings={"compiled": True}),
        run(framework="beta", threads=2, versions={"numpy": "1"}, settings={"compiled": False}),
        run(framework="beta", seed=1, data={"digest": "sha256:1", "notice": "generated"}),
        failed,
    ]
    (found,) = comparisons(records)
    notes = "\n".join(found.notes)
    assert "1 of 3 runs of beta failed" in notes
    assert "1 of 2 runs of alpha ended without a number" in notes
    assert "runs of beta mix versions" in notes and "runs of alpha mix" not in notes
    assert "compile modes differ: alpha True; beta False" in notes
    assert "busy machine" in notes and "NOT THE REAL DATA FILES: generated" in notes


def test_threads_that_are_in_use_and_differ_are_noted():
    asked = {"changed": {}, "requested": {"threads": 2}}
    arms = [run(framework=f, threads=t, settings=asked) for f, t in (("alpha", 1), ("beta", 2))]
    (found,) = comparisons(arms)
    assert "threads in use differ: alpha 1; beta 2" in found.notes


def test_an_arm_without_a_finished_run_has_no_metric_and_a_sentence():
    failed = run(framework="beta", error={"kind": "x", "message": ""}, metrics={})
    (found,) = comparisons([run(framework="alpha"), failed])
    assert found.metric is None and "no test metric" in sentence(found)
    assert verdict_sections([run(framework="alpha"), failed])


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ({}, ""),
        ({"metrics": {"loss": None, "accuracy": None}}, "2 seeds of beta failed or gave none."),
        ({"metrics": {}, "error": {"kind": "x", "message": ""}}, "2 seeds of beta failed or gave"),
    ],
)
def test_a_verdict_of_survivors_says_so(lost, words):
    runs = [
        run(framework=f, seed=s, value=0.97 + 1e-4 * s) for f in ("alpha", "beta") for s in range(8)
    ]
    runs = [but(r, **lost) if r.framework == "beta" and r.seed > 5 else r for r in runs]
    (found,) = comparisons(runs)
    assert found.metric.verdict == EQUIVALENT and found.lost == (0, 2 if lost else 0)
    assert ("Of the seeds with a number alone" in sentence(found)) == bool(lost)
    assert words in sentence(found)
    page = markdown(verdict_sections(runs))
    assert ("equivalent, exploratory, of survivors alone" in page) == bool(lost)


def test_a_seed_that_was_run_again_is_not_lost():
    failed = run(framework="beta", error={"kind": "x", "message": ""}, metrics={}, timed=False)
    (found,) = comparisons([run(framework="alpha"), run(framework="beta"), failed])
    assert found.lost == (0, 0)


def test_the_test_rows_error_is_said_of_real_data_alone_and_where_it_exceeds_the_margin():
    real = {"digest": "sha256:1", "notice": "", "real": True}
    (found,) = comparisons([run(framework=f, data=real) for f in ("alpha", "beta")])
    assert found.metric.sampling[0] == pytest.approx((0.97 * 0.03 / 10_000) ** 0.5)
    (found,) = comparisons([run(framework=f) for f in ("alpha", "beta")])
    assert found.metric.sampling == (None, None)
    rows = {"metrics": {"loss": 18.0, "mae": 2.7}}  # mean square error and mean absolute error
    (found,) = comparisons([run("boston", f, data=real, **rows) for f in ("alpha", "beta")])
    error = ((18.0 - 2.7**2) / 102) ** 0.5
    assert found.metric.sampling == pytest.approx((error, error))
    assert f"would move it by {error:.2f}, more than the margin" in sentence(found)


def test_a_problem_without_a_margin_gets_intervals_and_no_verdict(monkeypatch):
    monkeypatch.setattr(verdict, "MARGINS", {})
    (found,) = comparisons(seeds([0.9, 0.91], "alpha") + seeds([0.9, 0.92], "beta"))
    assert found.metric.verdict == "no margin" and found.metric.wide.low is not None
    assert "no margin was given: nothing is called equivalent" in sentence(found)
    assert "95 % interval" in sentence(found)


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        (0.0, {0.01: EQUIVALENT, 0.0001: NOT_ENOUGH, 0.0: "no margin"}),
        (0.05, {0.01: DIFFERENT, 0.06: EQUIVALENT, 0.05: NOT_ENOUGH, 0.0: "no margin"}),
    ],
)
def test_a_users_twins_are_judged_by_the_margin_that_was_declared(shift, words):
    values = 0.9 + 0.001 * np.sin(np.arange(PLANNED))
    mnist = [
        *seeds(values.tolist(), "alpha", regime="native"),
        *seeds((values[::-1] + shift).tolist(), "beta", regime="native"),
    ]
    records = [but(record, problem="twins:mine") for record in mnist]
    for margin, word in words.items():
        plan = {"twins:mine": with_margin(margin)}
        (pair,) = comparisons(records, plan)
        assert pair.metric.verdict == word and not pair.metric.exploratory, margin
        assert pair.loud[0] == (word in (EQUIVALENT, DIFFERENT))
    (pair,) = comparisons(mnist, {"mnist": with_margin(0.06)})
    assert pair.metric.margin == MARGINS["mnist"]  # what is known here has its own


def test_sections_hold_a_regime_each_and_show_the_sentences():
    records = [
        r
        for regime in ("matched", "native")
        for f in ("alpha", "beta")
        for r in seeds([0.97, 0.972, 0.975, 0.978, 0.98], f, regime=regime)
    ]
    sections = verdict_sections(records)
    assert [s.title for s in sections] == [
        f"{what}, regime {regime}"
        for regime in ("native", "matched")
        for what in ("Test metric", "Time and memory", "Time to target")
    ]
    assert all(len(row) == len(s.headings) for s in sections for row in s.rows)
    for comparison in comparisons(records):
        assert any(sentence(comparison) in section.notes for section in sections)
    assert "equivalent, exploratory" in markdown(sections)
    assert verdict_sections(records[:5]) == []


def test_text_from_records_cannot_break_the_page():
    hostile = "<script>|[bold]"
    records = [run(framework=f, warnings=[hostile]) for f in ("alpha", hostile)]
    page = markdown(verdict_sections(records))
    assert "<script" not in page and "\\|[bold]" in page
    out = io.StringIO()
    print_sections(verdict_sections(records), Console(file=out, width=80))
    assert hostile in out.getvalue()


def test_a_comparison_is_immutable():
    (found,) = comparisons([run(framework="alpha"), run(framework="beta")])
    assert replace(found, first="x").first == "x"
    with pytest.raises(AttributeError):
        found.first = "x"
