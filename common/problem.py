"""What is solved: the four problems, each a frozen record of every hyper-parameter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple, Self

Loss = Literal["categorical_crossentropy", "binary_crossentropy", "mean_squared_error"]


class Metric(StrEnum):
    """A test metric: the text that names it on disk, and how it is shown."""

    word: str
    plural: str
    full_name: str  # with the unit
    digits: int  # decimal places
    larger_is_better: bool

    ACCURACY = "accuracy", "accuracy", "accuracies", "accuracy", 4, True
    MAE = "mae", "MAE", "MAEs", "mean absolute error (1,000 $)", 3, False
    LOSS = "loss", "loss", "losses", "loss", 4, False  # of a user's models, where it has no other

    def __new__(
        cls, name: str, word: str, plural: str, full_name: str, digits: int, larger_is_better: bool
    ) -> Metric:
        metric = str.__new__(cls, name)
        metric._value_, metric.word, metric.plural = name, word, plural
        metric.full_name = full_name
        metric.digits, metric.larger_is_better = digits, larger_is_better
        return metric

    def __repr__(self) -> str:
        return str.__repr__(self)  # in a printed history it is a key like the others


class Layer(NamedTuple):
    """One dense layer: its canonical name and its sizes."""

    name: str
    fan_in: int
    fan_out: int


@dataclass(frozen=True)
class Problem:
    """One supervised problem and the network that solves it.

    The settings are those of the textbook scripts (F. Chollet, *Deep Learning with Python*, 2017,
    chapters 2 and 3, with the epoch counts and splits of the course notes they come from).
    """

    solver: ClassVar[str] = "task"  # the field of Framework that names the class which solves it

    name: str
    title: str
    features: int
    outputs: int
    hidden: tuple[int, ...]
    loss: Loss
    epochs: int
    batch_size: int
    learning_rate: float = 1e-3
    validation: int = 0  # the first N training rows are held out
    labels: Literal["integer", "one_hot"] = "integer"  # read by categorical cross-entropy only
    text: bool = False  # rows are multi-hot words: held as CSR
    folds: int = 0  # K-fold validation protocol; 0: the problem has none
    fold_epochs: int = 0
    fold_batch_size: int = 0
    margin: float = 0.0  # two test metrics closer than this are called equivalent
    target: float = 0.0  # test metric that "time to target" waits for

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        self.check_network()
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate}")
        if self.validation < 0:
            raise ValueError(f"validation must not be negative, got {self.validation}")
        if self.labels not in ("integer", "one_hot"):
            raise ValueError(f"labels must be 'integer' or 'one_hot', got {self.labels!r}")

    def check_network(self) -> None:
        """Raise ValueError for widths that make no network."""
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"hidden must name at least one width of 1 or more, got {self.hidden}")

    def own_data(self, data: Any, data_dir: Any) -> Any:
        """`Data` that comes with the problem; None where `common.data` is to find it."""
        return None

    @property
    def file_digest(self) -> str:
        """Of the file that it was read from; empty for the four problems."""
        return ""

    @property
    def metric(self) -> Metric:
        """The test metric."""
        return Metric.MAE if self.loss == "mean_squared_error" else Metric.ACCURACY

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The dense layers from input to output: hidden1, hidden2, ..., output."""
        widths = (self.features, *self.hidden, self.outputs)
        names = [f"hidden{i}" for i in range(1, len(self.hidden) + 1)] + ["output"]
        return tuple(map(Layer, names, widths[:-1], widths[1:]))

    @property
    def resized(self) -> bool:
        """Whether its layers have other sizes than those of the problem as published."""
        return self.layers != PROBLEMS[self.name].layers

    def but(self, **changes: Any) -> Self:
        """A copy with some settings changed; a value of None leaves the setting as it is."""
        return replace(self, **{k: v for k, v in changes.items() if v is not None})

    def changes(self) -> dict[str, Any]:
        """The settings that differ from the problem as published; empty when it was not changed."""
        published = asdict(PROBLEMS[self.name])
        return {k: v for k, v in asdict(self).items() if v != published[k]}


def problem_title(name: str) -> str:
    """The title of the problem of this name; of one that is not among the four, its name."""
    return PROBLEMS[name].title if name in PROBLEMS else name


def widths_of(hidden: Iterable[int]) -> str:
    """The widths of the hidden layers: `64-64`."""
    return "-".join(map(str, hidden))


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        Problem(
            name="mnist",
            title="MNIST digits",
            features=28 * 28,
            hidden=(512,),
            outputs=10,
            loss="categorical_crossentropy",
            epochs=5,
            batch_size=128,
            margin=0.003,
            target=0.975,
        ),
        Problem(
            name="imdb",
            title="IMDB sentiment",
            features=10_000,
            hidden=(16, 16),
            outputs=1,
            loss="binary_crossentropy",
            epochs=4,
            batch_size=512,
            validation=10_000,
            text=True,
            margin=0.005,
            target=0.87,
        ),
        Problem(
            name="reuters",
            title="Reuters topics",
            features=10_000,
            hidden=(64, 64),
            outputs=46,
            loss="categorical_crossentropy",
            epochs=9,
            batch_size=512,
            validation=1_000,
            text=True,
            margin=0.015,
            target=0.77,
        ),
        Problem(
            name="boston",
            title="Boston housing prices",
            features=13,
            hidden=(64, 64),
            outputs=1,
            loss="mean_squared_error",
            epochs=80,
            batch_size=16,
            folds=4,
            fold_epochs=100,
            fold_batch_size=1,
            margin=0.15,
            target=2.8,
        ),
    )
}
