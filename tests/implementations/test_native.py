"""What each framework does by itself: its manifest's `native` switches are its real defaults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.harness.process import Child
from common.framework import framework
from common.initial import KERNELS, initial_weights
from common.problem import PROBLEMS, Layer
from common.regime import MATCHED, NATIVE, TUNED
from tests.conftest import RemoteTask, error, installed, make_rows


def native_rows(name: str, n: int = 70):
    """Random rows of a problem's full width; digits as the 8-bit images they come from."""
    problem = PROBLEMS[name].but(hidden=(8,), batch_size=16)
    x, y = make_rows(problem, n)
    if name == "mnist":
        rng = np.random.default_rng(0)
        x = rng.integers(0, 256, (n, 784)).astype(np.float32) / np.float32(255)
    return problem, x, y


def test_the_manifest_names_the_optimisers_own_defaults(child):
    found = child.call("tests.defaults:rmsprop", child.name)
    native = framework(child.name).native
    assert found == {name: native[name] for name in ("rho", "epsilon", "epsilon_inside_root")}


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_the_manifest_names_the_layers_own_initialisation(child, name):
    problem = PROBLEMS[name]
    weights = RemoteTask(child, problem, regime=NATIVE, seed=1).get_weights()
    native = framework(child.name).native
    for layer in problem.layers:
        by_fan_in = layer.fan_in**-0.5
        limit, deviation = spread(native["kernels"], layer)
        kernel, bias = weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]
        assert np.abs(kernel).max() <= limit * (1 + 1e-6)
        assert kernel.std() == pytest.approx(deviation, rel=0.25)
        if native["biases"] == "zeros":
            assert not bias.any()
        else:
            assert 0 < np.abs(bias).max() <= by_fan_in


def spread(kernels: str, layer: Layer) -> tuple[float, float]:
    """The largest value that a kernel can have by the rule, and its standard deviation."""
    if kernels == "lecun_normal":  # cut at two standard deviations, of which 0.88 are left
        return 2 / 0.8796 * layer.fan_in**-0.5, layer.fan_in**-0.5
    by_both = (6 / (layer.fan_in + layer.fan_out)) ** 0.5
    limit = {"fan_in_uniform": layer.fan_in**-0.5, "glorot_uniform": by_both}[kernels]
    return limit, limit / 3**0.5


@pytest.mark.parametrize("kernels", KERNELS)
def test_shared_kernels_are_spread_as_the_frameworks_own(kernels):
    problem = PROBLEMS["reuters"].but(features=1000)
    weights = initial_weights(problem, 0, replace(MATCHED, kernels=kernels))
    for layer in problem.layers:
        limit, deviation = spread(kernels, layer)
        kernel = weights[f"{layer.name}/kernel"]
        assert 0.95 * limit < np.abs(kernel).max() <= limit * (1 + 1e-6)
        assert kernel.std() == pytest.approx(deviation, rel=0.05)
        assert abs(kernel.mean()) < 0.1 * deviation


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_the_same_seed_trains_to_the_same_bits(child, name):
    problem, x, y = native_rows(name)
    states = []
    for seed in (7, 7, 8):
        task = RemoteTask(child, problem, regime=NATIVE, seed=seed)
        history = task.fit(x, y, epochs=2, validation=(x, y))
        assert {len(values) for values in history.values()} == {2}
        states.append(task.get_state())
    for key, value in states[0].items():
        np.testing.assert_array_equal(states[1][key], value)
    assert error(states[2]["output/kernel"], states[0]["output/kernel"]) > 0.01


@pytest.mark.parametrize("name", ["mnist", "reuters"])
def test_one_hot_labels_train_to_the_same(child, name):
    problem, x, y = native_rows(name)
    weights = []
    for labels in ("integer", "one_hot"):
        task = RemoteTask(child, problem.but(labels=labels), regime=NATIVE, seed=7)
        task.fit(x, y, epochs=2)
        weights.append(task.get_weights())
    for key in weights[0]:
        assert error(weights[1][key], weights[0][key]) <= 1e-5, key


def test_an_epoch_visits_every_row_once(child):
    """The loss of the first epoch, at a learning rate of nearly 0, is the loss of all rows."""
    problem = PROBLEMS["boston"].but(learning_rate=1e-12, batch_size=16)
    x, y = make_rows(problem, 70)
    task = RemoteTask(child, problem, regime=NATIVE)
    expected = task.evaluate(x, y)
    history = task.fit(x, y, epochs=2)
    for name in ("loss", "mae"):
        assert error(history[name], [expected[name]] * 2) <= 1e-5


def test_torchvisions_digits_equal_the_common_rows(child: Child):
    if "torchvision" not in framework(child.name).requires:
        pytest.skip("this framework does not read through torchvision")
    problem, x, y = native_rows("mnist", 300)
    found_x, found_y = child.call("tests.defaults:digits", problem, x, y)
    np.testing.assert_array_equal(found_x, x)
    np.testing.assert_array_equal(found_y, y)


def test_the_class_itself_refuses_a_regime_that_its_backend_lacks():
    with (
        Child(installed("keras:torch"), threads=1) as child,
        pytest.raises(NotImplementedError, match="keras:torch has no tuned; these have it: keras"),
    ):
        RemoteTask(child, PROBLEMS["boston"], regime=TUNED)
