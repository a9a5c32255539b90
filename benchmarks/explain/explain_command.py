"""Walk from one framework to another, one difference at a time.

The walk begins with a framework as its users have it and ends with another. Each step makes one
difference equal: initial weights, RMSprop's constants and rule, the order of the rows, the form of
the loss, the framework itself, ... Every arm on the way is trained with the same seeds, so that the
table can tell what a step does to the test metric (with a 95 % interval), what to the time of an
epoch, and at which rung of the parity ladder it is first seen. Then the same walk is taken the
other way: where a switch does something else there, it depends on the others.

With --twins the walk is between your own two models: why does the port train worse? Each model is
built, and what the two trainings differ in is said before any starts, and how long it will take:
initial values of each kind of layer (drawn by each side's own code, whatever its initialiser), the
optimiser's rule, constants and the coupling of its decay, epsilon and momentum of normalisations,
dropout, form and reduction of LOSS, order of the rows. Each is turned in the first model as the
file has it; what no one can set from outside (functions in the model's own code, a schedule of
rates) goes with the framework, and is named. What is the same on both sides is no step.

With --time a step of each framework is taken apart instead: what the rows cost to feed, forward,
backward, the optimiser and the running loss and metric, by epochs that leave parts out; what the
matrix products alone would take; and which share of an epoch the framework's own profiler saw in
kernels. In the regimes native and matched, in rounds that take all arms in turn. In tuned too where
a framework does it in pieces by hand, with what a step takes if one of them is done as users do.

Every finished run is kept: after Ctrl-C the same command goes on with the next one.

examples:
  twinbench explain boston                       10 seeds, both ways
  twinbench explain boston --seeds 3 --epochs 5  a first look
  twinbench explain mnist --order rho,epsilon    these two first, then the others
  twinbench explain imdb --direction there --from torch --to keras
  twinbench explain reuters --into page.md       between the file's two marks, as `twinbench table`,
                                                 and the figure beside it
  twinbench explain --twins my_twins.py          your own two models, from the file's first to its
                                                 second (see `twinbench parity -h` for the file)
  twinbench explain --twins my_twins.py --seeds 5 --direction both --order "weight decay"
  twinbench explain mnist --time                 where the time of a step goes

exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.cli import options, requests
from benchmarks.cli.shared import run_and_show, show_plan
from benchmarks.explain.explained import Explained
from benchmarks.explain.runs import Walked
from benchmarks.explain.walk import Walk, plan_walks, walk
from benchmarks.records.kinds import Explain
from benchmarks.show.markdown import around_table
from common.framework import framework
from common.say import SOME_FAILED, counted, inform

if TYPE_CHECKING:
    from benchmarks.records.arm import Arm
    from benchmarks.records.job import Job
    from benchmarks.records.keys import Record
    from common.problem import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which walk, over which seeds, and where its table goes."""
    options.add(parser, "problems", "--twins")
    which = "(default: of the first two that are installed)"
    parser.add_argument(
        "--from", dest="from_", metavar="FRAMEWORK", help=f"where the walk starts {which}"
    )
    parser.add_argument("--to", metavar="FRAMEWORK", help=f"where the walk ends {which}")
    parser.add_argument(
        "--direction",
        choices=("there", "both"),
        help="the walk alone, or both ways (default: both; with --twins there)",
    )
    parser.add_argument(
        "--order", default="", metavar="SWITCHES", help="comma list of what is turned first"
    )
    options.add(parser, "--seeds", default=10, help="how many seeds an arm (default: %(default)s)")
    options.add(parser, "--seed-start", "--device", "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "--results", "--dry-run")
    parser.add_argument("--time", action="store_true", help="take the time of a step apart")
    options.add_output(parser)


def main(args: argparse.Namespace) -> int:
    """Explain one problem after another, and show each as soon as it is known."""
    if args.twins:
        return _twins(args)
    args.direction = args.direction or "both"
    problems = requests.problems(args)
    if args.into and len(problems) > 1 and not args.time:
        raise ValueError("--into takes one walk; name it, as in: twinbench explain boston")
    if args.into:
        around_table(args.into)  # an error in an hour would come too late
    ends = _ends(args)
    device = _device(ends, args)
    if args.time:
        return _time(problems, ends, device, args)
    requests.check_protocol(args)
    walks = {problem: _walks(problem, ends, device, args) for problem in problems}
    data = {problem: requests.data(problem, args) for problem in problems}
    jobs = {}
    for problem in problems:
        common = requests.fields(args, data[problem]) | {"python": dict(args.python)}
        plan = plan_walks(problem, walks[problem], requests.seeds(args), **common)
        jobs[problem] = list(map(Walked.of, plan))
    if args.dry_run:
        ladders = "then each step of a walk has a short parity ladder"
        return show_plan([job for every in jobs.values() for job in every], args, ladders)
    failed, shown = False, []
    for problem in problems:
        explained, some_failed = _explain(problem, walks[problem], jobs[problem], args)
        failed |= some_failed
        shown.append(explained)
        _show(explained, args)
    if args.json:
        _print_json(shown, args)
    return SOME_FAILED if failed else 0


def _ends(args: argparse.Namespace) -> list[str]:
    """The two frameworks between which the walk goes."""
    every = requests.available(None, args.python)
    return requests.available(requests.ends(args, every, "framework", "installed"), args.python)


def _device(names: list[str], args: argparse.Namespace) -> str:
    places = {*args.device}
    if len(places) == 1:
        places = {device for own in requests.devices(args, names).values() for device in own}
    if len(places) != 1:
        raise ValueError(f"a walk stays on one device, got {', '.join(sorted(places))}")
    return places.pop()


def _walks(
    problem: Problem, ends: list[str], device: str, args: argparse.Namespace
) -> tuple[Walk, ...]:
    order = [name for name in args.order.split(",") if name]
    start, goal = map(framework, ends)
    there = walk(problem, start, goal, order=order, device=device)
    if args.direction == "there":
        return (there,)
    return there, walk(problem, goal, start, order=order, device=device)


def _twins(args: argparse.Namespace) -> int:
    """Walk between the two trainings of a user's file."""
    from benchmarks.explain.twins.explain import ends_in, planned
    from benchmarks.harness.engine import run_jobs, say_failures

    if args.time:
        raise ValueError("--time takes the steps of the four problems apart, and those of no twins")
    args.direction = args.direction or "there"
    if args.into:
        around_table(args.into)
    ends = ends_in(args)
    device = _device(ends, args)
    requests.check_protocol(args)
    twins, walks, jobs = planned(args, ends, device)
    if args.dry_run:
        return show_plan(jobs, args)
    runs = run_jobs(jobs, args.results, force=args.force)
    explained = Explained(twins, walks, _by_arm(jobs, runs), {})
    failed = say_failures(jobs, runs, args.results)
    _show(explained, args)
    if args.json:
        _print_json([explained], args)
    return SOME_FAILED if failed else 0


def _print_json(explained: list[Explained], args: argparse.Namespace) -> None:
    from benchmarks.explain.walk_table import verdicts
    from benchmarks.show.answer import print_json

    entries = [entry for one in explained for entry in verdicts(one)]
    print_json(args.command, [one.plain() for one in explained], entries)


def _by_arm(jobs: Sequence[Job], runs: list[Record]) -> dict[Arm, dict[int, Explain]]:
    """Finished runs by arm and seed."""
    records: dict[Arm, dict[int, Explain]] = {}
    for job, record in zip(jobs, runs, strict=True):
        if isinstance(record, Explain):
            records.setdefault(job.arm, {})[job.seed] = record
    return records


def _explain(
    problem: Problem, walks: tuple[Walk, ...], jobs: Sequence[Job], args: argparse.Namespace
) -> tuple[Explained, bool]:
    """All runs of the walks, then their rungs; and whether some failed, which is said."""
    from benchmarks.explain.runs import first_rungs
    from benchmarks.harness.engine import run_jobs, say_failures

    runs = run_jobs(jobs, args.results, force=args.force)
    records = _by_arm(jobs, runs)
    first = {job.arm: job for job in reversed(jobs) if job.arm in records}
    steps = [step for walk in walks for step in walk.steps]
    pairs = [(s.before, s.after) for s in steps if s.before in first and s.after in first]
    steps_apart = counted(len(pairs), "step")
    inform(f"{problem.name}: a short parity ladder before and after each of {steps_apart}")
    climbed = first_rungs([(first[a], first[b]) for a, b in pairs], args.results)
    rungs = dict(zip(pairs, climbed, strict=True))
    return Explained(problem, walks, records, rungs), say_failures(jobs, runs, args.results)


def _time(problems: list[Problem], names: list[str], device: str, args: argparse.Namespace) -> int:
    """Take a step apart, problem by problem."""
    from benchmarks.explain.steps import ROUNDS, Round
    from benchmarks.explain.steps_table import sections
    from common.regime import MATCHED, NATIVE, TUNED

    for name in names:
        framework(name).check_has("ablation")
    args.framework, args.device, args.seed_start, args.seeds = names, [device], 0, ROUNDS
    jobs = requests.jobs(args, problems, [NATIVE, MATCHED])
    args.framework = [name for name in names if framework(name).pieces]
    jobs += requests.jobs(args, problems, [TUNED]) if args.framework else []
    return run_and_show(list(map(Round.of, jobs)), args, sections)


def _show(explained: Explained, args: argparse.Namespace) -> None:
    from benchmarks.explain.walk_table import sections
    from benchmarks.show.section import show, with_figures

    stem = requests.stem(args, f"explain-{explained.problem.name.replace(':', '-')}")
    made = list(with_figures(sections(explained), stem))
    if args.into or not args.json:
        show(made, into=args.into)
