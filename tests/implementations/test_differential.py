"""Random small problems through each framework and through the reference.

Two things besides a fault can set float32 apart from float64, and each is given its due.

A relu's kink: an input whose sum before the relu lies within rounding of 0 may be on either side.
Such an example is thrown away (`kinks`); a sum of exactly 0 is no kink, all take the same side.

A gradient near zero: RMSprop divides it by the root of its own square, so an error that is small
beside the largest gradient becomes one of the whole step; and what is left of samples that cancel
has their rounding. How much is found out by nudging every gradient of the reference by 1e-6 of what
the samples put in (`Nudged`); that much is allowed on top of 1e-5.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st
from scipy import sparse

from common.batches import batches
from common.problem import PROBLEMS, Problem
from common.reference import ReferenceTask
from common.splits import shared_order
from common.trace import FIRST_STEP, relative_error
from tests.conftest import RemoteTask

EPOCHS = 2
NEAR_KINK = 3e-5  # of the largest sum of the layer
NUDGE = 1e-6  # of the largest mean size of a sample's gradient: measured errors are below half


@dataclass(frozen=True)
class Case:
    problem: Problem
    x: Any
    y: np.ndarray
    seed: int


@st.composite
def cases(draw) -> Case:
    name = draw(st.sampled_from(["boston", "imdb", "reuters"]))
    problem = PROBLEMS[name].but(
        features=draw(st.integers(1, 12)),
        hidden=tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))),
        outputs=draw(st.integers(2, 6)) if name == "reuters" else 1,
        batch_size=draw(st.integers(1, 9)),
        learning_rate=draw(st.sampled_from([1e-4, 1e-3, 1e-2])),
        labels=draw(st.sampled_from(["integer", "one_hot"])),
    )
    rows, seed = draw(st.integers(1, 20)), draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    x: Any = rng.normal(size=(rows, problem.features)).astype(np.float32)
    if draw(st.booleans()):
        x = sparse.csr_matrix((x > 0.5).astype(np.float32))  # with rows of nothing but zeros
    if name == "boston":
        return Case(problem, x, rng.normal(1, 2, rows).astype(np.float32), seed)
    return Case(problem, x, rng.integers(0, max(2, problem.outputs), rows), seed)


class Nudged(ReferenceTask):
    """The reference with every gradient off by 1e-6 of what the samples put into its tensor."""

    def loss_and_gradients(self, x, y):
        loss, gradients = super().loss_and_gradients(x, y)
        alone = super().loss_and_gradients
        samples = [alone(x[i : i + 1], y[i : i + 1])[1] for i in range(len(y))]
        rng = np.random.default_rng(int(self.state["step"]))
        for name, g in gradients.items():
            size = np.max(np.mean([np.abs(one[name]) for one in samples], axis=0))
            g += NUDGE * size * rng.choice([-1, 1], g.shape)
        return loss, gradients


def kinks(case: Case, order: np.ndarray) -> bool:
    """Whether any sum before a relu comes near 0 in a step of the training."""
    task = ReferenceTask(case.problem, seed=case.seed)
    for rows in order:
        for x, y in batches(case.x, case.y, rows, case.problem.batch_size):
            below = x.astype(np.float64)
            for layer in case.problem.layers[:-1]:
                kernel, bias = (task.state[f"{layer.name}/{kind}"] for kind in ("kernel", "bias"))
                size = np.abs(below @ kernel + bias)
                if np.any((size > 0) & (size < NEAR_KINK * np.max(size))):
                    return True
                below = np.maximum(below @ kernel + bias, 0)
            task.train_step(x, y)
    return False


def assert_near(reached: dict, expected: dict, nudged: dict | None = None) -> None:
    assert reached.keys() == expected.keys()
    for name, value in expected.items():
        due = relative_error(nudged[name], value) if nudged else 0.0
        error = relative_error(reached[name], value)
        assert error <= FIRST_STEP + due, f"{name}: {error:.1e}, due to nudges {due:.1e}"


def at_once(task: Any, case: Case) -> dict[str, Any]:
    loss, gradients = task.loss_and_gradients(case.x, case.y)
    return {"loss": loss, **gradients}


def after_a_step(task: Any, case: Case) -> dict[str, Any]:
    first = slice(0, case.problem.batch_size)
    return {"loss": task.train_step(case.x[first], case.y[first]), **task.get_state()}


def after_fit(task: Any, case: Case, order: np.ndarray) -> dict[str, Any]:
    history = task.fit(case.x, case.y, epochs=EPOCHS, order=order)
    return {"loss": history["loss"], **task.get_state()}


@settings(
    max_examples=12,  # a framework that compiles needs half a second for every shape
    deadline=None,
    derandomize="TWINBENCH_EXPLORE" not in os.environ,  # set it to try new examples
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(case=cases())
def test_a_random_problem_agrees_with_the_reference(child, case):
    permutation = shared_order("reshuffled", len(case.y), case.seed)
    order = np.stack([permutation(epoch) for epoch in range(EPOCHS)])
    in_order = np.arange(len(case.y))[None, : case.problem.batch_size]
    assume(not kinks(case, order) and not kinks(case, in_order))
    note(f"{case.problem}, {len(case.y)} rows")

    def tasks():
        options = {"seed": case.seed}
        yield RemoteTask(child, case.problem, **options)
        yield ReferenceTask(case.problem, **options)
        yield Nudged(case.problem, **options)

    task, reference, _ = tasks()
    assert relative_error(task.scores(case.x), reference.scores(case.x)) <= FIRST_STEP
    assert_near(*(at_once(task, case) for task in tasks()))
    assert_near(*(after_a_step(task, case) for task in tasks()))
    assert_near(*(after_fit(task, case, order) for task in tasks()))
