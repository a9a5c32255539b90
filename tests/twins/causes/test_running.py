"""Running statistics, and the share of them that is kept."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.twins.causes import running
from tests.twins.causes.trained import scene_of


class Normalised:
    """A batch normalisation in training, of whose variance `correction` is taken off n."""

    framework = "numpy"

    def __init__(self, share, correction=0):
        self.share, self.correction = share, correction
        self.first = {
            "bn/moving_mean": np.array([0.2, 0.5]),
            "bn/moving_variance": np.array([1.0, 2]),
        }
        self.values = dict(self.first)

    def ask64(self, method, *args):
        if method == "values":
            return dict(self.values)
        if method == "assign":
            return self.values.update(args[0])
        x = args[0][0] * [1.0, -2.0]
        batch = x.mean(axis=0), x.var(axis=0, ddof=self.correction)
        for (name, old), new in zip(list(self.values.items()), batch, strict=True):
            self.values[name] = self.share * old + (1 - self.share) * new
        return {"loss": np.array(1.0), **self.values}


@pytest.mark.parametrize(
    "one, other, entries",
    [
        ((0.99,), (0.9,), ["momentum"]),
        ((0.99,), (0.01,), ["momentum"]),
        ((0.9, 0), (0.9, 1), ["biased_variance"]),
        ((0.9, 1), (0.9, 0), ["biased_variance"]),
        ((1.0,), (0.9,), ["momentum"]),
        ((0.9,), (0.9,), []),
    ],
)
def test_the_share_that_is_kept_is_solved_for(one, other, entries):
    weights = {"moving_mean": (2,), "moving_variance": (2,)}
    unit = SimpleNamespace(name="bn", layer="bn", weights=weights)
    links = [SimpleNamespace(one=role, other=role) for role in weights]
    pair = SimpleNamespace(one=unit, other=unit, links=links, name="bn")
    rungs = [("step 1", "bn/moving_mean")]
    scene = scene_of([Normalised(*one), Normalised(*other)], rungs, [pair])
    causes = list(running.FINDER.find(scene))
    assert [cause.entry for cause in causes] == entries
    assert all(cause.proved and cause.after < 1e-9 for cause in causes)
    if entries == ["momentum"]:
        assert f"keeps {one[0]:g}" in causes[0].difference.replace("1.0", "1")
