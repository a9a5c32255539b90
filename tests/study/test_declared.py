"""A study: its plan stays as declared, and its page says what is early."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from importlib.util import find_spec
from statistics import median

import pytest

from benchmarks.harness.plan import plan
from benchmarks.records.declared import read_plan
from benchmarks.records.keys import Record
from benchmarks.records.record import read_records
from benchmarks.show.section import markdown
from benchmarks.statistics.compared import Compared
from benchmarks.statistics.intervals import runs_needed
from benchmarks.study.declared import declaration, declare, pilot, study_jobs, unfulfilled
from benchmarks.study.study_table import sections
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE
from common.twins.problem import read_twins
from tests import sample_records
from tests.sample_records import but

MNIST, BOSTON = PROBLEMS["mnist"], PROBLEMS["boston"]
CPU = {"a": ["cpu"], "b": ["cpu"]}
STUDY = (
    *("study", "boston", "--framework", "fake,fake:twin", "--regime", "native,tuned"),
    *("--data", "embedded", "--threads", "1", "--epochs", "2"),
    *("--seeds", "4", "--timed", "1", "--jobs", "2", "--replicas", "2"),
)

TWINS = """
INPUT, LOSS = (6,), "mean_squared_error"
def keras_model(): ...
def torch_model(): ...
"""


def jobs(seeds: int, timed: int = 2, **per_problem: int):
    every = plan([MNIST, BOSTON], ["a", "b"], [NATIVE, MATCHED], CPU, range(seeds), threads=1)
    return study_jobs(every, {"mnist": seeds, "boston": seeds} | per_problem, timed)


def run(seed: int, value: float | None, framework="a", regime="matched", **more) -> Record:
    """An untimed run of MNIST."""
    untimed = {"timed": False, "history": {}, "epoch_seconds": []}
    return sample_records.run("mnist", framework, regime, seed, value=value, **untimed | more)


def noisy(seeds: int, spread: float, **more) -> list[Record]:
    drawn = random.Random(str(more))
    return [run(seed, 0.97 + drawn.gauss(0, spread), **more) for seed in range(seeds)]


def test_each_problem_has_its_seeds_and_the_first_of_each_arm_are_timed():
    planned = jobs(8, timed=3, boston=5)
    for name, seeds in (("mnist", 8), ("boston", 5)):
        for framework in "ab":
            for regime in (NATIVE, MATCHED):
                arm = [
                    job
                    for job in planned
                    if (job.problem.name, job.framework, job.regime) == (name, framework, regime)
                ]
                assert sorted(job.seed for job in arm) == list(range(seeds))
                assert {job.seed for job in arm if job.timed} == {0, 1, 2}
    # interleaved as planned: seed by seed
    assert [job.seed for job in planned] == sorted(job.seed for job in planned)


def test_a_plan_is_written_once_grows_by_problems_and_is_never_changed(tmp_path):
    whole = declaration(jobs(6))
    first = declare(tmp_path, {"mnist": whole["mnist"]})
    assert first["mnist"].seeds == 6 and first["mnist"].margin == 0.003
    text = (tmp_path / "plan.json").read_text()
    assert declare(tmp_path, {"mnist": whole["mnist"]}) == first == read_plan(tmp_path)
    assert (tmp_path / "plan.json").read_text() == text
    both = declare(tmp_path, whole)
    assert both["mnist"] == first["mnist"] and both["boston"].seeds == 6
    kept = (tmp_path / "plan.json").read_text()
    assert declare(tmp_path, declaration(jobs(6, timed=5))) == both  # more may be timed later
    with pytest.raises(ValueError, match=r"plan.json declares for mnist: seeds 6 and not 7"):
        declare(tmp_path, declaration(jobs(7)))
    changed = [replace(job, problem=job.problem.but(epochs=1)) for job in jobs(6)]
    with pytest.raises(ValueError, match=r"changed {} and not {'epochs': 1}"):
        declare(tmp_path, declaration(changed))
    (tmp_path / "plan.json").write_text(older := kept.replace('"protocol": 2', '"protocol": 1'))
    with pytest.raises(ValueError, match=r"plan.json was declared for protocol 1, this .* by 2"):
        declare(tmp_path, whole)
    assert (tmp_path / "plan.json").read_text() == older != kept
    assert json.loads(kept)["kind"] == "plan" and list(read_records(tmp_path)) == []


def test_a_pilot_plans_by_the_hardest_comparison_and_within_its_bounds():
    native = [*noisy(5, 0.004, regime="native"), *noisy(5, 0.004, framework="b", regime="native")]
    same = noisy(5, 0.01)
    matched = [*same, *(but(run, framework="b") for run in same)]
    planned = pilot([*native, *matched], 2, 500)["mnist"]
    spreads = {spread["regime"]: spread for spread in planned["spreads"]}
    # equal seed by seed, however far the seeds are apart
    assert spreads["matched"]["paired"] and spreads["matched"]["spread"] == 0
    assert not spreads["native"]["paired"] and 0.001 < spreads["native"]["spread"] < 0.012
    needed = runs_needed(spreads["native"]["spread"], MNIST.margin, paired=False)
    assert planned["wanted"] == planned["seeds"] == needed > 2
    assert (
        pilot(native, 30, 31)["mnist"]["seeds"]
        <= 31
        < 5 + pilot(native, 30, 500)["mnist"]["wanted"]
    )
    assert pilot(matched, 30, 500)["mnist"]["seeds"] == 30
    assert pilot([run(0, 0.9)], 30, 500)["mnist"] == {"wanted": 30, "seeds": 30, "spreads": []}


def test_a_pilot_of_a_users_twins_plans_by_the_users_margin():
    native = [
        but(record, problem="twins:mine")
        for name in "ab"
        for record in noisy(5, 0.1, framework=name, regime="native")
    ]
    wide, narrow = (
        pilot(native, 2, 500, {"twins:mine": margin})["twins:mine"]["wanted"]
        for margin in (0.1, 0.05)
    )
    assert 2 < wide < narrow


def test_a_users_file_is_declared_with_its_margin_and_an_edited_one_is_refused(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f"{TWINS}MARGIN = 0.02")
    twins = read_twins(path)
    assert twins.but(margin=0.5).changes() == {} and twins.but(epochs=3).changes() == {"epochs": 3}

    def declared(twins):
        return declare(tmp_path, declaration(plan([twins], CPU, [NATIVE], CPU, range(3))))

    planned = declared(twins)["twins:mine"]
    assert (planned.margin, planned.file) == (0.02, twins.sha256)
    assert declared(read_twins(path))["twins:mine"] == planned
    with pytest.raises(ValueError, match=r"for twins:mine: margin 0.02 and not 0.1"):
        declared(twins.but(margin=0.1))
    path.write_text(f"{TWINS}MARGIN = 0.02  # and a remark")
    with pytest.raises(ValueError, match=r"for twins:mine: file \w+ and not \w+"):
        declared(read_twins(path))
    path.write_text(TWINS)
    page = declare(
        tmp_path / "other", declaration(plan([read_twins(path)], CPU, [NATIVE], CPU, [0]))
    )
    runs = [but(run(0, 0.9, name, "native"), problem="twins:mine") for name in "ab"]
    text = markdown(sections(Compared.of(runs, page), page, tmp_path / "study"))
    assert "| twins:mine | 1 | none |" in text
    assert "no margin was given: nothing is called equivalent" in text


@pytest.mark.parametrize("margin", ["-0.1", "'wide'", "float('inf')", "float('nan')", "None"])
def test_a_margin_that_is_none_is_refused(tmp_path, margin):
    path = tmp_path / "mine.py"
    path.write_text(f"{TWINS}MARGIN = {margin}")
    with pytest.raises(ValueError, match=r"MARGIN is .*expected a positive difference"):
        read_twins(path)


def test_a_study_takes_a_margin_for_twins_alone_and_needs_it_to_plan(here, tmp_path, monkeypatch):
    assert "--margin is that of --twins" in here("study", "--margin", "0.1").err
    path = tmp_path / "mine.py"
    path.write_text(TWINS)
    twins = ("study", "--twins", path, "--results", tmp_path / "results")
    assert "instead of a problem" in here(*twins, "boston").err
    assert "twins run in native and matched" in here(*twins, "--regime", "tuned").err
    monkeypatch.setattr(
        "benchmarks.twins.requested.paired",
        lambda twins, *_: (replace(twins, output_shapes=((1,),)), [], []),
    )
    assert "plans by a margin" in here(*twins, "--seeds", "auto").err
    jobs = []
    monkeypatch.setattr(
        "benchmarks.cli.shared.run_and_show", lambda chosen, *_, **__: jobs.extend(chosen) or 0
    )
    done = here(*twins, "--margin", "0.1", "--seeds", "3", "--timed", "1", "--framework", "keras")
    assert done.status == 0, done.err
    assert {(job.regime.name, job.seed) for job in jobs} == {
        (regime, seed) for regime in ("native", "matched") for seed in range(3)
    }
    assert read_plan(tmp_path / "results")["twins:mine"].margin == 0.1


def test_a_look_before_the_planned_number_is_called_exploratory(tmp_path):
    plan = declare(tmp_path, declaration(jobs(31)))
    full = [run(seed, 0.9 + 0.001 * seed, name) for name in "ab" for seed in range(31)]
    assert unfulfilled(plan, full) == []
    failed = [*full[:-1], but(full[-1], error={"kind": "E", "message": ""}, metrics={})]
    for early in (full[:-1], failed):
        (said,) = unfulfilled(plan, early)
        assert "planned are 31 seeds an arm; fewer than that in 1 of 2 arms, the least 30" in said
        page = markdown(sections(Compared.of(early, plan), plan, tmp_path / "study"))
        assert "EXPLORATORY" in page and ", exploratory" in page
    page = markdown(sections(Compared.of(full, plan), plan, tmp_path / "study"))
    assert "EXPLORATORY" not in page and ", exploratory" not in page
    assert "| mnist | 31 | 0.003 |" in page
    (said,) = unfulfilled({}, full)
    assert "no number of seeds was declared" in said


def test_the_page_says_what_was_not_timed_and_what_are_replicas(tmp_path):
    runs = [run(seed, 0.97, trained_together=3 if seed else 1) for seed in range(4)]
    page = markdown(sections(Compared.of(runs), {}, tmp_path / "study"))
    assert "the times are of 0 runs" in page and "3 of 4 runs are replicas" in page


def test_the_figure_has_every_seed_and_the_table_its_spread(tmp_path):
    pytest.importorskip("altair")
    from benchmarks.show.figures import spec
    from benchmarks.study.study_table import _seeds, figure

    runs = [*noisy(30, 0.002), *noisy(20, 0.002, framework="b"), run(99, None)]
    seeds = _seeds(runs)
    assert {key: len(of) for key, of in seeds.items()} == {
        ("matched", "a", "a"): 30,
        ("matched", "b", "b"): 20,
    }
    shapes, points, medians = spec(figure(runs, seeds))["vconcat"][0]["concat"][0]["layer"]
    seen = [row["value"] for row in points["data"]["values"] if row["name"] == "a"]
    assert sorted(seen) == sorted(run.metrics["accuracy"] for run in runs[:30])
    assert {row["value"] for row in medians["data"]["values"]} == {
        median(of.values()) for of in seeds.values()
    }
    assert {row["name"] for row in shapes["data"]["values"]} == {"a", "b"}
    made = sections(Compared.of(runs), {}, tmp_path / "study")[-1]
    assert [path.name for path in made.figures] == ["study-mnist.png", "study-mnist.svg"]
    assert [row[:3] for row in made.rows] == [["matched", "a", "30"], ["matched", "b", "20"]]
    apart = _seeds([*runs[:2], run(0, 0.9, settings={"changed": {"epochs": 1}})])
    assert list(apart) == [("matched", "a", "a"), ("matched", "a, epochs = 1", "a")]


def test_a_study_resumes_shows_and_packs_itself(twinbench):
    done = twinbench(*STUDY, "--compact", "study.gz")
    assert done.status == 0, done.err
    records = list(read_records(twinbench.results))
    assert len(records) == 2 * 2 * 4 and sum(run.timed for run in records) == 4
    tuned = [r.trained_together for r in records if r.regime == "tuned" and not r.timed]
    assert sorted(tuned) == [1, 1, 2, 2, 2, 2]
    again = twinbench(*STUDY)
    assert again.err.count("(was there)") == len(records) and again.out == done.out
    for place in ("results", "study.gz"):
        look = twinbench("study", "--look", "--results", place)
        assert look.status == 0 and look.out == done.out
    if find_spec("tensorboard"):
        logs = twinbench.results.parent / "logs"
        assert twinbench(*STUDY, "--tensorboard", str(logs)).status == 0
        assert len(list(logs.rglob("events.*"))) == len(records)
    other = twinbench(*STUDY, "--seeds", "5")
    assert other.status == 2 and "declares for boston: seeds 4 and not 5" in other.err
    nothing = twinbench("study", "--look", "--results", "nowhere")
    assert nothing.status == 2 and "no record of a run" in nothing.err


def test_auto_runs_a_pilot_then_declares(twinbench):
    auto = (*STUDY, "--seeds", "auto", "--pilot", "2", "--max-seeds", "30", "--framework", "fake")
    auto += ("--replicas", "14")
    done = twinbench(*auto, "--regime", "tuned")
    assert done.status == 0, done.err
    declared = read_plan(twinbench.results)["boston"]
    assert (declared.seeds, declared.runs_before) == (30, 2)
    assert len(list(read_records(twinbench.results))) == 30
    assert twinbench(*auto, "--regime", "tuned").err.count("(was there)") == 30
