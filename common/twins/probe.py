"""`Probe`: what the judge asks of one model, in a process of its framework.

All arrays that go in and come out are NumPy's. Weights are in the canonical layout of
`common.twins.layers.AXES`, rows and what flows between layers have channels last where the
framework's layer says which axis that is; an output of the model is as the model gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

Values = dict[str, np.ndarray]
"""Arrays by name; those of weights are "<unit>/<role>"."""

Rows = Sequence[np.ndarray]
"""An array (n, ...) for each input of the model, in the order of INPUT; whole numbers are int64."""

Output = TypeVar("Output")


def plain_array(array: Any) -> np.ndarray:
    """A copy as NumPy's, float64, or int64 of whole numbers and truths."""
    array = np.asarray(array)
    return array.astype(np.int64 if array.dtype.kind in "biu" else np.float64)


def numbered(outputs: Sequence[Output]) -> dict[str, Output]:
    """Outputs without names of their own: "output", or "output 1", "output 2", ..."""
    several = len(outputs) > 1
    return {f"output {i}" if several else "output": one for i, one in enumerate(outputs, 1)}


class Unit(NamedTuple):
    """Weights that belong together: a layer, or what a composite layer is made of.

    `name` is the user's own, with the part behind a dot: "block.conv1", "bi.forward", "mha.query";
    `kind` one of `AXES`, or "other" with the roles in the order of definition. `weights` maps each
    role to its canonical shape, `frozen` names those that no gradient changes. `layer` is the name
    of the layer whose events show the unit, `settings` its conventions, as Keras defines them.
    `tied` names roles that are the memory of an earlier unit's: role -> "unit/role". `made`: its
    weights are made of others, such as a direction and a length, into which `Probe.apart` takes it.
    """

    name: str
    kind: str
    weights: Mapping[str, tuple[int, ...]]
    frozen: frozenset[str] = frozenset()
    layer: str = ""
    settings: Mapping[str, Any] = {}
    tied: Mapping[str, str] = {}
    made: bool = False


class Event(NamedTuple):
    """A layer, an activation or a function of the framework, called once while rows flowed.

    `layer` is the user's name of it ("block.relu", or "block: interpolate" for a function called
    in `block`), `kind` the framework's ("ReLU", "interpolate"). Tensors are float64 or int64,
    channels last; `settings` are those a reader of the code would look for, such as a slope, a
    rate, padding, strides, align_corners, as the framework spells them.
    """

    layer: str
    kind: str
    inputs: tuple[np.ndarray, ...]
    outputs: tuple[np.ndarray, ...]
    settings: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Setup:
    """What a probe is made from; plain, so that it travels to the process.

    `loss` is "projection" (without LOSS: the sum of outputs times targets over rows), "functions"
    (the file's own pair), or a name of Keras's losses; `loss_options` go with a name:
    `label_smoothing`, `delta`, `class_weight` (one number a class). `loss_on` says what this
    model's outputs are, "logits" or "probabilities". `dtype` is "float32" or "float64".
    """

    path: str
    framework: str
    shapes: tuple[tuple[int, ...], ...]  # of one row of each input, channels last
    names: tuple[str, ...] = ()  # of the inputs, where INPUT is a dict
    tokens: tuple[int, ...] = ()  # of each input: 0 real numbers, else whole numbers below it
    loss: str = "projection"
    loss_options: Mapping[str, Any] = field(default_factory=dict)
    loss_on: str = "logits"
    learning_rate: float = 1e-3
    dtype: str = "float32"
    device: str = "cpu"
    seed: int = 0

    def random_rows(self, number: int, seed: int, *, least: int = 0) -> list[np.ndarray]:
        """So many rows of each input: float64 of N(0, 1), or int64, if it can from `least` on."""
        rng = np.random.default_rng(seed)
        rows: list[np.ndarray] = []
        for shape, below in zip(self.shapes, self.tokens or (0,) * len(self.shapes), strict=True):
            size = (number, *shape)
            words = rng.integers(min(least, below - 1), below, size) if below else None
            rows.append(rng.normal(size=size) if words is None else words)
        return rows


class Probe(Protocol):
    """One model of a user's twins file, built, weights and all.

    Raises from its constructor what the user's function raises. Dropout is off from then on, in
    training too, and so is every other draw of a framework's own dropout functions; `notes` has a
    sentence for each thing that was changed in the model. Nothing else is: frozen stays frozen,
    and a normalisation uses the batch's statistics in `gradients` and `step`, and the running ones
    in `outputs`, `events` and `replay`.
    """

    units: list[Unit]
    """In the order of execution; a unit that is never called by itself stands after the one that
    was registered before it."""
    notes: list[str]
    dropout: list[tuple[str, float]]
    """Layer or function, and rate, of each dropout that a training would draw, in order."""
    precision: dict[str, str]
    """The dtype that each unit computes in, where it is not `dtype`: mixed precision, or a layer
    that has no float64."""

    def __init__(self, setup: Setup) -> None: ...

    def values(self) -> Values:
        """Copies of all weights and running statistics, float64."""

    def assign(self, values: Values) -> None:
        """Take over the values that are named, and start the optimiser afresh."""

    def apart(self, unit: str) -> list[Unit]:
        """From now on a unit that is `made` is the weights that it is made of, a layer of one's
        own; all units then. Where no unit is ever made, it need not be there."""

    def outputs(self, rows: Rows) -> Values:
        """Evaluation: each output as the model gives it, float64: "output", "output 1", ... or the
        keys of its dict."""

    def flow(self, rows: Rows) -> tuple[Values, list[Event]]:
        """Evaluation: the `outputs`, and everything that can be seen flowing, in the order of
        execution."""

    def events(self, rows: Rows) -> list[Event]:
        """The second of `flow`."""

    def replay(self, layer: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """The outputs of one layer alone, called as it was in `events`, but on these inputs.

        Raises ValueError for a layer that cannot be called alone.
        """

    def load(self, path: str) -> None:
        """Take over the weights in a file of the framework's users; nothing in it is run.

        Raises ValueError that names what does not fit.
        """

    def save(self, path: str) -> None:
        """Write the weights as the framework's users keep them; the path's suffix says how."""

    def gradients(self, rows: Rows, targets: Rows) -> Values:
        """Training: "loss", "weight/<unit>/<role>" for all that is trained, "input/<number>", from
        1, for all inputs of real numbers; one that does not exist is zeros. Changes nothing."""

    def loss_alone(self, output: np.ndarray, target: np.ndarray) -> float:
        """The loss of these numbers, given for the output of a model that has one; no layer runs,
        and no penalty of one is in it."""

    def step(self, rows: Rows, targets: Rows) -> Values:
        """Training: a step of the optimiser; "loss" before it, and all `values()` after it."""

    def optimizer_slots(self) -> Values:
        """What RMSprop, Adam and AdamW keep: "slot/<first|second>/<unit>/<role>"; empty of others,
        and before the first step."""

    def optimizer_settings(self) -> dict[str, Any]:
        """The settings that the optimiser itself tells, by the framework's names, and its "class";
        empty where it tells none."""
