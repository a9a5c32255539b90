"""Carry a network's weights from one file format to another, or train and save them.

The suffix tells what a file is: .safetensors (canonical names, for every framework), .keras, or .pt
(the state_dict of an nn.Sequential). Each framework's own file is read and written by that
framework in a process of its own, and no code in a file is run. Before OUT takes its place it is
read again by its own framework (a .safetensors by another than IN's): the weights must be equal bit
for bit, and scores and predictions of test rows must agree with those of IN's framework.

examples:
  twinbench convert mnist digits.keras digits.pt
  twinbench convert boston houses.pt houses.safetensors --hidden 32,32
  twinbench convert imdb reviews.keras --train torch     train in one, save for the other
  twinbench convert boston houses.safetensors --train keras --optimizer-state

exit status: 0 OUT is written, 1 it disagrees with IN, 2 usage, 3 IN or the data are at fault; OUT
is left as it was but for 0
"""

from __future__ import annotations

import argparse
import json
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks import options
from benchmarks.messages import say
from common.problem import PROBLEMS

if TYPE_CHECKING:
    from benchmarks.child import Child
    from benchmarks.plan import Job
    from common.data import Data
    from common.problem import Problem
    from common.task import State, Task

DISAGREES = 1
ROWS = 1000  # test rows that are scored on both sides
CANONICAL = ".safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, or what to train, and the settings that the network was made with."""
    parser.add_argument("problems", nargs=1, choices=list(PROBLEMS), metavar="PROBLEM")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="IN OUT, or OUT alone")
    parser.add_argument("--train", metavar="FRAMEWORK", help="train in it, in place of an IN")
    parser.add_argument(
        "--optimizer-state",
        action="store_true",
        help=f"with --train: keep RMSprop's running squares and step count too ({CANONICAL} only)",
    )
    parser.add_argument(
        "--regime",
        choices=("native", "matched", "tuned"),
        default="matched",
        help="default: matched",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    options.add(parser, "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS)
    parser.set_defaults(framework=None)  # any that is installed


def main(args: argparse.Namespace) -> int:
    """Read or train, write beside OUT, read that again, compare, and only then move it."""
    [problem] = options.problems(args)
    source, out = _places(args)
    giver = _giver(problem, source, args)  # type: ignore[arg-type]
    taker = _taker(out, giver, args)
    for name in (giver, taker):
        options.chosen_frameworks(argparse.Namespace(framework=[name], python=args.python))
    data = options.data(problem, args)
    x = data.x_test[:ROWS]
    with _processes(args) as call, _draft(out) as draft:
        if source is None:
            given = call(giver, "train", _job(problem, giver, args, data), x, args.optimizer_state)
        else:
            given = call(giver, "read", giver, problem, source, x)
        _write(given, taker, problem, draft, call)
        found = call(taker, "read", taker, problem, draft, x)
        agrees = _agree(problem, given, found, f"{giver} -> {taker}, {x.shape[0]:,} test rows")
        if agrees:
            os.replace(draft, out)
    print(f"{out}: " + ("written" if agrees else "not written, since it disagrees"))
    return 0 if agrees else DISAGREES


def train(job: Job, x: Any, optimizer_state: bool, emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train on the problem's rows; in a Child. Returns what `read` does, of the trained Task."""
    from benchmarks.worker import trained

    task, data = trained(job, emit)
    training = {"regime": job.regime.name, "seed": str(job.seed), "data": data.digest}
    return {
        "state": task.get_state() if optimizer_state else task.get_weights(),
        "scores": task.scores(x),
        "origin": _origin(job.framework, task) | training,
    }


def read(name: str, problem: Problem, path: Path, x: Any) -> dict[str, Any]:
    """Read a file into a Task of the framework; in a Child.

    Returns its `state` (of a framework's own file the weights alone), the `scores` (n, outputs) of
    `x` and its `origin`, the metadata of a canonical file. Raises DataError when the file does not
    hold a network of the problem.
    """
    from common.data import DataError
    from common.framework import framework
    from common.weights import read_weights

    task = framework(name).make_task(problem)
    try:
        if path.suffix == CANONICAL:
            state, origin = read_weights(path)
        else:
            state, origin = task.read_native(path), _origin(name, task)
        task.set_state(state)
    except DataError:
        raise
    except Exception as error:  # damaged files raise whatever the framework's reader trips over
        widths = ",".join(map(str, problem.hidden))
        raise DataError(
            f"{path} cannot be read as the weights of {problem.name} with hidden layers of "
            f"{widths} (--hidden names others): {textwrap.shorten(str(error), 300)}"
        ) from error
    return {"state": state, "scores": task.scores(x), "origin": origin}


def write(name: str, problem: Problem, state: State, path: Path) -> None:
    """Write the weights as the framework's own file; in a Child."""
    from common.framework import framework

    task = framework(name).make_task(problem)
    task.set_state({weight: state[weight] for weight in task.weight_names})
    try:
        task.write_native(path)
    except Exception as error:  # of a full disk each framework's writer says something else
        raise OSError(f"{path} cannot be written: {textwrap.shorten(str(error), 300)}") from error


def _origin(name: str, task: Task) -> dict[str, str]:
    """Metadata of a canonical file: text values, JSON where they are more than a word."""
    return {
        "problem": task.problem.name,
        "framework": name,
        "versions": json.dumps(task.facts()["versions"]),
        "changed": json.dumps(task.problem.changes()),
    }


def _places(args: argparse.Namespace) -> tuple[Path | None, Path]:
    """IN (None for training) and OUT; ValueError when the command line makes no sense."""
    from common.data import DataError

    *sources, out = args.files
    if len(sources) != (0 if args.train else 1):
        expected = "OUT alone after --train" if args.train else "IN and OUT, or --train and OUT"
        raise ValueError(f"expected {expected}, got: {' '.join(map(str, args.files))}")
    known = [CANONICAL, *_owners()]
    for path in args.files:
        if path.suffix not in known:
            raise ValueError(f"{path}: expected a file that ends in {', '.join(known)}")
    if args.optimizer_state and not (args.train and out.suffix == CANONICAL):
        raise ValueError(f"--optimizer-state needs --train and an OUT that ends in {CANONICAL}")
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise ValueError(f"{out} cannot be written: expected a file in a folder that can be")
    if sources and not sources[0].is_file():
        raise DataError(f"{sources[0]}: no such file; name the file to read")
    return (sources[0] if sources else None), out


def _owners() -> dict[str, str]:
    """The framework to which each suffix belongs; a variant shares its framework's."""
    from common.framework import frameworks

    return {f.suffix: f.name for f in reversed(list(frameworks().values())) if f.suffix}


def _giver(problem: Problem, source: Path | None, args: argparse.Namespace) -> str:
    """IN's framework; of a canonical file the one that it names, or any where that is not here."""
    if source is None:
        return args.train
    if source.suffix != CANONICAL:
        return _owners()[source.suffix]
    from common.data import DataError
    from common.weights import read_weights

    _, origin = read_weights(source)
    if origin.get("problem", problem.name) != problem.name:
        raise DataError(f"{source} has weights of {origin['problem']}, expected {problem.name}")
    here = options.chosen_frameworks(args)
    return origin["framework"] if origin.get("framework") in here else here[0]


def _taker(out: Path, giver: str, args: argparse.Namespace) -> str:
    """The framework that must be able to read OUT; of a canonical file another one if it can be."""
    if out.suffix != CANONICAL:
        return _owners()[out.suffix]
    others = [name for name in options.chosen_frameworks(args) if name != giver]
    return others[0] if others else giver


def _job(problem: Problem, name: str, args: argparse.Namespace, data: Data) -> Job:
    from benchmarks.plan import Job
    from common.regime import REGIMES

    return Job(
        problem,
        name,
        REGIMES[args.regime],
        seed=args.seed,
        data=args.data,
        data_dir=options.data_dir(args),
        content=data.digest,
    )


@contextmanager
def _processes(args: argparse.Namespace) -> Iterator[Callable[..., Any]]:
    """`call(framework, function, ...)` of this module, in one process a framework."""
    from rich.console import Console

    from benchmarks.child import Child

    with ExitStack() as stack:
        status = stack.enter_context(Console(stderr=True).status("starting"))

        @cache
        def child(name: str) -> Child:
            python = dict(args.python).get(name)
            started = Child(name, regime=args.regime, threads=args.threads, python=python)
            return stack.enter_context(started)

        def call(name: str, function: str, *arguments: Any) -> Any:
            status.update(f"{name}: {function}")
            return child(name).call(
                f"benchmarks.commands.convert:{function}",
                *arguments,
                on_event=lambda event: status.update(f"{name}: epoch {event['epoch']}"),
                timeout=args.timeout,
            )

        yield call


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A path beside `out` under the same name; what is still there at the end goes."""
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        yield Path(folder, out.name)


def _write(given: dict, taker: str, problem: Problem, draft: Path, call: Callable) -> None:
    from common.weights import write_weights

    if draft.suffix == CANONICAL:
        write_weights(draft, given["state"], given["origin"])
        return
    if "step" in given["state"]:
        say(f"NOTE, {draft.name}: a {draft.suffix} has the weights, the optimiser's state stays")
    call(taker, "write", taker, problem, given["state"], draft)


def _agree(problem: Problem, given: dict, found: dict, title: str) -> bool:
    """Print the errors of OUT against IN beside their bounds; one that is no number is a breach."""
    import numpy as np

    from common.metrics import link
    from common.trace import FIRST_STEP, relative_error

    scores = found["scores"], given["scores"]
    predictions = [link(problem.loss, values) for values in scores]
    weights = [relative_error(value, given["state"][k]) for k, value in found["state"].items()]
    checks = {
        "weights": (float(np.max(weights)), 0.0),  # np.max keeps a NaN, max may lose it
        "scores": (relative_error(*scores), FIRST_STEP),
        "predictions": (relative_error(*predictions), FIRST_STEP),
    }
    print(title)
    for name, (error, bound) in checks.items():
        verdict = "ok" if error <= bound else "OVER"
        print(f"  {name:<12} error {error:.1e}  bound {bound:.0e}  {verdict}")
    return all(error <= bound for error, bound in checks.values())
