"""Steps by a rule, in a framework's process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from common.twins.rule import Rule


def in_torch(rule: Rule, weights: Sequence[np.ndarray], slopes: Sequence) -> list[np.ndarray]:
    """Weights after steps of `Ruled` along these gradients, at a learning rate of 0.01."""
    import torch

    from torch_impl.rule import Ruled

    held = [torch.nn.Parameter(torch.tensor(weight)) for weight in weights]
    optimizer = Ruled(rule, 0.01, held)
    for gradients in slopes:
        optimizer.zero_grad()
        for weight, gradient in zip(held, gradients, strict=True):
            weight.grad = torch.tensor(gradient)
        optimizer.step()
    return [weight.detach().numpy() for weight in held]


def in_keras(rule: Rule, weights: Sequence[np.ndarray], slopes: Sequence) -> list[np.ndarray]:
    """The same."""
    import keras

    from keras_impl.rule import Ruled

    held = [keras.Variable(weight) for weight in weights]
    optimizer = Ruled(rule, 0.01)
    for gradients in slopes:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], held)
    return [np.asarray(keras.ops.convert_to_numpy(weight)) for weight in held]


def in_jax(rule: Rule, weights: Sequence[np.ndarray], slopes: Sequence) -> list[np.ndarray]:
    """The same."""
    import jax
    import optax

    from jax_impl.rule import ruled

    optimizer = ruled(rule, 0.01)
    held = {str(i): jax.numpy.asarray(weight) for i, weight in enumerate(weights)}
    slots = optimizer.init(held)
    for gradients in slopes:
        given = {str(i): jax.numpy.asarray(g) for i, g in enumerate(gradients)}
        updates, slots = jax.jit(optimizer.update)(given, slots, held)
        held = optax.apply_updates(held, updates)
    return [np.asarray(weight) for weight in held.values()]
