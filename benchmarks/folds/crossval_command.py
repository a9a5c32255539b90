"""Validate by K folds: train on all but one, score that one.

Each fold is a fresh network, trained for 100 epochs at batch size 1 as in the textbook; each
framework has a process of its own. At these settings a framework takes some minutes. Every
finished fold is kept: after Ctrl-C the same command goes on with the next one.

examples:
  twinbench crossval                             Boston, 4 folds, both regimes
  twinbench crossval --folds 10 --epochs 50 --batch-size 16 --regime matched
  twinbench crossval --fold-statistics           standardise each fold by its own training rows,
                                                 so that no held-out row is seen before its turn

exit status: 0 all folds finished, 2 usage, 3 data, 4 some folds failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.cli import options, requests

if TYPE_CHECKING:
    from benchmarks.records.job import Job
    from common.problem import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which problems and arms, how many folds, and what to do with the records."""
    which = "one or more of those with a K-fold protocol (default: all of them)"
    options.add(parser, "problems", help=which)
    options.add(parser, "--framework", "--regime", "--device", "--seeds", "--seed-start")
    options.add(parser, "--threads", "--deterministic", "--python", "--timeout", "--data")
    options.add(parser, "--data-dir", "--epochs", "--batch-size", "--hidden", "--learning-rate")
    options.add(parser, "--results", "--folds")
    parser.add_argument(
        "--fold-statistics",
        action="store_true",
        help="standardise by each fold's training rows (default: by all rows, as in the textbook)",
    )
    options.add(parser, "--force", "--json", "--dry-run")


def main(args: argparse.Namespace) -> int:
    """Run the folds that are missing, then show all that were asked for."""
    from benchmarks.cli.shared import run_and_show
    from benchmarks.folds.crossval_table import fold_sections, save_fold_curves
    from benchmarks.harness.worker_folds import folds_of

    folds = [fold for job in _jobs(args) for fold in folds_of(job, args.fold_statistics)]
    return run_and_show(folds, args, fold_sections, save_fold_curves, replicas=len(folds))


def _jobs(args: argparse.Namespace) -> list[Job]:
    """One job an arm and seed; its rows can be divided into the folds."""
    from common.splits import k_folds

    def check(problem: Problem, rows: int) -> None:
        next(k_folds(rows, problem.folds))

    return requests.jobs(args, _problems(args), requests.regimes(args), check)


def _problems(args: argparse.Namespace) -> list[Problem]:
    """The problems with a K-fold protocol, changed as the user asks."""
    from common.problem import PROBLEMS

    folded = [name for name, problem in PROBLEMS.items() if problem.folds]
    for name in args.problems:
        if name not in folded:
            raise ValueError(
                f"{name} has no K-fold protocol; there is one for: {', '.join(folded)}"
            )
    return [
        PROBLEMS[name].but(
            folds=args.folds,
            fold_epochs=args.epochs,
            fold_batch_size=args.batch_size,
            hidden=args.hidden,
            learning_rate=args.learning_rate,
        )
        for name in dict.fromkeys(args.problems or folded)
    ]
