"""From the options of a command to a user's twins that are ready to be trained."""

from __future__ import annotations

import argparse

from benchmarks.cli import requests
from benchmarks.twins.pairing import paired
from common.regime import MATCHED, NATIVE, REGIMES
from common.say import say
from common.twins.problem import Twins, read_twins
from common.twins.user_file import function_of


def check_tutorial(regime: str) -> None:
    """Raise ValueError for a regime that runs other code than a user's own, or in another type."""
    if REGIMES[regime] not in (NATIVE, MATCHED):
        raise ValueError(f"{regime} is made for the four problems; twins run in native and matched")


def requested(args: argparse.Namespace) -> Twins:
    """The user's own models, paired; what a reader must know goes to standard error.

    Raises ValueError for options that go with the four problems alone, and as `paired` does.
    """
    if args.problems:
        raise ValueError(f"--twins stands instead of a problem, got {', '.join(args.problems)} too")
    for name in args.regime:
        check_tutorial(name)
    changes = {**requests.changes(args), "margin": getattr(args, "margin", None)}
    twins = read_twins(args.twins).but(**changes)
    names, data = requests.frameworks(args), (args.data, requests.data_dir(args))
    if args.learning_rate and any(function_of(twins.path, "OPTIMIZER", name) for name in names):
        raise ValueError(f"--learning-rate: OPTIMIZER in {twins.path} has its own; edit that")
    twins, notes, matched = paired(twins, names, dict(args.python), data)
    if "matched" in args.regime:
        notes += [f"in matched {note}" for note in matched]
    for note in notes:
        say(f"NOTE, {twins.name}: {note}")
    return twins
