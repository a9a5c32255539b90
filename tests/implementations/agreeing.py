"""How far an implementation may be from the reference, and the order that both are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from common.problem import Problem
from common.reference import ReferenceTask
from common.regime import BF16, MATCHED
from common.splits import shared_order
from common.trace import UNIT, bound
from tests.conftest import RemoteTask, error

BOUND = 1e-5  # PROTOCOL: scores, loss, gradients and one step; measured errors are under 3e-6


def orders(rows: int, epochs: int, seed: int = 0) -> np.ndarray:
    permutation = shared_order("reshuffled", rows, seed)
    return np.stack([permutation(epoch) for epoch in range(epochs)])


def assert_close(found: dict, expected: dict, bound: float = BOUND) -> None:
    assert list(found) == list(expected)
    errors = {name: error(found[name], expected[name]) for name in expected}
    assert max(errors.values()) <= bound, errors


def narrow(values: np.ndarray | float) -> bool:
    """Whether every float32 is a number of bfloat16: the lower half of its bits is 0."""
    return not np.any(np.asarray(values, np.float32).view(np.uint32) & 0xFFFF)


def assert_rounds(task: RemoteTask, problem: Problem, rows: tuple[Any, np.ndarray]) -> None:
    """Scores and gradients are rounded to bfloat16: off by that, and no farther from a reference
    that rounds too."""
    exact, rounded = (ReferenceTask(problem, regime=regime) for regime in (MATCHED, BF16))
    scores = task.scores(rows[0])
    assert scores.dtype == np.float32
    assert UNIT / 40 < error(scores, exact.scores(rows[0])) < 10 * UNIT
    assert error(scores, rounded.scores(rows[0])) < 4 * UNIT
    _, expected = rounded.loss_and_gradients(*rows)
    _, gradients = task.loss_and_gradients(*rows)
    for name, gradient in gradients.items():
        limit = bound(problem, "gradients", name, "bfloat16")
        assert gradient.dtype == np.float32 and error(gradient, expected[name]) < limit, name
