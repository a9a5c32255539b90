"""See which defaults belong together: train every subset.

A port that takes over one framework's constants and keeps another's initial weights has defaults
that nobody has tried together. Here a few switches, by default the initial kernels and RMSprop's
decay, epsilon and rule, are set to the goal's values in every combination, and all others are the
same everywhere. Each framework trains all of them, from the same initial weights and in the same
order of the samples for a seed, by its fastest code. The table has what each subset does to the
test metric against the start's own defaults; below it, what each switch does, as the mean over all
ways that the others stand, and by how much more two do together.

Every finished run is kept: after Ctrl-C the same command goes on with the next one. No run is
timed, so that other commands may train another framework beside it, into the same --results.

examples:
  twinbench factorial reuters                              10 seeds of 16 subsets, each framework
  twinbench factorial reuters --framework torch --seeds 100
  twinbench factorial mnist --switches kernels,biases,epsilon --from torch --to keras
  twinbench factorial reuters --into page.md               between the file's two marks, and the
                                                           figure beside it
  twinbench factorial --results FILE                       show packed records, run nothing

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.cli import options, requests
from benchmarks.explain.factorial import MATTER, SWITCHES, Treated, treated
from common.framework import framework
from common.regime import TUNED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which subsets, of which defaults, over which seeds, and where the table goes."""
    options.add(parser, "problems", "--framework")
    which = "(default: the first two that are installed)"
    for flag, name, words in (("--from", "from_", "start"), ("--to", "to", "goal")):
        text = f"whose defaults are the {words} {which}"
        parser.add_argument(flag, dest=name, metavar="FRAMEWORK", help=text)
    switches = f"comma list of {', '.join(SWITCHES)} (default: {','.join(MATTER)})"
    parser.add_argument("--switches", default=",".join(MATTER), metavar="NAMES", help=switches)
    options.add(
        parser, "--seeds", default=10, help="how many seeds a subset (default: %(default)s)"
    )
    options.add(parser, "--seed-start", "--device", "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "--results", "--dry-run")
    options.add_output(parser)
    parser.set_defaults(regime=[TUNED.name])  # who has it


def main(args: argparse.Namespace) -> int:
    """Run what is missing, then show all that was asked for."""
    from benchmarks.cli.shared import run_and_show, show_packed
    from benchmarks.explain.factorial_table import page, verdicts

    shown = partial(page, stem=requests.stem(args, "factorial"))
    if args.results.is_file():
        return show_packed(args, shown, Treated.kind, verdicts)
    installed = requests.available(None, args.python)
    start, goal = map(framework, requests.ends(args, installed, "framework", "installed"))
    planned = requests.jobs(args, requests.problems(args), [TUNED])
    switches = [name for name in args.switches.split(",") if name]
    jobs = treated(planned, start, goal, switches)
    return run_and_show(jobs, args, shown, verdicts=verdicts)
