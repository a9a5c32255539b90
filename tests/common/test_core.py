"""Problems, regimes, initial weights and the reference, without a framework."""

from __future__ import annotations

import itertools
from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from common import clock
from common.batches import batches, dense
from common.framework import framework, frameworks
from common.initial import initial_weights
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import BF16, MATCHED, NATIVE, REGIMES
from common.replicas import fit_replicas
from tests.conftest import error, make_rows


def test_the_published_networks():
    shapes = {name: [(n.fan_in, n.fan_out) for n in p.layers] for name, p in PROBLEMS.items()}
    assert shapes == {
        "mnist": [(784, 512), (512, 10)],
        "imdb": [(10_000, 16), (16, 16), (16, 1)],
        "reuters": [(10_000, 64), (64, 64), (64, 46)],
        "boston": [(13, 64), (64, 64), (64, 1)],
    }
    assert [n.name for n in PROBLEMS["imdb"].layers] == ["hidden1", "hidden2", "output"]


def test_a_problem_is_frozen_and_says_what_was_changed():
    problem = PROBLEMS["boston"]
    with pytest.raises(FrozenInstanceError):
        problem.epochs = 1
    assert problem.changes() == {}
    assert problem.but(epochs=None, hidden=None) == problem
    assert problem.but(epochs=3, hidden=(8,)).changes() == {"epochs": 3, "hidden": (8,)}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *(("epochs", (0,)), ("batch_size", (0,)), ("hidden", ((), (0,)))),
        *(("learning_rate", (0.0, float("nan"))), ("validation", (-1,)), ("labels", ("words",))),
    ],
)
def test_a_senseless_problem_is_refused(name, values):
    for value in values:
        with pytest.raises(ValueError, match=name):
            PROBLEMS["mnist"].but(**{name: value})


def test_native_leaves_open_what_matched_and_each_framework_fix():
    opened = {k for k, v in NATIVE.switches().items() if v is None}
    fixed = {k for k, v in MATCHED.switches().items() if v is not None}
    assert opened - {"loss_on"} <= fixed
    assert list(REGIMES) == ["native", "matched", "compiled", "tuned", "bf16"]
    for name in frameworks():
        resolved = NATIVE.resolve(framework(name).native).switches()
        assert None not in {k: v for k, v in resolved.items() if k != "order"}.values()
    with pytest.raises(ValueError, match=r"no framework 'theano'; there are: keras"):
        framework("theano")


def test_a_key_has_the_precision_where_it_is_not_that_of_the_records_of_old():
    assert BF16.keyed() == BF16.switches() and BF16.changes() == {}
    assert MATCHED.switches().items() - MATCHED.keyed().items() == {("precision", "float32")}


@pytest.mark.parametrize("execution", ["compiled", "tuned"])
def test_an_execution_that_computes_in_float32_alone_takes_no_bfloat16(execution):
    with pytest.raises(ValueError, match=f"{execution} computes in float32 alone"):
        replace(BF16, execution=execution)


def test_initial_weights_follow_the_seed_and_the_published_limits():
    weights = initial_weights(PROBLEMS["mnist"], 0)
    assert list(weights) == ["hidden1/kernel", "hidden1/bias", "output/kernel", "output/bias"]
    assert all(value.dtype == np.float32 for value in weights.values())
    limit = (6 / (784 + 512)) ** 0.5
    kernel = weights["hidden1/kernel"]
    assert 0.999 * limit < np.abs(kernel).max() <= limit and not weights["output/bias"].any()
    np.testing.assert_array_equal(initial_weights(PROBLEMS["mnist"], 0)["hidden1/kernel"], kernel)
    assert error(initial_weights(PROBLEMS["mnist"], 1)["hidden1/kernel"], kernel) > 1
    # a tensor's values do not depend on the other layers
    deeper = initial_weights(PROBLEMS["mnist"].but(hidden=(512, 9)), 0)
    np.testing.assert_array_equal(deeper["hidden1/kernel"], kernel)


def test_the_references_gradients_are_those_of_finite_differences(problem):
    """Every weight of a small network, by central differences in float64."""
    small = problem.but(features=5, hidden=(4, 3))
    x, y = make_rows(small, 12)
    task = ReferenceTask(small, seed=1)
    # away from relu's kink at 0, where the difference quotient has no limit
    weights = {k: v + 0.1 for k, v in task.get_weights().items()}

    def loss(name, index, step):
        moved = {**weights, name: weights[name].copy()}
        moved[name][index] += step
        task.set_state(moved)
        return task.loss_and_gradients(x, y)[0]

    task.set_state(weights)
    _, gradients = task.loss_and_gradients(x, y)
    for name, weight in weights.items():
        for index in np.ndindex(weight.shape):
            slope = (loss(name, index, 1e-6) - loss(name, index, -1e-6)) / 2e-6
            assert gradients[name][index] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_the_references_step_is_kerass_rule(problem):
    x, y = make_rows(problem, 12)
    task = ReferenceTask(problem)
    before = task.get_weights()
    _, g = task.loss_and_gradients(x, y)
    task.train_step(x, y)
    after = task.get_state()
    for name in before:
        square = 0.1 * g[name] ** 2
        np.testing.assert_allclose(after[f"square/{name}"], square, rtol=1e-12)
        step = before[name] - after[name]
        np.testing.assert_allclose(
            step, 1e-3 * g[name] / np.sqrt(square + 1e-7), rtol=1e-6, atol=1e-12
        )


def test_the_reference_learns(problem):
    x, y = make_rows(problem, 64)
    task = ReferenceTask(problem.but(learning_rate=0.01), dtype=np.float32)
    history = task.fit(x, y, epochs=30)
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert task.get_weights()["output/kernel"].dtype == np.float32


@pytest.mark.parametrize("shared", [True, False], ids=["one table", "a table each"])
def test_a_stack_gets_an_epochs_rows_of_one_table_and_gives_shares_of_its_time(shared, monkeypatch):
    problem = PROBLEMS["boston"].but(features=40, hidden=(8,))
    given = [make_rows(problem, 30, seed=0 if shared else seed) for seed in range(2)]
    given = [given[0]] * 2 if shared else given
    ticks = SimpleNamespace(
        perf_counter=itertools.count().__next__, process_time=itertools.count(0, 7).__next__
    )
    monkeypatch.setattr(clock, "time", ticks)
    seen = []

    class Stack:
        def train_epochs(self, x, y, epochs, turns, log):
            for rows in turns:
                seen.append([(x[chosen], y[chosen]) for chosen in rows])
                log.stop({"loss": [1.0, 2.0], "mae": [3.0, 4.0]}, seconds=log.seconds())

    class Stacked(ReferenceTask):
        @classmethod
        def stack(cls, tasks):
            return Stack()

    tasks = [Stacked(problem, seed=seed) for seed in range(2)]
    orders = [task.order(30) for task in tasks]
    calls = []
    histories = fit_replicas(
        tasks,
        *zip(*given, strict=True),
        orders=orders,
        epochs=2,
        validation=[None, None],
        on_epoch=lambda task, epoch, row: calls.append((task, epoch)),
    )
    for epoch, pairs in enumerate(seen):
        for (x, y), (all_x, all_y), order in zip(pairs, given, orders, strict=True):
            np.testing.assert_array_equal(x, all_x[order(epoch)])
            np.testing.assert_array_equal(y, all_y[order(epoch)])
    assert calls == [(task, epoch) for epoch in (1, 2) for task in (0, 1)]
    assert [history["mae"] for history in histories] == [[3, 3], [4, 4]]
    assert [history["epoch_seconds"] for history in histories] == [[1, 1], [1, 1]]  # of 2 ticks
    assert [history["cpu_seconds"] for history in histories] == [[7, 7], [7, 7]]
    assert [task.epoch for task in tasks] == [2, 2]


def test_batches_cover_the_rows_in_order_densely():
    x = sparse.random(10, 6, density=0.5, format="csr", dtype=np.float32, random_state=0)
    y = np.arange(10)
    rows = np.array([7, 1, 3, 9, 0])
    found = list(batches(x, y, rows, 2))
    assert [len(yb) for _, yb in found] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([xb for xb, _ in found]), x.toarray()[rows])
    assert np.concatenate([yb for _, yb in found]).tolist() == rows.tolist()


def test_a_dense_array_that_does_not_fit_is_refused_before_it_is_made():
    huge = sparse.csr_matrix((10**9, 10**6), dtype=np.float32)
    with pytest.raises(MemoryError, match="use the regime 'matched'"):
        dense(huge)
