"""Initial weights from a seed, drawn in NumPy so that all frameworks can start from the same."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from common.problem import Problem
from common.regime import MATCHED, Regime

Rule = Callable[[np.ndarray, int, int], np.ndarray]
"""Values from as many in U(-1, 1), by fan_in and fan_out."""

KERNELS: Mapping[str, Rule] = MappingProxyType(
    {
        "glorot_uniform": lambda u, fan_in, fan_out: np.sqrt(6 / (fan_in + fan_out)) * u,
        "fan_in_uniform": lambda u, fan_in, fan_out: 1 / np.sqrt(fan_in) * u,
        "lecun_normal": lambda u, fan_in, fan_out: _truncated_normal(u) / np.sqrt(fan_in),
    }
)
BIASES: Mapping[str, Rule] = MappingProxyType(
    {
        "zeros": lambda u, fan_in, fan_out: 0.0 * u,
        "fan_in_uniform": KERNELS["fan_in_uniform"],
    }
)
CUT = 2  # standard deviations, beyond which `lecun_normal` has no values
LEFT = 0.87962566103423978  # of a normal distribution's standard deviation when it is cut there


def initial_weights(problem: Problem, seed: int, regime: Regime = MATCHED) -> dict[str, np.ndarray]:
    """Kernels (fan_in, fan_out) and biases (fan_out,), float32, by the regime's rules.

    `glorot_uniform` is U(-l, l) with l = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010;
    Keras's default), `fan_in_uniform` has l = 1 / sqrt(fan_in) (what PyTorch's
    `kaiming_uniform_(a=sqrt(5))` comes to, torch/nn/modules/linear.py), `lecun_normal` is a normal
    distribution with the standard deviation 1 / sqrt(fan_in) after it was cut (Flax's default,
    jax/_src/nn/initializers.py). Each tensor has a generator of its own, seeded by its name, so
    that adding a layer leaves the others' values alone. A switch that is None counts as Keras's
    rule.
    """
    kernels, biases = KERNELS[regime.kernels or "glorot_uniform"], BIASES[regime.biases or "zeros"]
    weights: dict[str, np.ndarray] = {}
    for name, fan_in, fan_out in problem.layers:
        for key, rule, shape in (
            (f"{name}/kernel", kernels, (fan_in, fan_out)),
            (f"{name}/bias", biases, (fan_out,)),
        ):
            generator = np.random.default_rng([seed, zlib.crc32(key.encode())])
            values = rule(generator.uniform(-1, 1, shape), fan_in, fan_out)
            weights[key] = values.astype(np.float32)
    return weights


def _truncated_normal(u: np.ndarray) -> np.ndarray:
    """Standard deviation 1; below each value lies as much of it as of `u` lay below its own."""
    from scipy.special import ndtr, ndtri

    return ndtri(0.5 + (ndtr(CUT) - 0.5) * u) / LEFT
