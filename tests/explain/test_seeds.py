"""What a side draws by seed: its function is given the run's, and what it draws alone is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.explain.twins.runs import TwinWalked
from benchmarks.explain.twins.starts import of_starts
from benchmarks.harness.process import Child
from benchmarks.twins.match import match
from common.regime import NATIVE
from common.twins.probe import Unit
from common.twins.problem import Model, read_twins
from common.twins.user_file import model_of
from tests.conftest import installed

UNITS = [Unit("d", "dense", {"kernel": (16, 8), "bias": (8,)})]
FILE = """
LOSS, INPUT = "mean_squared_error", (6,)


def keras_model({given}):
    import keras
    from keras import layers

    start = keras.initializers.GlorotUniform({seed})
    return keras.Sequential([keras.Input(INPUT), layers.Dense(3, kernel_initializer=start)])


def torch_model({given}):
    import torch

    torch.manual_seed({seed})
    return torch.nn.Linear(6, 3)


def jax_model({given}):
    from flax import nnx

    return nnx.Linear(6, 3, rngs=nnx.Rngs({seed}))
"""


def test_a_function_that_takes_the_seed_is_given_it_and_no_other(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def keras_model(a=2): return a\ndef jax_model(*, seed=3): return seed\n")
    assert model_of(str(path), "keras:torch", 7) == 2 and model_of(str(path), "jax", 7) == 7


def draws(seeds):
    kernels = [np.random.default_rng(seed).normal(size=(16, 8)) for seed in seeds]
    return [{"d/kernel": kernel, "d/bias": np.zeros(8)} for kernel in kernels]


def test_a_side_that_draws_the_same_with_every_seed_is_named():
    each, one = draws(range(5)), draws([9] * 5)
    matching = match(UNITS, UNITS, {}, {})
    found, _ = of_starts(matching, (each, one), ("keras", "jax"))
    said = "another draw of jax with each seed"
    assert "jax_model(seed) is given that of the run" in found.skipped[said]
    assert "another draw of keras with each seed" not in found.skipped
    found, _ = of_starts(matching, (one, each), ("keras:jax", "torch"))
    assert "keras_model(seed)" in found.skipped["another draw of keras:jax with each seed"]
    zeros = [{name: 0 * value for name, value in values.items()} for values in one]
    for alike in ((each, draws(range(5, 10))), (each[:1], one[:1]), (zeros, zeros)):
        found, _ = of_starts(matching, alike, ("keras", "torch"))
        assert not [name for name in found.skipped if "another draw" in name]


@pytest.mark.parametrize("name", ["keras", "torch", "jax"])
def test_runs_of_two_seeds_start_apart_where_the_function_takes_the_seed(name, tmp_path):
    with Child(installed(name), threads=1) as child:
        for given, seed, apart in (("seed", "seed", True), ("", "1", False)):
            path = tmp_path / f"mine{apart}.py"
            path.write_text(FILE.format(given=given, seed=seed))
            model = Model(name, "logits", ((0, (3,)),), ())
            twins = replace(read_twins(path), output_shapes=((3,),), models=(model,))
            jobs = [TwinWalked(twins, name, NATIVE, seed=number) for number in (1, 2)]
            target = "benchmarks.explain.twins.runs:initial_values"
            one, other, again = (child.call(target, job) for job in (*jobs, jobs[0]))
            (kernel,) = [key for key in one if key.endswith("kernel")]
            assert (not np.array_equal(one[kernel], other[kernel])) == apart
            assert np.array_equal(one[kernel], again[kernel])
