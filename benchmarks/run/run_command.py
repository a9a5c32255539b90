"""Train the problems in each framework, and compare them.

Every run has a process of its own and leaves one JSON record below the results folder. A run that
has a record is not run again: after an interruption the same command goes on where it stopped.

examples:
  twinbench run                                 all four problems, every installed framework
  twinbench run boston mnist --seeds 5          seeds 0 to 4 of two problems
  twinbench run imdb --regime matched           identical weights, order and optimiser rule
  twinbench run mnist --regime compiled         each framework's own compiler
  twinbench run mnist --regime matched,bf16     in bfloat16 too, by each framework's mixed precision
  twinbench run mnist --epochs 1 --hidden 64    changed settings; the table and the record say so
  twinbench run --twins my_twins.py             your own two models (see `twinbench parity -h`)
  twinbench run --twins my_twins.py --framework keras,keras:torch,torch --seeds 5
                                                is the port slower: by the framework, or by itself?
  twinbench run --data real --data-dir DIR      refuse anything but the real data
  twinbench run --tensorboard logs              for `tensorboard --logdir logs`: all in one view
  twinbench run reuters --json > runs.json      the records and nothing else on standard output

exit status: 0 all runs finished, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.cli import options, requests

if TYPE_CHECKING:
    from benchmarks.records.job import Job
    from common.problem import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to run, with which settings, and what to do with the records."""
    options.add(parser, "problems", "--twins", "--framework", "--regime", "--device", "--seeds")
    options.add(parser, "--seed-start", "--threads", "--deterministic", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "--results")
    options.add(parser, "--tensorboard", "--force", "--json", "--dry-run")


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks.cli.shared import run_and_show
    from benchmarks.export.tensorboard import event_writer
    from benchmarks.show.answer import run_verdicts
    from benchmarks.show.curves import save_curves
    from benchmarks.show.run_table import sections
    from benchmarks.statistics.compared import Compared

    on_record = event_writer(args.tensorboard)
    return run_and_show(
        _jobs(args),
        args,
        sections,
        save_curves,
        verdicts=run_verdicts,
        compare=Compared.of,
        on_record=on_record,
    )


def _jobs(args: argparse.Namespace) -> list[Job]:
    """The plan of all that was asked for."""
    problems: list[Problem]
    if args.twins:
        from benchmarks.twins.requested import requested

        problems = [requested(args)]
    else:
        problems = requests.problems(args)
    return requests.jobs(args, problems, requests.regimes(args), _check)


def _check(problem: Problem, rows: int) -> None:
    if problem.validation >= rows:
        raise ValueError(
            f"--validation {problem.validation} leaves no training row of the {rows} of "
            f"{problem.name}"
        )
