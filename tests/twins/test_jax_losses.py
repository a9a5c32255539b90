"""Losses and steps of a JAX model behind the probe's interface."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.twins.opened import rows_of

ADAM = """\
def adam():
    import optax

    return optax.adam(0.01)

OPTIMIZER = {"jax": adam}
"""


def test_a_step_moves_running_statistics_as_keras_does_and_shows_its_slots(jax_probe):
    probe = jax_probe(
        "self.norm = nnx.BatchNorm(5, momentum=0.8, rngs=rngs)",
        "return self.norm(x)",
        dtype="float64",
        more=ADAM,
    )
    rows, targets = rows_of((5,)), rows_of((5,), seed=1)
    before = probe.values()
    graded = probe.gradients(rows, targets)
    assert probe.optimizer_slots() == {}
    after, slots = probe.step(rows, targets), probe.optimizer_slots()
    assert after["loss"] == pytest.approx(graded["loss"])
    np.testing.assert_allclose(after["norm/moving_mean"], 0.2 * rows[0].mean(0))
    np.testing.assert_allclose(after["norm/moving_variance"], 0.8 + 0.2 * rows[0].var(0))
    gradient = graded["weight/norm/gamma"]
    np.testing.assert_allclose(slots["slot/first/norm/gamma"], 0.1 * gradient)
    np.testing.assert_allclose(slots["slot/second/norm/gamma"], 0.001 * gradient**2)
    moved = before["norm/gamma"] - after["norm/gamma"]
    np.testing.assert_allclose(moved, 0.01 * np.sign(gradient), rtol=1e-5)


def test_without_an_optimizer_it_is_the_rmsprop_of_matched(jax_probe):
    probe = jax_probe(
        "self.d = nnx.Linear(5, 2, rngs=rngs)",
        "return self.d(x)",
        dtype="float64",
        learning_rate=0.1,
    )
    rows, targets = rows_of((5,)), rows_of((2,), seed=1)
    assert probe.optimizer_settings() == {}
    alone = probe.loss_alone(*targets, *targets)
    assert alone == pytest.approx(np.sum(targets[0] ** 2) / 4)
    before, graded = probe.values(), probe.gradients(rows, targets)
    after, gradient = probe.step(rows, targets), graded["weight/d/kernel"]
    square = 0.1 * gradient**2
    np.testing.assert_allclose(probe.optimizer_slots()["slot/second/d/kernel"], square)
    moved = before["d/kernel"] - after["d/kernel"]
    np.testing.assert_allclose(moved, 0.1 * gradient / np.sqrt(square + 1e-7))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def huber(x, y, delta=1.0):
    e = np.abs(x - y)
    return np.where(e <= delta, e * e / 2, delta * e - delta**2 / 2).mean()


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


CLASSES = np.array([0, 2, 1, 2])
REAL = np.random.default_rng(5).uniform(0.1, 0.9, (4, 3))
BITS = np.array([[0.0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]])
FORMULAS: dict[str, Any] = {
    "projection": (REAL, {}, lambda x, y: (x * y).sum() / 4),
    "categorical_crossentropy": (
        CLASSES,
        {},
        lambda x, y: -np.log(softmax(x))[range(4), y].mean(),
    ),
    "categorical_crossentropy, smooth": (
        CLASSES,
        {"label_smoothing": 0.3},
        lambda x, y: -(np.log(softmax(x)) * (np.eye(3)[y] * 0.7 + 0.1)).sum(1).mean(),
    ),
    "categorical_crossentropy, weighted": (
        CLASSES,
        {"class_weight": (1.0, 2.0, 3.0)},
        lambda x, y: -(np.log(softmax(x))[range(4), y] * np.array([1.0, 2, 3])[y]).mean(),
    ),
    "binary_crossentropy": (
        BITS,
        {},
        lambda x, y: (np.log1p(np.exp(x)) - x * y).mean(),
    ),
    "mean_squared_error": (REAL, {}, lambda x, y: ((x - y) ** 2).mean()),
    "mean_absolute_error": (REAL, {}, lambda x, y: np.abs(x - y).mean()),
    "huber": (REAL, {"delta": 0.5}, lambda x, y: huber(x, y, 0.5)),
    "log_cosh": (REAL, {}, lambda x, y: np.log(np.cosh(x - y)).mean()),
    "hinge": (BITS, {}, lambda x, y: np.maximum(1 - (2 * y - 1) * x, 0).mean()),
    "squared_hinge": (BITS, {}, lambda x, y: (np.maximum(1 - (2 * y - 1) * x, 0) ** 2).mean()),
    "cosine_similarity": (
        REAL,
        {},
        lambda x, y: -(unit(x) * unit(y)).sum(1).mean(),
    ),
    "kl_divergence": (
        REAL,
        {},
        lambda x, y: (y * np.log(y / np.clip(x, 1e-7, 1))).sum(1).mean(),
    ),
    "poisson": (REAL, {}, lambda x, y: (x - y * np.log(x + 1e-7)).mean()),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_loss_is_keras_formula(jax_probe, name):
    targets, options, formula = FORMULAS[name]
    positive = name in ("kl_divergence", "poisson")
    probe = jax_probe(
        "pass",
        "return jnp.abs(x) + 0.1" if positive else "return x + 0.0",
        shapes=((3,),),
        dtype="float64",
        loss=name.partition(",")[0],
        loss_options=options,
    )
    rows = rows_of((3,))
    outputs = probe.outputs(rows)["output"]
    found = probe.gradients(rows, [targets])["loss"]
    assert found == pytest.approx(formula(outputs, targets), rel=1e-9)


def test_probabilities_take_the_logarithm_alone(jax_probe):
    rows = rows_of((3,))
    losses = [
        jax_probe(
            "pass",
            call,
            shapes=((3,),),
            dtype="float64",
            loss_on=on,
            loss="categorical_crossentropy",
        ).gradients(rows, [CLASSES])["loss"]
        for call, on in (("return x", "logits"), ("return nnx.softmax(x)", "probabilities"))
    ]
    assert losses[0] == pytest.approx(losses[1])


def test_ctc_is_the_sum_over_all_alignments(jax_probe):
    probe = jax_probe("pass", "return x", shapes=((3, 3),), dtype="float64", loss="ctc")
    (x,) = rows_of((3, 3), n=2)
    p = softmax(x)
    # of the label 1 in three steps: every run of ones, the blank 0 before and after it
    ways = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    chances = [sum(np.prod(row[range(3), list(way)]) for way in ways) for row in p]
    found = probe.gradients([x], [np.array([[1, 0], [1, 0]])])["loss"]
    assert found == pytest.approx(-np.log(chances).mean(), rel=1e-6)
