"""What a command tells its user beside its results."""

from __future__ import annotations

import sys


def say(message: str) -> None:
    """One line on standard error: standard output is for results."""
    print(message, file=sys.stderr, flush=True)
