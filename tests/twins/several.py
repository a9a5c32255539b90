"""Files of twins with inputs, outputs, losses and optimisers of their own."""

from __future__ import annotations

from tests.twins.pairs import NORM

SEVERAL = f'''
"""Inputs of words and numbers by name, an output of two, losses and optimisers of one's own."""

import numpy as np

INPUT = {{"numbers": (6,), "words": (5,)}}
TOKENS = {{"words": 9}}
RULES = {{"epochs": 2, "batch_size": 16}}


def data():
    rng = np.random.default_rng(0)
    numbers, words = rng.normal(size=(80, 6)), rng.integers(0, 9, (80, 5))
    return {{"words": words, "numbers": numbers}}, [2 * numbers[:, :2], words[:, :1] / 9]


def keras_loss(y, outputs):
    from keras import ops
    return sum(ops.mean((a - b) ** 2) for a, b in zip(y, outputs))


def keras_adam():
    import keras
    return keras.optimizers.Adam(1e-2, epsilon=1e-8)


def torch_loss(outputs, y):
    return sum(((a - b) ** 2).mean() for a, b in zip(y, outputs))


def torch_adam(parameters):
    import torch
    return torch.optim.Adam(parameters, 1e-2)


LOSS = {{"keras": keras_loss, "torch": torch_loss}}
OPTIMIZER = {{"keras": keras_adam, "torch": torch_adam}}


def keras_model():
    import keras
    from keras import layers

    numbers, words = keras.Input((6,), name="numbers"), keras.Input((5,), name="words")
    table = layers.Flatten()(layers.Embedding(9, 4, name="table")(words))
    mixed = layers.Dense(8, use_bias=False, name="mix")(layers.Concatenate()([numbers, table]))
    mixed = layers.Dropout(0.3)(layers.BatchNormalization()(mixed))
    outputs = [layers.Dense(2, name="two")(mixed), layers.Dense(1, name="one")(mixed)]
    return keras.Model({{"numbers": numbers, "words": words}}, outputs)


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(8, 1), nn.Linear(8, 2)
            self.norm, self.mix = nn.BatchNorm1d(8, {NORM}), nn.Linear(26, 8, bias=False)
            self.table = nn.Embedding(9, 4)

        def forward(self, numbers, words):
            mixed = self.norm(self.mix(torch.cat([numbers, self.table(words).flatten(1)], 1)))
            mixed = nn.functional.dropout(mixed, 0.3, self.training)
            return self.two(mixed), self.one(mixed)

    return Net()
'''

IN_JAX = """

def jax_adam():
    import optax
    return optax.adam(1e-2)


LOSS["jax"], OPTIMIZER["jax"] = torch_loss, jax_adam


def jax_model():
    import jax.numpy as jnp
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.two, self.one = nnx.Linear(8, 2, rngs=rngs), nnx.Linear(8, 1, rngs=rngs)
            self.norm = nnx.BatchNorm(8, momentum=0.99, epsilon=1e-3, rngs=rngs)
            self.mix = nnx.Linear(26, 8, use_bias=False, rngs=rngs)
            self.table, self.drop = nnx.Embed(9, 4, rngs=rngs), nnx.Dropout(0.3, rngs=rngs)

        def __call__(self, numbers, words):
            words = self.table(words).reshape(len(words), -1)
            mixed = self.drop(self.norm(self.mix(jnp.concatenate([numbers, words], 1))))
            return self.two(mixed), self.one(mixed)

    return Net(nnx.Rngs(0))
"""

A_FUNCTION = '''
"""Probabilities by a function of arrays, which looks at values, and logits by a module."""

import numpy as np

LOSS, INPUT = "binary_crossentropy", (6,)
LOSS_ON = {"jax": "probabilities", "torch": "logits"}
RULES = {"epochs": 2, "batch_size": 16, "learning_rate": 0.01}


def data():
    x = np.random.default_rng(0).normal(size=(80, 6))
    return x, x[:, 0] > 0


def jax_model():
    import jax

    def apply(params, x):
        assert float(x.max()) < 1e9
        return jax.nn.sigmoid(x @ params["kernel"] + params["bias"])

    return apply, {"kernel": np.full((6, 1), 0.1, "float32"), "bias": np.zeros(1, "float32")}


def torch_model():
    from torch import nn

    return nn.Linear(6, 1)
'''
