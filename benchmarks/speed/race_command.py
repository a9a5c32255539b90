"""Race against the textbook's script and scikit-learn, in turn.

The textbook's Keras scripts are what a reader would otherwise run, and so the peer of every "times
faster". Each run has a process of its own; those of a round are alive together and train in turn,
an epoch each (A B, B A), so that what else happens on the machine falls on all alike. The table has
the ratio of neighbouring epochs, with its 95 % interval once there are five processes an arm.

Every finished run is kept: after Ctrl-C the same command goes on with the next one. Let nothing
else run meanwhile.

examples:
  twinbench race                               all four problems, 5 rounds
  twinbench race imdb --rounds 7 --regime tuned
  twinbench race boston --folds --rounds 2     the K-fold protocol; the textbook takes minutes
  twinbench race boston --itself               what this machine sees of no difference: do it first
  twinbench race --results FILE                show packed records, run nothing
  twinbench race --into page.md                between the file's two marks, as `twinbench table`

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from benchmarks.cli import options, requests
from common.install import install_extra
from common.say import say

if TYPE_CHECKING:
    from common.problem import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who races, how often, and where the table goes."""
    options.add_measuring(parser, "matched,tuned")
    options.add(parser, "--no-turns")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--folds", action="store_true", help="the K-fold protocol instead")
    what.add_argument(
        "--itself",
        action="store_true",
        help="each arm against itself: how wide an interval is here, and how often a false alarm",
    )


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks.cli.shared import run_and_show, show_packed
    from benchmarks.speed import itself, race_table
    from benchmarks.speed.race import Raced, RacedFolds

    kind = itself.RacedItself if args.itself else RacedFolds if args.folds else Raced
    page = itself.sections if args.itself else partial(race_table.sections, folds=args.folds)
    verdicts = itself.verdicts if args.itself else race_table.verdicts
    if args.results.is_file():
        return show_packed(args, page, kind.kind, verdicts)
    if args.folds:  # a fold's epoch of ours is a share of one program's, and has no neighbour
        args.turns = False
    peers = [] if args.itself else _peers(args.folds)
    jobs = requests.jobs(args, _problems(args), requests.regimes(args), peers=peers)
    racing = itself.twice(jobs) if args.itself else list(map(kind.of, jobs))
    return run_and_show(racing, args, page, verdicts=verdicts)


def _problems(args: argparse.Namespace) -> list[Problem]:
    problems = requests.problems(args)
    if not args.folds:
        return problems
    folded = [problem for problem in problems if problem.folds]
    if not folded or (args.problems and len(folded) < len(problems)):
        raise ValueError("--folds takes problems with a K-fold protocol, as in: race boston")
    return folded


def _peers(folds: bool) -> list[str]:
    """Those that can run here; what is missing is said."""
    if folds:
        return ["textbook"]
    if find_spec("sklearn") is None:
        say(f"no scikit-learn here; it races too after: {install_extra('peers')}")
        return ["textbook"]
    return ["textbook", "scikit"]
