"""What docs/differences says of optimisers, losses, batches and orders: rows 1 to 11."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from common.framework import framework, frameworks
from tests.conftest import error
from tests.implementations.differing import PAIR

GAP = 60.0  # a logit whose sigmoid is exactly 1 in float32


# 1 to 3, optimisers


def path(name: str, rule: str, settings: dict, gradients: np.ndarray, rates: list) -> np.ndarray:
    """Where weights that start at 0 are after each step of the rule, at the rate of that step."""
    return {"keras": _keras_path, "torch": _torch_path}[name](rule, settings, gradients, rates)


def _keras_path(rule: str, settings: dict, gradients: np.ndarray, rates: list) -> np.ndarray:
    import keras

    weights, places = keras.Variable(0 * gradients[0]), []
    optimizer = getattr(keras.optimizers, rule)(**settings)
    for g, rate in zip(gradients, rates, strict=True):
        if rate is not None:
            optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(g)], [weights])
        places.append(np.array(keras.ops.convert_to_numpy(weights)))
    return np.array(places)


def _torch_path(rule: str, settings: dict, gradients: np.ndarray, rates: list) -> np.ndarray:
    import torch

    weights, places = torch.from_numpy(0 * gradients[0]).requires_grad_(), []
    optimizer = getattr(torch.optim, rule)([weights], **settings)
    for g, rate in zip(gradients, rates, strict=True):
        if rate is not None:
            optimizer.param_groups[0]["lr"] = rate
        weights.grad = torch.from_numpy(g)
        optimizer.step()
        places.append(weights.detach().numpy().copy())
    return np.array(places)


def rmsprop(gradients, rate, rho, epsilon, inside):
    """The path by the rule on the page."""
    v, w, places = 0.0, 0.0, []
    for g in gradients.astype(np.float64):
        v = rho * v + (1 - rho) * g**2
        w = w - rate * g / (np.sqrt(v + epsilon) if inside else np.sqrt(v) + epsilon)
        places.append(w)
    return np.array(places)


def adam(gradients, epsilon, before):
    """The path by the rule on the page; epsilon before the bias correction or after."""
    m, v, w, places = 0.0, 0.0, 0.0, []
    for t, g in enumerate(gradients.astype(np.float64), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        root = np.sqrt(1 - 0.999**t)
        divisor = (np.sqrt(v) + epsilon) / root if before else np.sqrt(v) / root + epsilon
        w = w - 1e-3 * m / (1 - 0.9**t) / divisor
        places.append(w)
    return np.array(places)


RULES = {
    ("keras", "RMSprop"): lambda g: rmsprop(g, 1e-3, 0.9, 1e-7, inside=True),
    ("torch", "RMSprop"): lambda g: rmsprop(g, 1e-2, 0.99, 1e-8, inside=False),
    ("keras", "Adam"): lambda g: adam(g, 1e-7, before=True),
    ("torch", "Adam"): lambda g: adam(g, 1e-8, before=False),
}


@pytest.mark.parametrize("rule", ["RMSprop", "Adam"])
def test_a_rule_takes_the_steps_that_its_page_says(call, either, rule):
    """At every default, for gradients above and below each epsilon."""
    sizes = np.logspace(-9, 1, 21)
    gradients = (np.random.default_rng(0).normal(size=(10, 21)) * sizes).astype(np.float32)
    places = call(either, path, either, rule, {}, gradients, [None] * 10)
    paths = {name: RULES[name, rule](gradients) for name in PAIR}
    errors = {name: error(places, paths[name]) for name in PAIR}
    # Keras takes 1 - 0.999 in float32; the other's path is far enough away to be noticed
    assert errors.pop(either) < 1e-4 and min(errors.values()) > 0.1


@pytest.mark.parametrize("rule", ["SGD", "RMSprop"])
def test_momentum_keeps_the_old_rate_or_takes_the_new_one(call, either, rule):
    """SGD with gradients of 1; RMSprop with no memory of squares, which makes 1 of any gradient."""
    rates = [0.1] * 10 + [0.01] * 10
    settings = {"momentum": 0.9}
    if rule == "RMSprop":
        settings |= {"keras": {"rho": 0.0}, "torch": {"alpha": 0.0}}[either]
    places = call(either, path, either, rule, settings, np.ones((20, 1), np.float32), rates)[:, 0]
    steps: dict[str, list[float]] = {"keras": [], "torch": []}
    with_rate = without = 0.0
    for rate in rates:
        with_rate, without = 0.9 * with_rate + rate, 0.9 * without + 1
        steps["keras"].append(with_rate)
        steps["torch"].append(rate * without)
    np.testing.assert_allclose(places, -np.cumsum(steps[either]), rtol=1e-5)
    np.testing.assert_allclose(steps["keras"][:10], steps["torch"][:10])
    assert steps["keras"][10] > 5 * steps["torch"][10]


# 5, kernel layout


def kernel_shape(name: str, fan_in: int, fan_out: int) -> tuple[int, ...]:
    if name == "keras":
        import keras

        layer = keras.layers.Dense(fan_out)
        layer.build((None, fan_in))
        return tuple(layer.kernel.shape)
    import torch

    return tuple(torch.nn.Linear(fan_in, fan_out).weight.shape)


def test_a_dense_kernel_lies_as_its_page_says(call, either):
    assert call(either, kernel_shape, either, 2, 3) == {"keras": (2, 3), "torch": (3, 2)}[either]


# 6, cross-entropy


def entropies(name: str, logit: float, label: float) -> dict[str, float]:
    """The binary cross-entropy of one row in each of its forms."""
    if name == "keras":
        import keras

        y, s = np.full((1, 1), label, "float32"), keras.ops.full((1, 1), logit)
        loss = keras.losses.BinaryCrossentropy
        losses = {
            "logits": loss(from_logits=True)(y, s),
            "probabilities": loss()(y, keras.activations.sigmoid(s)),
            "hidden": loss()(y, keras.activations.sigmoid(s) * 1.0),
        }
        return {form: float(value) for form, value in losses.items()}
    import torch

    y, s = torch.full((1, 1), label), torch.full((1, 1), logit)
    return {
        "logits": torch.nn.BCEWithLogitsLoss()(s, y).item(),
        "probabilities": torch.nn.BCELoss()(s.sigmoid(), y).item(),
    }


def test_cross_entropy_at_a_logit_of_60(call, either):
    """A wrong row on either side, where its probability is rounded to 1 or is close to 0."""
    rounded, small = (call(either, entropies, either, s, y) for s, y in ((GAP, 0.0), (-GAP, 1.0)))
    assert rounded["logits"] == small["logits"] == pytest.approx(GAP)
    if either == "keras":
        assert rounded["probabilities"] == small["probabilities"] == pytest.approx(GAP)
        assert rounded["hidden"] == pytest.approx(15.94, abs=0.01)
        assert small["hidden"] == pytest.approx(16.12, abs=0.01)
    else:
        assert rounded["probabilities"] == 100
        assert small["probabilities"] == pytest.approx(GAP)


# 7, target shape


def flat_targets(name: str) -> dict[str, Any]:
    """Each loss of (3, 1) predictions that are all right, against targets of shape (3,)."""
    p, y = np.array([[0.25], [0.5], [0.75]], np.float32), np.array([0.25, 0.5, 0.75], np.float32)
    if name == "keras":
        import keras

        kinds = (keras.losses.MeanSquaredError, keras.losses.MeanAbsoluteError)
        return {kind.__name__: _outcome(kind(), y, p) for kind in kinds}
    import torch
    from torch import nn

    tensors = torch.from_numpy(p), torch.from_numpy(y)
    losses = (nn.MSELoss, nn.L1Loss, nn.BCELoss, nn.BCEWithLogitsLoss)
    return {kind.__name__: _outcome(kind(), *tensors) for kind in losses}


def _outcome(loss: Any, *arrays: Any) -> tuple[Any, bool]:
    """The loss, or that it was refused, and whether there was a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value: Any = float(loss(*arrays))
        except ValueError:
            value = "refused"
    return value, bool(caught)


def test_targets_without_their_axis(call, either):
    losses = call(either, flat_targets, either)
    if either == "keras":
        assert set(losses.values()) == {(0.0, False)}
    else:
        every_pair = [abs(a - b) for a in (0, 0.25, 0.5) for b in (0, 0.25, 0.5)]
        assert losses["MSELoss"] == (pytest.approx(np.mean(np.square(every_pair))), True)
        assert losses["L1Loss"] == (pytest.approx(np.mean(every_pair)), True)
        assert losses["BCELoss"] == losses["BCEWithLogitsLoss"] == ("refused", False)


# 8, the last batch


def ten_rows(name: str) -> tuple[float, int]:
    """The loss of an epoch over ten rows in batches of four, and its steps.

    As `fit` reports it, or as a mean of batch means. The last two rows have a loss of 100, the
    others of 0.
    """
    x, y = np.zeros((10, 1), np.float32), np.repeat([0, 10], [8, 2]).astype(np.float32)[:, None]
    if name == "keras":
        import keras

        net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        net.compile(keras.optimizers.SGD(0.0), "mse")
        history = net.fit(x, y, batch_size=4, shuffle=False, verbose=0).history
        return history["loss"][0], int(net.optimizer.iterations.numpy())
    import torch

    rows = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    losses = [(yb**2).mean().item() for _, yb in torch.utils.data.DataLoader(rows, batch_size=4)]
    return sum(losses) / len(losses), len(losses)


def test_the_last_batch_is_kept_and_weighs_its_rows(call, either):
    """Keras weighs it by its rows; a mean of batch means does not."""
    loss, steps = call(either, ten_rows, either)
    assert steps == 3
    assert loss == pytest.approx({"keras": 20, "torch": 100 / 3}[either])


# 10, shuffle


def orders(name: str, rows: int, epochs: int) -> np.ndarray:
    """The rows in the order of each epoch of two native fits with a seed set, (2 epochs, rows)."""
    numbers = np.arange(rows, dtype=np.float32)[:, None]
    if name.startswith("keras"):
        import keras

        keras.utils.set_random_seed(0)
        row = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
        net = keras.Sequential([keras.Input((1,)), row])
        net.compile(keras.optimizers.SGD(0.0), "mae")  # a row's loss is its number
        sums: list[float] = []
        spy = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: sums.append(float(logs["loss"]) * (batch + 1))
        )
        for _ in range(2):
            net.fit(numbers, 0 * numbers, batch_size=1, epochs=epochs, callbacks=[spy], verbose=0)
        return np.rint(np.diff(np.reshape(sums, (2 * epochs, rows)), prepend=0)).astype(int)
    import torch

    torch.manual_seed(0)
    rows_in_turn: Any = torch.from_numpy(numbers)
    loader: Any = torch.utils.data.DataLoader(rows_in_turn, shuffle=True)
    return np.array([[int(row) for row in loader] for _ in range(2 * epochs)])


@pytest.mark.parametrize("name", [n for n in frameworks() if n.startswith(PAIR)])
def test_the_order_of_a_native_fit_is_that_of_the_manifest(call, name):
    orders_found = call(name, orders, name, 20, 2)
    assert [sorted(epoch) for epoch in orders_found.tolist()] == [list(range(20))] * 4
    expected = {"repeated": 1, "reshuffled": 4}[framework(name).native["order"]]
    assert len(np.unique(orders_found, axis=0)) == expected


# 11, float width


def layer_of_float64(name: str) -> str:
    """The type that a layer gives for a float64 input, or that it refuses it."""
    x = np.ones((2, 3))
    if name == "keras":
        import keras

        return str(keras.layers.Dense(1)(x).dtype.name)
    import torch

    try:
        return str(torch.nn.Linear(3, 1)(torch.from_numpy(x)).dtype)
    except RuntimeError as refusal:
        assert "dtype" in str(refusal)
        return "refused"


def test_float64_is_cast_or_refused(call, either):
    dtype = call(either, layer_of_float64, either)
    assert dtype == {"keras": "float32", "torch": "refused"}[either]
