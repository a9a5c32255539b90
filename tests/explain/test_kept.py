"""Walks between twins that are put together again from their records, as a report shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from types import SimpleNamespace

import pytest

from benchmarks.explain.explained import Explained
from benchmarks.explain.twins.kept import Kept, explained, keep, record_of
from benchmarks.explain.walk import OWN, Step, Walk
from benchmarks.explain.walk_table import sections
from benchmarks.records.arm import Arm
from benchmarks.records.check import fault_of
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.report.contents import contents, read_kinds
from benchmarks.show.html import text
from common.problem import Metric
from common.regime import NATIVE
from common.twins.problem import Twins
from common.twins.turned import Turned
from common.twins.turns import Turns
from tests.sample_records import but, made

NAMES = ("keras", "torch")
SWITCH, EXCHANGED = "epsilon of batch_norm", "the model and its framework"
PROBLEM = Kept(
    "twins:mine",
    "Twins of mine",
    features=4,
    outputs=3,
    hidden=(),
    loss="categorical_crossentropy",
    epochs=2,
    batch_size=32,
    test_metric=Metric.ACCURACY,
    sha256="ab",
    changed={"epochs": 2},
)
KNOWN = {each.name: getattr(PROBLEM, each.name) for each in fields(Twins)}
DATA = SimpleNamespace(source="file", origin="mine.py", digest="sha256:1", real=True, notice="")
JOB = Job(PROBLEM, "keras", NATIVE, threads=1, content=DATA.digest)
SKIPPED = {"last batch": "the same on both sides: kept", "activation of d": "not tried"}


def a_walk(switch: str = SWITCH, names: Sequence[str] = NAMES, value: float = 1e-5) -> Walk:
    """From one model to the other, with one switch that is turned on the way."""
    start, goal = names
    labels = "native", "own-rows", "own-rows+epsilon", f"from-{start}", "native"
    frameworks = start, start, start, goal, goal
    arms = [Arm("twins:mine", *stop, "cpu") for stop in zip(frameworks, labels, strict=True)]
    turns = None, Turns(), Turns(layers=(("a", "epsilon", value),)), Turns(), None
    turned = [(OWN, f"{start}'s", "the harness's"), (switch, "0.001", f"{value:g}")]
    turned += [(EXCHANGED, start, goal), (OWN, "the harness's", f"{goal}'s")]
    steps = tuple(
        Step(*each, before, after, paired=True)
        for each, before, after in zip(turned, arms, arms[1:], strict=False)
    )
    problems = {
        arm: Twins(**KNOWN) if turns is None else Turned(**KNOWN, exchanged=turns)
        for arm, turns in zip(arms, turns, strict=True)
    }
    return Walk(start, goal, steps, SKIPPED, {}, problems)


def runs_of(walk: Walk, seeds: int = 3) -> list[Record]:
    """A run for each stop and seed; from the turned switch on they end better."""
    return [
        made(
            kind="explain",
            problem=arm.problem,
            framework=arm.framework,
            regime=arm.regime,
            seed=seed,
            metrics={"loss": 0.5, "accuracy": 0.5 + 0.1 * (number > 1) + 0.01 * seed},
            process="p",
            steady_epoch_seconds=1.0,
            data=vars(DATA),
            settings={
                "changed": {"epochs": 2},
                "problem": json.loads(json.dumps(asdict(walk.problems[arm]))),
                "requested": {"threads": 1},
            },
        )
        for number, arm in enumerate(walk.arms)
        for seed in range(seeds)
    ]


def records_of_a_walk(switch: str = SWITCH, names: Sequence[str] = NAMES) -> dict[str, list]:
    """By kind: a walk between twins, and its runs."""
    walk = a_walk(switch, names)
    runs = runs_of(walk)
    kept = record_of([walk], JOB, DATA) | {"protocol": runs[0].protocol}  # type: ignore[arg-type]
    return {"explain": runs, "explain_walk": [typed(kept)]}


def shown(walks: Sequence[Explained]) -> list[tuple]:
    return [
        (s.title, s.headings, s.rows, s.notes, s.notices) for walk in walks for s in sections(walk)
    ]


def test_a_report_has_the_tables_that_the_command_showed():
    ways = a_walk(), a_walk(names=NAMES[::-1], value=1e-3)
    shared = set(ways[0].arms)  # both begin or end there
    runs = runs_of(ways[0]) + [r for r in runs_of(ways[1]) if Arm.bare(r) not in shared]
    by_arm = {
        arm: {run.seed: run for run in runs if Arm.bare(run) == arm}
        for way in ways
        for arm in way.arms
    }
    kept = record_of(ways, JOB, DATA)
    assert not fault_of(kept)
    again = list(explained([typed(kept)], runs[::-1]))
    assert shown(again) == shown([Explained(PROBLEM, ways, by_arm, {})])
    table = {row[0]: row for row in sections(again[0])[0].rows}
    assert table[SWITCH][3:5] == ["0.6100", "*+0.1000 [+0.1000, +0.1000]"]
    assert table[EXCHANGED][4] == "0 exactly"


def test_the_part_says_what_is_the_same_and_what_is_not_tried():
    parts = contents(records_of_a_walk())
    assert [part.name for part in parts] == ["explain-twins", "environment"]
    for written in (text.markdown(parts), text.plain(parts)):
        for switch, why in SKIPPED.items():
            assert f"no step for {switch}: {why}" in written
        assert "Twins of mine: from keras (tensorflow) to torch, accuracy" in written
        assert "changed: epochs = 2" in written


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"sha256": "cd"}},
        {"settings": {"exchanged": {"layers": []}}},  # under the same name
        {"data": {**vars(DATA), "digest": "sha256:2"}},
        {"device": "cuda"},
        {"regime": "own-rows+rho"},
    ],
    ids=["file", "exchanged", "rows", "device", "switches"],
)
def test_runs_of_another_training_are_none_of_the_walks(changes):
    kinds = records_of_a_walk()
    kept, runs = kinds["explain_walk"], kinds["explain"]
    if settings := changes.get("settings"):
        known = runs[6].settings
        problem = {**(known.problem or {}), **settings}
        whole = {"changed": known.changed, "requested": known.requested, "problem": problem}
        changes = {"settings": whole}
    assert runs[6].regime == "own-rows+epsilon"
    others = [but(run, **changes) if 6 <= number < 9 else run for number, run in enumerate(runs)]
    assert list(explained(kept, others)) == []
    assert len(list(explained(kept, [*runs, *others]))) == 1


def test_the_latest_walk_is_shown_whose_stops_have_all_run():
    kinds = records_of_a_walk()
    (kept,), runs = kinds["explain_walk"], kinds["explain"]
    days = [but(kept, created=f"2026-01-0{day}T00:00:00+00:00") for day in (1, 2, 3)]
    days[1] = but(days[1], title="Twins of today")
    way = days[2].json["walks"][0]
    stopped = {**way["start"], "regime": "stopped-by-ctrl-c"}
    days[2] = but(days[2], walks=[{**way, "start": stopped}])
    (found,) = explained(days, runs)
    assert found.problem.title == "Twins of today"
    assert list(explained([kept], [])) == []


def test_walks_are_kept_once_beside_their_runs(tmp_path):
    for _ in range(2):
        keep([a_walk()], JOB, DATA, tmp_path)
    (path,) = tmp_path.rglob("*.json")
    assert path.parent == tmp_path / "explain" / "twins-mine" / "walks"
    (record,) = read_kinds(tmp_path)["explain_walk"]
    assert len(list(explained([record], runs_of(a_walk())))) == 1
