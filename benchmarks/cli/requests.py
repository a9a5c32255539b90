"""From the options of a command line to problems, regimes, frameworks and jobs.

`args` is the parsed namespace of options of `benchmarks.cli.options`; an option that a command does
not define counts as not given.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cli.options import SETTINGS
from benchmarks.harness.plan import check_device, plan
from benchmarks.records.job import PROTOCOL, Job, Source
from common.framework import framework, plain_frameworks
from common.problem import PROBLEMS, Problem
from common.regime import REGIMES, Regime
from common.say import detail, say

if TYPE_CHECKING:
    from common.data import Data


def problem(args: argparse.Namespace) -> Problem:
    """The chosen problem with the user's changes; ValueError when a value makes no sense."""
    return PROBLEMS[args.problem].but(**changes(args))


def problems(args: argparse.Namespace) -> list[Problem]:
    """The chosen problems, by default all, with the user's changes."""
    names = dict.fromkeys(args.problems or PROBLEMS)
    return [PROBLEMS[name].but(**changes(args)) for name in names]


def changes(args: argparse.Namespace) -> dict[str, Any]:
    """The settings of a problem that the user named; None where not."""
    names = [option.lstrip("-").replace("-", "_") for option in SETTINGS]
    return {name: getattr(args, name, None) for name in names}


def regimes(args: argparse.Namespace) -> list[Regime]:
    """The chosen regimes, each with the switch `--deterministic`."""
    return [replace(REGIMES[name], deterministic=args.deterministic) for name in args.regime]


def data(problem: Problem, args: argparse.Namespace) -> Data:
    """The data of a problem; their notice goes to standard error.

    They are downloaded and checked here, outside the clocks of a run.
    """
    from common.data import load

    data = load(problem, data=args.data, data_dir=args.data_dir)
    if data.notice:
        say(f"NOTE, {problem.name}: {data.notice}")
    detail(f"{problem.name}: rows from {data.source} {data.origin}, {data.digest}")
    return data


def check_protocol(args: argparse.Namespace) -> None:
    """Raise ValueError if `--results` holds records of another protocol, unless `--force` is given.

    No table could be made of a folder with records of two protocols.
    """
    from benchmarks.records.record import read_files

    if getattr(args, "force", False) or not args.results.is_dir():
        return
    for _, record in read_files(args.results, complain=lambda message: None):
        if record.protocol not in (None, PROTOCOL):
            despite = ", or --force to measure into it despite that" if "force" in args else ""
            raise ValueError(
                f"{args.results} holds records of protocol {record.protocol}, this version "
                f"measures by protocol {PROTOCOL}, and their numbers cannot stand in one table; "
                f"give another --results{despite}"
            )


def data_dir(args: argparse.Namespace) -> str | None:
    """The user's data folder as an absolute path: processes start in other folders."""
    return args.data_dir and os.path.abspath(args.data_dir)


def seeds(args: argparse.Namespace) -> range:
    """`--seeds` seeds from `--seed-start` on."""
    return range(args.seed_start, args.seed_start + args.seeds)


def fields(args: argparse.Namespace, data: Data) -> dict[str, Any]:
    """The fields of every Job on these data, whoever runs it."""
    return {
        "threads": args.threads,
        "data": Source(args.data, *(data.again or (args.data, data_dir(args)))),
        "content": data.digest,
        "timeout": args.timeout,
        "turns": getattr(args, "turns", False),
    }


def job(
    args: argparse.Namespace, problem: Problem, name: str, data: Data, device: str = "cpu"
) -> Job:
    """The job of one `--regime` and one `--seed`, on data that are loaded already."""
    python = dict(args.python).get(name)
    common = fields(args, data)
    return Job(problem, name, REGIMES[args.regime], device, args.seed, python=python, **common)


def jobs(
    args: argparse.Namespace,
    problems: list[Problem],
    regimes: list[Regime],
    check: Callable[[Problem, int], object] = lambda problem, rows: None,
    **more: Any,
) -> list[Job]:
    """The plan of a command: every problem in every arm, seed by seed.

    Every mistake is reported before anything is trained: `check` takes a problem and the number of
    its training rows, and raises ValueError; `more` goes to `plan`.
    """
    check_protocol(args)
    names = frameworks(args)
    places = devices(args, names)
    on_data = {}
    for problem in problems:
        found = data(problem, args)
        check(problem, len(found.y))
        on_data[problem.name] = fields(args, found)
    more = {"python": dict(args.python), "on_data": on_data, **more}
    planned = plan(problems, names, regimes, places, seeds(args), **more)
    lacking = {(name, what) for name in names for what in framework(name).without}  # a peer is none
    return [
        job for job in planned if not {(job.framework, need) for need in job.regime.needs} & lacking
    ]


def frameworks(args: argparse.Namespace) -> list[str]:
    """The frameworks of the command, see `available`; one `on_request` only where it is named.

    One that was not named and has none of the chosen regimes is left out; what it lacks is said.
    Raises NotImplementedError for a named framework without one of them, or where none is left.
    """
    need = ["twins"] if getattr(args, "twins", None) else []
    python = dict(getattr(args, "python", ()))
    names = available(args.framework, python.items(), need)
    if need and not args.framework:
        from common.twins.file import read_file

        models = read_file(args.twins).models
        names = [name for name in names if name in models] or names
    elif not args.framework:
        unasked = [name for name in names if framework(name).on_request and name not in python]
        names = [name for name in names if name not in unasked] or names
    chosen = getattr(args, "regime", ())
    regimes = [chosen] if isinstance(chosen, str) else list(chosen)
    lacking = {name: [r for r in regimes if r in framework(name).without] for name in names}
    usable = [name for name in names if not regimes or len(lacking[name]) < len(regimes)]
    for name in names:
        for regime in lacking[name]:
            if args.framework or not usable:
                framework(name).check_has(regime)
            say(f"NOTE, {name} has no {regime}: {framework(name).without[regime]}")
    return usable


def ends(args: argparse.Namespace, known: Sequence[str], kind: str, have: str) -> list[str]:
    """What `--from` and `--to` name: as asked for, else the first two that are known.

    Raises ValueError where there are no two; it says of what `kind` they are, and what they `have`.
    """
    start = args.from_ or next((name for name in known if name != args.to), None)
    goal = args.to or next((name for name in known if name != start), None)
    if start is None or goal is None or start == goal:
        raise ValueError(
            f"--from names one {kind}, --to another, got {start or 'none'} and {goal or 'none'}; "
            f"{have}: {', '.join(known) or 'none'}"
        )
    return [start, goal]


def available(
    names: Sequence[str] | None, python: Iterable[tuple[str, str]] = (), need: Iterable[str] = ()
) -> list[str]:
    """The named frameworks, or all that are installed and have what `need` names.

    A framework with an interpreter of its own in `python` need not be installed here. Raises
    ValueError, with the command that installs it, if a named one is missing or none is left.
    """
    elsewhere = dict(python)
    for name in names or ():
        if framework(name).missing and name not in elsewhere:
            raise ValueError(framework(name).not_installed)
    plain = [name for name in plain_frameworks() if not {*need} & {*framework(name).without}]
    usable = names or [name for name in plain if name in elsewhere or not framework(name).missing]
    if not usable:
        hints = [framework(name).not_installed for name in plain]
        raise ValueError("\n  ".join(["no framework is installed:", *hints]))
    return list(usable)


def devices(args: argparse.Namespace, names: Sequence[str]) -> dict[str, list[str]]:
    """The devices of each framework, with `auto` replaced by the device that it stands for.

    Unless all are `cpu`, each framework starts once to list what it sees. Raises ValueError for a
    device that a framework cannot use, or does not see on this machine (Ray's nodes may).
    """
    for name in names:
        for device in args.device:
            check_device(name, device)
    if {*args.device} == {"cpu"}:
        return {name: ["cpu"] for name in names}
    reports = {name: facts(args, name) for name in names}
    if getattr(args, "engine", "local") == "local":
        _check_visible(args.device, {name: r["devices"] for name, r in reports.items()})
    return {
        name: list(dict.fromkeys(r["device"] if d == "auto" else d for d in args.device))
        for name, r in reports.items()
    }


def facts(args: argparse.Namespace, name: str, timeout: float | None = None) -> dict[str, Any]:
    """What a framework reports of this machine, in a process of its own with device `auto`."""
    from benchmarks.harness.process import Child

    python = dict(args.python).get(name)
    target = "benchmarks.harness.worker:facts_of"
    with Child(name, device="auto", threads=args.threads, python=python) as child:
        return child.call(target, name, "matched", "auto", timeout=timeout)


def _check_visible(devices: Sequence[str], visible: dict[str, list[str]]) -> None:
    from common.task import choose_device

    try:
        for name, own in visible.items():
            for device in devices:
                choose_device(device, own, name)
    except ValueError as error:
        lists = "; ".join(f"{name} sees {', '.join(own)}" for name, own in visible.items())
        raise ValueError(f"--device {','.join(devices)} is not there for all: {lists}") from error


def stem(args: argparse.Namespace, name: str) -> Path:
    """The path of a page's figures without suffix: beside the page, or in the results folder."""
    if args.into:
        return args.into.with_suffix("")
    return args.results.with_name(name) if args.results.is_file() else args.results / name
