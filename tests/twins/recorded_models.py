"""One small network in each framework, with the same weights, recorded in a process of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from common.twins.probe import Values
from common.twins.twinbench_record import record

SIZES = {"conv": (3, 3, 2, 4), "lstm": (4, 12), "hidden": (3, 12), "end": (3, 2)}


def arrays(dtype: str) -> dict[str, np.ndarray]:
    """Weights in Keras's layout, by layer, and rows (5, 6, 6, 2)."""
    rng = np.random.default_rng(0)
    kernels = {name: 0.3 * rng.normal(size=shape) for name, shape in SIZES.items()}
    vectors = {name: rng.uniform(0.5, 1.5, 4) for name in ("gamma", "beta", "mean", "variance")}
    biases = {f"{n} bias": rng.normal(size=SIZES[n][-1]) for n in ("conv", "lstm", "end")}
    every = {**kernels, **vectors, **biases, "x": rng.normal(size=(5, 6, 6, 2))}
    return {name: value.astype(dtype) for name, value in every.items()}


def in_keras(path: str, epsilon: float, dtype: str = "float32") -> None:
    """A convolution with its activation inside, a normalisation, an LSTM over its places."""
    import keras
    import tensorflow as tf
    from keras import layers

    options: Any = {"dtype": dtype}
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2), dtype=dtype),
            layers.Conv2D(4, 3, activation="relu", name="conv", **options),
            layers.BatchNormalization(epsilon=epsilon, name="norm", **options),
            layers.Reshape((16, 4), **options),
            layers.LSTM(3, name="memory", **options),
            layers.Dense(2, name="end", **options),
        ]
    )
    a = arrays(dtype)
    model.get_layer("conv").set_weights([a["conv"], a["conv bias"]])
    model.get_layer("norm").set_weights([a[n] for n in ("gamma", "beta", "mean", "variance")])
    model.get_layer("memory").set_weights([a["lstm"], a["hidden"], a["lstm bias"]])
    model.get_layer("end").set_weights([a["end"], a["end bias"]])
    with record(path, model) as recorder:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(a["x"]) ** 2)
        recorder.gradients(tape.gradient(loss, model.trainable_variables), loss=loss)


def in_torch(path: str, dtype: str = "float32") -> None:
    """The same with channels first and names of its own; forwards, backwards, and a step."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.BatchNorm2d(4, 1e-3))
            self.rnn = nn.LSTM(4, 3, batch_first=True)
            self.head = nn.Linear(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            places = self.features(x).flatten(2).transpose(1, 2)
            return self.head(self.rnn(places)[0][:, -1])

    model = Net().to(getattr(torch, dtype)).eval()
    a = {name: torch.from_numpy(value) for name, value in arrays(dtype).items()}
    conv, norm, rnn = model.features[0], model.features[2], model.rnn
    given: dict[Any, Any] = {
        conv.weight: a["conv"].permute(3, 2, 0, 1),
        conv.bias: a["conv bias"],
        norm.weight: a["gamma"],
        norm.bias: a["beta"],
        norm.running_mean: a["mean"],
        norm.running_var: a["variance"],
        rnn.weight_ih_l0: a["lstm"].T,
        rnn.weight_hh_l0: a["hidden"].T,
        rnn.bias_ih_l0: a["lstm bias"],
        rnn.bias_hh_l0: torch.zeros(12),
        model.head.weight: a["end"].T,
        model.head.bias: a["end bias"],
    }
    with torch.no_grad():
        for tensor, value in given.items():
            tensor.copy_(value)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with record(path, model) as recorder:
        loss = model(a["x"].permute(0, 3, 1, 2)).square().mean()
        loss.backward()
        recorder.gradients(loss=loss)
        optimizer.step()
        recorder.step()


def in_jax(path: str) -> None:
    """The same in Flax NNX."""
    import jax.numpy as jnp
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs: nnx.Rngs) -> None:
            self.conv = nnx.Conv(2, 4, (3, 3), padding="VALID", rngs=rngs)
            self.norm = nnx.BatchNorm(4, epsilon=1e-3, rngs=rngs)
            self.memory = nnx.RNN(nnx.OptimizedLSTMCell(4, 3, rngs=rngs))
            self.end = nnx.Linear(3, 2, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            places = self.norm(nnx.relu(self.conv(x))).reshape(len(x), 16, 4)
            return self.end(self.memory(places)[:, -1])

    model = Net(nnx.Rngs(0))
    model.eval()
    a = {name: jnp.asarray(value) for name, value in arrays("float32").items()}
    cell = model.memory.cell
    given = [
        (model.conv.kernel, a["conv"]),
        (model.conv.bias, a["conv bias"]),
        (model.norm.scale, a["gamma"]),
        (model.norm.bias, a["beta"]),
        (model.norm.mean, a["mean"]),
        (model.norm.var, a["variance"]),
        (cell.dense_i.kernel, a["lstm"]),
        (cell.dense_h.kernel, a["hidden"]),
        (cell.dense_h.bias, a["lstm bias"]),
        (model.end.kernel, a["end"]),
        (model.end.bias, a["end bias"]),
    ]
    for variable, value in given:
        variable.set_value(value)

    def loss_of(model: Net) -> Any:
        return (model(a["x"]) ** 2).mean()

    with record(path, model) as recorder:
        model(a["x"])
        loss, gradients = nnx.value_and_grad(loss_of)(model)
        recorder.gradients(gradients, loss=loss)


Units = dict[str, tuple[str, Values]]
"""The kind of each unit, and its canonical weights by role."""


def units_in_keras(path: str) -> Units:
    """Record layers that no table alone describes, and give the units that the live model has."""
    import keras
    from keras import layers

    from keras_impl.probing.units import parts_of

    shapes = {
        layers.SeparableConv1D(4, 3, name="separable"): (2, 9, 2),
        layers.Conv2D(8, 3, groups=4, name="depthwise"): (2, 9, 9, 4),
        layers.RNN(layers.GRUCell(3, reset_after=False), name="old"): (2, 5, 4),
        layers.PReLU(shared_axes=[1], name="slopes"): (2, 5, 4),
        layers.EinsumDense("abc,cde->abde", (None, 4, 2), bias_axes="de", name="heads"): (2, 5, 3),
        layers.EinsumDense("abc,cde->abde", (None, 4, 2), bias_axes="e", name="other"): (2, 5, 3),
    }
    if hasattr(layers, "ReversibleEmbedding"):  # of newer versions
        shapes[layers.ReversibleEmbedding(9, 4, tie_weights=False, name="words")] = (2, 5)

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="net")
            self.made = list(shapes)

        def call(self, x: Any) -> Any:
            for layer, shape in shapes.items():
                layer(np.ones(shape, "float32"))
            return 1.0 * x

    model = Net()
    model(np.ones((2, 3), "float32"))
    with record(path, model):
        model(np.ones((2, 3), "float32"))
    return {
        part.unit.name: (
            part.unit.kind,
            {r: kept.canonical(kept.variable.numpy()) for r, kept in part.kept.items()},
        )
        for part in parts_of(model)
    }


def units_in_torch(path: str) -> Units:
    """The same in PyTorch."""
    import torch
    from torch import nn

    from torch_impl.probing.units import holders_of
    from torch_impl.probing.watch import names_of

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.depthwise = nn.Conv2d(4, 8, 3, groups=4)
            self.memory = nn.GRU(3, 2, num_layers=2, bidirectional=True)
            self.cell = nn.LSTMCell(3, 2)
            self.packed = nn.MultiheadAttention(4, 2, add_bias_kv=True)
            self.parted = nn.MultiheadAttention(4, 2, kdim=3, vdim=3, bias=False)
            self.norm = nn.BatchNorm1d(3)
            self.own = nn.Bilinear(2, 2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(x)

    model = Net().eval()
    with record(path, model):
        model(torch.ones(2, 3))
    return {
        holder.unit.name: (holder.unit.kind, {role: holder.read(role) for role in holder.roles})
        for holder in holders_of(names_of(model))
    }


def units_in_jax(path: str) -> Units:
    """The same in Flax NNX."""
    import jax.numpy as jnp
    from flax import nnx

    from jax_impl.probing.modules import ModuleNet

    class Net(nnx.Module):
        def __init__(self, rngs: nnx.Rngs) -> None:
            self.depthwise = nnx.Conv(4, 8, (3, 3), feature_group_count=4, rngs=rngs)
            self.back = nnx.ConvTranspose(4, 3, (3, 2), rngs=rngs)
            self.heads = nnx.LinearGeneral(3, (4, 2), rngs=rngs)
            self.batched = nnx.LinearGeneral(3, 4, batch_axis={0: 2}, rngs=rngs)
            self.turned = nnx.Einsum("abc,dec->abde", (4, 2, 3), rngs=rngs)
            self.memory = nnx.RNN(nnx.LSTMCell(3, 4, rngs=rngs))
            self.cell = nnx.GRUCell(3, 4, rngs=rngs)
            self.more = nnx.RNN(nnx.GRUCell(3, 4, rngs=rngs))
            self.more.cell.scale = nnx.Param(jnp.ones(4))
            self.slope = nnx.PReLU()

        def __call__(self, x: Any) -> Any:
            return self.slope(x)

    model = Net(nnx.Rngs(0))
    with record(path, model):
        model(jnp.ones((2, 3)))
    net = ModuleNet(model)
    units = {}
    for part in net.parts:
        arrays = {r: [np.asarray(net.read(p)) for p in one.paths] for r, one in part.roles.items()}
        values = {role: one.canonical(arrays[role]) for role, one in part.roles.items()}
        units[part.name] = part.kind, values
    return units
