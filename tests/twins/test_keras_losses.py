"""Losses and steps of a Keras model behind the probe's interface."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twins.opened import rows_of, stack


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def huber(e, delta):
    return np.where(np.abs(e) <= delta, e**2 / 2, delta * (np.abs(e) - delta / 2))


CLASSES = np.array([0, 2, 1, 2])
ONE_HOT = np.eye(3)[CLASSES]
LOSSES = {
    "mean_squared_error": (lambda y, t: ((y - t) ** 2).mean(), {}),
    "mean_absolute_error": (lambda y, t: np.abs(y - t).mean(), {}),
    "huber": (lambda y, t: huber(y - t, 0.5).mean(), {"delta": 0.5}),
    "log_cosh": (lambda y, t: np.log(np.cosh(y - t)).mean(), {}),
    "hinge": (lambda y, t: np.maximum(1 - t * y, 0).mean(), {}),
    "squared_hinge": (lambda y, t: (np.maximum(1 - t * y, 0) ** 2).mean(), {}),
    "poisson": (lambda y, t: (y - t * np.log(y + 1e-7)).mean(), {}),
    "cosine_similarity": (
        lambda y, t: -((y * t).sum(-1) / np.linalg.norm(y, axis=-1) / np.linalg.norm(t, axis=-1)),
        {},
    ),
    "kl_divergence": (lambda y, t: (t * np.log(t / y)).sum(-1).mean(), {}),
    "binary_crossentropy": (lambda y, t: (np.log1p(np.exp(y)) - t * y).mean(), {}),
    "projection": (lambda y, t: (y * t).sum() / len(y), {}),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_that_of_its_formula(keras_probe, name):
    formula, options = LOSSES[name]
    last = "softmax" if name == "kl_divergence" else "softplus"
    body = stack(f"layers.Dense(3, activation='{last}')")
    net = keras_probe(body, (2,), loss=name, loss_options=options, dtype="float64")
    rows = rows_of((2,))
    y = net.outputs(rows)["output"]
    t = {
        "hinge": np.sign(rows_of((3,), seed=1)[0]),
        "squared_hinge": np.sign(rows_of((3,), seed=1)[0]),
        "kl_divergence": np.full((4, 3), 0.3),
    }.get(name, np.abs(rows_of((3,), seed=1)[0]))
    loss = net.gradients(rows, [t])["loss"]
    # Keras has float32 constants in a few: the logarithm of 2, its epsilon
    rounded = name in ("log_cosh", "poisson")
    assert loss == pytest.approx(np.mean(formula(y, t)), rel=1e-6 if rounded else 1e-9)


@pytest.mark.parametrize("targets", [CLASSES, ONE_HOT], ids=["classes", "one hot"])
@pytest.mark.parametrize(
    ("options", "smoothed", "weights"),
    [
        ({}, ONE_HOT, [1, 1, 1]),
        ({"label_smoothing": 0.3}, 0.7 * ONE_HOT + 0.1, [1, 1, 1]),
        ({"class_weight": [1.0, 2.0, 5.0]}, ONE_HOT, [1, 2, 5]),
    ],
    ids=["plain", "smoothed", "weighted"],
)
def test_categorical_crossentropy_and_its_options(keras_probe, targets, options, smoothed, weights):
    body = stack("layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1), name='d')")
    name = "categorical_crossentropy"
    net = keras_probe(body, (2,), loss=name, loss_options=options, dtype="float64")
    rows = rows_of((2,))
    each = -(smoothed * log_softmax(net.outputs(rows)["output"])).sum(-1)
    penalty = 0.1 * (net.values()["d/kernel"] ** 2).sum()
    expected = (each * np.array(weights)[CLASSES]).mean() + penalty
    # the factor of a regulariser is float32 in TensorFlow
    assert net.gradients(rows, [targets])["loss"] == pytest.approx(expected, rel=1e-8)


def test_a_step_is_the_optimisers(keras_probe):
    more = """
def make():
    import keras
    return keras.optimizers.AdamW(0.01, weight_decay=0.1)
OPTIMIZER = {"keras": make}
"""
    net = keras_probe(stack("layers.Dense(3, name='d')"), (2,), more=more, dtype="float64")
    rows, targets = rows_of((2,)), rows_of((3,), seed=1)
    before, gradients = net.values()["d/kernel"], net.gradients(rows, targets)["weight/d/kernel"]
    assert net.optimizer_slots() == {}
    after, slots = net.step(rows, targets), net.optimizer_slots()
    expected = before * (1 - 0.001) - 0.01 * gradients / (np.abs(gradients) + 1e-7 / 0.001**0.5)
    np.testing.assert_allclose(after["d/kernel"], expected, atol=1e-7)
    np.testing.assert_allclose(slots["slot/first/d/kernel"], 0.1 * gradients, rtol=1e-6)
    np.testing.assert_allclose(slots["slot/second/d/kernel"], 0.001 * gradients**2, rtol=1e-5)
    settings = net.optimizer_settings()
    assert settings["class"] == "AdamW" and settings["weight_decay"] == 0.1
    assert net.loss_alone(*targets, *targets) == pytest.approx(np.sum(targets[0] ** 2) / 4)
    plain = keras_probe(stack("layers.BatchNormalization(name='n')"), (2,))
    moving = plain.values()["n/moving_mean"]
    plain.gradients(rows, [rows[0]])
    np.testing.assert_array_equal(plain.values()["n/moving_mean"], moving)
    assert np.any(plain.step(rows, [rows[0]])["n/moving_mean"] != moving)
