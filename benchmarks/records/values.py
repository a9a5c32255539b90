"""Values of records: such as every output can hold, and none that tells where files lie."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common.install import ROOT

HALF = re.compile("[\ud800-\udfff]")  # of a character, which no file of UTF-8 can hold
WHOLE = 2**63  # beyond it a whole number is in no column of a table
DEEPEST = 64  # lists and objects in each other; a ladder has 4

START = (  # of an absolute path of POSIX or Windows; not of an address, a tag or a relative path
    r"(?:(?<![\w.:/\\~<)}\]*$-])(?:file:)?(?:~|[A-Za-z]:)?/+(?=[\w.@%+~$-])"
    r"|(?<=\w:)(?:/(?=[\w.@%+~$-])|/{3,})"
    r"|(?<!\w)(?:~|[A-Za-z]:)\\+(?=\w)|(?<![\w\\])\\{2,}(?=\w[\w.$-]*\\+\w))"
)
PLACES = (".data.origin", ".settings.python", ".settings.problem.path")  # which are paths whole
PATH = re.compile(
    rf"""(?<="){START}[^"\n]*|(?<='){START}[^'\n]*|{START}[^\s'"`<>|,;:()\[\]{{}}]*"""
)


def unheld(value: Any, depth: int = 1) -> tuple[str, str]:
    """Where in a value what is that not every output can hold, and what is expected there."""
    if isinstance(value, str):
        fits, expected = value.isascii() or not HALF.search(value), "text of whole characters"
    elif isinstance(value, int):
        fits, expected = -WHOLE <= value < WHOLE, "a whole number of 64 bits"
    elif isinstance(value, float):
        fits, expected = math.isfinite(value), "a finite number"
    else:
        fits, expected = not value or depth <= DEEPEST, f"at most {DEEPEST} values in each other"
    if not fits:
        return "", expected
    if isinstance(value, dict):
        if not "".join(value).isascii() and HALF.search("".join(value)):
            return " (a key)", "text of whole characters"
        parts: Iterable[tuple[Any, Any]] = value.items()
    else:
        parts = enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if type(part) is not float or not math.isfinite(part):  # most are numbers that fit
            place, expected = unheld(part, depth + 1)
            if expected:
                return f".{key}{place}", expected
    return "", ""


def without_folders(text: str) -> str:
    """The text with the name alone of each absolute path in it: records are published.

    What follows this checkout or the folder of installed packages stays.
    """
    root, home = (re.escape(str(folder)) for folder in (ROOT, Path.home()))
    text = re.sub(rf"(?<![\w.]){root}[\\/]+", "", text)
    text = re.sub(rf"(?<![\w.]){home}(?=[\\/])", "~", text)  # such a name may have spaces
    return PATH.sub(_shortened, text)


def _shortened(path: re.Match[str]) -> str:
    parts = re.split(r"[\\/]+", path[0].rstrip("\\/"))
    packages = [i for i, part in enumerate(parts) if part in ("site-packages", "dist-packages")]
    return "/".join(parts[packages[-1] :] if packages else parts[-1:])


def plain(value: Any, place: str, not_finite: list[str]) -> Any:
    """`value` as JSON can hold it; the places of NaN and infinities are added to `not_finite`.

    Texts tell no folders of this machine, and have whole characters.
    """
    if isinstance(value, str):
        text = value.encode(errors="backslashreplace").decode()
        return without_folders(f'"{text}"')[1:-1] if place in PLACES else without_folders(text)
    if isinstance(value, Mapping):
        return {str(k): plain(v, f"{place}.{k}", not_finite) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, place, not_finite) for v in value]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        not_finite.append(place.lstrip("."))
        return None
    return value
