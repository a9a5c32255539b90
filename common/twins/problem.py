"""A user's own twins as a problem to train: one Python file with a network in several frameworks.

Every process imports the file, so it must import without any framework; the functions that build
the models import theirs:

    LOSS = "categorical_crossentropy"      # see `common.twins.file`; to train, a file must have one
    INPUT = (28, 28, 1)                    # one row, channels last

    def keras_model():                     # -> keras.Model
        import keras
        ...

    def torch_model():                     # -> torch.nn.Module; takes channels first where its
        import torch                       #    first layer is a convolution
        ...

    def jax_model(seed):                   # -> flax.nnx.Module, or a pair (apply, params); any of
        from flax import nnx               #    these functions may take the run's seed: JAX has no
        ...                                #    seed of a whole process, as nnx.Rngs(seed)

and, where the defaults do not fit:

    LOSS_ON = {"keras": "probabilities", "torch": "logits"}   # a model's outputs
                                           # (default: what they look like)
    DATA = "mnist"                         # rows of that problem, reshaped to INPUT
    def data(): return x, y                # or rows of its own: the last fifth is for testing
                                           # (default: seeded random rows, with a notice)
    TOKENS = 1000                          # rows are whole numbers below this, for an embedding
    PAIRS = {"conv_a": "features.0"}       # layers that shape, order and what flows pair wrongly
    FLATTEN = {"dense": (7, 7, 64)}        # what was flattened before this layer, channels last,
                                           # where the other model flattens it channels first
    RULES = {"batch_size": 32, "learning_rate": 1e-3, "epochs": 1}
    MARGIN = 0.01                          # for `study`: test metrics closer than this are
                                           # equivalent (default: nothing is called so)

A layer has its name in its own framework; names on the left are those of the first model. The file
is executed: use no file that you would not run with Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from common import metrics
from common.batches import packed
from common.data import Data, load
from common.problem import Metric, Problem
from common.twins.file import TwinsFile, problem_of, read_file
from common.twins.layers import Start
from common.twins.targets import targets_for
from common.twins.turns import Turns
from common.twins.user_file import refusal, user_module

RANDOM_ROWS = 1280
RULES = ("batch_size", "learning_rate", "epochs")
SEEN = ("outputs", "output_shapes", "test_metric", "models")
JUDGED = ("margin",)  # by it is judged, not trained

Shape = tuple[int, ...]


class Model(NamedTuple):
    """What a training must know of one model of the file, once it was built and paired.

    `loss_on` says what its outputs are, `outputs` of each, in the model's own order, its number
    among the first model's and the shape of a row; `starts` are those of `matched`.
    """

    framework: str
    loss_on: str
    outputs: tuple[tuple[int, Shape], ...]
    starts: tuple[Start, ...]


@dataclass(frozen=True)
class Twins(Problem):
    """The user's file as a problem, without the models, which each framework builds."""

    solver: ClassVar[str] = "twin"

    path: str = ""
    sha256: str = ""  # of the file
    # what is known once the models were built
    output_shapes: tuple[Shape, ...] = ()  # of a row of each, channels last
    test_metric: Metric = Metric.LOSS
    models: tuple[Model, ...] = ()

    @property
    def turns(self) -> Turns:
        """What its models have of each other's: nothing."""
        return Turns()

    def initial(self, framework: str, seed: int) -> Mapping[str, np.ndarray]:
        """What weights start from that are not a model's own, by its names: none."""
        return {}

    @property
    def metric(self) -> Metric:
        """The test metric: the loss itself where it is none of the four problems'."""
        return self.test_metric

    @property
    def file_digest(self) -> str:
        """SHA-256, in hexadecimal."""
        return self.sha256

    @property
    def file(self) -> TwinsFile:
        """What the file says. Raises ValueError when it is not the one that was read first."""
        file = read_file(self.path)
        if file.sha256 != self.sha256:
            raise ValueError(f"{self.path} changed while it was in use; start the command again")
        return file

    def changes(self) -> dict[str, Any]:
        """The settings that differ from those in the file."""
        published, mine = asdict(read_twins(self.path)), asdict(self)
        changed = {k: mine[k] for k in published if mine[k] != published[k]}
        return {k: v for k, v in changed.items() if k not in (*SEEN, *JUDGED)}

    def check_network(self) -> None:
        """Raise ValueError for `--hidden` and `--labels`: the file has the network and targets."""
        if self.hidden:
            raise ValueError(f"hidden widths are those of the models in {self.path}; edit them")
        if self.labels != "integer":
            raise ValueError(f"labels are what data() in {self.path} gives; edit it")

    def model(self, framework: str) -> Model:
        """What is known of a framework's model."""
        return next(model for model in self.models if model.framework == framework)

    def metric_for(self, y: Any) -> Metric:
        """The test metric for outputs of these shapes, and for targets like `y` or random ones."""
        columns = self.output_shapes[0] if len(self.output_shapes) == 1 else ()
        several = self.loss == "categorical_crossentropy"
        alone = y is None or (isinstance(y, np.ndarray) and y.size == len(y))
        if not alone or len(columns) != 1 or (columns != (1,) and not several):
            return Metric.LOSS
        if several or self.loss == "binary_crossentropy":
            soft = y is not None and np.any(np.mod(y, 1))
            return Metric.LOSS if soft else Metric.ACCURACY
        return Metric.MAE if self.loss == "mean_squared_error" else Metric.LOSS

    def scores(self, form: str, outputs: np.ndarray) -> np.ndarray:
        """Scores, comparable between frameworks, from a model's outputs of the form that it has.

        Log-probabilities (n, classes), binary logits (n, 1) or values (n, 1), as LOSS demands.
        """
        outputs = np.asarray(outputs, np.float32).reshape(len(outputs), self.outputs)
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
        file = self.file
        if own := file.own_rows():
            return self._data(*own, source="file", origin=self.path, real=True)
        problem = problem_of(self.path, file.shapes)
        if problem is None:
            rows = file.random_rows(RANDOM_ROWS, 0)
            notice = f"random rows: {Path(self.path).name} has neither DATA nor data()"
            return self._data(
                rows, None, source="generated", origin="seed 0", real=False, notice=notice
            )
        loaded = load(problem, data=data, data_dir=data_dir)
        x, x_test = (a.reshape(-1, *file.shapes[0]) for a in (loaded.x, loaded.x_test))
        y, y_test = self._targets(loaded.y), self._targets(loaded.y_test)
        return replace(loaded, x=x, y=y, x_test=x_test, y_test=y_test, unscaled=None)

    def _data(self, rows: Sequence[np.ndarray], own: Any, **more: Any) -> Data:
        x = packed([a.astype(np.float32 if a.dtype.kind == "f" else np.int64) for a in rows])
        y = self._targets(own, len(x))
        if len(y) != len(x) or len(x) < 5:
            raise ValueError(
                f"{self.path}: data() gives {len(x)} rows and {len(y)} targets, expected as many "
                "of both, and 5 or more"
            )
        digest = hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
        cut = len(x) - len(x) // 5
        parts = (x[:cut], y[:cut], x[cut:], y[cut:])
        return Data(*parts, digest=f"sha256:{digest}", **more)

    def _targets(self, own: Any, rows: int | None = None) -> np.ndarray:
        """One for each output, packed; (n,) where the test metric is one of the four problems'."""
        rows = len(own) if rows is None else rows
        outputs = [np.broadcast_to(np.float32(0), (rows, *shape)) for shape in self.output_shapes]
        targets = targets_for(self.loss, outputs, own, 0)
        if self.metric is not Metric.LOSS:
            kind = np.float32 if self.metric is Metric.MAE else np.int64
            return targets[0].ravel().astype(kind, copy=False)
        kinds = [np.float32 if target.dtype.kind == "f" else np.int64 for target in targets]
        return packed([t.astype(kind) for t, kind in zip(targets, kinds, strict=True)])


def read_twins(path: str | Path) -> Twins:
    """Read the problem from a user's file, which is executed; its models are not built.

    Raises ValueError with the path, the name of what is wrong and what was expected.
    """
    file = read_file(path)
    if file.loss == "projection":
        raise refusal(file.path, "LOSS", "and a training needs one: a name, or a function a model")
    rules = getattr(user_module(file.path)[0], "RULES", {})
    if not set(rules) <= set(RULES):
        raise refusal(file.path, "RULES", f"expected no other keys than {', '.join(RULES)}")
    margin = getattr(user_module(file.path)[0], "MARGIN", 0.0)
    if not isinstance(margin, int | float) or not 0 <= margin < float("inf"):
        raise refusal(file.path, "MARGIN", "expected a positive difference of the test metric")
    name, loss = Path(file.path).stem, file.loss
    return Twins(
        name=f"twins:{name}",
        title=f"Twins of {name}",
        features=int(sum(np.prod(shape) for shape in file.shapes)),
        outputs=1,
        hidden=(),
        loss=loss,  # type: ignore[arg-type]
        epochs=rules.get("epochs", 1),
        batch_size=rules.get("batch_size", 32),
        learning_rate=file.learning_rate,
        margin=float(margin),
        path=file.path,
        sha256=file.sha256,
    )
