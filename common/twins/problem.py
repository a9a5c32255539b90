"""A user's own twins: one Python file with the same network in several frameworks.

Every process imports the file, so it must import without any framework; the functions that build
the models import theirs:

    LOSS = "categorical_crossentropy"      # or "binary_crossentropy", "mean_squared_error"
    INPUT = (28, 28, 1)                    # one row, channels last

    def keras_model():                     # -> keras.Model with outputs of shape (n, outputs)
        import keras
        ...

    def torch_model():                     # -> torch.nn.Module; takes channels first where its
        import torch                       #    first layer is a convolution
        ...

and, where the defaults do not fit:

    LOSS_ON = {"keras": "probabilities", "torch": "logits"}   # a model's outputs (default: logits)
    DATA = "mnist"                         # rows of that problem, reshaped to INPUT
    def data(): return x, y                # or rows of its own: the last fifth is for testing
                                           # (default: seeded random rows, with a notice)
    TOKENS = 1000                          # rows are whole numbers below this, for an embedding
    PAIRS = {"conv_a": "features.0"}       # layers that shape and order pair wrongly
    FLATTEN = {"dense": (7, 7, 64)}        # what was flattened before this layer, channels last,
                                           # where the other model flattens it channels first
    RULES = {"batch_size": 32, "learning_rate": 1e-3, "epochs": 1}

A layer has its name in its own framework; names on the left are those of the first model, which is
Keras's if the file has one, whichever frameworks are chosen. The file is executed: use no file that
you would not run with Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np

from common import metrics
from common.data import Data, load
from common.framework import frameworks
from common.problem import PROBLEMS, Loss, Problem
from common.task import State, Task, Weights
from common.twins.file import problem_of
from common.twins.layers import Layer, Pair, initial_values, pair
from common.twins.user_file import refusal, user_module

RANDOM_ROWS = 1280
RULES = ("batch_size", "learning_rate", "epochs")


@dataclass(frozen=True)
class Twins(Problem):
    """The user's file as a problem, without the models, which each framework builds."""

    solver: ClassVar[str] = "twin"

    path: str = ""
    sha256: str = ""  # of the file
    shape: tuple[int, ...] = ()  # of one row, channels last
    tokens: int = 0  # rows are whole numbers below this; 0: real numbers
    loss_on: tuple[tuple[str, str], ...] = ()  # (framework, outputs); logits if it is not named
    pairs: tuple[Pair, ...] = ()  # empty until the frameworks have listed their layers

    def changes(self) -> dict[str, Any]:
        """The settings that differ from those in the file."""
        published = asdict(read_twins(self.path))
        return {k: v for k, v in asdict(self).items() if k != "pairs" and v != published[k]}

    def _module(self) -> Any:
        module, sha256 = user_module(self.path)
        if sha256 != self.sha256:
            raise ValueError(f"{self.path} changed while it was in use; start the command again")
        return module

    def check_network(self) -> None:
        """Raise ValueError for `--hidden`: the file has the network."""
        if self.hidden:
            raise ValueError(f"hidden widths are those of the models in {self.path}; edit them")

    def names_layers_of(self) -> str | None:
        """The framework whose layers PAIRS and FLATTEN name; None if the file has neither."""
        return next(filter(self.has, frameworks()), None) if any(self._named()) else None

    def _named(self) -> tuple[Mapping, Mapping]:
        module = self._module()
        return getattr(module, "PAIRS", {}), getattr(module, "FLATTEN", {})

    def paired(self, models: Mapping[str, Sequence[Layer]], names: Sequence[str]) -> Twins:
        """The twins with the layers of `models` (by framework) paired, reduced to `names`."""
        try:
            pairs = pair(models, *self._named())
        except ValueError as error:
            name = Path(self.path).name  # lessons publish this message
            raise ValueError(f"{name}: the layers do not pair: {error}") from error
        return replace(self, pairs=tuple(p.only(names) for p in pairs))

    def model(self, framework: str) -> Any:
        """The framework's model, freshly built; imports the framework."""
        return getattr(self._module(), f"{framework}_model")()

    def has(self, framework: str) -> bool:
        """Whether the file has a model for the framework."""
        return hasattr(self._module(), f"{framework}_model")

    def scores(self, framework: str, outputs: np.ndarray) -> np.ndarray:
        """Scores, comparable between frameworks, from the outputs of the framework's model.

        Log-probabilities (n, classes), binary logits (n, 1) or values (n, 1), as LOSS demands.
        Raises ValueError for outputs of another shape.
        """
        form = dict(self.loss_on).get(framework, "logits")
        if outputs.ndim != 2 or (outputs.shape[1] != 1 and self.outputs == 1):
            raise ValueError(
                f"{self.path}: {framework}_model gives an array {outputs.shape} for {self.loss}, "
                f"expected {'(n, 1)' if self.outputs == 1 else '(n, classes)'}"
            )
        if self.loss == "mean_squared_error":
            return outputs
        if self.loss == "binary_crossentropy":
            if form == "logits":
                return outputs
            with np.errstate(divide="ignore"):  # a probability of exactly 1 is a logit of infinity
                return np.log(outputs) - np.log1p(-outputs)
        p = outputs if form == "probabilities" else metrics.link(self.loss, outputs)
        return np.log(np.maximum(p, np.finfo(np.float32).tiny))

    def own_data(self, data: Any, data_dir: Any) -> Data:
        """The rows of DATA or data(), else random rows; raises DataError as `load` does."""
        module = self._module()
        if hasattr(module, "data"):
            return self._data(*module.data(), source="file", origin=self.path, real=True)
        name = getattr(module, "DATA", None)
        if name is None:
            return self._random()
        loaded = load(PROBLEMS[name], data=data, data_dir=data_dir)
        arrays = {k: getattr(loaded, k).reshape(-1, *self.shape) for k in ("x", "x_test")}
        return replace(loaded, **arrays, unscaled=None)

    def _random(self) -> Data:
        rng = np.random.default_rng(0)
        size = (RANDOM_ROWS, *self.shape)
        x = rng.integers(0, self.tokens, size) if self.tokens else rng.normal(size=size)
        y = rng.normal(size=RANDOM_ROWS) if self.metric == "mae" else rng.integers(0, 2, len(x))
        notice = f"random rows: {Path(self.path).name} has neither DATA nor data()"
        return self._data(x, y, source="generated", origin="seed 0", real=False, notice=notice)

    def _data(self, x: Any, y: Any, *, source: str, notice: str = "", **more: Any) -> Data:
        x = np.ascontiguousarray(x, np.float32)
        y = np.asarray(y, np.float32 if self.metric == "mae" else np.int64)
        if x.shape[1:] != self.shape or y.shape != (len(x),) or len(x) < 5:
            raise ValueError(
                f"{self.path}: data() gives x {x.shape} and y {y.shape}, expected x "
                f"(n, {', '.join(map(str, self.shape))}) and y (n,) with n of 5 or more"
            )
        digest = hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
        cut = len(x) - len(x) // 5
        parts = (x[:cut], y[:cut], x[cut:], y[cut:])
        return Data(*parts, source=source, digest=f"sha256:{digest}", notice=notice, **more)


def read_twins(path: str | Path) -> Twins:
    """Read the problem from a user's file, which is executed; its models are not built.

    Raises ValueError with the path, the name of what is wrong and what was expected.
    """
    path = str(Path(path).resolve())
    module, sha256 = user_module(path)
    refuse = partial(refusal, path)

    loss: Any = getattr(module, "LOSS", None)
    if loss not in get_args(Loss):
        raise refuse("LOSS", f"expected one of {', '.join(get_args(Loss))}")
    shape = getattr(module, "INPUT", None)
    if not (isinstance(shape, tuple) and shape and all(isinstance(n, int) for n in shape)):
        raise refuse("INPUT", "expected the shape of one row, such as (28, 28, 1)")
    data = problem_of(path, [shape])
    rules = getattr(module, "RULES", {})
    if not set(rules) <= set(RULES):
        raise refuse("RULES", f"expected no other keys than {', '.join(RULES)}")
    loss_on = _loss_on(getattr(module, "LOSS_ON", {}))
    if loss_on is None:
        raise refuse("LOSS_ON", "expected 'logits' or 'probabilities', for all or by framework")
    name = Path(path).stem
    return Twins(
        name=f"twins:{name}",
        title=f"Twins of {name}",
        features=int(np.prod(shape)),
        outputs=data.outputs if data else 2 if loss == "categorical_crossentropy" else 1,
        hidden=(),
        loss=loss,
        epochs=rules.get("epochs", 1),
        batch_size=rules.get("batch_size", 32),
        learning_rate=rules.get("learning_rate", 1e-3),
        path=path,
        sha256=sha256,
        shape=shape,
        tokens=getattr(module, "TOKENS", 0),
        loss_on=loss_on,
    )


class TwinTask(Task):
    """What all Tasks of a user's model share; to be inherited before the framework's own Task."""

    problem: Twins

    @property
    def weight_names(self) -> list[str]:
        """Canonical names of the trained weights, in the order of the layers."""
        return [f"{p.name}/{role}" for p in self.problem.pairs for role, _ in p.weights]

    @property
    def state_names(self) -> list[str]:
        """Canonical names of the state that is not trained, such as running means."""
        return [f"{p.name}/{role}" for p in self.problem.pairs for role, _ in p.state]

    def initial_weights(self) -> Weights:
        """The weights that NumPy draws from the seed; `set_state` adds the rest of the state."""
        values = initial_values(self.problem.pairs, self.seed)
        return {name: values[name] for name in self.weight_names}

    def check_state(self, state: State) -> None:
        """Raise ValueError if a state does not fit the network; only the weights are required."""
        pairs = self.problem.pairs
        shapes = {f"{p.name}/{role}": shape for p in pairs for role, shape in p.weights + p.state}
        shapes["step"] = ()
        wrong = [f"{name} is missing" for name in self.weight_names if name not in state]
        for name, value in state.items():
            expected = shapes.get(name.removeprefix("square/"), "no such name")
            if np.shape(value) != expected:
                wrong.append(f"{name} is {np.shape(value)}, expected {expected}")
        if wrong:
            raise ValueError("the state does not fit the network: " + "; ".join(wrong))

    def completed(self, state: State) -> State:
        """The state with what weights alone leave out: also the initial rest of it."""
        rest = initial_values(self.problem.pairs, self.seed)
        return {**rest, **super().completed(state)}


def _loss_on(value: Any) -> tuple[tuple[str, str], ...] | None:
    by_name = dict.fromkeys(frameworks(), value) if isinstance(value, str) else value
    if not set(by_name.values()) <= {"logits", "probabilities"}:
        return None
    return tuple(by_name.items())
