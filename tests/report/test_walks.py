"""The part of a report on what a difference is made of."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.explain.from_records import explained
from benchmarks.report.contents import contents
from benchmarks.show.html.page import figures_of
from tests.report.samples import needs_report, walked
from tests.sample_records import but, made


def test_the_walks_are_found_again_in_their_records():
    (boston,) = explained(walked(), [])
    ends = [(way.start, way.goal) for way in boston.walks]
    assert ends == [("keras", "torch"), ("torch", "keras")]
    assert boston.mean(boston.walks[0].arms[0]) == pytest.approx(2.01)
    assert boston.step_effect(boston.walks[0].steps[1]).interval.mean == pytest.approx(0.1)
    missing = boston.walks[0].arms[2].regime
    parted = [run for run in walked() if run.regime != missing]
    assert all(missing not in str(way.arms) for e in explained(parted, []) for way in e.walks)


def test_a_rung_is_found_by_the_names_of_its_arms():
    (boston,) = explained(walked(), [])
    step = boston.walks[0].steps[0]
    keys = [
        f"boston/{arm.framework}/{arm.regime}/cpu/seed0-x.json" for arm in (step.before, step.after)
    ]
    first = {"rung": "step 1", "tensor": "w", "error": 0.25}
    rung = made(kind="explain_rung", before=keys[0], after=keys[1], first=first)
    (boston,) = explained(walked(), [rung])
    assert list(boston.rungs) == [(step.before, step.after)]
    other = [but(run, threads=1) for run in walked()]
    assert [e.rungs for e in explained([*walked(), *other], [rung])] == [{}, {}]


@needs_report
def test_the_waterfall_goes_from_mean_to_mean():
    figure = figures_of(contents({"explain": walked()}))["explain-1"]
    (boston,) = explained(walked(), [])
    there = boston.walks[0]
    start, *steps, goal = figure["vconcat"][0]["concat"][0]["data"]["values"]
    assert len(steps) == len(there.steps)
    assert start["after"] == pytest.approx(2.01) == steps[0]["before"]
    assert all(a["after"] == pytest.approx(b["before"]) for a, b in pairwise(steps))
    assert steps[-1]["after"] == goal["after"] == pytest.approx(boston.mean(there.arms[-1]))
    assert all(step["low"] - 1e-9 <= step["after"] <= step["high"] + 1e-9 for step in steps)
    assert [step["word"] for step in steps if step["low"] > step["before"]] != []
    assert {step["word"] for step in steps} <= {"worse", "unclear"}  # each arm is 0.1 worse
