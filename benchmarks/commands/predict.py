"""Train each framework, then show test rows with its prediction beside the truth.

A digit is drawn, a review or a newswire is put back into words, a house has its features. Nothing
is recorded: `twinbench run` measures, this shows.

examples:
  twinbench predict mnist                        five digits, what each framework sees in them
  twinbench predict imdb --rows 3 --first 100    test rows 100 to 102
  twinbench predict boston --epochs 20 --seed 1
  twinbench predict reuters --json               the same for a program
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks import options

if TYPE_CHECKING:
    from benchmarks.plan import Job
    from common.problem import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to train, and which test rows to show."""
    options.add(parser, "problems", "--framework", "--device", "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS)
    parser.add_argument(
        "--regime",
        choices=("native", "matched", "tuned"),
        default="matched",
        help="default: matched",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--rows", type=int, default=5, metavar="N", help="how many test rows (default: 5)"
    )
    parser.add_argument(
        "--first", type=int, default=0, metavar="ROW", help="the first of them (default: 0)"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list of problems")


def main(args: argparse.Namespace) -> int:
    """Train one problem after another and show its rows at once."""
    from benchmarks.report.predictions import print_predictions

    names = options.chosen_frameworks(args)
    if len(args.device) > 1:
        raise ValueError(f"--device: one device was expected, got {', '.join(args.device)}")
    devices = options.devices(args, names)
    shown = []
    for problem in options.problems(args):
        result = _predicted(problem, {name: devices[name][0] for name in names}, args)
        shown.append(result)
        if not args.json:
            print_predictions(result)
    if args.json:
        print(json.dumps(shown, indent=1))
    return 0


def train_and_predict(job: Job, rows: list[int], emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train on the problem's rows and predict the given test rows; in a Child.

    Returns `predictions` (rows, outputs) float32 and `metrics` of all test rows.
    """
    from benchmarks.worker import trained

    task, data = trained(job, emit)
    return {
        "predictions": task.predict(data.x_test[rows]),
        "metrics": task.evaluate(data.x_test, data.y_test),
    }


def _predicted(
    problem: Problem, devices: dict[str, str], args: argparse.Namespace
) -> dict[str, Any]:
    """Plain values: the problem, its data, the metrics of each framework, and the rows."""
    from benchmarks.plan import Job
    from benchmarks.report.predictions import describe_rows
    from common.regime import REGIMES

    data = options.data(problem, args)
    rows = list(range(args.first, args.first + args.rows))
    if args.rows < 1 or args.first < 0 or rows[-1] >= len(data.y_test):
        raise ValueError(
            f"--first {args.first} --rows {args.rows}: expected at least one row within the "
            f"{len(data.y_test)} test rows of {problem.name}, numbered from 0"
        )
    jobs = [
        Job(
            problem,
            name,
            REGIMES[args.regime],
            device,
            args.seed,
            threads=args.threads,
            data=args.data,
            data_dir=options.data_dir(args),
            content=data.digest,
            python=dict(args.python).get(name),
            timeout=args.timeout,
        )
        for name, device in devices.items()
    ]
    outcomes = {job.framework: _trained(job, rows) for job in jobs}
    return {
        "problem": problem.name,
        "regime": args.regime,
        "seed": args.seed,
        "epochs": problem.epochs,
        "changed": problem.changes(),
        "data": {"source": data.source, "origin": data.origin, "notice": data.notice},
        "metrics": {name: outcome["metrics"] for name, outcome in outcomes.items()},
        "rows": describe_rows(
            problem, data, rows, {name: o["predictions"] for name, o in outcomes.items()}
        ),
    }


def _trained(job: Job, rows: list[int]) -> dict[str, Any]:
    """What `train_and_predict` returns from a process of its own, its epochs said meanwhile."""
    from rich.console import Console

    from benchmarks.child import Child

    console = Console(stderr=True)
    with (
        console.status(f"{job}: starting") as status,
        Child.of(job, job.regime) as child,
    ):
        return child.call(
            "benchmarks.commands.predict:train_and_predict",
            job,
            rows,
            on_event=lambda e: status.update(f"{job}: epoch {e['epoch']}/{job.problem.epochs}"),
            timeout=job.timeout,
        )
