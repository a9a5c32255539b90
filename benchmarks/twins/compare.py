"""Every tensor of two models that climbed: its error in float64, which is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np

from benchmarks.twins.climb import Trace, aligned, distance
from benchmarks.twins.forms import probabilities
from benchmarks.twins.match import Matching
from common.twins.file import TwinsFile
from common.twins.probe import Values

BOUND = 1e-6  # in float64, of the scale: some roundings of float32, as its constants have
STEP = 5e-5  # of a step's size: an optimiser keeps its decays and rates in float32
SLOT = 1e-5  # what an optimiser keeps, for the same reason
BOUND32 = 1e-5  # where a layer has no float64, and ten times what each side differs from itself
SHARE = 1e-2  # of the largest gradient: the least scale that an error of a gradient is judged on
NOTHING = 1e-12  # a scale below this is rounding even of float64


class Rung(NamedTuple):
    """One tensor of both models: its error in float64, which is judged, and in float32.

    `own` is how far each model in float32 is from itself in float64; `error32` is the least
    tolerance that would pass. Errors are max|a - b| / max|b|. `usual` is the judge's own bound,
    where the user set another.
    """

    rung: str
    tensor: str
    error: float
    bound: float
    error32: float
    own: tuple[float, float]
    usual: float | None = None

    @property
    def broken(self) -> bool:
        """Whether the models differ here by more than rounding; NaN always does."""
        return not self.error <= self.bound

    @property
    def raised(self) -> bool:
        """Whether the user's bound is above the judge's own."""
        return self.usual is not None and self.bound > self.usual

    @property
    def excused(self) -> bool:
        """Whether it is the user's bound alone that lets it pass."""
        return self.usual is not None and not self.broken and not self.error <= self.usual


Bounds = Sequence[tuple[str, float]]
"""A user's own bounds by pattern over "rung tensor" ("step * norm/*"); the first that fits."""


def compare(
    file: TwinsFile,
    mine: Mapping[str, Trace],
    theirs: Mapping[str, Trace],
    matching: Matching,
    before: Values,
    forms: Sequence[str],
    *,
    coarse: bool,
    largest: float = 0.0,
    bounds: Bounds = (),
) -> list[Rung]:
    """Every tensor that both models have, in the order of the rungs; traces are by dtype.

    `before` are the first model's values before the first step, and its "loss"; `largest` is the
    largest of its gradients, once they are known.
    `forms` says of each model whether its outputs are "logits" or "probabilities", where that
    matters; `coarse` that some layer has no float64.
    """
    theirs = {dtype: renamed(trace, matching) for dtype, trace in theirs.items()}
    keys = {key: key for key in mine["float64"]}
    keys |= same_outputs(*(_outputs(traces["float64"]) for traces in (mine, theirs)))
    rungs = []
    for key, other in keys.items():
        if other not in theirs["float64"]:
            continue
        rung, _, tensor = key.partition("/")
        floor = max(_floor(file, rung, tensor, largest), NOTHING)
        pairs = {
            dtype: _comparable(file.loss, mine[dtype][key], theirs[dtype][other], rung, forms)
            for dtype in mine
        }
        error, error32 = (distance(b, a, floor) for a, b in (pairs["float64"], pairs["float32"]))
        own = [distance(pairs["float32"][n], pairs["float64"][n], floor) for n in (0, 1)]
        bound = BOUND32 + 10 * max(own) if coarse else BOUND
        if rung.startswith("step") and tensor.startswith("slot/"):
            bound = max(bound, SLOT)
        start = before.get(tensor)
        if rung.startswith("step") and start is not None:
            bound = max(bound, STEP * distance(start, mine["float64"][key], floor))
        name = f"{rung} {tensor}"
        wanted = next((number for pattern, number in bounds if fnmatchcase(name, pattern)), None)
        usual = None if wanted is None else bound
        bound = bound if wanted is None else wanted
        rungs.append(Rung(rung, tensor, error, bound, error32, (own[0], own[1]), usual))
    return rungs


def largest_gradient(trace: Trace) -> float:
    """The largest absolute value in a trace's gradients."""
    gradients = [value for key, value in trace.items() if key.startswith("gradients/")]
    return max((float(np.max(np.abs(v), initial=0.0)) for v in gradients), default=0.0)


def renamed(trace: Trace, matching: Matching) -> Trace:
    """The second model's trace under the first's names and in its layouts; what has no partner
    there is left out."""
    result: Trace = {}
    for rung in dict.fromkeys(key.partition("/")[0] for key in trace):
        own = {key.partition("/")[2]: v for key, v in trace.items() if key.startswith(f"{rung}/")}
        part = own
        if not rung.startswith("outputs"):
            part = {k: v for k, v in own.items() if k == "loss" or k.startswith("input/")}
            for prefix in ("", "slot/first/", "slot/second/"):
                part |= matching.to_one(own, prefix)
        result |= {f"{rung}/{name}": value for name, value in part.items()}
    return result


def of_one_form(ones: Values, others: Values) -> bool:
    """Whether two models have as many outputs, of the same shapes."""
    pairs = same_outputs(list(ones), list(others)).items()
    return len(ones) == len(others) and all(
        aligned(ones[a], others[b]).shape == ones[a].shape for a, b in pairs
    )


def agree(ones: Values, others: Values) -> bool:
    """Whether two models have the same outputs, to what is rounding in float64."""
    pairs = same_outputs(list(ones), list(others)).items()
    return len(ones) == len(others) and all(
        distance(aligned(ones[a], others[b]), ones[a]) <= BOUND for a, b in pairs
    )


def same_outputs(ones: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """The second model's name of each of the first's outputs: its own where both have the same
    names, else the one that is there in order."""
    return dict(zip(ones, ones if set(ones) == set(others) else others, strict=False))


def _outputs(trace: Trace) -> list[str]:
    return [key for key in trace if key.startswith("outputs")]


def _comparable(
    loss: str, one: np.ndarray, other: np.ndarray, rung: str, forms: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Two tensors of one form: logits are turned into probabilities where the other has those."""
    if not rung.startswith("outputs"):
        return one, other
    other = aligned(one, other)
    if len(set(forms)) < 2 or one.shape != other.shape:
        return one, other
    return probabilities(loss, one, forms[0]), probabilities(loss, other, forms[1])


def _floor(file: TwinsFile, rung: str, tensor: str, largest: float) -> float:
    """The least scale of an error: a bias before a normalisation has a gradient of rounding."""
    if rung == "gradients":
        return 0.0 if tensor.startswith("input/") else SHARE * largest
    if "slot/first" in tensor:
        return 0.1 * SHARE * largest
    if "slot/second" in tensor:
        return 0.1 * (SHARE * largest) ** 2
    return file.learning_rate if rung.startswith("step") else 0.0
