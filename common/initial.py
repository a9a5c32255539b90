"""Initial weights from a seed, drawn in NumPy so that all frameworks can start from the same."""

from __future__ import annotations

import zlib

import numpy as np

from common.problem import Problem
from common.regime import MATCHED, Regime


def initial_weights(problem: Problem, seed: int, regime: Regime = MATCHED) -> dict[str, np.ndarray]:
    """Kernels (fan_in, fan_out) and biases (fan_out,), float32, by the regime's rules.

    `glorot_uniform` is U(-l, l) with l = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010;
    Keras's default), `fan_in_uniform` has l = 1 / sqrt(fan_in) (what PyTorch's
    `kaiming_uniform_(a=sqrt(5))` comes to, torch/nn/modules/linear.py). Each tensor has a generator
    of its own, seeded by its name, so that adding a layer leaves the others' values alone.
    A switch that is None counts as Keras's rule.
    """
    weights: dict[str, np.ndarray] = {}
    for name, fan_in, fan_out in problem.layers:
        by_fan_in = 1 / np.sqrt(fan_in)
        by_both = np.sqrt(6 / (fan_in + fan_out))
        kernel_limit = by_fan_in if regime.kernels == "fan_in_uniform" else by_both
        bias_limit = by_fan_in if regime.biases == "fan_in_uniform" else 0.0
        weights[f"{name}/kernel"] = _uniform(
            seed, f"{name}/kernel", kernel_limit, (fan_in, fan_out)
        )
        weights[f"{name}/bias"] = _uniform(seed, f"{name}/bias", bias_limit, (fan_out,))
    return weights


def _uniform(seed: int, name: str, limit: float, shape: tuple[int, ...]) -> np.ndarray:
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return (limit * generator.uniform(-1, 1, shape)).astype(np.float32)
