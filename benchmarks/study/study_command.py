"""Compare as planned: seeds, verdicts, a page with figures.

The number of seeds is written into DIR/plan.json before the first run and stays as it is. The first
seeds of each arm are timed, each alone on the machine; the others are for the test metric alone:
their records hold no clock, and several may run at once. The regime tuned trains them as replicas
in one process. The same command goes on where it stopped, after Ctrl-C or worse.

examples:
  twinbench study --threads 1 --jobs 2           all four problems, 30 seeds, 5 of them timed
  twinbench study boston --seeds 100 --timed 10
  twinbench study imdb --seeds auto --max-seeds 200
  twinbench study --twins my_twins.py --margin 0.01   your own two models: does the port train as
                                                 well? Test metrics closer than 0.01 are equivalent
  twinbench study --engine ray --address auto    on a cluster: a timed run has a whole node
  twinbench study --look                         what is there so far: verdicts are exploratory
  twinbench study --look --compact FILE          all records in a small file, which --results takes
  twinbench study --into docs/study.md           between the file's two marks, as `twinbench table`

exit status: 0 all runs finished, 2 usage, 3 data, 4 some runs failed, 130 interrupted
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.cli import options, requests, types
from benchmarks.records.job import MIN_PROCESSES
from common.regime import REGIMES
from common.say import counted, inform

if TYPE_CHECKING:
    from benchmarks.harness.engine import Engine
    from benchmarks.records.job import Job
    from benchmarks.records.keys import Object
    from common.problem import Problem

SEEDS = 30  # the fewest that auto plans, too


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared, how often, who runs it, and where the page goes."""
    add = parser.add_argument
    options.add(parser, "problems", "--twins", "--framework", "--device")
    by_default = "native,matched,tuned; of --twins native,matched"
    named = f"comma list of {', '.join(REGIMES)} (default: {by_default})"
    options.add(parser, "--regime", default=None, help=named)
    margin = "two test metrics of --twins closer than this are equivalent (default: MARGIN in FILE)"
    add("--margin", metavar="DIFFERENCE", type=types.checked(types.positive), help=margin)
    planned = "seeds an arm (default: %(default)s); auto: as many as the spread of a pilot asks for"
    options.add(parser, "--seeds", type=types.checked(_seeds), default=SEEDS, help=planned)
    add("--pilot", **options.number(2, "the first seeds, by which auto plans", 5))
    most = f"auto plans no more, no fewer than {SEEDS}"
    add("--max-seeds", **options.number(SEEDS, most, 200, options.RUNS))
    add("--timed", **options.number(0, "of these the first N are timed", MIN_PROCESSES))
    add("--look", action="store_true", help="run nothing, show what is there")
    options.add(parser, "--seed-start", "--threads", "--deterministic", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "--results", "--tensorboard")
    options.add(parser, "--no-turns")
    jobs = "untimed processes at once (default: %(default)s); Ray has as many as it has cores for"
    options.add(parser, "--jobs", help=jobs)
    add("--replicas", **options.number(1, "untimed seeds that tuned trains in one process", 16))
    engine = "who runs the jobs: this machine or a Ray cluster (default: local)"
    add("--engine", choices=("local", "ray"), default="local", help=engine)
    address = "HOST:PORT of a Ray cluster, or auto (default: one of this machine alone)"
    add("--address", metavar="ADDRESS", help=address)
    options.add_output(parser)
    options.add(parser, "--dry-run", "--compact")


def _seeds(text: str) -> int | None:
    """None: planned from a pilot."""
    return None if text == "auto" else types.at_least(2, options.RUNS)(text)


def main(args: argparse.Namespace) -> int:
    """Declare the plan, run what is missing, then show all."""
    from benchmarks.records.declared import KIND
    from benchmarks.records.packed import pack
    from benchmarks.records.record import read_records

    status = _look(args) if args.look else _run(args)
    if args.compact:
        records = [*read_records(args.results, KIND), *read_records(args.results)]
        pack([record.json for record in records], args.compact)
        inform(f"{args.compact}: written")
    return status


def _look(args: argparse.Namespace) -> int:
    from benchmarks.cli.shared import show_page
    from benchmarks.records.declared import read_plan
    from benchmarks.records.record import some_records
    from benchmarks.show.answer import run_verdicts
    from benchmarks.statistics.compared import Compared
    from benchmarks.study.study_table import sections

    records, plan = some_records(args.results), read_plan(args.results)
    compared = Compared.of(records, plan)
    page = sections(compared, plan, requests.stem(args, "study"))
    return show_page(args, records, page, *run_verdicts(compared))


def _run(args: argparse.Namespace) -> int:
    from benchmarks.cli.shared import run_and_show
    from benchmarks.export.tensorboard import event_writer
    from benchmarks.show.answer import run_verdicts
    from benchmarks.show.markdown import around_table
    from benchmarks.statistics.compared import Compared
    from benchmarks.study.declared import declaration, declare, study_jobs
    from benchmarks.study.study_table import sections

    if args.into:
        around_table(args.into)  # an error after the pilot would come too late
    problems = _problems(args)
    given, args.seeds = args.seeds, args.seeds or args.max_seeds
    jobs = requests.jobs(args, problems, requests.regimes(args))
    how = {"engine": _engine(args), "replicas": args.replicas, "at_once": args.jobs}
    how["on_record"] = event_writer(args.tensorboard)
    if args.dry_run:
        return _show_plan(jobs, given, args)
    pilots = None if given else _pilots(args, jobs, how)
    planned = {name: pilot["seeds"] for name, pilot in (pilots or {}).items()}
    seeds = {job.problem.name: given or planned[job.problem.name] for job in jobs}
    chosen = study_jobs(jobs, seeds, args.timed)
    plan = declare(args.results, declaration(chosen, pilots))
    page = partial(sections, plan=plan, stem=requests.stem(args, "study"))
    compare = partial(Compared.of, plan=plan)
    return run_and_show(chosen, args, page, verdicts=run_verdicts, compare=compare, **how)


def _show_plan(jobs: list[Job], given: int | None, args: argparse.Namespace) -> int:
    """What would run; where a pilot plans, all that it may ask for."""
    from benchmarks.cli.shared import show_plan
    from benchmarks.study.declared import study_jobs

    most = dict.fromkeys((job.problem.name for job in jobs), given or args.max_seeds)
    pilot = f"at most: a pilot of {counted(args.pilot, 'seed')} plans no more"
    remarks = [] if given else [pilot]
    return show_plan(study_jobs(jobs, most, args.timed), args, *remarks)


def _problems(args: argparse.Namespace) -> list[Problem]:
    """What is trained, and with it the regimes by default."""
    args.regime = args.regime or ["native", "matched", *["tuned"] * (not args.twins)]
    if not args.twins and args.margin:
        raise ValueError("--margin is that of --twins: the four problems have their own")
    if not args.twins:
        return requests.problems(args)
    from benchmarks.twins.requested import requested

    twins = requested(args)
    if args.seeds is None and not twins.margin:
        raise ValueError(
            f"--seeds auto plans by a margin: give --margin, or MARGIN in {args.twins}"
        )
    return [twins]


def _pilots(args: argparse.Namespace, jobs: list[Job], how: dict[str, Any]) -> Object:
    """What is planned of each problem, as declared or else from the first seeds of its arms."""
    from benchmarks.harness.engine import run_jobs
    from benchmarks.records.declared import KIND
    from benchmarks.records.record import read_records
    from benchmarks.study.declared import pilot, study_jobs

    names = dict.fromkeys(job.problem.name for job in jobs)
    plan: Object = next((plan.json["problems"] for plan in read_records(args.results, KIND)), {})
    declared = {name: planned for name, planned in plan.items() if name in names}
    new = [job for job in jobs if job.problem.name not in declared]
    first = study_jobs(new, dict.fromkeys(names, args.pilot), args.timed)
    margins = {job.problem.name: job.problem.margin for job in new}
    return declared | pilot(run_jobs(first, args.results, **how), SEEDS, args.max_seeds, margins)


def _engine(args: argparse.Namespace) -> Engine:
    if args.engine == "ray":
        from benchmarks.harness.ray import run_batches as on_ray

        return partial(on_ray, address=args.address)
    if args.address:
        raise ValueError("--address is that of a Ray cluster: give --engine ray too")
    from benchmarks.harness.local import run_batches

    return partial(run_batches, workers=args.jobs)
