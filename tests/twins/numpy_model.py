"""A model without a framework, for tests of what is made of the judge's answers.

tanh(x @ a + bias) @ b + bias, trained by gradient descent on the sum of outputs times targets
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from common.twins.probe import Unit

FILE = """\
\"\"\"Two models.\"\"\"
INPUT = (4,)
WIDTH = 5


def keras_model():
    return WIDTH


def torch_model():
    return WIDTH
"""


class Probe:
    """As `common.twins.probe.Probe`, of layers with these names.

    `fault` is "", "bias" (one layer has none when it evaluates), "rate" (another learning rate),
    "random" (it draws), or "shape" (an output more). With `brings` its weights are no draw.
    """

    def __init__(
        self, names: tuple[str, str], fault: str, dtype: str, seed: int, brings: bool
    ) -> None:
        self.names, self.fault, self.dtype = names, fault, dtype
        shapes = ((4, 5), (5, 4))
        self.units = [
            Unit(name, "dense", {"kernel": shape, "bias": shape[1:]}, layer=name, settings={"n": 1})
            for name, shape in zip(names, shapes, strict=True)
        ]
        rng = np.random.default_rng(7 if brings else [seed, len(names[0])])
        self.state = {
            f"{unit.name}/{role}": rng.normal(size=shape).astype(dtype)
            for unit in self.units
            for role, shape in unit.weights.items()
        }

    def values(self):
        return {name: value.astype(float) for name, value in self.state.items()}

    def assign(self, values):
        self.state |= {name: np.asarray(value, self.dtype) for name, value in values.items()}

    def _forward(self, x):
        a, b = self.names
        inner = np.tanh(x @ self.state[f"{a}/kernel"] + self.state[f"{a}/bias"])
        bias = 0 if self.fault == "bias" else self.state[f"{b}/bias"]
        noise = np.random.default_rng().normal() if self.fault == "random" else 0
        return inner, inner @ self.state[f"{b}/kernel"] + bias + noise

    def outputs(self, rows):
        output = self._forward(rows[0].astype(self.dtype))[1].astype(float)
        more = {"output 1": output} if self.fault == "shape" else {}
        return {"output": output, **more}

    def optimizer_settings(self):
        return {}  # as Optax, which tells nothing

    def events(self, rows):
        return []

    def flow(self, rows):
        return self.outputs(rows), self.events(rows)

    def gradients(self, rows, targets):
        a, b = self.names
        x, y = rows[0].astype(self.dtype), targets[0].astype(self.dtype)
        inner, output = self._forward(x)
        back = (y @ self.state[f"{b}/kernel"].T) * (1 - inner**2)
        values = {
            "loss": np.sum(output * y),
            f"weight/{a}/kernel": x.T @ back,
            f"weight/{a}/bias": back.sum(axis=0),
            f"weight/{b}/kernel": inner.T @ y,
            f"weight/{b}/bias": y.sum(axis=0),
            "input/1": back @ self.state[f"{a}/kernel"].T,
        }
        return {name: np.asarray(value, float) for name, value in values.items()}

    def step(self, rows, targets):
        gradients = self.gradients(rows, targets)
        rate = 0.2 if self.fault == "rate" else 0.1
        for name in self.state:
            self.state[name] = np.asarray(
                self.state[name] - rate * gradients[f"weight/{name}"], self.dtype
            )
        return {"loss": gradients["loss"], **self.values()}

    def optimizer_slots(self):
        return {"slot/first/x": np.zeros(1)}


class Process:
    """What `Child` is to the judge, with a `Probe` in it."""

    def __init__(
        self,
        names: tuple[str, str],
        fault: str = "",
        beside: tuple[str, ...] = (),
        brings: bool = False,
    ) -> None:
        self.names, self.fault, self.beside, self.brings = names, fault, beside, brings
        self.connection = SimpleNamespace(closed=False)
        self.probes: list[Probe] = []

    def call(self, target, *args):
        name = target.partition(":")[2]
        if name == "open_probe":
            setup = args[0]
            model = Probe(self.names, self.fault, setup.dtype, setup.seed, self.brings)
            self.probes.append(model)
            facts = {"units": model.units, "notes": [], "dropout": [], "precision": {}}
            return len(self.probes) - 1, facts
        if name == "ask":
            return getattr(self.probes[args[0]], args[1])(*args[2:])
        if name == "values":
            return self.probes[args[0]].values()
        if name in ("graded", "loss"):
            gradients = self.probes[args[0]].gradients(*args[1:])
            return gradients if name == "graded" else gradients["loss"]
        if name == "stepped":
            number, steps, *batch = args
            return [self.probes[number].step(*batch) for _ in range(steps)][-1]
        if name == "slots":
            return self.probes[args[0]].optimizer_slots()
        return list(self.beside) if name == "beside" else None
