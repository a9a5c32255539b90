"""Ways back that are not the slope of the loss."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes import gradients
from tests.twins.causes.trained import scene_of


class Model:
    """y = b tanh(a x) by weights "a/kernel" and "b/kernel"; the way back to `a` is `back` times."""

    framework = "numpy"

    def __init__(self, back=1.0):
        self.back = back
        self.first = {"a/kernel": np.array([[0.3, -0.7]]), "b/kernel": np.array([[1.1], [0.4]])}
        self.values = dict(self.first)

    def ask64(self, method, *args):
        return getattr(self, f"_{method}")(*args)

    def _values(self):
        return dict(self.values)

    def _assign(self, values):
        self.values |= values

    def _gradients(self, rows, targets):
        a, b = self.values["a/kernel"], self.values["b/kernel"]
        hidden = np.tanh(rows[0] @ a)
        error = hidden @ b - targets[0]
        behind = 2 * error @ b.T * (1 - hidden**2) / error.size
        return {
            "loss": np.mean(error**2),
            "weight/a/kernel": self.back * rows[0].T @ behind,
            "weight/b/kernel": 2 * hidden.T @ error / error.size,
        }


@pytest.fixture
def unrenamed(monkeypatch):
    monkeypatch.setattr(gradients, "renamed", lambda trace, matching: trace)


@pytest.mark.parametrize(
    "backs, entry, where",
    [
        ((1, 0), "detached", "torch"),
        ((0, 1), "detached", "keras"),
        ((1, -0.5), "own_gradient", "torch"),
    ],
)
def test_differences_of_the_loss_say_whose_way_back_is_wrong(unrenamed, backs, entry, where):
    models = [Model(back) for back in backs]
    scene = scene_of(models, [("gradients", "a/kernel")])
    (cause,) = gradients.FINDER.find(scene)
    assert cause.entry == entry and cause.proved and cause.after < 1e-4 < cause.before
    assert f"in {where}: it is not the slope" in cause.difference and cause.places == ("a",)
    assert all(
        np.array_equal(model.values[k], v) for model in models for k, v in model.first.items()
    )


def test_two_ways_back_that_are_both_wrong_have_no_cause(unrenamed):
    scene = scene_of([Model(0.5), Model(2.0)], [("gradients", "a/kernel")])
    assert not list(gradients.FINDER.find(scene))


def test_gradients_that_agree_are_not_asked_for_they_are_forgotten(monkeypatch):
    def forgotten(trace, matching):
        raise ValueError("cannot reshape array of size 1")

    monkeypatch.setattr(gradients, "renamed", forgotten)
    scene = scene_of([Model(), Model()], [("step 1", "norm/moving_mean")])
    assert list(gradients.FINDER.find(scene)) == []
