"""What a twins file says of inputs, loss and rows, for the judge of two models.

    INPUT = (28, 28, 1)                    # one row, channels last; ((6,), (4,)) of two inputs,
                                           # {"image": (28, 28, 1), "words": (7,)} by name
    TOKENS = 1000                          # whole numbers below this; of several inputs a tuple or
                                           # a dict like INPUT, 0 or nothing for real numbers
    LOSS = "huber"                         # a name of Keras's losses; {"name": ..., "delta": 2.0};
                                           # {"keras": f(y_true, y_pred), "torch": f(output, y)};
                                           # nothing: a fixed random projection of every output
    OPTIMIZER = {"keras": f(), "torch": f(parameters)}        # nothing: RMSprop, the same in both
    WEIGHTS = {"torch": "trained.pt"}      # beside the file; nothing: those that the models have
    def data(): return x, y                # x: an array, or like INPUT; nothing: random rows

The rest is in `common.twins.problem`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from common.data import load
from common.problem import PROBLEMS, Problem
from common.twins.probe import Setup
from common.twins.user_file import function_of, models_of, refusal, user_module

CLASSES = ("categorical_crossentropy", "binary_crossentropy")
LOSSES = (
    *CLASSES,
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "kl_divergence",
    "poisson",
    "hinge",
    "squared_hinge",
    "cosine_similarity",
    "ctc",
)
OTHER_NAMES = {
    "sparse_categorical_crossentropy": "categorical_crossentropy",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "logcosh": "log_cosh",
    "kl": "kl_divergence",
    "cosine": "cosine_similarity",
}
OPTIONS = ("label_smoothing", "delta", "class_weight")
BATCH = 8  # rows of a step
LARGE, FEW = 50_000, 2  # of rows with more numbers than this a step takes as few
SCALES = (1.0, 30.0, 0.03)  # of random rows: a clip is reached, and an epsilon is felt


@dataclass(frozen=True)
class TwinsFile:
    """A user's file, read: what both models are given and held against."""

    path: str
    sha256: str
    models: tuple[str, ...]  # the frameworks that it has a model for
    names: tuple[str, ...]  # of the inputs; empty unless INPUT is a dict
    shapes: tuple[tuple[int, ...], ...]
    tokens: tuple[int, ...]
    loss: str
    loss_options: Mapping[str, Any]
    loss_on: Mapping[str, str]  # by framework, where the file says it
    learning_rate: float
    pairs: Mapping[str, str]
    flatten: Mapping[str, tuple[int, ...]]
    weights: Mapping[str, str]  # framework -> path

    @property
    def batch(self) -> int:
        """Rows of a step: fewer where one alone has many numbers."""
        return FEW if sum(int(np.prod(shape)) for shape in self.shapes) > LARGE else BATCH

    def setup(self, framework: str, **options: Any) -> Setup:
        """What the framework's probe is made from; `options` are the rest of `Setup`."""
        return Setup(
            self.path,
            framework,
            self.shapes,
            self.names,
            self.tokens,
            self.loss,
            self.loss_options,
            learning_rate=self.learning_rate,
            **options,
        )

    def rows(
        self,
        seed: int,
        data: Any = "auto",
        data_dir: str | None = None,
        on_notice: Callable[[str], None] = lambda text: None,
    ) -> tuple[list[np.ndarray], Any]:
        """Rows of each input, and targets or None: the first of data() or DATA, else random ones.

        Random words end in zeros of a random number, as padded sentences do. `on_notice` hears of
        rows that stand in for those of DATA.
        """
        module = user_module(self.path)[0]
        if hasattr(module, "data"):
            return self._own_rows(*module.data())
        problem = problem_of(self.path, self.shapes)
        if problem:
            loaded = load(problem, data=data, data_dir=data_dir)
            if loaded.notice:
                on_notice(f"{problem.name}: {loaded.notice}")
            x, y = loaded.x[: self.batch], loaded.y[: self.batch]
            return [x.reshape(-1, *self.shapes[0]).astype(float)], y
        rng = np.random.default_rng([seed, 1])
        rows: list[np.ndarray] = []
        for shape, limit in zip(self.shapes, self.tokens, strict=True):
            if not limit:
                rows.append(rng.normal(size=(self.batch, *shape)).astype(np.float32).astype(float))
                continue
            words = rng.integers(min(1, limit - 1), limit, (self.batch, *shape))
            for sentence in words[: self.batch // 2] if shape else ():
                length = int(rng.integers(1, sentence.shape[-1] + 1))
                sentence[..., length:] = 0
            rows.append(words)
        return rows, None

    def _own_rows(self, x: Any, y: Any = None) -> tuple[list[np.ndarray], Any]:
        inputs = [x[name] for name in self.names] if isinstance(x, Mapping) else x
        inputs = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        rows: list[np.ndarray] = []
        for array, shape, limit in zip(inputs, self.shapes, self.tokens, strict=False):
            array = np.asarray(array)[: self.batch]
            if array.shape[1:] != shape:
                array = array.reshape(-1, *shape) if array[0].size == np.prod(shape) else array
            if array.shape[1:] != shape:
                raise ValueError(
                    f"{Path(self.path).name}: data() gives rows of shape {array.shape[1:]}, "
                    f"INPUT says {shape}"
                )
            rows.append(array.astype(np.int64) if limit else array.astype(np.float32).astype(float))
        if len(rows) != len(self.shapes):
            raise ValueError(
                f"{Path(self.path).name}: data() gives {len(rows)} inputs, INPUT has "
                f"{len(self.shapes)}"
            )
        return rows, None if y is None else _first(y, self.batch)


def problem_of(path: str, shapes: Sequence[tuple[int, ...]]) -> Problem | None:
    """The problem whose rows DATA asks for; None if the file has no DATA.

    Raises ValueError for one whose rows do not have this shape, or are sparse.
    """
    name = getattr(user_module(path)[0], "DATA", None)
    if name is None:
        return None
    usable = {p.name: p for p in PROBLEMS.values() if not p.text}
    if name not in usable or [usable[name].features] != [np.prod(shape) for shape in shapes]:
        sizes = ", ".join(f"{p.name} ({p.features} values a row)" for p in usable.values())
        rows = " and ".join(map(str, shapes))
        raise refusal(path, "DATA", f"expected one of {sizes} for rows of {rows}; or write data()")
    return usable[name]


def _first(y: Any, rows: int) -> Any:
    if isinstance(y, Mapping):
        return {name: np.asarray(part)[:rows] for name, part in y.items()}
    if isinstance(y, list | tuple):
        return [np.asarray(part)[:rows] for part in y]
    return np.asarray(y)[:rows]


def read_file(path: str | Path) -> TwinsFile:
    """Read a user's file, which is executed; its models are not built.

    Raises ValueError with the path, the name of what is wrong and what was expected.
    """
    path = str(Path(path).resolve())
    module, sha256 = user_module(path)
    refuse = partial(refusal, path)

    names, shapes = _shapes(getattr(module, "INPUT", None))
    if not shapes:
        raise refusal(
            path, "INPUT", "expected the shape of one row, such as (28, 28, 1), or several"
        )
    problem_of(path, shapes)
    tokens = _tokens(getattr(module, "TOKENS", 0), names, len(shapes))
    if tokens is None:
        raise refuse("TOKENS", "expected a number of words, or one for each input")
    loss, options = _loss(module, path)
    if loss is None:
        raise refusal(
            path, "LOSS", f"expected one of {', '.join(LOSSES)}, a function a model, or nothing"
        )
    loss_on = getattr(module, "LOSS_ON", {})
    models = models_of(module)
    loss_on = dict.fromkeys(models, loss_on) if isinstance(loss_on, str) else dict(loss_on)
    if not set(loss_on.values()) <= {"logits", "probabilities"}:
        raise refuse("LOSS_ON", "expected 'logits' or 'probabilities', for all or by framework")
    folder = Path(path).parent
    weights = {name: str(folder / file) for name, file in getattr(module, "WEIGHTS", {}).items()}
    return TwinsFile(
        path,
        sha256,
        tuple(models),
        names,
        shapes,
        tokens,
        loss,
        options,
        loss_on,
        getattr(module, "RULES", {}).get("learning_rate", 1e-3),
        getattr(module, "PAIRS", {}),
        getattr(module, "FLATTEN", {}),
        weights,
    )


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(n, int) and n > 0 for n in value)


def _shapes(value: Any) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """The names and shapes of the inputs; no shapes where INPUT is wrong."""
    names = tuple(value) if isinstance(value, Mapping) else ()
    shapes = tuple(value.values()) if isinstance(value, Mapping) else value
    if _is_shape(shapes) and (shapes or not names):
        shapes = (shapes,)
    if not isinstance(shapes, tuple | list) or not all(map(_is_shape, shapes)):
        return (), ()
    return names, tuple(tuple(shape) for shape in shapes)


def _tokens(value: Any, names: Sequence[str], inputs: int) -> tuple[int, ...] | None:
    if isinstance(value, Mapping):
        value = [value.get(name, 0) for name in names or range(inputs)]
    limits = tuple(value) if isinstance(value, list | tuple) else (value,) * inputs
    limits = tuple(limit or 0 for limit in limits)
    whole = all(isinstance(limit, int) and limit >= 0 for limit in limits)
    return limits if whole and len(limits) == inputs else None


def _loss(module: ModuleType, path: str) -> tuple[str | None, dict[str, Any]]:
    """The loss's name and options; None where LOSS is wrong."""
    loss = getattr(module, "LOSS", None)
    if loss is None:
        return "projection", {}
    if any(function_of(path, "LOSS", name) for name in models_of(module)):
        return "functions", {}
    if isinstance(loss, Mapping):
        options = {key: value for key, value in loss.items() if key != "name"}
        loss = loss.get("name")
    elif isinstance(loss, list | tuple) and len(loss) == 2 and isinstance(loss[1], Mapping):
        loss, options = loss[0], dict(loss[1])
    else:
        options = {}
    name = OTHER_NAMES.get(loss, loss) if isinstance(loss, str) else None
    return (name if name in LOSSES and set(options) <= set(OPTIONS) else None), options
