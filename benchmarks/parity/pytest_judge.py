"""The judge of `twinbench_pytest`: a question as JSON on standard input, the answer on its output.

A process for each file. That of the tests imports nothing of ours, since a repository may have a
`common` and a `benchmarks` of its own, and two files may import two modules of one name.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.twins.against import judge_against
from benchmarks.twins.case import Case
from benchmarks.twins.cause import sentences
from benchmarks.twins.climb import Refused
from benchmarks.twins.golden import changed, golden_path, read_golden, write_golden
from benchmarks.twins.judge import judge
from benchmarks.twins.judgement import Judgement
from common.framework import frameworks, plain_frameworks
from common.twins.file import TwinsFile, read_file
from common.twins.user_file import family


class Skipped(Exception):
    """A question that cannot be put on this machine; the message says what is missing."""


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a file; whatever its own code raises is a refusal.

    `path`, `frameworks` (empty: the first two that it has a model for; one: it is judged by a
    golden), `seed` and `weights` as for `judge`, `bounds` as pairs, `update`: write goldens.
    """
    try:
        file = read_file(question["path"])
        names = _names(question["frameworks"], file)
        absent = [name for name in names if frameworks()[name].missing]
        if len(names) == 2 and not absent:
            return _live(file, (names[0], names[1]), question)
        if question["update"] or len(absent) == len(names):
            lost = [frameworks()[name].not_installed for name in absent]
            raise Skipped("; ".join(lost) or "a golden takes two models to write")
        return _by_golden(file, names, absent, question)
    except Skipped as reason:
        return {"verdict": "skipped", "sentence": str(reason)}
    except ValueError as error:
        return {"verdict": "refused", "sentence": str(error)}
    except Exception as error:  # the user's file is executed
        traceback.print_exc()
        return {"verdict": "refused", "sentence": f"{type(error).__name__}: {error}"}


def _names(wanted: Sequence[str], file: TwinsFile) -> list[str]:
    """The frameworks whose models are judged."""
    if unknown := [name for name in wanted if name not in frameworks()]:
        known = ", ".join(frameworks())
        raise ValueError(f"no framework {', '.join(unknown)}; expected one or two of {known}")
    names = list(wanted) or [name for name in plain_frameworks() if name in file.models][:2]
    if not 1 + (not wanted) <= len(names) <= 2:
        held = ", ".join(f"{name}_model" for name in file.models) or "no model"
        raise ValueError(f"two models are judged, and {Path(file.path).name} has {held}")
    return names


def _live(file: TwinsFile, names: tuple[str, str], question: Mapping[str, Any]) -> dict[str, Any]:
    """Both models run."""
    goldens: list[str] = []

    def write(case: Case) -> None:
        for number in (0, 1):
            try:
                goldens.append(f"{_near(write_golden(case, number))} written")
            except Refused as error:
                goldens.append(str(error))

    judgement = judge(
        file.path,
        names,
        seed=question["seed"],
        weights=question["weights"],
        bounds=_bounds(question),
        on_right=write if question["update"] else lambda case: None,
    )
    if not question["update"]:
        goldens += [old for name in names if (old := _outdated(file, name))]
    elif judgement.verdict != "right":
        goldens.append(
            f"{_near(file.path)}: no golden written of models that are {judgement.verdict}"
        )
    return {**plain(judgement), "goldens": goldens}


def _near(path: str | Path) -> str:
    """A path as pytest shows it: from the working folder, where it lies below."""
    path = Path(path)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _outdated(file: TwinsFile, name: str) -> str:
    """That a model's golden is older than the model; empty where there is none, or it fits."""
    path = golden_path(file.path, name)
    if not path.exists():
        return ""
    try:
        parts = changed(read_golden(path), file)
    except Refused as error:
        return str(error)
    return f"{path}: {', '.join(parts)} changed since: --twins-update" if parts else ""


def _by_golden(
    file: TwinsFile, names: Sequence[str], absent: Sequence[str], question: Mapping[str, Any]
) -> dict[str, Any]:
    """One model runs, the other has a golden."""
    (runs,) = [name for name in names if name not in absent]
    others = absent or [name for name in file.models if name != family(runs)]
    lost = [frameworks()[name].not_installed for name in absent]
    kept = [name for name in others if golden_path(file.path, name).exists()]
    if not kept:
        there = f"{Path(file.path).name} has no golden of {' or '.join(others)}"
        raise Skipped("; ".join([*lost, f"{there}: --twins-update writes one"]))
    path = golden_path(file.path, kept[0])
    facts = read_golden(path).facts
    asked = runs, question["seed"], question["weights"] or facts.weights.partition(" ")[0]
    if asked != (facts.partner, facts.seed, facts.weights.partition(" ")[0]):
        raise Skipped(
            f"the golden of {kept[0]} was written with {facts.partner}, seed {facts.seed} and "
            f"weights {facts.weights}; not with {asked[0]}, seed {asked[1]} and weights {asked[2]}"
        )
    judgement = judge_against(file.path, kept[0], bounds=_bounds(question))
    return {**plain(judgement), "goldens": [f"{_near(path)} stands for {facts.words}"]}


def _bounds(question: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [(str(pattern), float(bound)) for pattern, bound in question["bounds"]]


def plain(judgement: Judgement) -> dict[str, Any]:
    """What the tests are told of a judgement."""
    return {
        "verdict": judgement.verdict,
        "sentence": judgement.sentence,
        "frameworks": judgement.frameworks,
        "faults": [fault.sentence for fault in judgement.faults],
        "causes": sentences(judgement.causes),
        "notes": judgement.notes,
        "rungs": [
            {**rung._asdict(), "broken": rung.broken, "excused": rung.excused}
            for rung in judgement.rungs
        ],
    }


def main() -> None:
    """Answer one question."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the user's code prints is no answer
    json.dump(answer(json.load(sys.stdin)), output)
    output.flush()


if __name__ == "__main__":
    main()
