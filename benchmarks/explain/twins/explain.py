"""`twinbench explain --twins`: from the options of the command to what a walk gave."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cli import requests
from benchmarks.explain.twins.kept import keep
from benchmarks.explain.twins.runs import TwinWalked, draw, draw_path, keep_draws
from benchmarks.explain.twins.sides import Sides, ask_sides
from benchmarks.explain.twins.starts import of_starts
from benchmarks.explain.twins.switch import Found
from benchmarks.explain.twins.walk import found_of, twin_walk
from benchmarks.explain.walk import Walk, plan_walks
from benchmarks.harness.forecast import duration
from benchmarks.harness.local import Processes
from benchmarks.records.job import Job
from benchmarks.records.record import read_served
from benchmarks.twins.requested import requested
from common.regime import NATIVE
from common.say import counted, say
from common.twins.file import read_file
from common.twins.probe import Values
from common.twins.problem import Twins

FEW = 5  # draws by which two initialisers are told apart, at least
STARTING = 10  # seconds until a process has its framework
STARTS = "initial values"
UNDRAWN = "not known before both draw; each kind of layer that they draw otherwise is a step more"


def planned(
    args: argparse.Namespace, ends: Sequence[str], device: str
) -> tuple[Twins, tuple[Walk, ...], list[Job]]:
    """The walks between the two trainings of a user's file, and their runs.

    What differs, and how long the runs will take, is said; the walks are kept for a report. For
    `--dry-run` nothing is drawn, timed or written: initial values are compared where they have
    been drawn before.
    """
    names = ends[0], ends[1]
    args.framework, args.regime = [*names], [NATIVE.name]
    twins = requested(args)
    data = requests.data(twins, args)
    common = requests.fields(args, data) | {"python": dict(args.python)}
    where = args.data, requests.data_dir(args)
    sides = ask_sides(twins, names, dict(args.python), where, lambda stage: say(f"{stage} ..."))
    for note in sides.notes:
        say(f"NOTE, {twins.name}: {note}")
    folder = args.results.absolute() / TwinWalked.folder / twins.name.replace(":", "-")
    folder = folder / f"draws-{twins.sha256[:10]}"
    seeds = requests.seeds(args)
    more = range(seeds.start, seeds.start + max(len(seeds), FEW))
    plain = [[_plain(twins, name, device, seed, common) for name in names] for seed in more]
    with Processes() as processes:
        if args.dry_run:
            starts, alike = _drawn_before(sides, plain, folder, processes)
        else:
            say("both draw their initial values ...")
            draws = _drawn(plain, folder, processes)
            starts, alike = of_starts(sides.matching, draws, names)
            keep_draws(folder, sides.matching, names, list(more), draws)
        found = found_of(sides, starts)
        order = [name.strip() for name in args.order.split(",") if name.strip()]
        if STARTS in found.skipped:
            order = [name for name in order if not name.startswith(STARTS)]
        options: dict[str, Any] = {"order": order, "device": device}
        ways = (False, True) if args.direction == "both" else (False,)
        walks = tuple(twin_walk(twins, sides, found, alike, back=back, **options) for back in ways)
        jobs: list[Job] = [
            TwinWalked.of(job, draws=str(folder))
            for job in plan_walks(twins, walks, seeds, **common)
        ]
        _say_differences(found, names)
        if not args.dry_run:
            _say_how_long(jobs, dict(zip(names, plain[0], strict=True)), processes, args)
            keep(walks, jobs[0], data, args.results)
    return twins, walks, jobs


def ends_in(args: argparse.Namespace) -> list[str]:
    """The two models of the file between which the walk goes: as asked for, else its first two.

    Raises ValueError where there are no two.
    """
    models = read_file(args.twins).models
    two = requests.ends(args, list(models), f"model of {args.twins}", "it has")
    return requests.available(two, args.python, ["twins"])


def _plain(twins: Twins, name: str, device: str, seed: int, common: Mapping[str, Any]) -> Job:
    """A side's own training."""
    own = {**common, "python": common["python"].get(name)}
    return TwinWalked(twins, name, NATIVE, device, seed, **own)


def _drawn(
    plain: Sequence[Sequence[Job]], folder: Path, processes: Processes
) -> tuple[list[Values], list[Values]]:
    """What either side starts from, by seed."""
    one, other = zip(*plain, strict=True)
    return draw(one, folder, processes), draw(other, folder, processes)


def _drawn_before(
    sides: Sides, plain: Sequence[Sequence[Job]], folder: Path, processes: Processes
) -> tuple[Found, tuple[tuple[str, ...], tuple[str, ...]]]:
    """As `of_starts`, by the draws that are there; no switch where these are too few."""
    there = [jobs for jobs in plain if all(draw_path(job, folder).is_file() for job in jobs)]
    if len(there) < FEW:
        return Found([], {STARTS: UNDRAWN}), ((), ())
    return of_starts(sides.matching, _drawn(there, folder, processes), sides.names)


def _say_differences(found: Found, names: Sequence[str]) -> None:
    for switch in found.switches:
        one, other = switch.values
        say(f"differs: {switch.name}, {one} in {names[0]} and {other} in {names[1]}")
    for name, why in found.skipped.items():
        say(f"no step: {name}: {why}")


def _say_how_long(
    jobs: Sequence[Job], plain: Mapping[str, Job], processes: Processes, args: argparse.Namespace
) -> None:
    """How many runs there are, and about how long those will take that are not there yet."""
    left = [job for job in jobs if args.force or read_served(job, args.results) is None]
    told = f"{counted(len(jobs), 'run')}, {len(jobs) - len(left)} of them there"
    if not left:
        say(told)
        return
    seconds = {
        name: processes.call(f"{TwinWalked.__module__}:pace", job.process, job)
        for name, job in plain.items()
        if any(each.framework == name for each in left)
    }
    whole = sum(seconds[job.framework] for job in left) + STARTING * len(seconds)
    each = ", ".join(f"{s:.1f} s a run in {name}" for name, s in seconds.items())
    say(f"{told}; about {duration(whole)}: {each}")
