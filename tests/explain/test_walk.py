"""The walk from one framework to another: its steps, its statistics, its report, and a real one."""

from __future__ import annotations

import copy
import importlib.util
import io
import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.cli.main import main
from benchmarks.explain.explained import Effect, Explained
from benchmarks.explain.walk import EXECUTION, OWN, SWITCHES, first_rung, plan_walks, walk
from benchmarks.explain.walk_table import sections, waterfall
from benchmarks.records.arm import Arm
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Rung
from benchmarks.show.figures import save
from benchmarks.show.section import markdown, print_sections
from benchmarks.statistics.intervals import Interval, p_value
from common.framework import Framework, frameworks, plain_frameworks
from common.problem import PROBLEMS
from common.regime import NATIVE
from tests.sample_records import but, made

BOSTON = PROBLEMS["boston"]
NOWHERE = Rung("", "", 0.0)


def maker(name: str, *, fixed: tuple[str, ...] = (), **native) -> Framework:
    """A framework that is nothing but its native values."""
    every = {s: frameworks()["keras"].native[s] for s in SWITCHES if s != EXECUTION}
    return Framework(name, "", (), ("cpu", "cuda"), lambda *_: {}, {**every, **native}, fixed=fixed)


ALPHA = maker("alpha", fixed=("denormals",), rho=0.9, epsilon=1e-7, denormals="flushed")
BETA = maker("beta", rho=0.99, epsilon=1e-8, denormals="kept")
REAL = [frameworks()[name] for name in ("keras", "torch")]
ENDS = [
    *permutations([frameworks()[name] for name in plain_frameworks()], 2),
    (ALPHA, BETA),
]


@pytest.mark.parametrize("problem", list(PROBLEMS.values()), ids=lambda p: p.name)
@pytest.mark.parametrize("ends", ENDS, ids=lambda e: f"{e[0].name} to {e[1].name}")
def test_each_step_turns_one_switch_and_each_switch_is_turned_or_named(problem, ends):
    start, goal = ends
    found = walk(problem, start, goal)
    ends_alone = [Arm(problem.name, framework.name, "native") for framework in ends]
    assert [found.arms[0], found.arms[-1]] == ends_alone
    assert found.regimes[found.arms[0]] == found.regimes[found.arms[-1]] == NATIVE
    turned = [step.switch for step in found.steps[1:-1]]
    assert sorted([*turned, *found.skipped]) == sorted(SWITCHES)
    assert found.steps[0].switch == found.steps[-1].switch == OWN
    idle = set(found.skipped)
    for step in found.steps[1:-1]:
        assert step.paired
        before, after = (found.regimes[arm].switches() for arm in (step.before, step.after))
        changed = {s for s in before if before[s] != after[s]}
        if step.switch == EXECUTION:
            assert (step.before.framework, step.after.framework) == (start.name, goal.name)
            assert changed <= idle
        else:
            assert step.before.framework == step.after.framework
            assert changed == {step.switch} and after[step.switch] == step.new
    # the last arm before the goal's own has all the goal's values
    rules = NATIVE.resolve(goal.native).switches()
    last = found.regimes[found.arms[-2]].switches()
    assert all(last[s] == rules[s] for s in SWITCHES if s != EXECUTION)


@pytest.mark.parametrize("ends", [(ALPHA, BETA), (BETA, ALPHA)], ids=["there", "back"])
def test_what_a_framework_cannot_turn_is_turned_where_the_other_runs(ends):
    step = next(s for s in walk(BOSTON, *ends).steps if s.switch == "denormals")
    assert step.before.framework == step.after.framework == "beta"


def test_a_switch_without_effect_is_no_step_and_the_reason_is_told():
    assert "no effect" in walk(BOSTON, *REAL).skipped["loss_on"]
    assert "loss_on" not in walk(PROBLEMS["mnist"], *REAL).skipped
    assert "no effect on cpu" in walk(BOSTON, *REAL).skipped["tf32"]
    assert "tf32" not in walk(BOSTON, *REAL, device="cuda").skipped


def test_the_order_of_the_walk_is_the_users():
    first = walk(BOSTON, ALPHA, BETA, order=["epsilon", "rho"]).steps[1:3]
    assert [step.switch for step in first] == ["epsilon", "rho"]
    with pytest.raises(ValueError, match=r"no switch 'rhoo'.*epsilon"):
        walk(BOSTON, ALPHA, BETA, order=["rhoo"])


def test_arms_that_both_ways_share_run_once_and_each_arm_once_a_seed():
    both = walk(BOSTON, ALPHA, BETA), walk(BOSTON, BETA, ALPHA)
    arms = {arm for each in both for arm in each.arms}
    assert len(arms) == sum(len(each.arms) for each in both) - 4  # either end: native, own rules
    jobs = plan_walks(BOSTON, both, range(3), threads=1)
    assert {(job.arm, job.seed) for job in jobs} == {(a, s) for a in arms for s in range(3)}
    assert len(jobs) == 3 * len(arms) and len({job.key for job in jobs}) == len(jobs)
    orders = [[job.arm for job in jobs if job.seed == seed] for seed in range(3)]
    assert orders[0] != orders[1] != orders[2]


def explained(effects: dict[str, float], *, both: float = 0.0, seeds: int = 6, **more) -> Explained:
    """Made records: a switch at BETA's value adds its effect, rho and epsilon together `both`."""
    walks = walk(BOSTON, ALPHA, BETA), walk(BOSTON, BETA, ALPHA)
    goal = NATIVE.resolve(BETA.native)
    records: dict[Arm, dict[int, Record]] = {}
    regimes = {arm: way.regimes[arm] for way in walks for arm in way.arms}
    for arm, regime in regimes.items():
        rules = regime.resolve((ALPHA if arm.framework == "alpha" else BETA).native)
        on = {s for s in ("rho", "epsilon") if getattr(rules, s) == getattr(goal, s)}
        on |= {EXECUTION} if arm.framework == "beta" else set()
        value = 3 + sum(effects.get(s, 0.0) for s in on) + both * ({"rho", "epsilon"} <= on)
        for seed in range(seeds):
            noise = 0.5 * np.random.default_rng(seed).normal()  # shared by all arms of a seed
            tiny = 1e-3 * np.random.default_rng([seed, len(str(regime))]).normal()
            fields = {
                "kind": "explain",
                "problem": BOSTON.name,
                "framework": arm.framework,
                "regime": arm.regime,
                "seed": seed,
                "process": arm.framework,
                "metrics": {"mae": value + noise + tiny},
            }
            records.setdefault(arm, {})[seed] = made(**{**fields, **more})
    rungs = {(s.before, s.after): Rung("step 1", "w", 0.25) for s in walks[0].steps}
    return Explained(BOSTON, walks, records, rungs)


def test_a_step_has_the_effect_that_was_put_in_and_pairing_takes_the_seeds_out():
    found = explained({"rho": 0.1})
    effects = {step.switch: found.step_effect(step) for step in found.walks[0].steps[1:-1]}
    assert effects["rho"].interval.mean == pytest.approx(0.1, abs=0.01) and effects["rho"].seen
    assert effects["epsilon"].interval.mean == pytest.approx(0, abs=0.01)
    assert not found.way(found.walks[0]).seen  # unpaired, the seeds hide it


def test_an_effect_is_seen_where_it_outlasts_all_others_of_the_page():
    interval = Interval(0.1, 0.01, 0.19)
    assert [Effect(interval, True, holm).seen for holm in (0.04, 0.06)] == [True, False]
    found = explained({"rho": 0.1})
    steps = [step for way in found.walks for step in way.steps]
    both = [found.interaction(*pair) for pair in found.both_ways()]
    effects = [*map(found.step_effect, steps), *map(found.way, found.walks), *both]
    p_values = [
        p_value(*(list(found.values(arm).values()) for arm in arms), pairs=pairs)
        for arms, pairs in [((s.before, s.after), s.paired) for s in steps]
    ]
    assert len({id(effect) for effect in effects}) == len(effects)  # the family: each once
    for effect, p in zip(effects, p_values, strict=False):
        assert effect.holm is p is None or effect.holm >= p
    assert any(effect.holm > p for effect, p in zip(effects, p_values, strict=False) if p)


@pytest.mark.parametrize("both", [0.0, 0.3])
def test_an_interaction_is_found_where_there_is_one(both):
    found = explained({"rho": 0.1}, both=both)
    one, other = ({s.switch: s for s in each.steps} for each in found.walks)
    # there rho is turned first, back epsilon is still at the other value: together they do more
    interaction = found.interaction(one["rho"], other["rho"])
    assert interaction.interval.mean == pytest.approx(-both, abs=0.01)
    assert interaction.seen is (both > 0)


def test_a_run_that_ended_without_a_number_leaves_its_pair_out():
    found = explained({"rho": 0.1})
    step = next(s for s in found.walks[0].steps if s.switch == "rho")
    runs = found.records[step.after]
    runs[0] = but(runs[0], metrics={"mae": None})
    assert len(found.values(step.after)) == 5
    assert found.step_effect(step).interval.mean == pytest.approx(0.1, abs=0.01)


def test_the_first_rung_is_the_lowest_that_differs_by_more_than_a_rounding():
    before = {f"{rung}/w": np.ones(3, np.float32) for rung in ("weights", "loss", "step 1")}
    assert first_rung(before, before) == NOWHERE
    slightly = {k: v * (1 + 1e-6) for k, v in before.items()}
    assert first_rung(before, slightly) == NOWHERE
    later = {**slightly, "step 1/w": before["step 1/w"] * 1.5}
    assert first_rung(before, later) == Rung("step 1", "w", 0.5)
    broken = {**later, "loss/w": np.full(3, np.nan, np.float32)}
    assert first_rung(before, broken).rung == "loss"
    assert first_rung(before, {k: before[k] for k in ("weights/w", "step 1/w")}).rung == "loss"


def test_the_report_shows_effects_rungs_and_where_the_numbers_come_from():
    found = explained({"rho": 0.1})
    text = markdown([replace(table, figures=[Path("page.png")]) for table in sections(found)])
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| rho")]
    assert rows[0][4].startswith("**+0.10") and rows[0][5] == "step 1 (2e-01) |"
    assert rows[2][3].startswith("**+0.10") and rows[2][4].startswith("**+0.10")
    assert "](page.png)" in text
    assert "6 seeds (0 to 5)" in text and "(Holm) p is below 0.05" in text
    assert "sha256:1" in text and "commit: abc" in text and "NOT THE REAL" not in text
    assert any(" unpaired" in line for line in text.splitlines() if line.startswith("| random"))
    out = io.StringIO()
    print_sections(sections(found), Console(file=out))
    assert "+0.10" in out.getvalue() and "**" not in out.getvalue() and "*+" not in out.getvalue()


def test_what_a_step_lacks_is_said_where_it_would_stand(tmp_path: Path):
    found = explained({"rho": 0.1})
    step, nowhere, *_, unseen = (s for s in found.walks[0].steps if s.paired)
    found.records[step.after] = copy.deepcopy(found.records[step.before])  # not a bit changed
    found.rungs[step.before, step.after] = Rung("loss", "loss", None)
    found.rungs[nowhere.before, nowhere.after] = NOWHERE
    unseen_runs = found.records[unseen.after]
    unseen_runs.update({s: but(run, metrics={"mae": None}) for s, run in unseen_runs.items()})
    del found.rungs[unseen.before, unseen.after]
    changed = replace(found, problem=BOSTON.but(epochs=2), walks=found.walks[:1])
    text = markdown(sections(changed))
    assert "changed: epochs = 2" in text and "both ways" not in text
    rows = {
        line.split(" | ")[0][2:]: line.split(" | ") for line in text.splitlines() if " | " in line
    }
    assert rows[step.switch][4] == "0 exactly" and rows[step.switch][5] == "loss (not finite) |"
    assert rows[nowhere.switch][5] == "nowhere |"
    assert rows[unseen.switch][3:5] == ["-", "-"] and rows[unseen.switch][5] == "- |"
    if importlib.util.find_spec("altair"):
        assert all(path.exists() for path in save(waterfall(changed), tmp_path / "one"))


def test_the_digest_covers_every_record_and_made_up_data_is_said_loudly():
    def digest(found):
        return next(
            line for line in markdown(sections(found)).splitlines() if "records: sha256" in line
        )

    found = explained({"rho": 0.1})
    assert digest(found) == digest(explained({"rho": 0.1}))
    last = list(found.records.values())[-1]
    last[5] = but(last[5], metrics={"mae": last[5].metrics["mae"] + 1e-9})
    assert digest(found) != digest(explained({"rho": 0.1}))
    data = {"source": "generated", "digest": "sha256:2", "notice": "made up"}
    assert "**NOT THE REAL DATA FILES: made up**" in markdown(sections(explained({}, data=data)))


@pytest.mark.skipif(importlib.util.find_spec("altair") is None, reason="no altair")
def test_the_waterfall_is_drawn_and_the_same_records_give_the_same_bytes(tmp_path: Path):
    one, two, three = (
        save(waterfall(explained(changes)), tmp_path / name)
        for changes, name in (({"rho": 0.1}, "one"), ({"rho": 0.1}, "two"), ({}, "three"))
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert "rho: 0.99" in one[1].read_text() and "from alpha to beta" in one[1].read_text()
    assert one[0].read_bytes() != three[0].read_bytes()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (
            ["--from", "keras", "--to", "keras"],
            "--from names one framework, --to another, got keras and keras",
        ),
        (["--order", "rho,beta"], "no switch 'beta'"),
        (["--device", "cpu,cuda"], "stays on one device"),
        (["--into", "no/such/page.md"], "no/such/page.md is not there"),
    ],
)
def test_what_is_wrong_with_a_walk_is_said_before_anything_runs(arguments, said, tmp_path, capsys):
    options = ["--data", "embedded", "--results", str(tmp_path / "results")]
    assert main(["explain", "boston", *arguments, *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


@pytest.mark.long
@pytest.mark.skipif(any(f.missing for f in REAL), reason="needs both frameworks")
def test_a_real_walk_finds_each_difference_at_its_rung_and_is_run_once(tmp_path, capsys):
    arguments = ["explain", "boston", "--epochs", "2", "--seeds", "2", "--threads", "1", "--json"]
    arguments += ["--data", "embedded", "--results", str(tmp_path)]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    (found,) = json.loads(captured.out)["results"]
    assert found["problem"] == "boston" and len(found["walks"]) == 2
    for each in found["walks"]:
        rungs = {step["switch"]: step["first_rung"]["rung"] for step in each["steps"][1:-1]}
        assert rungs["kernels"] == rungs["biases"] == "weights"
        assert rungs["rho"] == rungs["epsilon_inside_root"] == "step 1"
        assert rungs["order"] == "epoch 2"  # one permutation is repeated, or there is a second
        assert rungs[EXECUTION] in ("", "epoch 1", "epoch 2") and rungs["denormals"] == ""
        execution = next(step for step in each["steps"] if step["switch"] == EXECUTION)
        assert abs(execution["effect"]["mean"]) < 1e-3 * execution["mean"]  # equal mathematics
    assert all(r["kind"] == "explain" and r["seed"] in (0, 1) for r in found["records"])
    assert main(arguments) == 0
    again = capsys.readouterr()
    assert again.out == captured.out
    assert again.err.count("(was there)") == len(found["records"])
