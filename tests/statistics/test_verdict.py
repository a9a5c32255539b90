"""Verdicts on test metrics: by which seeds, margins and plans, and what is noted with them."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from benchmarks.records.arm import TARGETS
from benchmarks.records.job import Job
from benchmarks.records.record import make_record
from benchmarks.show.section import markdown
from benchmarks.show.wording import sentence
from benchmarks.statistics import intervals, verdict
from benchmarks.statistics.compared import Compared
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT, NOT_ENOUGH
from benchmarks.statistics.verdict import MARGINS, PLANNED, comparisons
from benchmarks.study.verdict_table import verdict_sections
from common.regime import REGIMES
from common.twins.problem import read_twins
from tests.sample_records import but, declared, run, seeds
from tests.statistics.test_known_answers import scores, verdict_of, wave


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


def test_margins_and_targets_are_those_of_the_protocol():
    assert MARGINS == {"mnist": 0.003, "imdb": 0.005, "reuters": 0.015, "boston": 0.15}
    assert TARGETS.keys() == MARGINS.keys() and min(TARGETS.values()) > 0


@pytest.mark.parametrize(
    ("n", "word", "words"),
    [
        (3, EQUIVALENT, ["speaks of these seeds alone"]),
        (1, NOT_ENOUGH, ["no interval", "how many would do cannot be told"]),
    ],
)
def test_the_same_scores_prove_these_seeds_alone_and_one_of_them_nothing(n, word, words):
    (pair,) = comparisons(seeds([0.97] * n, "alpha") + seeds([0.97] * n, "beta"))
    assert pair.metric.verdict == word and pair.metric.constant == (n > 1)
    assert pair.metric.needed is None and not pair.metric.wide.excludes_zero
    assert all(text in sentence(pair) for text in words)


def test_runs_that_would_do_are_planned_at_the_difference_seen_and_never_below_the_floor():
    few = verdict_of(0.001 + 0.01 * wave(6)).metric
    assert few.verdict == NOT_ENOUGH
    assert few.needed == intervals.runs_needed(0.01, 0.003, paired=True, difference=0.001)
    # five seeds of Boston's defaults: planned at no difference, 6 would have done
    boston = seeds([2.60, 2.62, 2.65, 2.68, 2.705], "alpha", problem="boston", regime="native")
    boston += seeds([2.64, 2.71, 2.78, 2.85, 2.925], "beta", problem="boston", regime="native")
    (pair,) = comparisons(boston)
    assert pair.metric.verdict == NOT_ENOUGH and 100 < pair.metric.needed < 300
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
    (pair,) = comparisons(many, plans)
    assert pair.metric.exploratory == why and pair.loud[0] == (not why)
    assert ("**equivalent" in markdown(verdict_sections(Compared.of(many, plans)))) == (not why)


def test_what_is_equivalent_may_differ_from_zero_and_both_are_said_after_holm():
    def first_of(others):
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

    alone, among = first_of(0), first_of(6)
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
    (pair,) = comparisons(first + second)
    assert pair.metric.seeds == (3, 3) and pair.metric.means == pytest.approx((0.3, 0.3))
    apart = [run(framework="beta", seed=s + 9, value=0.97 + s / 100) for s in range(3)]
    (pair,) = comparisons(first + apart)
    assert not pair.metric.paired and pair.metric.seeds == (4, 3)


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


def test_what_makes_the_numbers_less_than_they_look_is_noted():
    failed = run(framework="beta", seed=8, error={"kind": "x"}, metrics={}, versions={})
    records = [
        run(framework="alpha", warnings=["busy machine: 20%"], settings={"compiled": True}),
        run(framework="alpha", seed=1, value=None, settings={"compiled": True}),
        run(framework="beta", threads=2, versions={"numpy": "1"}, settings={"compiled": False}),
        run(framework="beta", seed=1, data={"digest": "sha256:1", "notice": "generated"}),
        failed,
    ]
    (pair,) = comparisons(records)
    notes = "\n".join(pair.notes)
    assert "1 of 3 runs of beta failed" in notes
    assert "1 of 2 runs of alpha ended without a number" in notes
    assert "runs of beta mix versions" in notes and "runs of alpha mix" not in notes
    assert "compile modes differ: alpha True; beta False" in notes
    assert "busy machine" in notes and "NOT THE REAL DATA FILES: generated" in notes
    asked = {"changed": {}, "requested": {"threads": 2}}
    arms = [run(framework=f, threads=t, settings=asked) for f, t in (("alpha", 1), ("beta", 2))]
    assert "threads in use differ: alpha 1; beta 2" in comparisons(arms)[0].notes


def test_an_arm_without_a_finished_run_has_no_metric_and_a_sentence():
    failed = run(framework="beta", error={"kind": "x", "message": ""}, metrics={})
    (pair,) = comparisons([run(framework="alpha"), failed])
    assert pair.metric is None and "no test metric" in sentence(pair)
    assert verdict_sections(Compared.of([run(framework="alpha"), failed]))


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ({}, ""),
        ({"metrics": {"loss": None, "accuracy": None}}, "2 seeds of beta failed or gave none."),
        ({"metrics": {}, "error": {"kind": "x", "message": ""}}, "2 seeds of beta failed or gave"),
    ],
)
def test_a_verdict_of_survivors_says_so_unless_the_seed_was_run_again(lost, words):
    runs = [
        run(framework=f, seed=s, value=0.97 + 1e-4 * s) for f in ("alpha", "beta") for s in range(8)
    ]
    runs = [but(r, **lost) if r.framework == "beta" and r.seed > 5 else r for r in runs]
    (pair,) = comparisons(runs)
    assert pair.metric.verdict == EQUIVALENT and pair.lost == (0, 2 if lost else 0)
    assert ("Of the seeds with a number alone" in sentence(pair)) == bool(lost)
    assert words in sentence(pair)
    page = markdown(verdict_sections(Compared.of(runs)))
    assert ("equivalent, exploratory, of survivors alone" in page) == bool(lost)
    again = [run(framework="beta", seed=s, timed=False) for s in (6, 7)]
    assert comparisons([*runs, *again])[0].lost == (0, 0)


def test_the_test_rows_error_is_said_of_real_data_alone_and_where_it_exceeds_the_margin():
    real = {"digest": "sha256:1", "notice": "", "real": True}
    (pair,) = comparisons([run(framework=f, data=real) for f in ("alpha", "beta")])
    assert pair.metric.sampling[0] == pytest.approx((0.97 * 0.03 / 10_000) ** 0.5)
    (pair,) = comparisons([run(framework=f) for f in ("alpha", "beta")])
    assert pair.metric.sampling == (None, None)
    rows = {"metrics": {"loss": 18.0, "mae": 2.7}}  # mean square error and mean absolute error
    (pair,) = comparisons([run("boston", f, data=real, **rows) for f in ("alpha", "beta")])
    error = ((18.0 - 2.7**2) / 102) ** 0.5
    assert pair.metric.sampling == pytest.approx((error, error))
    assert f"would move it by {error:.2f}, more than the margin" in sentence(pair)


def test_a_problem_without_a_margin_gets_intervals_and_no_verdict(monkeypatch):
    monkeypatch.setattr(verdict, "MARGINS", {})
    (pair,) = comparisons(seeds([0.9, 0.91], "alpha") + seeds([0.9, 0.92], "beta"))
    assert pair.metric.verdict == "no margin" and pair.metric.wide.low is not None
    assert "no margin was given: nothing is called equivalent" in sentence(pair)
    assert "95 % interval" in sentence(pair)


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
