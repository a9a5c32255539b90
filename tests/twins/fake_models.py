"""Models in NumPy that look to a recorder like those of PyTorch and of Keras."""

from __future__ import annotations

import numpy as np

from common.twins.twinbench_record import record


class Held:
    """A parameter or variable: its numbers, and what each framework's has beside them."""

    def __init__(self, value, name="", *, trained=True):
        self.value, self.name, self.requires_grad = np.array(value), name, trained
        self.grad, self.is_leaf = None, True

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)

    def is_floating_point(self):
        return self.value.dtype.kind == "f"


class Module:
    __module__ = "torch.nn"
    training = False

    def __call__(self, *args, **options):
        return self.forward(*args, **options)

    def children(self):
        return {name: part for name, part in vars(self).items() if isinstance(part, Module)}

    def named_modules(self, prefix=""):
        yield prefix, self
        for name, part in self.children().items():
            yield from part.named_modules(f"{prefix}.{name}" if prefix else name)

    def named_parameters(self, recurse):
        return [(n, p) for n, p in vars(self).items() if isinstance(p, Held) and p.requires_grad]

    def named_buffers(self, recurse):
        held = [(n, p) for n, p in vars(self).items() if isinstance(p, Held)]
        return [(n, p) for n, p in held if not p.requires_grad]


class Linear(Module):
    __module__ = "torch.nn"

    def __init__(self, kernel, bias):
        self.weight, self.bias = Held(kernel.T), Held(bias)

    def forward(self, x):
        return x @ self.weight.value.T + self.bias.value


class BatchNorm1d(Module):
    __module__ = "torch.nn"

    def __init__(self, gamma, beta, mean, variance, eps=1e-3):
        self.weight, self.bias, self.eps, self.momentum = Held(gamma), Held(beta), eps, 0.01
        self.running_mean, self.running_var = (
            Held(mean, trained=False),
            Held(variance, trained=False),
        )

    def forward(self, x):
        scaled = (x - self.running_mean.value) / np.sqrt(self.running_var.value + self.eps)
        return (scaled * self.weight.value + self.bias.value).astype(x.dtype)


class ReLU(Module):
    __module__ = "torch.nn"

    def forward(self, x):
        return np.maximum(x, 0)


class Net(Module):
    """A user's own module."""

    def __init__(self, run, **parts):
        vars(self).update(parts)
        self.run = run

    def forward(self, *args):
        return self.run(self, *args)


class Layer:
    __module__ = "keras.layers"

    def __init__(self, name, **config):
        self.name, self.config, self.weights, self.parts = name, config, [], []

    def __call__(self, *args, training=False):
        return self.call(*args)

    def _flatten_layers(self, include_self, recursive):
        return self.parts

    def get_config(self):
        return {"name": self.name, **self.config}


class Dense(Layer):
    __module__ = "keras.layers"

    def __init__(self, name, kernel, bias, activation="linear"):
        super().__init__(name, activation=activation)
        self.weights = [Held(kernel, "kernel"), Held(bias, "bias")]

    def call(self, x):
        kernel, bias = (held.value for held in self.weights)
        out = x @ kernel + bias
        return np.maximum(out, 0) if self.config["activation"] == "relu" else out


class BatchNormalization(Layer):
    __module__ = "keras.layers"

    def __init__(self, name, gamma, beta, mean, variance, epsilon=1e-3):
        super().__init__(name, epsilon=epsilon, momentum=0.99)
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        self.weights = [
            Held(value, own)
            for own, value in zip(names, (gamma, beta, mean, variance), strict=True)
        ]

    def call(self, x):
        gamma, beta, mean, variance = (held.value for held in self.weights)
        out = (x - mean) / np.sqrt(variance + self.config["epsilon"]) * gamma + beta
        return out.astype(x.dtype)


class Model(Layer):
    """A user's own model."""

    __module__ = "keras.models"

    def __init__(self, run, *parts):
        super().__init__("model")
        self.parts, self.run = list(parts), run

    @property
    def trainable_weights(self):
        held = [w for part in self.parts for w in part.weights]
        return [w for w in held if not w.name.startswith("moving")]

    def call(self, *args):
        return self.run(*self.parts, *args)


def weights(dtype="float32", seed=0):
    """Kernels (4, 6), (6, 3), their biases, and the four vectors of a normalisation of 6."""
    rng = np.random.default_rng(seed)
    first, last = rng.normal(size=(4, 6)), rng.normal(size=(6, 3))
    vectors = [rng.uniform(0.5, 1.5, 6) for _ in range(4)]
    biases = rng.normal(size=6), rng.normal(size=3)
    return [np.asarray(a, dtype) for a in (first, biases[0], *vectors, last, biases[1])]


def rows(dtype="float32", seed=1):
    return np.random.default_rng(seed).normal(size=(5, 4)).astype(dtype)


def keras_net(held=None, **options):
    """Dense with its activation inside, a normalisation, Dense."""
    first, bias, *norm, last, end = held or weights()
    return Model(
        lambda one, norm, other, x: other(norm(one(x))),
        Dense("hidden", first, bias, "relu"),
        BatchNormalization("norm", *norm, **options),
        Dense("scores", last, end),
    )


def torch_net(held=None, run=None, **options):
    """The same, the activation a layer of its own."""
    first, bias, *norm, last, end = held or weights()
    return Net(
        run or (lambda net, x: net.fc2(net.bn(net.act(net.fc1(x))))),
        fc1=Linear(first, bias),
        act=ReLU(),
        bn=BatchNorm1d(*norm, **options),
        fc2=Linear(last, end),
    )


def recorded(path, model, *args, **options):
    with record(path, model, **options):
        model(*args)
    return path
