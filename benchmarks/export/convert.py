"""A network's weights from one file format to another, each read and written in its own process."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness.progress import shown_child
from benchmarks.harness.worker import trained
from benchmarks.records.job import Job
from common.atomic import replaced
from common.data import DataError
from common.framework import framework, frameworks
from common.metrics import link
from common.problem import Problem
from common.say import say
from common.task import State, Task
from common.trace import FIRST_STEP, relative_error
from common.weights import read_weights, write_weights

ROWS = 1000  # test rows that are scored on both sides
CANONICAL = ".safetensors"


class Error(NamedTuple):
    """How far OUT is from IN, relative to the largest value, and how far it may be."""

    size: float
    bound: float

    @property
    def within(self) -> bool:
        """A NaN is not."""
        return self.size <= self.bound


def convert(
    giver: Job, taker: Job, source: Path | None, out: Path, x: Any, *, optimizer_state: bool = False
) -> dict[str, Error]:
    """Read or train, write elsewhere, read that again, compare, and only then replace `out`.

    `giver` is trained where there is no `source`, and `taker` must be able to read `out`; both are
    asked for the scores of `x`. Returns the error of each of weights, scores and predictions: `out`
    is left as it was when one is not within its bound. Raises DataError when the source does not
    hold a network of the problem.
    """
    with shown_child(giver) as call:
        if source is None:
            given = call(f"{__name__}:train", x, optimizer_state)
        else:
            given = call(f"{__name__}:read", source, x)
    with shown_child(taker) as call, TemporaryDirectory() as folder:
        draft = Path(folder, out.name)
        if out.suffix == CANONICAL:
            write_weights(draft, given["state"], given["origin"])
        else:
            if "step" in given["state"]:
                say(f"NOTE, {out.name}: it has the weights alone, the optimiser's state stays")
            call(f"{__name__}:write", given["state"], draft)
        errors = _compared(giver.problem, given, call(f"{__name__}:read", draft, x))
        if all(error.within for error in errors.values()):
            with replaced(out) as file:
                file.write(draft.read_bytes())
    return errors


def train(job: Job, x: Any, optimizer_state: bool, emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train on the problem's rows; in a Child. Returns what `read` does, of the trained Task."""
    task, data = trained(job, emit)
    training = {"regime": job.regime.name, "seed": str(job.seed), "data": data.digest}
    return {
        "state": task.get_state() if optimizer_state else task.get_weights(),
        "scores": task.scores(x),
        "origin": _origin(job, task) | training,
    }


def read(job: Job, path: Path, x: Any) -> dict[str, Any]:
    """Read a file into a Task of the framework; in a Child.

    Returns its `state` (of a framework's own file the weights alone), the `scores` (n, outputs) of
    `x` and its `origin`, the metadata of a canonical file. Raises DataError when the file does not
    hold a network of the problem.
    """
    task = framework(job.framework).make_task(job.problem)
    try:
        if path.suffix == CANONICAL:
            state, origin = read_weights(path, job.problem)
        else:
            state, origin = task.read_native(path), _origin(job, task)
        task.set_state(state)
    except DataError:
        raise
    except Exception as error:  # damaged files raise whatever the framework's reader trips over
        widths = ",".join(map(str, job.problem.hidden))
        raise DataError(
            f"{path} cannot be read as the weights of {job.problem.name} with hidden layers of "
            f"{widths} (--hidden names others): {textwrap.shorten(str(error), 300)}"
        ) from error
    return {"state": state, "scores": task.scores(x), "origin": origin}


def write(job: Job, state: State, path: Path) -> None:
    """Write the weights as the framework's own file; in a Child."""
    task = framework(job.framework).make_task(job.problem)
    task.set_state({weight: state[weight] for weight in task.weight_names})
    try:
        task.write_native(path)
    except Exception as error:  # of a full disk each framework's writer says something else
        raise OSError(f"{path} cannot be written: {textwrap.shorten(str(error), 300)}") from error


def _origin(job: Job, task: Task) -> dict[str, str]:
    """Metadata of a canonical file: text values, JSON where they are more than a word."""
    return {
        "problem": job.problem.name,
        "framework": job.framework,
        "versions": json.dumps(task.facts()["versions"]),
        "changed": json.dumps(job.problem.changes()),
    }


def owners() -> dict[str, str]:
    """The framework to which each suffix belongs; a variant shares its framework's."""
    return {f.suffix: f.name for f in reversed(list(frameworks().values())) if f.suffix}


def giver_of(problem: Problem, source: Path, here: Sequence[str]) -> str:
    """The source's framework; of a canonical file the one that it names if that is here, or any.

    Raises DataError for weights of another problem.
    """
    if source.suffix != CANONICAL:
        return owners()[source.suffix]
    _, origin = read_weights(source, problem)
    if origin.get("problem", problem.name) != problem.name:
        raise DataError(f"{source} has weights of {origin['problem']}, expected {problem.name}")
    return origin["framework"] if origin.get("framework") in here else here[0]


def taker_of(out: Path, giver: str, here: Sequence[str]) -> str:
    """The framework that must be able to read OUT; of a canonical file another one if it can be."""
    if out.suffix != CANONICAL:
        return owners()[out.suffix]
    return next((name for name in here if name != giver), giver)


def _compared(problem: Problem, given: Mapping, copied: Mapping) -> dict[str, Error]:
    scores = copied["scores"], given["scores"]
    predictions = [link(problem.loss, values) for values in scores]
    weights = [relative_error(value, given["state"][k]) for k, value in copied["state"].items()]
    return {
        "weights": Error(float(np.max(weights)), 0.0),  # np.max keeps a NaN, max may lose it
        "scores": Error(relative_error(*scores), FIRST_STEP),
        "predictions": Error(relative_error(*predictions), FIRST_STEP),
    }
