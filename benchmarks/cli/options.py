"""The options that commands share, each defined once.

A command adds its own by name, and changes what differs:
`options.add(parser, "problems", "--framework")`, `options.add(parser, "--seeds", default=10)`.
`benchmarks.cli.requests` turns their values into problems, regimes and jobs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.cli import types
from benchmarks.records.machine import usable_cores
from common.framework import frameworks
from common.problem import PROBLEMS
from common.regime import REGIMES

RUNS = 100_000  # seeds that one command may be asked for: a plan lists every run


def number(
    least: int, words: str, default: int | None = None, most: int = types.MOST
) -> dict[str, Any]:
    """Keyword arguments of `add_argument` for a whole number from `least` to `most`."""
    words += "" if default is None else " (default: %(default)s)"
    kind = types.at_least(least, most)
    return {"metavar": "N", "type": kind, "default": default, "help": words}


OPTIONS: dict[str, dict[str, Any]] = {
    "problem": {
        "metavar": "PROBLEM",
        "type": types.checked(types.problem),
        "help": "one of {problems}",
    },
    "problems": {
        "nargs": "*",
        "metavar": "PROBLEM",
        "type": types.checked(types.problem),
        "help": "one or more of {problems} (default: all)",
    },
    "--twins": {
        "metavar": "FILE",
        "type": Path,
        "help": "a Python file with your own models instead of a problem; FILE is executed",
    },
    "--framework": {
        "metavar": "NAMES",
        "type": types.list_of(types.framework),
        "help": "comma list (default: every installed framework{but})",
    },
    "--regime": {
        "metavar": "NAMES",
        "type": types.list_of(types.regime),
        "default": "native,matched",
        "help": f"comma list of {', '.join(REGIMES)} (default: %(default)s)",
    },
    "one --regime": {
        "choices": tuple(REGIMES),
        "default": "matched",
        "help": "default: %(default)s",
    },
    "--device": {
        "metavar": "NAMES",
        "type": types.list_of(types.device),
        "default": "cpu",
        "help": "comma list of cpu, cuda, cuda:N, mps, auto (default: %(default)s)",
    },
    "--seed": number(0, "of the initial weights and the order of the rows", 0),
    "--seeds": number(1, "how many seeds per problem", 1, RUNS),
    "--seed-start": number(0, "the first seed", 0),
    "--rounds": number(1, "processes per arm, each with a seed of its own", 5, RUNS)
    | {"dest": "seeds"},
    "--threads": number(1, "", usable_cores())
    | {"help": "CPU threads of a run (default: the usable cores, here %(default)s)"},
    "--jobs": number(1, "so many at once", 1),
    "--python": {
        "metavar": "FRAMEWORK=PATH",
        "type": types.checked(types.python),
        "action": "append",
        "default": [],
        "help": "the interpreter that a framework is installed in; may be given for each",
    },
    "--timeout": {
        "metavar": "SECONDS",
        "type": types.checked(types.positive),
        "help": "end a run that takes longer",
    },
    "--no-turns": {
        "dest": "turns",
        "action": "store_false",
        "help": "time one run after another, not an epoch of each in turn: less memory, more noise",
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
    "several --results": {
        "metavar": "DIR",
        "type": Path,
        "nargs": "+",
        "default": [Path("results")],
        "help": "folders or packed files of records (default: ./results)",
    },
    "--tensorboard": {
        "metavar": "DIR",
        "type": Path,
        "help": "write each run's scalars there as well, for `tensorboard --logdir DIR`",
    },
    "--epochs": number(1, "instead of the problem's own"),
    "--batch-size": number(1, "instead of the problem's own"),
    "--folds": number(2, "instead of the problem's own") | {"metavar": "K"},
    "--hidden": {
        "metavar": "WIDTHS",
        "type": types.widths,
        "help": "widths of the hidden layers, such as 64,64",
    },
    "--learning-rate": {
        "metavar": "RATE",
        "type": types.checked(types.positive),
        "help": "of RMSprop",
    },
    "--validation": number(0, "hold out the first N training rows"),
    "--labels": {"choices": ("integer", "one_hot"), "help": "form of the class labels"},
    "--into": {
        "type": Path,
        "metavar": "FILE",
        "help": "write the Markdown between FILE's marks",
    },
    "--compact": {
        "type": Path,
        "metavar": "FILE",
        "help": "pack all records into one file, gzipped",
    },
    "--output": {"type": Path, "metavar": "FILE", "help": "default: standard output"},
    "--force": {"action": "store_true", "help": "run again what has a record"},
    "--json": {"action": "store_true", "help": "print one JSON object, with the verdicts"},
    "--dry-run": {
        "action": "store_true",
        "help": "run nothing: say how many runs are missing and how long they will take",
    },
}
"""Keyword arguments of `add_argument` by the option's name; a word before the name tells apart two
options of one name."""

SETTINGS = ("--epochs", "--batch-size", "--hidden", "--learning-rate", "--validation", "--labels")
"""The options that change a problem."""


COMPLETED: dict[str, Iterable[str]] = {
    "problem": PROBLEMS,
    "problems": PROBLEMS,
    "--framework": frameworks(),
    "--regime": REGIMES,
}
"""What a shell completes the values of an option by."""


def add(parser: argparse.ArgumentParser, *names: str, **changes: Any) -> None:
    """Add the shared options of these names; `changes`, such as `default`, replace arguments."""
    for name in names:
        action: Any = parser.add_argument(name.split()[-1], **{**OPTIONS[name], **changes})
        if name in COMPLETED:
            action.completer = partial(_completions, COMPLETED[name])


def _completions(known: Iterable[str], prefix: str, **_: Any) -> list[str]:
    """For a shell: what a comma list may go on with."""
    before, comma, _last = prefix.rpartition(",")
    return [f"{before}{comma}{name}" for name in known]


def add_measuring(parser: argparse.ArgumentParser, regimes: str = "", rounds: int = 5) -> None:
    """Add what the commands that time on the CPU share; `--rounds` takes the place of `--seeds`.

    Without `regimes`, the default of `--regime`, there is no choice of them.
    """
    add(parser, "problems", "--framework")
    if regimes:
        add(parser, "--regime", default=regimes)
    add(parser, "--rounds", default=rounds)
    parser.set_defaults(seed_start=0, device=["cpu"], deterministic=False)
    add(parser, "--threads", "--python", "--timeout", "--data", "--data-dir", "--results")
    add(parser, "--dry-run")
    add_output(parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options of where a table goes and whether a recorded job is run again."""
    add(parser, "--into", "--force", "--json")
