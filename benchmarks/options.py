"""The options that commands share, each written down once.

A command picks its own by name: `options.add(parser, "problems", "--framework", "--seeds")`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import checks
from benchmarks.measure import usable_cores
from benchmarks.messages import say
from benchmarks.plan import Job, check_device, plan
from common.framework import framework, plain_frameworks
from common.problem import PROBLEMS, Problem
from common.regime import REGIMES, Regime

if TYPE_CHECKING:
    from common.data import Data


OPTIONS: dict[str, dict[str, Any]] = {
    "problems": {
        "nargs": "*",
        "metavar": "PROBLEM",
        "type": checks.checked(checks.problem),
        "help": f"one or more of {', '.join(PROBLEMS)} (default: all)",
    },
    "--twins": {
        "metavar": "FILE",
        "type": Path,
        "help": "a Python file with your own models instead of a problem; FILE is executed",
    },
    "--framework": {
        "metavar": "NAMES",
        "type": checks.list_of(checks.framework),
        "help": "comma list (default: every installed framework)",
    },
    "--regime": {
        "metavar": "NAMES",
        "type": checks.list_of(checks.regime),
        "default": ["native", "matched"],
        "help": "comma list of native, matched, tuned (default: native,matched)",
    },
    "--device": {
        "metavar": "NAMES",
        "type": checks.list_of(checks.device),
        "default": ["cpu"],
        "help": "comma list of cpu, cuda, cuda:N, mps, auto (default: cpu)",
    },
    "--seeds": {
        "metavar": "N",
        "type": checks.at_least(1),
        "default": 1,
        "help": "how many seeds a problem (default: 1)",
    },
    "--seed-start": {
        "metavar": "N",
        "type": checks.at_least(0),
        "default": 0,
        "help": "the first seed (default: 0)",
    },
    "--threads": {
        "metavar": "N",
        "type": checks.at_least(1),
        "default": usable_cores(),
        "help": "CPU threads of a run (default: the usable cores, here %(default)s)",
    },
    "--python": {
        "metavar": "FRAMEWORK=PATH",
        "type": checks.checked(checks.python),
        "action": "append",
        "default": [],
        "help": "the interpreter that a framework is installed in; may be given for each",
    },
    "--timeout": {
        "metavar": "SECONDS",
        "type": checks.checked(checks.positive),
        "help": "end a run that takes longer",
    },
    "--data": {
        "choices": ("auto", "real", "embedded"),
        "default": "auto",
        "help": "auto takes the first of: local folder, cache, download, embedded (default: auto)",
    },
    "--data-dir": {
        "metavar": "DIR",
        "help": "folder with the data files (default: $TWINBENCH_DATA_DIR)",
    },
    "--deterministic": {
        "action": "store_true",
        "help": "only kernels that give the same bits in every run; slower on some devices",
    },
    "--results": {
        "metavar": "DIR",
        "type": Path,
        "default": Path("results"),
        "help": "where records are kept (default: ./results)",
    },
    "--tensorboard": {
        "metavar": "DIR",
        "type": Path,
        "help": "write each run's scalars there as well, for `tensorboard --logdir DIR`",
    },
    "--epochs": {
        "metavar": "N",
        "type": checks.at_least(1),
        "help": "instead of the problem's own",
    },
    "--batch-size": {
        "metavar": "N",
        "type": checks.at_least(1),
        "help": "instead of the problem's own",
    },
    "--hidden": {
        "metavar": "WIDTHS",
        "type": checks.widths,
        "help": "widths of the hidden layers, such as 64,64",
    },
    "--learning-rate": {
        "metavar": "RATE",
        "type": checks.checked(checks.positive),
        "help": "of RMSprop",
    },
    "--validation": {
        "metavar": "N",
        "type": checks.at_least(0),
        "help": "hold out the first N training rows",
    },
    "--labels": {"choices": ("integer", "one_hot"), "help": "form of the class labels"},
    "--into": {
        "type": Path,
        "metavar": "FILE",
        "help": "write the Markdown between FILE's marks",
    },
    "--force": {"action": "store_true", "help": "run again what has a record"},
    "--json": {"action": "store_true", "help": "print what was measured as JSON"},
}
SETTINGS = ("--epochs", "--batch-size", "--hidden", "--learning-rate", "--validation", "--labels")
"""The options that change a problem."""


def add_measuring(parser: argparse.ArgumentParser, regimes: list[str], rounds: int) -> None:
    """What the commands that measure time on the CPU have in common, with their own defaults.

    `--rounds` stands there instead of `--seeds`.
    """
    add(parser, "problems", "--framework")
    add_regime(parser, regimes)
    parser.add_argument(
        "--rounds",
        dest="seeds",
        type=checks.at_least(1),
        default=rounds,
        metavar="N",
        help=f"processes an arm, each with a seed of its own (default: {rounds})",
    )
    parser.set_defaults(seed_start=0, device=["cpu"], deterministic=False)
    add(parser, "--threads", "--python", "--timeout", "--data", "--data-dir", "--results")
    add_output(parser)


def add_regime(parser: argparse.ArgumentParser, regimes: list[str]) -> None:
    """`--regime` with another default than that of `run`."""
    default = {"default": regimes, "help": f"comma list (default: {','.join(regimes)})"}
    parser.add_argument("--regime", **{**OPTIONS["--regime"], **default})


def add_output(parser: argparse.ArgumentParser) -> None:
    """Where a table goes, and whether what has a record is run again."""
    add(parser, "--into", "--force", "--json")


def stem(args: argparse.Namespace, name: str) -> Path:
    """Where the figures of a page go, without their suffix: beside it, or into the results."""
    if args.into:
        return args.into.with_suffix("")
    return args.results.with_name(name) if args.results.is_file() else args.results / name


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add the shared options of these names."""
    for name in names:
        parser.add_argument(name, **OPTIONS[name])


def problems(args: argparse.Namespace) -> list[Problem]:
    """The chosen problems with the user's changes; ValueError when a value makes no sense."""
    names = [option.lstrip("-").replace("-", "_") for option in SETTINGS]
    changes = {name: getattr(args, name, None) for name in names}
    if getattr(args, "twins", None):
        return [_twins(args, changes)]
    return [PROBLEMS[name].but(**changes) for name in dict.fromkeys(args.problems or PROBLEMS)]


def _twins(args: argparse.Namespace, changes: dict[str, Any]) -> Problem:
    """The user's own models, paired; what is to be known of them is said on standard error."""
    from benchmarks.twins import paired

    if args.problems:
        raise ValueError(f"--twins stands instead of a problem, got {', '.join(args.problems)} too")
    if "tuned" in args.regime:
        raise ValueError("tuned is made for the four problems; twins run in native and matched")
    twins, notes = paired(args.twins, chosen_frameworks(args), dict(args.python), **changes)
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


def data_dir(args: argparse.Namespace) -> str | None:
    """The user's data folder, from wherever a process may be started."""
    return args.data_dir and os.path.abspath(args.data_dir)


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
    names = chosen_frameworks(args)
    places = devices(args, names)
    content = {}
    for problem in problems:
        found = data(problem, args)
        check(problem, len(found.y))
        content[problem.name] = found.digest
    return plan(
        problems,
        names,
        regimes,
        places,
        range(args.seed_start, args.seed_start + args.seeds),
        content=content,
        python=dict(args.python),
        threads=args.threads,
        data=args.data,
        data_dir=data_dir(args),
        timeout=args.timeout,
        **more,
    )


def chosen_frameworks(args: argparse.Namespace) -> list[str]:
    """The named frameworks, or all that are installed; ValueError says how to install one.

    One that `--python` gives an interpreter of its own need not be installed in this one. Raises
    NotImplementedError for one that has not a regime that is asked for.
    """
    elsewhere = dict(getattr(args, "python", []))
    if args.framework:
        for name in args.framework:
            if framework(name).missing and name not in elsewhere:
                raise ValueError(not_installed(name))
            for regime in vars(args).get("regime") or ():
                framework(name).check_has(regime)
        return args.framework
    plain = plain_frameworks()
    if getattr(args, "twins", None):
        plain = [name for name in plain if "twins" not in framework(name).without]
    found = [name for name in plain if name in elsewhere or not framework(name).missing]
    if not found:
        raise ValueError("no framework is installed:\n  " + "\n  ".join(map(not_installed, plain)))
    return found


def not_installed(name: str) -> str:
    """A sentence on what a framework lacks and how to get it."""
    chosen = framework(name)
    return (
        f"{name} is not installed (missing: {', '.join(chosen.missing)}); "
        f"install it with: {chosen.install}"
    )


def devices(args: argparse.Namespace, names: list[str]) -> dict[str, list[str]]:
    """The devices of each framework, `auto` replaced by the one that it stands for.

    Raises ValueError for a kind of device that a framework cannot use.
    """
    for name in names:
        for device in args.device:
            check_device(name, device)
    return {
        name: list(dict.fromkeys(_resolved(args, name, device) for device in args.device))
        for name in names
    }


def _resolved(args: argparse.Namespace, name: str, device: str) -> str:
    """`auto` as the framework itself understands it: a record must name a device."""
    if device != "auto":
        return device
    from benchmarks.child import Child

    python = dict(args.python).get(name)
    with Child(name, device="auto", threads=args.threads, python=python) as child:
        return child.call("benchmarks.worker:facts_of", name, "matched", "auto")["device"]
