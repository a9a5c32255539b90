"""What a command line asks for, made of its options: problems, regimes, frameworks, jobs.

`args` are what `argparse` made of the options in `benchmarks.cli.options`; an option that a
command does not define counts as not given.
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
from benchmarks.records.job import PROTOCOL, Job
from common.framework import framework, plain_frameworks
from common.problem import PROBLEMS, Problem
from common.regime import REGIMES, Regime
from common.say import say

if TYPE_CHECKING:
    from common.data import Data


def problem(args: argparse.Namespace) -> Problem:
    """The chosen problem with the user's changes; ValueError when a value makes no sense."""
    return PROBLEMS[args.problem].but(**_changes(args))


def problems(args: argparse.Namespace) -> list[Problem]:
    """The same of several, or of all; the user's own models with `--twins`."""
    if getattr(args, "twins", None):
        return [_twins(args)]
    names = dict.fromkeys(args.problems or PROBLEMS)
    return [PROBLEMS[name].but(**_changes(args)) for name in names]


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    names = [option.lstrip("-").replace("-", "_") for option in SETTINGS]
    return {name: getattr(args, name, None) for name in names}


def _twins(args: argparse.Namespace) -> Problem:
    """The user's own models, paired; what is to be known of them is said on standard error."""
    from benchmarks.harness.pairing import paired

    if args.problems:
        raise ValueError(f"--twins stands instead of a problem, got {', '.join(args.problems)} too")
    if "tuned" in args.regime:
        raise ValueError("tuned is made for the four problems; twins run in native and matched")
    twins, notes = paired(args.twins, frameworks(args), dict(args.python), **_changes(args))
    for note in notes:
        say(f"NOTE, {twins.name}: {note}")
    return twins


def regimes(args: argparse.Namespace) -> list[Regime]:
    """The chosen regimes, with `--deterministic` as a switch of each."""
    return [replace(REGIMES[name], deterministic=args.deterministic) for name in args.regime]


def data(problem: Problem, args: argparse.Namespace) -> Data:
    """The data of a problem; what must be known of them is said on standard error.

    Downloaded and checked here, so that no clock of a run sees that.
    """
    from common.data import load

    found = load(problem, data=args.data, data_dir=args.data_dir)
    if found.notice:
        say(f"NOTE, {problem.name}: {found.notice}")
    return found


def check_protocol(args: argparse.Namespace) -> None:
    """Raise ValueError where the results are of another protocol, unless with `--force`.

    A new record beside them would make a table of the folder impossible.
    """
    from benchmarks.records.record import read_files

    if getattr(args, "force", False) or not args.results.is_dir():
        return
    for _, record in read_files(args.results, complain=lambda message: None):
        if record.get("protocol", PROTOCOL) not in (None, PROTOCOL):
            despite = ", or --force to measure into it despite that" if "force" in args else ""
            raise ValueError(
                f"{args.results} holds records of protocol {record['protocol']}, this version "
                f"measures by protocol {PROTOCOL}, and their numbers cannot stand in one table; "
                f"give another --results{despite}"
            )


def data_dir(args: argparse.Namespace) -> str | None:
    """The user's data folder, from wherever a process may be started."""
    return args.data_dir and os.path.abspath(args.data_dir)


def seeds(args: argparse.Namespace) -> range:
    """`--seeds` of them, from `--seed-start` on."""
    return range(args.seed_start, args.seed_start + args.seeds)


def fields(args: argparse.Namespace, data: Data) -> dict[str, Any]:
    """The fields of every Job on these data, whoever runs it."""
    return {
        "threads": args.threads,
        "data": args.data,
        "data_dir": data_dir(args),
        "content": data.digest,
        "source": data.again,
        "timeout": args.timeout,
    }


def job(
    args: argparse.Namespace, problem: Problem, name: str, data: Data, device: str = "cpu"
) -> Job:
    """What is asked for by one `--regime` and one `--seed`, on data that were found."""
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
    """The plan that a command asks for: every problem in every arm, seed by seed.

    All that can be wrong with it is found before anything is trained; `check` is given a problem
    and the number of its training rows, and raises ValueError; `more` goes to `plan`.
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
    return plan(problems, names, regimes, places, seeds(args), **more)


def frameworks(args: argparse.Namespace) -> list[str]:
    """The named frameworks, or all that are installed, as `available` has them.

    Raises NotImplementedError for one that has not a regime that is asked for.
    """
    need = ["twins"] if getattr(args, "twins", None) else []
    names = available(args.framework, getattr(args, "python", ()), need)
    asked = getattr(args, "regime", ())
    for name in names:
        for regime in [asked] if isinstance(asked, str) else asked:
            framework(name).check_has(regime)
    return names


def available(
    names: Sequence[str] | None, python: Iterable[tuple[str, str]] = (), need: Iterable[str] = ()
) -> list[str]:
    """The named frameworks, or all that are installed and have what is needed (see `without`).

    One that `python` gives an interpreter of its own need not be installed in this one. Raises
    ValueError where none is left or a named one is not there, and says how to install it.
    """
    elsewhere = dict(python)
    for name in names or ():
        if framework(name).missing and name not in elsewhere:
            raise ValueError(framework(name).not_installed)
    plain = [name for name in plain_frameworks() if not {*need} & {*framework(name).without}]
    found = names or [name for name in plain if name in elsewhere or not framework(name).missing]
    if not found:
        raise ValueError(
            "no framework is installed:\n  "
            + "\n  ".join(framework(name).not_installed for name in plain)
        )
    return list(found)


def devices(args: argparse.Namespace, names: Sequence[str]) -> dict[str, list[str]]:
    """The devices of each framework, `auto` replaced by the one that it stands for.

    Where another than the CPU is asked for, each framework says once what it sees. Raises
    ValueError for a device that one cannot use, or does not see here (Ray's nodes may).
    """
    for name in names:
        for device in args.device:
            check_device(name, device)
    if {*args.device} == {"cpu"}:
        return {name: ["cpu"] for name in names}
    facts = {name: _facts(args, name) for name in names}
    if getattr(args, "engine", "local") == "local":
        _check_seen(args.device, {name: of["devices"] for name, of in facts.items()})
    return {
        name: list(dict.fromkeys(of["device"] if d == "auto" else d for d in args.device))
        for name, of in facts.items()
    }


def _facts(args: argparse.Namespace, name: str) -> dict[str, Any]:
    """What the framework itself says of this machine, with `auto` as its device."""
    from benchmarks.harness.process import Child

    python = dict(args.python).get(name)
    with Child(name, device="auto", threads=args.threads, python=python) as child:
        return child.call("benchmarks.harness.worker:facts_of", name, "matched", "auto")


def _check_seen(asked_for: Sequence[str], seen: dict[str, list[str]]) -> None:
    from common.task import choose_device

    try:
        for name, there in seen.items():
            for device in asked_for:
                choose_device(device, there, name)
    except ValueError as error:
        every = "; ".join(f"{name} sees {', '.join(there)}" for name, there in seen.items())
        raise ValueError(f"--device {','.join(asked_for)} is not there for all: {every}") from error


def stem(args: argparse.Namespace, name: str) -> Path:
    """Where the figures of a page go, without their suffix: beside it, or into the results."""
    if args.into:
        return args.into.with_suffix("")
    return args.results.with_name(name) if args.results.is_file() else args.results / name
