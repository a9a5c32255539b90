"""Losses, metrics and links against their definitions, written out row by row in plain Python."""

from __future__ import annotations

from math import exp, fsum, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import evaluate, link, loss_value, metric_value
from common.problem import PROBLEMS

LOSSES = {problem.loss: problem for problem in PROBLEMS.values()}


def probabilities(loss, row):
    if loss == "categorical_crossentropy":
        return [exp(s) / fsum(map(exp, row)) for s in row]
    return [1 / (1 + exp(-s)) for s in row] if loss == "binary_crossentropy" else list(row)


def loss_of(loss, row, target):
    p = probabilities(loss, row)
    if loss == "categorical_crossentropy":
        return -log(p[target])
    return -log(p[0] if target else 1 - p[0]) if "binary" in loss else (p[0] - target) ** 2


def metric_of(loss, row, target):
    if loss == "categorical_crossentropy":
        return max(range(len(row)), key=row.__getitem__) == target
    return (row[0] > 0) == (target == 1) if "binary" in loss else abs(row[0] - target)


@st.composite
def scored(draw):
    """A loss, scores (n, outputs) as float32 or float64, and targets (n,)."""
    loss = draw(st.sampled_from(list(LOSSES)))
    columns = draw(st.integers(2, 5)) if loss == "categorical_crossentropy" else 1
    score, n = st.floats(-15, 15, width=32), draw(st.integers(1, 6))
    rows = draw(
        st.lists(st.lists(score, min_size=columns, max_size=columns), min_size=n, max_size=n)
    )
    label = st.integers(0, max(1, columns - 1)) if "cross" in loss else score
    y = np.array(draw(st.lists(label, min_size=n, max_size=n)))
    return loss, np.array(rows, draw(st.sampled_from([np.float32, np.float64]))), y


@given(scored())
def test_a_loss_and_a_metric_are_the_means_of_their_definition(case):
    loss, scores, y = case
    rows, n = list(zip(scores.tolist(), y.tolist(), strict=True)), len(y)
    mean = fsum(loss_of(loss, *row) for row in rows) / n
    assert loss_value(loss, scores, y) == pytest.approx(mean, rel=1e-9, abs=1e-9)
    share = fsum(metric_of(loss, *row) for row in rows) / n
    assert metric_value(loss, scores, y) == pytest.approx(share, rel=1e-12)


@given(scored())
def test_a_link_gives_the_probabilities_of_the_definition_in_the_width_of_the_scores(case):
    loss, scores, _ = case
    expected = [probabilities(loss, row) for row in scores.tolist()]
    linked = link(loss, scores)
    assert linked.dtype == scores.dtype
    np.testing.assert_allclose(linked, expected, rtol=1e-5 if linked.itemsize == 4 else 1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_an_evaluation_is_the_loss_and_the_metric_by_name(loss):
    problem, rng = LOSSES[loss], np.random.default_rng(0)
    scores, y = rng.normal(size=(9, problem.outputs)), rng.integers(0, 2, 9)
    assert evaluate(problem, scores, y) == {
        "loss": loss_value(loss, scores, y),
        "mae" if loss == "mean_squared_error" else "accuracy": metric_value(loss, scores, y),
    }


def test_losses_at_scores_where_float32_probabilities_are_exactly_one():
    s = np.array([[60.0, 0.0], [0.0, 60.0]], np.float32)
    assert loss_value("categorical_crossentropy", s, np.array([1, 1])) == pytest.approx(30)
    s = np.array([[60.0], [-60.0]], np.float32)
    assert loss_value("binary_crossentropy", s, np.array([0, 0])) == pytest.approx(30)
    s = np.array([[800.0], [-800.0]])  # exp(800) overflows in float64
    assert loss_value("binary_crossentropy", s, np.array([0, 1])) == 800


def test_metrics_on_the_edge_of_a_threshold_and_of_float32():
    # Keras's `binary_accuracy` asks for more than its threshold
    s, y = np.array([[0.0], [1e-9], [-1e-9]]), np.array([0, 1, 0])
    assert metric_value("binary_crossentropy", s, y) == 1
    s, y = np.array([[1e4], [0.1]], np.float32), np.array([1e4 + 1e-3, 0.0])
    wide = s.astype(np.float64)
    for value in (loss_value, metric_value):
        assert value("mean_squared_error", s, y) == value("mean_squared_error", wide, y)


SHAPES = [
    ("mean_squared_error", (3, 1), (3, 1)),  # the broadcast of (n, 1) and (n,) to (n, n)
    ("mean_squared_error", (3,), (3,)),
    ("binary_crossentropy", (3, 2), (3,)),
    ("binary_crossentropy", (3, 1), (4,)),
    ("categorical_crossentropy", (3,), (3,)),
    ("categorical_crossentropy", (3, 2), (3, 2)),  # one-hot
    ("categorical_crossentropy", (3, 2, 1), (3,)),
    ("categorical_crossentropy", (0, 2), (0,)),
]


@pytest.mark.parametrize(("loss", "scores", "y"), SHAPES)
@pytest.mark.parametrize("value", [loss_value, metric_value])
def test_what_would_broadcast_or_has_no_rows_is_refused(value, loss, scores, y):
    with pytest.raises(ValueError) as refused:
        value(loss, np.zeros(scores), np.zeros(y, int))
    assert str(refused.value) == (
        f"{loss} needs scores of shape (n, outputs) and y of shape (n,) with n >= 1, "
        f"got {scores} and {y}"
    )


def test_link_does_not_overflow():
    p = link("categorical_crossentropy", np.array([[1000.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(p, [[1, 0], [0.5, 0.5]])
    p = link("binary_crossentropy", np.array([[-1000.0], [0.0], [1000.0]]))
    np.testing.assert_allclose(p[:, 0], [0, 0.5, 1])
