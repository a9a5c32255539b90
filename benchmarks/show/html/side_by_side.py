"""The implementations of a problem side by side, their matching lines in one row; read as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import common
from common.framework import frameworks

ROOT = Path(common.__file__).resolve().parent.parent


class Aligned(NamedTuple):
    """One row: a line of each file with its number, "" and None where the other has more."""

    left_number: int | None
    left: str
    right_number: int | None
    right: str

    @property
    def same(self) -> bool:
        return self.left_number is not None and self.left == self.right


class Pair(NamedTuple):
    """Two files of one name, below the folders of two frameworks."""

    left: Path
    right: Path
    rows: list[Aligned]


def side_by_side(problem: str) -> Iterator[Pair]:
    """The problem's file of each implementation beside that of the first, where they have one."""
    folders = dict.fromkeys(framework.package for framework in frameworks().values())
    paths = [path for name in folders if (path := ROOT / name / f"{problem}.py").is_file()]
    texts = {path: path.read_text(encoding="utf-8").splitlines() for path in paths}
    for path in paths[1:]:
        rows = list(aligned(texts[paths[0]], texts[path]))
        yield Pair(paths[0].relative_to(ROOT), path.relative_to(ROOT), rows)


def aligned(left: Sequence[str], right: Sequence[str]) -> Iterator[Aligned]:
    """Every line of both in order; lines that `difflib` finds equal share a row."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        for i, j in zip_longest(range(a, b), range(c, d)):
            yield Aligned(
                None if i is None else i + 1,
                "" if i is None else left[i],
                None if j is None else j + 1,
                "" if j is None else right[j],
            )
