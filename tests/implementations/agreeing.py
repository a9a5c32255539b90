"""How far an implementation may be from the reference, and the order that both are given."""

from __future__ import annotations

import numpy as np

from common.splits import shared_order
from tests.conftest import error

BOUND = 1e-5  # PROTOCOL: scores, loss, gradients and one step; measured errors are under 3e-6


def orders(rows: int, epochs: int, seed: int = 0) -> np.ndarray:
    permutation = shared_order("reshuffled", rows, seed)
    return np.stack([permutation(epoch) for epoch in range(epochs)])


def assert_close(found: dict, expected: dict, bound: float = BOUND) -> None:
    assert list(found) == list(expected)
    errors = {name: error(found[name], expected[name]) for name in expected}
    assert max(errors.values()) <= bound, errors
