"""Compare the frameworks as a whole study: planned seeds, verdicts, a page and a figure a problem.

The number of seeds is written into DIR/plan.json before the first run and stays as it is. The first
seeds of each arm are timed, each alone on the machine; the others are for the test metric alone:
their records hold no clock, and several may run at once. The regime tuned trains them as replicas
in one process. The same command goes on where it stopped, after Ctrl-C or worse.

examples:
  twinbench study --threads 1 --jobs 2           all four problems, 30 seeds, 5 of them timed
  twinbench study boston --seeds 100 --timed 10
  twinbench study --look                         what is there so far: verdicts are exploratory
  twinbench study --into docs/study.md           between the file's two marks, as `twinbench table`

exit status: 0 all runs finished, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks import checks, options
from benchmarks.plan import MIN_PROCESSES

SEEDS, REPLICAS = 30, 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared, how often, who runs it, and where the page goes."""
    options.add(parser, "problems", "--framework", "--device")
    options.add_regime(parser, ["native", "matched", "tuned"])
    parser.add_argument(
        "--seeds",
        type=checks.at_least(2),
        default=SEEDS,
        metavar="N",
        help=f"seeds an arm (default: {SEEDS})",
    )
    parser.add_argument(
        "--timed",
        type=checks.at_least(0),
        default=MIN_PROCESSES,
        metavar="N",
        help=f"of these the first N are timed (default: {MIN_PROCESSES})",
    )
    parser.add_argument(
        "--jobs",
        type=checks.at_least(1),
        default=1,
        metavar="N",
        help="untimed processes at once (default: 1)",
    )
    parser.add_argument(
        "--replicas",
        type=checks.at_least(1),
        default=REPLICAS,
        metavar="N",
        help=f"untimed seeds that tuned trains in one process (default: {REPLICAS})",
    )
    parser.add_argument("--look", action="store_true", help="run nothing, show what is there")
    options.add(parser, "--seed-start", "--threads", "--deterministic", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "--results")
    options.add_output(parser)


def main(args: argparse.Namespace) -> int:
    """Declare the plan, run what is missing, then show all."""
    from benchmarks.engines.local import run_batches
    from benchmarks.progress import run_and_show
    from benchmarks.record import read_records
    from benchmarks.report.sections import show
    from benchmarks.report.study import sections
    from benchmarks.study import declaration, declare, read_plan, study_jobs

    stem = options.stem(args, "study")
    if args.look:
        records = list(read_records(args.results))
        if not records:
            raise ValueError(f"{args.results}: no record of a run; without --look they are made")
        show(
            sections(records, read_plan(args.results), stem),
            records,
            into=args.into,
            as_json=args.json,
        )
        return 0
    every = options.jobs(args, options.problems(args), options.regimes(args))
    jobs = study_jobs(every, {job.problem.name: args.seeds for job in every}, args.timed)
    plan = declare(args.results, declaration(jobs))
    page = partial(sections, plan=plan, stem=stem)
    engine = partial(run_batches, workers=args.jobs)
    return run_and_show(jobs, args, "", page, engine=engine, replicas=args.replicas)
