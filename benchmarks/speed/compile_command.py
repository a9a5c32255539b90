"""See what each compiler brings, and from which epoch it pays.

The same code trains with the compiler and without: as the tutorials have it (regime matched), with
a whole step compiled (regime compiled), and in PyTorch with parts of a step, because what is
compiled decides what it brings. The table has the steady epoch, the seconds until the first epoch
has ended, which compiles, and the epoch after which the compiled process is ahead; `never` is an
answer. A framework that compiles by itself has no such arm.

Every finished run is kept: after Ctrl-C the same command goes on with the next one. Let nothing
else run meanwhile.

examples:
  twinbench compile                            all four problems, 5 rounds
  twinbench compile mnist --framework torch --rounds 10
  twinbench compile boston --into page.md      between the file's two marks, as `twinbench table`
  twinbench compile --results FILE             show packed records, run nothing

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
import random

from benchmarks.cli import options, requests
from common.regime import COMPILED, MATCHED
from common.say import inform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which problems and frameworks, how often, and where the table goes."""
    options.add_measuring(parser)
    options.add(parser, "--no-turns", "--compact")
    parser.set_defaults(regime=[COMPILED.name])  # who has it


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks.cli.shared import run_and_show, show_packed
    from benchmarks.records.packed import pack
    from benchmarks.records.record import read_records
    from benchmarks.speed.compilation import Compiled, extents
    from benchmarks.speed.compilation_table import sections

    if args.results.is_file():
        return show_packed(args, sections, Compiled.kind)
    planned = requests.jobs(args, requests.problems(args), [MATCHED, COMPILED])
    jobs = [job for each in planned for job in extents(each)]
    random.Random(0).shuffle(jobs)
    jobs.sort(key=lambda job: job.seed)  # a stable sort: round by round, each in a random order
    status = run_and_show(jobs, args, sections)
    if args.compact and not args.dry_run:
        pack([record.json for record in read_records(args.results, Compiled.kind)], args.compact)
        inform(f"{args.compact}: written")
    return status
