"""What the tests of twins call in a framework's process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.framework import framework
from common.regime import REGIMES
from common.twins.file import read_file
from common.twins.problem import Twins
from common.twins.user_file import model_of


def save_keras(path: str, weights: str) -> None:
    """The file's Keras model with fresh weights, into a file."""
    framework("keras").task_class("probe")(read_file(path).setup("keras", seed=7)).save(weights)


def outputs(name: str, path: str, weights: str) -> np.ndarray:
    """What a model gives with the weights in a file."""
    file = read_file(path)
    probe = framework(name).task_class("probe")(file.setup(name))
    probe.load(weights)
    return probe.outputs(file.rows(0)[0])["output"]


def save_jax(path: str, weights: str, bfloat16: bool = False) -> np.ndarray:
    """The file's Flax model with other weights, written as its users write it; what it gives."""
    import jax
    import jax.numpy as jnp
    from flax import nnx, serialization, traverse_util
    from safetensors.flax import save_file

    model = model_of(path, "jax", seed=0)
    model.eval()
    state = nnx.to_pure_dict(nnx.state(model, nnx.Not(nnx.RngState)))
    state = jax.tree.map(lambda x: 2 * x + 1, state)
    if bfloat16:
        state = jax.tree.map(lambda x: x.astype(jnp.bfloat16).astype(x.dtype), state)
    nnx.update(model, state)
    flat = traverse_util.flatten_dict(state)
    if weights.endswith(".safetensors"):
        kind = jnp.bfloat16 if bfloat16 else jnp.float32
        save_file({".".join(map(str, p)): v.astype(kind) for p, v in flat.items()}, weights)
    elif weights.endswith(".msgpack"):
        Path(weights).write_bytes(serialization.to_bytes(state))
    else:
        jnp.savez(weights, **{"/".join(map(str, p)): v for p, v in flat.items()})
    return np.asarray(model(jnp.ones((2, 5))))


def save_train_state(weights: str) -> None:
    """What a TrainState of Linen's keeps: a step, an optimiser's slots, and a key beside them."""
    import jax
    import optax
    from flax import serialization
    from flax.training.train_state import TrainState

    params = {"d": {"kernel": np.full((5, 2), 3, np.float32), "bias": np.ones(2, np.float32)}}
    state = TrainState.create(apply_fn=None, params=params, tx=optax.adam(1e-3))
    tree = serialization.to_state_dict(state)
    tree["rngs"] = {"key": jax.random.key_data(jax.random.key(0)), "count": np.uint32(3)}
    Path(weights).write_bytes(serialization.to_bytes(tree))


def trained(twins: Twins, name: str, regime: str) -> tuple[dict, dict, dict, dict]:
    """A model before and after its training, canonical, its history, and the test metrics."""
    task = framework(name).make_task(twins, regime=REGIMES[regime])
    data = twins.own_data("auto", None)
    before = task.get_state() if regime == "matched" else {}
    order = task.order(len(data.y))
    history = task.fit(data.x, data.y, epochs=twins.epochs, order=order)
    history = {name: values for name, values in history.items() if "seconds" not in name}
    after = task.get_state() if regime == "matched" else {}
    return before, after, history, task.evaluate(data.x_test, data.y_test)
