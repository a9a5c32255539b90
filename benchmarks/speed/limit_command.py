"""Measure what this machine can do at best, and who reaches it.

Each process trains a problem, then times the matrix products of its steps alone (on sparse rows
too, for text), one large product and a stream through memory. The roofline shows each problem below
the machine's two roofs: operations a second, and what its memory can feed.

Every finished run is kept: after Ctrl-C the same command goes on with the next one. Let nothing
else run meanwhile.

examples:
  twinbench limit                              all four problems, tuned
  twinbench limit mnist --regime matched,tuned --rounds 5
  twinbench limit --into page.md               between the file's two marks, the figure beside it

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.cli import options, requests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which arms, how often, and where the table goes."""
    options.add_measuring(parser, "tuned")


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks.cli.shared import run_and_show
    from benchmarks.speed.limit import Limited
    from benchmarks.speed.limit_table import page
    from common.framework import framework

    for name in requests.frameworks(args):
        framework(name).check_has("ablation")
    regimes = requests.regimes(args)
    for regime in regimes:
        if regime.bfloat16:
            raise ValueError(f"limit times products of float32, which are none of {regime.name}")
    jobs = requests.jobs(args, requests.problems(args), regimes)
    stem = requests.stem(args, Limited.kind)
    return run_and_show(list(map(Limited.of, jobs)), args, partial(page, stem=stem))
