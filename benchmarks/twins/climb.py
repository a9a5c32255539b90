"""Two models climb, each in float32 and in float64: what a judge compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.harness.process import Child, ChildError
from benchmarks.twins.limits import Reached
from common.twins.file import SCALES, TwinsFile
from common.twins.layers import random_tensor
from common.twins.probe import Event, Rows, Unit, Values
from common.twins.user_file import family

STEPS = 3  # of the optimiser, on one batch; the first and the last are judged
RANDOM = 1e-4  # of the scale: two runs of one model that differ by more draw random numbers
BROUGHT = 1e-6  # two builds whose kernels differ by less did not draw them
SPREAD = 0.1  # of random scales about 1, and of random biases about 0
LETTERS = 300  # of a user's error that are shown

Trace = dict[str, np.ndarray]
"""Tensors by rung and name: "outputs/output", "step 1/norm/gamma"."""
Climbs = dict[tuple[int, str], Trace]
"""The traces of both models, 0 and 1, in both dtypes."""


class Refused(ValueError):
    """A model or a file that cannot be judged; the message says what to write."""


class Side:
    """One model of the file: its probes in float32 and float64, in one process."""

    def __init__(
        self, child: Child, file: TwinsFile, framework: str, seed: int, device: str
    ) -> None:
        """Build the model twice. Raises Refused with the model's own words."""
        self.child, self.framework = child, framework
        self.narrow = ""  # why there is no model in float64
        self.probes: dict[str, int] = {}
        facts: dict[str, Any] = {}
        form = file.loss_on.get(family(framework), "logits")
        for number, dtype in enumerate(("float32", "float64")):
            options = {"loss_on": form, "dtype": dtype, "device": device, "seed": seed + number}
            setup = file.setup(framework, **options)
            try:
                answer = self._call("benchmarks.twins.probes:open_probe", setup)
            except Refused as error:
                if dtype == "float32":
                    raise
                self.narrow = str(error)
                answer = self.probes["float32"], facts["float32"]
            self.probes[dtype], facts[dtype] = answer
            if path := file.weights.get(family(framework)):
                self.ask("load", path, dtype=dtype)
        self.units: list[Unit] = facts["float32"]["units"]
        self.notes: list[str] = facts["float32"]["notes"]
        self.dropout: list[tuple[str, float]] = facts["float32"]["dropout"]
        self.precision: dict[str, str] = facts["float32"]["precision"]
        self.inexact: dict[str, str] = facts["float64"]["precision"]
        self.own = self._untied()
        self.brought = family(framework) in file.weights or (
            not self.narrow and self._brings(self.ask64("values"))
        )

    def take_apart(self, unit: Unit) -> None:
        """Have a unit that is made of other weights as these."""
        for dtype in self.probes:
            self.units = self.ask("apart", unit.name, dtype=dtype)
        self.own = self._untied()

    def _untied(self) -> Values:
        """The float32 model's weights, each once."""
        tied = {f"{unit.name}/{role}" for unit in self.units for role in unit.tied}
        own: Values = self._call("benchmarks.twins.probes:values", self.probes["float32"])
        return {k: v for k, v in own.items() if k not in tied}

    def _call(self, target: str, *args: Any, function: str = "model") -> Any:
        name = f"{self.framework}_{function}"
        try:
            return self.child.call(target, *args)
        except ChildError as error:
            raise Refused(f"{name}: {error.kind}: {short(error.message)}") from error
        except (ValueError, TypeError, ImportError, RuntimeError, NotImplementedError) as error:
            raise Refused(f"{name}: {short(str(error))}") from error
        except (KeyError, AttributeError, IndexError, AssertionError) as error:
            raise Refused(f"{name}: {type(error).__name__}: {short(str(error))}") from error

    def ask(self, method: str, *args: Any, dtype: str = "float32") -> Any:
        """What the probe answers."""
        return self._call("benchmarks.twins.probes:ask", self.probes[dtype], method, *args)

    def ask64(self, method: str, *args: Any) -> Any:
        """What the probe in float64 answers."""
        return self.ask(method, *args, dtype="float64")

    def prepare(self, path: str, raw: Sequence[Any]) -> list[np.ndarray]:
        """What the file's function makes of raw rows, in this side's process."""
        target = "common.twins.raw:preprocessed"
        return self._call(target, path, self.framework, raw, function="preprocess")

    def assign(self, values: Values) -> None:
        """Give both probes these values."""
        for dtype in self.probes:
            self.ask("assign", values, dtype=dtype)

    def reached(self, rows: Rows) -> Reached:
        """On which sides of its limits the float32 model has values, see `limits.reached`.

        What flows stays in the process, and the float64 model's calls stay those of its `events`.
        """
        return self._call("benchmarks.twins.probes:reached_by", self.probes["float32"], rows)

    def draws(self, rows: Rows) -> bool:
        """Whether two runs of the model differ in evaluation."""
        one, other = (self.ask("outputs", rows) for _ in range(2))
        return any(distance(one[name], other[name]) > RANDOM for name in one)

    def loss(self, rows: Rows, targets: Rows) -> np.ndarray:
        """The float32 model's loss in training."""
        return self._call("benchmarks.twins.probes:loss", self.probes["float32"], rows, targets)

    def graded(self, rows: Rows, targets: Rows, dtype: str) -> Trace:
        """The rungs "loss/loss", "gradients/<unit>/<role>" and "gradients/input/<number>"."""
        target = "benchmarks.twins.probes:graded"
        trace: Trace = {}
        for name, value in self._call(target, self.probes[dtype], rows, targets).items():
            kind, _, rest = name.partition("/")
            rungs = {"loss": "loss/loss", "weight": f"gradients/{rest}"}
            trace[rungs.get(kind, f"gradients/{name}")] = value
        return trace

    def stepped(self, steps: int, rows: Rows, targets: Rows, dtype: str) -> Values:
        """What the last of some further steps gives."""
        target = "benchmarks.twins.probes:stepped"
        return self._call(target, self.probes[dtype], steps, rows, targets)

    def slots(self, dtype: str) -> Values:
        """What the optimiser keeps after its last step."""
        return self._call("benchmarks.twins.probes:slots", self.probes[dtype])

    def _brings(self, again: Values) -> bool:
        """Whether the kernels are the same in two builds that draw from two seeds."""
        kernels = [
            f"{unit.name}/{role}"
            for unit in self.units
            for role, shape in unit.weights.items()
            if len(shape) > 1
            and role not in unit.frozen
            and np.std(self.own.get(f"{unit.name}/{role}", 0.0))
        ]
        return bool(kernels) and all(
            distance(self.own[key], again[key]) < BROUGHT for key in kernels if key in again
        )


def short(text: str) -> str:
    """A user's error in one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LETTERS else f"{line[:LETTERS]} ..."


def distance(one: np.ndarray, other: np.ndarray, floor: float = 0.0) -> float:
    """max|a - b| / max|b|, at least of `floor`; inf for unequal shapes, and where one alone has a
    value that is not finite."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if one.shape != other.shape:
        return np.inf
    finite = np.isfinite(one) & np.isfinite(other)
    if np.any((one != other) & ~finite & ~(np.isnan(one) & np.isnan(other))):
        return np.inf
    gap = float(np.max(np.abs(one - other), where=finite, initial=0.0))
    scale = max(float(np.max(np.abs(other), where=finite, initial=0.0)), floor)
    return gap / scale if gap and scale else 0.0 if not gap else np.inf


def drawn(units: Iterable[Unit], seed: int) -> Values:
    """Random weights and running statistics for these units, see `random_tensor`.

    What no gradient changes in a layer of one's own, and is no running statistic, is a constant of
    the model's and stays.
    """
    return {
        name: random_tensor(name, shape, seed, spread=SPREAD)
        for unit in units
        for role, shape in unit.weights.items()
        for name in [f"{unit.name}/{role}"]
        if not (role in unit.frozen and unit.kind == "other")
    }


def scaled(rows: Rows, scale: float) -> list[np.ndarray]:
    """Rows of real numbers at another scale; whole numbers stay."""
    return [
        x if x.dtype.kind == "i" else (x * scale).astype(np.float32).astype(float) for x in rows
    ]


def scales_of(rows: Rows) -> Sequence[float]:
    """The scales that rows are run at, their own first; whole numbers have no other."""
    return SCALES if any(x.dtype.kind == "f" for x in rows) else SCALES[:1]


def outputs_of(side: Side, rows: Rows, dtype: str) -> Trace:
    """Every output at every scale: "outputs/output", "outputs x30/output"."""
    trace = {}
    for scale in scales_of(rows):
        rung = "outputs" if scale == 1 else f"outputs x{scale:g}"
        for name, value in side.ask("outputs", scaled(rows, scale), dtype=dtype).items():
            trace[f"{rung}/{name}"] = value
    return trace


def trained(sides: Sequence[Side], rows: Rows, targets: Sequence[Rows]) -> Iterator[Climbs]:
    """The four climbs in training, a part at a time: loss and gradients, then of each judged step
    the weights, and then what the optimiser keeps.

    All parts of a large model would not fit into memory: who has compared one should clear it.
    """
    yield of_all(sides, lambda n, dtype: sides[n].graded(rows, targets[n], dtype))
    done = 0
    for number in (1, STEPS):

        def stepped(n: int, dtype: str, more: int = number - done) -> Trace:
            return sides[n].stepped(more, rows, targets[n], dtype)

        parts: list[Callable[[int, str], Trace]] = [stepped, lambda n, dtype: sides[n].slots(dtype)]
        for part in parts:
            climbs = of_all(sides, part)
            for key, values in climbs.items():
                climbs[key] = {f"step {number}/{name}": value for name, value in values.items()}
            yield climbs
        done = number


def of_all(sides: Sequence[Side], climb: Callable[[int, str], Trace]) -> Climbs:
    """What both models give in both dtypes; what has no float64 the same in both."""
    climbs: Climbs = {}
    for number, side in enumerate(sides):
        climbs[number, "float32"] = climb(number, "float32")
        climbs[number, "float64"] = (
            dict(climbs[number, "float32"]) if side.narrow else climb(number, "float64")
        )
    return climbs


def aligned(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The second model's output with the axes of the first's, where it keeps channels first."""
    if one.ndim < 3 or one.ndim != other.ndim:
        return other
    moved = np.moveaxis(other, 1, -1)
    if moved.shape != one.shape:
        return other
    if other.shape != one.shape:
        return moved
    return min((other, moved), key=lambda candidate: distance(candidate, one))


def events_of(side: Side, rows: Rows, dtype: str = "float64") -> list[Event]:
    """What the model shows flowing."""
    return side.ask("events", rows, dtype=dtype)
