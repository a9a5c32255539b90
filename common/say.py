"""What a command tells its user beside its results, and how it writes a count."""

from __future__ import annotations

import sys
from functools import cache

from common.visible import visible

SOME_FAILED = 4  # exit status of a command of which some runs failed


def say(message: str) -> None:
    """One line on standard error: standard output is for results."""
    print(visible(message), file=sys.stderr, flush=True)


@cache
def say_once(message: str) -> None:
    """The same, whoever speaks in between: a line is said once per process."""
    say(f"twinbench: {message}")


def counted(number: object, thing: str) -> str:
    """`1 seed`, `5 seeds`, `0 processes`, `2 pairs of seeds`; `number` is written as it is."""
    noun, *of = thing.partition(" of ")
    if str(number) != "1":
        noun += "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{''.join(of)}"
