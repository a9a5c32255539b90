"""What a command tells its user beside its results."""

from __future__ import annotations

import sys

SOME_FAILED = 4  # exit status of a command of which some runs failed


def say(message: str) -> None:
    """One line on standard error: standard output is for results."""
    print(message, file=sys.stderr, flush=True)
