"""On a CUDA device: the mathematics of the reference, clocks that wait, memory that is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness.process import Child
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import BF16, MATCHED, TUNED
from tests.conftest import RemoteTask, error, make_rows
from tests.implementations.agreeing import assert_rounds

GPUS = ("nvidia*", "dxg")  # device files; where there are none, no framework need be asked
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        sys.platform == "linux" and not any(map(any, map(Path("/dev").glob, GPUS))),
        reason="this machine has no GPU of NVIDIA",
    ),
]
BOUND = 1e-4  # float32 sums of another order; TensorFloat-32 would be off by 1e-3


@pytest.fixture(scope="module")
def cuda(framework_name) -> Iterator[Child]:
    with Child(framework_name, device="cuda", threads=1) as process:
        devices = process.call(
            "benchmarks.harness.worker:facts_of", framework_name, "matched", "auto"
        )
        if not any(device.startswith("cuda") for device in devices["devices"]):
            pytest.skip(f"{framework_name} sees no CUDA device here")
        yield process


@pytest.mark.parametrize("regime", [MATCHED, TUNED], ids=lambda regime: regime.name)
def test_the_ladder_on_the_device(cuda, problem, rows, regime):
    x, y = rows
    task = RemoteTask(cuda, problem, device="cuda", regime=regime, seed=3)
    exact = ReferenceTask(problem, seed=3)
    loss, gradients = task.loss_and_gradients(x, y)
    expected, exact_gradients = exact.loss_and_gradients(x, y)
    assert abs(loss - expected) < BOUND * abs(expected)
    for name, gradient in exact_gradients.items():
        assert error(gradients[name], gradient) < BOUND, name
    order = np.random.default_rng(3).permuted([np.arange(len(y))] * 2, axis=1)
    history = task.fit(x, y, epochs=2, order=order)
    by_hand = exact.fit(x, y, epochs=2, order=order)
    assert np.allclose(history["loss"], by_hand["loss"], rtol=100 * BOUND)
    facts = task.facts()
    assert facts["device"].startswith("cuda") and facts["peak_device_bytes"] > 0


def test_bf16_rounds_on_the_device(framework_name, cuda):
    problem = PROBLEMS["imdb"].but(features=40, hidden=(8, 8), batch_size=16)
    with Child(framework_name, regime=BF16, device="cuda", threads=1) as process:
        task = RemoteTask(process, problem, device="cuda", regime=BF16)
        assert_rounds(task, problem, make_rows(problem, 70))
