"""Choose widths, depth and epochs by held-out rows, test once.

Every network of the grid is validated in each framework: by K folds where the problem has such a
protocol (Boston), else on rows held out once (IMDB and Reuters their own, MNIST 10,000). The
validation curve, its mean over folds smoothed as in the textbook, gives the number of epochs; the
least of all gives the network. A fresh network of that kind is then trained on all training rows,
as many a step as before, and tested. The test rows are used there and nowhere before: a choice by
them would be a leak.

The whole grid of Boston is 9 networks x 4 folds x 200 epochs x 303 rows, one row a step as in the
textbook: 2.2 million steps a framework, 18 times what `twinbench crossval` takes. `--batch-size 16`
makes it a sixteenth of that, `--regime tuned` trains the folds of a network in lock-step. Every
finished fold is kept: after Ctrl-C the same command goes on with the next one.

examples:
  twinbench tune boston --batch-size 16          widths 32, 64, 128 in 1, 2 or 3 layers
  twinbench tune boston --regime tuned           the textbook's batch of 1
  twinbench tune boston --hidden 16,64 --layers 1,2 --epochs 100 --folds 10 --batch-size 16
  twinbench tune mnist --validation 5000         hold out other rows than the problem's own
  twinbench tune reuters --into page.md          between the file's two marks, the figure beside it

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.cli import options, requests, types
from common.problem import PROBLEMS, Problem
from common.say import SOME_FAILED

if TYPE_CHECKING:
    from benchmarks.folds.tune import Choice
    from benchmarks.records.job import Job

KIND = "tune"  # the name of its figures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The grid, the arms, how rows are held out, and where the page goes."""
    options.add(parser, "problems", nargs="+", help="one or more of {problems}")
    options.add(
        parser,
        "--hidden",
        dest="widths",
        type=types.list_of(types.width),
        help="widths to try (default: half, once and twice the problem's own)",
    )
    parser.add_argument(
        "--layers",
        type=types.list_of(types.width),
        default="1,2,3",
        metavar="NUMBERS",
        help="numbers of hidden layers to try (default: %(default)s)",
    )
    twice = "train for so many to choose from (default: twice the problem's own)"
    options.add(parser, "--epochs", help=twice)
    options.add(parser, "--folds")
    parser.add_argument(
        "--smoothing",
        type=types.checked(_smoothing),
        metavar="FACTOR",
        help="of the moving average (default: 0.9 with folds, else 0)",
    )
    options.add(parser, "--validation", "--batch-size", "--learning-rate", "--framework")
    options.add(parser, "--regime", default="matched")
    options.add(parser, "--device", "--seeds", "--seed-start", "--threads", "--deterministic")
    options.add(parser, "--python", "--timeout", "--data", "--data-dir", "--results")
    options.add(parser, "--tensorboard", "--dry-run")
    options.add_output(parser)


def _smoothing(text: str) -> float:
    if not 0 <= float(text) < 1:
        raise ValueError(f"a number from 0 to below 1 was expected, got {text!r}")
    return float(text)


def main(args: argparse.Namespace) -> int:
    """Validate what is missing of the grid, choose, train the choice, and show all of it."""
    from benchmarks.cli.shared import show_plan
    from benchmarks.export.tensorboard import event_writer
    from benchmarks.folds.tune import as_plain, choose
    from benchmarks.folds.tune_table import page
    from benchmarks.harness.engine import run_jobs, say_failures
    from benchmarks.harness.worker_folds import folds_of
    from benchmarks.show.answer import print_json
    from benchmarks.show.markdown import around_table
    from benchmarks.show.section import show

    if args.into:
        around_table(args.into)  # an error in an hour would come too late
    how = {"force": args.force, "on_record": event_writer(args.tensorboard)}
    published, grid = _jobs(args)
    grid_folds = [fold for job in grid for fold in folds_of(job)]
    if args.dry_run:
        final = "then each arm trains its choice, and the published setting"
        return show_plan(grid_folds, args, final)
    folds = run_jobs(grid_folds, args.results, replicas=len(grid_folds), **how)
    choices = choose(folds, args.smoothing)
    jobs = _final(published, choices)
    runs = run_jobs(jobs, args.results, **how)
    pages = page(choices, folds, runs, requests.stem(args, KIND))
    measured = {"choices": list(map(as_plain, choices)), "folds": folds, "runs": runs}
    if args.json:
        print_json(args.command, measured)
    else:
        show(pages, into=args.into)
    failed = say_failures([*grid_folds, *jobs], [*folds, *runs], args.results)
    return SOME_FAILED if failed else 0


def _jobs(args: argparse.Namespace) -> tuple[list[Job], list[Job]]:
    """Each arm and seed as published, and with every network of the grid."""
    from benchmarks.folds.tune import cells

    grid: dict[Problem, list[Problem]] = {}

    def check(problem: Problem, rows: int) -> None:
        names = ("widths", "layers", "epochs", "batch_size", "learning_rate", "folds", "validation")
        grid[problem] = cells(problem, rows, **{name: getattr(args, name) for name in names})

    problems = [PROBLEMS[name] for name in dict.fromkeys(args.problems)]
    published = requests.jobs(args, problems, requests.regimes(args), check)
    return published, [
        replace(job, problem=cell) for job in published for cell in grid[job.problem]
    ]


def _final(published: list[Job], choices: list[Choice]) -> list[Job]:
    """For each arm that could choose: its choice, and beside it the published setting."""
    from benchmarks.folds.tune import chosen

    by_arm = {choice.arm: choice for choice in choices}
    jobs: dict[Job, Any] = {}
    for job in published:
        if job.arm in by_arm:
            jobs |= {replace(job, problem=chosen(by_arm[job.arm])): None, job: None}
    return list(jobs)
