"""The frameworks' own defaults, asked in their own processes."""

from __future__ import annotations

from typing import Any

import numpy as np


def rmsprop(name: str) -> dict[str, Any]:
    """Decay, epsilon and epsilon's place of the framework's RMSprop, the place by a trial step."""
    found = {"keras": _keras, "torch": _torch, "jax": _jax}[name]
    rho, epsilon, trial = found()
    # at a huge epsilon the two rules give lr g / sqrt(eps) and lr g / eps
    inside = np.isclose(trial(1e8), 1e-4, rtol=1e-2)
    assert inside or np.isclose(trial(1e8), 1e-8, rtol=1e-2)
    return {"rho": rho, "epsilon": epsilon, "epsilon_inside_root": bool(inside)}


def _keras() -> tuple:
    import keras

    import keras_impl.task  # noqa: F401  # it sets the threads, which must come first

    def trial(epsilon: float) -> float:
        variable = keras.Variable([0.0])
        optimizer = keras.optimizers.RMSprop(1.0, epsilon=epsilon)
        optimizer.apply([keras.ops.ones(1)], [variable])
        return -float(variable.numpy()[0])

    default = keras.optimizers.RMSprop()
    return default.rho, default.epsilon, trial


def _torch() -> tuple:
    import torch

    def trial(epsilon: float) -> float:
        variable = torch.zeros(1, requires_grad=True)
        variable.grad = torch.ones(1)
        torch.optim.RMSprop([variable], 1.0, eps=epsilon).step()
        return -variable.item()

    default = torch.optim.RMSprop([torch.zeros(1, requires_grad=True)]).param_groups[0]
    return default["alpha"], default["eps"], trial


def _jax() -> tuple:
    from inspect import signature

    import jax.numpy as jnp
    import optax

    def trial(epsilon: float) -> float:
        variable = jnp.zeros(1)
        optimizer = optax.rmsprop(1.0, eps=epsilon)
        updates, _ = optimizer.update(jnp.ones(1), optimizer.init(variable), variable)
        return -float(updates[0])

    default = signature(optax.rmsprop).parameters
    return default["decay"].default, default["eps"].default, trial


def digits(problem: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All rows and labels as torchvision's dataset and transforms give them."""
    import torch

    from torch_impl.mnist import dataset

    rows, labels = zip(*dataset(x, y, torch.arange(problem.outputs)), strict=True)
    return torch.stack(rows).numpy(), torch.stack(labels).numpy()
