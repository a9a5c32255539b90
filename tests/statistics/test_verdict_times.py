"""What is said of two arms' times, and of the time to a target."""

from __future__ import annotations

import pytest

from benchmarks.records.arm import by_seed, clocks
from benchmarks.show.wording import sentence
from benchmarks.statistics.verdict import comparisons
from tests.sample_records import but, run, seeds


def times(n=5, slow=1.0, **more):
    """n runs of alpha, and of beta in a quarter of the time."""
    fast = {"epochs": (0.9, 0.25 * slow, 0.26 * slow), "total_seconds": 5.0, **more}
    return [run(framework="alpha", seed=s, epochs=(0.9, 1.0, 1.04)) for s in range(n)] + [
        run(framework="beta", seed=s, **fast) for s in range(n)
    ]


def test_a_ratio_over_one_says_that_the_second_is_faster():
    (pair,) = comparisons(times())
    assert pair.epoch.value == pytest.approx(4) and pair.epoch.verdict == "faster"
    assert pair.total.value == pytest.approx(12.34 / 5) and pair.memory.value == 1
    assert "An epoch of beta is 4.00 times as fast (" in sentence(pair)
    (pair,) = comparisons(times(slow=16))
    assert pair.epoch.verdict == "slower"
    assert "An epoch of alpha is 4.00 times as fast (" in sentence(pair)
    (pair,) = comparisons(times(slow=4))
    assert "equally fast within 5%" in sentence(pair)
    alike = times(slow=4)
    # alike, and too far from each other to be called so
    (pair,) = comparisons(but(r, epoch_seconds=[0.9, 1.0 + 0.1 * r.seed]) for r in alike)
    assert "No difference seen" in sentence(pair)


@pytest.mark.parametrize("more", [{"timed": False}, {"trained_together": 4}])
def test_clocks_that_are_not_to_be_used_are_not_used_and_the_metric_is(more):
    (pair,) = comparisons([*times(), *(run(framework="beta", seed=s, **more) for s in (5, 6))])
    assert pair.processes == (5, 5) and pair.epoch.value == pytest.approx(4)
    (pair,) = comparisons(times(**more))
    assert pair.metric.seeds == (5, 5) and pair.processes == (5, 0)
    assert pair.epoch is pair.total is None and "5 are needed" in sentence(pair)
    assert (pair.memory is None) == ("trained_together" in more)


UNTIMED = {"timed": False, "epoch_seconds": [], "total_seconds": None, "epochs": (1.0,)}


@pytest.mark.parametrize(
    ("runs", "processes", "words"),
    [
        (times(4), (4, 4), "4 and 4 timed processes; 5 are needed"),
        (times(host={"cpu": "y", "cores": 2}), (5, 5), "Their times are not compared"),
        (times(**UNTIMED), (5, 0), "5 are needed"),
    ],
    ids=["few", "two machines", "no clock"],
)
def test_times_that_cannot_be_compared_leave_the_metric(runs, processes, words):
    (pair,) = comparisons(runs)
    assert pair.epoch is None and pair.processes == processes and pair.metric
    assert words in sentence(pair)
    several = any("more than one machine" in note for note in pair.notes)
    assert several == (words == "Their times are not compared")
    assert clocks([run(**UNTIMED)], "total_seconds") == []


def test_of_two_runs_of_one_seed_the_timed_one_counts():
    both = [run(value=0.9, timed=True), run(value=0.8, timed=False)]
    assert by_seed(both) == by_seed(both[::-1]) == {0: 0.9}


def test_time_to_target_is_a_median_over_runs_in_which_never_is_for_ever():
    def curve(seed, *values):
        history = {"loss": list(values), "val_accuracy": list(values)}
        return run("imdb", "alpha", seed=seed, epochs=(1.0, 0.5, 0.5), history=history)

    reaching = [curve(s, 0.8, 0.88, 0.9) for s in range(2)]
    (pair,) = comparisons([*reaching, curve(2, 0.8, 0.8, 0.8), run("imdb", "beta")])
    target = pair.targets[0]
    assert (target.by, target.runs, target.reached) == ("val_accuracy", 3, 2)
    assert (target.epochs, target.seconds) == (2, 1.5)
    (pair,) = comparisons([*reaching[:1], curve(2, 0.8, None, 0.8), run("imdb", "beta")])
    assert pair.targets[0].pass_rate == 0.5 and pair.targets[0].epochs is None
    (pair,) = comparisons([but(reaching[0], diverged=True), reaching[1], run("imdb", "beta")])
    assert pair.targets[0].pass_rate == 0.5 and pair.targets[0].epochs is None


def test_without_validation_the_target_is_met_by_the_test_metric_and_at_no_known_time():
    (pair,) = comparisons([*seeds([0.98, 0.97], "alpha"), run(framework="beta")])
    assert pair.targets[0].by == "test accuracy"
    assert pair.targets[0].reached == 1 and pair.targets[0].epochs is None
