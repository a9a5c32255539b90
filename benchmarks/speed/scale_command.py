"""See how time and memory grow with a problem's size.

One axis at a time: the training rows (by repetition), the rows a step, the hidden widths, the
threads. Each point is a process of its own; the table gives the exponent of the power law that fits
best, and the figure the curves.

Every finished run is kept: after Ctrl-C the same command goes on with the next one. Let nothing
else run meanwhile.

examples:
  twinbench scale boston                       all four axes, tuned
  twinbench scale mnist --axis rows,threads
  twinbench scale imdb --regime matched,tuned --into page.md

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
import random
from functools import partial

from benchmarks.cli import options, requests, types
from benchmarks.speed.scale import AXES
from common.say import none_such


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which arms and axes, how often, and where the tables go."""
    options.add_measuring(parser, "tuned", rounds=3)
    every = ", ".join(AXES)
    parser.add_argument(
        "--axis",
        type=types.list_of(_axis),
        default=list(AXES),
        metavar="NAMES",
        help=f"comma list of {every} (default: all)",
    )


def _axis(name: str) -> str:
    if name not in AXES:
        raise ValueError(none_such("axis", name, AXES))
    return name


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks.cli.shared import run_and_show
    from benchmarks.records.machine import usable_cores
    from benchmarks.speed.scale import Scaled, along
    from benchmarks.speed.scale_table import page

    values = {**AXES, "threads": [n for n in AXES["threads"] if n <= usable_cores()]}
    jobs = [
        point
        for job in requests.jobs(args, requests.problems(args), requests.regimes(args))
        for axis in args.axis
        for point in along(job, axis, values[axis])
    ]
    random.Random(0).shuffle(jobs)
    jobs.sort(key=lambda job: job.seed)  # a stable sort: round by round, each in a random order
    return run_and_show(jobs, args, partial(page, stem=requests.stem(args, Scaled.kind)))
