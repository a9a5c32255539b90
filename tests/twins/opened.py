"""A user's model behind the probe's interface, in a process of its framework."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import numpy as np

from benchmarks.harness.process import Child
from common.twins.probe import Setup

PROBES = "benchmarks.twins.probes"
BACKENDS = ("keras", "keras:jax", "keras:torch")
HEADS = {
    "keras": """\
def keras_model():
    import keras
    from keras import layers, ops
""",
    "jax": """\
def jax_model():
    import jax
    import jax.numpy as jnp
    from flax import nnx

    rngs = nnx.Rngs(0)
""",
}
NET = """\
class Net(nnx.Module):
    def __init__(self):
{init}

    def __call__(self, {inputs}):
{call}

return Net()
"""


class Opened:
    """A probe in a child: its facts are attributes, its methods are called there."""

    def __init__(self, child: Child, setup: Setup) -> None:
        self.child, self.path = child, setup.path
        self.number, facts = child.call(f"{PROBES}:open_probe", setup)
        self.__dict__.update(facts)

    def __getattr__(self, method):
        return lambda *args: self.child.call(f"{PROBES}:ask", self.number, method, *args)

    @property
    def kinds(self):
        return {unit.name: unit.kind for unit in self.units}


def written(folder: Path, framework: str, body: str, more: str = "") -> str:
    """The path of a file of twins whose one model has this body; a path is read once."""
    path = folder / f"{len(list(folder.iterdir()))}_twins.py"
    path.write_text(f"{more}\n\n{HEADS[framework]}{indent(dedent(body).strip(), '    ')}\n")
    return str(path)


def flax_net(init: str, call: str, inputs: str = "x") -> str:
    """The body of a model of Flax NNX with these lines in its two methods."""
    init, call = (indent(dedent(text).strip(), " " * 8) for text in (init, call))
    return NET.format(init=init, call=call, inputs=inputs)


def stack(*layers: str) -> str:
    """The body of a sequential model of Keras."""
    return "return keras.Sequential([" + ", ".join(layers) + "])"


def rows_of(*shapes: tuple[int, ...], n: int = 4, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, *shape)) for shape in shapes]
