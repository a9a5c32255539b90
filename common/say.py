"""What a command tells its user beside its results, and how it writes a count."""

from __future__ import annotations

import sys
from collections.abc import Collection
from functools import cache

from common.language import said, translated
from common.visible import visible

SOME_FAILED = 4  # exit status of a command of which some runs failed
QUIET, NORMAL, VERBOSE = -1, 0, 1
_loudness = [NORMAL]


def set_loudness(loudness: int) -> None:
    """QUIET leaves out what `inform` says, VERBOSE lets `detail` speak; for this process."""
    _loudness[:] = [loudness]


def is_quiet() -> bool:
    """Whether progress and remarks are not wanted."""
    return _loudness[0] <= QUIET


def say(message: str) -> None:
    """One line on standard error, whatever the loudness: standard output is for results."""
    print(visible(message), file=sys.stderr, flush=True)


def inform(message: str) -> None:
    """The same of what is done or was written, which `-q` leaves out."""
    if not is_quiet():
        say(message)


def detail(message: str) -> None:
    """The same of what only `-v` wants to know."""
    if _loudness[0] >= VERBOSE:
        say(message)


@cache
def say_once(message: str) -> None:
    """A line that is said once per process, whoever speaks in between."""
    say(f"twinbench: {message}")


def none_such(kind: str, name: str, known: Collection[str]) -> str:
    """A sentence that there is no such thing, what there is, and what was perhaps meant."""
    words = translated("no {kind} {name!r}; there are: {known}{guess}")
    guess = nearest(name, known)
    return words.format(kind=translated(kind), name=name, known=", ".join(known), guess=guess)


def nearest(name: str, known: Collection[str]) -> str:
    """`; did you mean 'mnist'?`; empty where nothing is like it."""
    from difflib import get_close_matches

    match = get_close_matches(name.lower(), known, 1)
    return perhaps(match[0]) if match else ""


def perhaps(name: str) -> str:
    """The end of a sentence on what is not there."""
    return translated("; did you mean {name!r}?").format(name=name)


def counted(number: object, thing: str) -> str:
    """`1 seed`, `5 seeds`, `0 processes`, `2 pairs of seeds`; `number` is written as it is."""
    if (words := said(thing)) != thing:
        return f"{number} {words}"  # Chinese has no plural
    noun, *of = thing.partition(" of ")
    if str(number) != "1":
        noun += "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{''.join(of)}"
