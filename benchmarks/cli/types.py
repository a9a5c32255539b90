"""The argparse types of options; their errors name what was expected."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from common import framework as manifests
from common.language import translated
from common.problem import PROBLEMS
from common.regime import REGIMES
from common.say import none_such

MOST = 2**31 - 1  # the largest whole number: every framework takes such a seed, batch or width
TINY, LARGE = (
    1e-30,
    1e6,
)  # of other numbers: float32 can hold them, a clock can wait so many seconds


def checked(check: Callable[[str], Any]) -> Callable[[str], Any]:
    """An argparse type that shows the user the message of `check`'s ValueError."""

    def convert(text: str) -> Any:
        try:
            return check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def list_of(check: Callable[[str], Any]) -> Callable[[str], list]:
    """An argparse type for a comma list; repetitions are dropped."""
    return checked(lambda text: list(dict.fromkeys(check(item) for item in text.split(","))))


def problem(name: str) -> str:
    if name not in PROBLEMS:
        raise ValueError(none_such("problem", name, PROBLEMS))
    return name


def framework(name: str) -> str:
    return manifests.framework(name).name


def regime(name: str) -> str:
    if name not in REGIMES:
        raise ValueError(none_such("regime", name, REGIMES))
    return name


def device(name: str) -> str:
    kind, colon, number = name.partition(":")
    plain = kind in ("cpu", "cuda", "mps", "auto") and not colon
    if not plain and not (kind == "cuda" and number.isdecimal()):
        raise ValueError(none_such("device", name, ("cpu", "cuda", "cuda:N", "mps", "auto")))
    return name


def python(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals:
        raise ValueError(translated("FRAMEWORK=PATH was expected, got {text!r}").format(text=text))
    if not os.access(path, os.X_OK) or os.path.isdir(path):
        words = translated("{path!r} is not an interpreter that can be started")
        raise ValueError(words.format(path=path))
    return framework(name), path


def at_least(lowest: int, most: int = MOST) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not text.strip().lstrip("-").isdecimal() or int(text) < lowest:
            words = translated("a whole number of at least {lowest} was expected, got {text!r}")
            raise ValueError(words.format(lowest=lowest, text=text))
        if int(text) > most:
            words = translated("a whole number of at most {most:,} was expected, got {text!r}")
            raise ValueError(words.format(most=most, text=text))
        return int(text)

    return checked(check)


def positive(text: str) -> float:
    if not TINY <= float(text) <= LARGE:
        words = translated("a number above 0, at most {most:,.0f}, was expected, got {text!r}")
        raise ValueError(words.format(most=LARGE, text=text))
    return float(text)


width = at_least(1)


def widths(text: str) -> tuple[int, ...]:
    return tuple(map(width, text.split(",")))
