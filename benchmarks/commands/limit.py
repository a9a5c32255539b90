"""Measure what this machine can do at best, and which share of it an epoch reaches.

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

from benchmarks import asked, options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which arms, how often, and where the table goes."""
    options.add_measuring(parser, "tuned")


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks import limit
    from benchmarks.commands import run_and_show
    from benchmarks.engines.local import run_job
    from benchmarks.report.limit import page
    from common.framework import framework

    for name in asked.frameworks(args):
        framework(name).check_has("ablation")
    jobs = asked.jobs(args, asked.problems(args), asked.regimes(args))
    run = partial(run_job, target="benchmarks.limit:measure", kind=limit.KIND)
    stem = asked.stem(args, limit.KIND)
    return run_and_show(jobs, args, limit.KIND, partial(page, stem=stem), run)
