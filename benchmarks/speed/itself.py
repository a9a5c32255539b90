"""Each arm against itself: what this machine shows of two programs that are one and the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import median, stdev
from typing import Any

from benchmarks.records.arm import by_problem, group_by, in_turns
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Itself
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.answer import Verdict
from benchmarks.show.section import Section
from benchmarks.speed.race import Raced
from benchmarks.speed.race_table import ratio_text
from benchmarks.statistics.epochs import epoch_ratio, steady
from benchmarks.statistics.epochs import notes as epoch_notes
from benchmarks.statistics.ratios import RANKED
from common.framework import label_of
from common.problem import PROBLEMS
from common.say import counted

COPIES = ("A", "B")
HEADINGS = ("who", "regime", "runs", "epoch (ms)", "A over B", "spread of a process", "processes")


@dataclass(frozen=True)
class RacedItself(Raced):
    """One of two runs of an arm that differ in nothing."""

    kind = "itself"
    folder = "race/itself"
    copy: str = COPIES[0]

    @property
    def about(self) -> dict[str, Any]:
        """Which of the two it is."""
        return {"copy": self.copy}

    @property
    def key(self) -> str:
        """Path of its record below the folder of its kind."""
        return f"{self.copy}/{super().key}"

    def __str__(self) -> str:
        return f"{super().__str__()}, {self.copy}"


def twice(jobs: Sequence[Job]) -> list[RacedItself]:
    """Each job and its like, one behind the other; every second pair the other way round.

    Those that take turns are there once more without.
    """
    both = [
        replace(job, turns=turns) for turns in (True, False) for job in jobs if job.turns >= turns
    ]
    pairs = [[RacedItself.of(job, copy=copy) for copy in COPIES] for job in both]
    return [job for pair in pairs for job in (pair[::-1] if pair[0].seed % 2 else pair)]


def sections(records: Iterable[Record]) -> Iterator[Section]:
    """A table a problem, a row an arm."""
    for problem, runs in by_problem(records, Itself).items():
        yield Section(
            f"{PROBLEMS[problem].title}: each arm against itself",
            HEADINGS,
            [
                [label_of(name), regime, taken, *_cells(*copies)]
                for (name, regime, taken), copies in _arms(runs).items()
            ],
            left=(0, 1, 2),
            notes=[
                "A and B are one program: a ratio whose 95 % interval excludes 1 is a false alarm, "
                "of which a twentieth is to be expected",
                "spread of a process: standard deviation over processes of the logarithm of the "
                "ratio of A to B; n processes an arm give an interval of about twice that over √n",
                *epoch_notes(runs),
                *provenance(runs),
            ],
            notices=not_real(runs),
        )


def verdicts(records: Iterable[Record]) -> tuple[str, list[Verdict]]:
    """How often the machine calls one program faster than itself."""
    entries: list[Verdict] = []
    for problem, runs in by_problem(records, Itself).items():
        for (name, regime, taken), copies in _arms(runs).items():
            if ratio := epoch_ratio(copies[0], copies[1]):
                who = f"{problem}: {label_of(name)}, {regime}, {taken}"
                words = f"{who}: {ratio_text(ratio).lstrip('*')}"
                entries.append({"about": who, "verdict": ratio.verdict, "sentence": words})
    false = sum(entry["verdict"] in RANKED for entry in entries)
    sentence = f"Verdict: {false} of {counted(len(entries), 'arm')} is called faster than itself."
    return sentence * bool(entries), entries


def _arms(runs: Iterable[Itself]) -> dict[tuple[str, str, str], list[list[Itself]]]:
    """By framework, regime and who was alive, where both copies have a run, the runs of each."""
    taken = {True: "in turn", False: "one after another"}
    groups = group_by(runs, lambda run: (run.framework, run.regime, taken[run.heat is not None]))
    arms = {
        arm: [[run for run in own if run.copy == copy] for copy in COPIES]
        for arm, own in groups.items()
    }
    return {arm: copies for arm, copies in arms.items() if all(copies)}


def _cells(one: list[Itself], other: list[Itself]) -> list[str]:
    pairs = in_turns(one, other) or list(zip(one, other, strict=False))
    logs = [_log_ratio(a, b) for a, b in pairs]
    return [
        f"{1e3 * median(median(steady(run.epoch_seconds)) for run in [*one, *other]):.1f}",
        ratio_text(epoch_ratio(one, other)),
        f"{stdev(logs):.3f}" if len(logs) > 1 else "-",
        str(len(pairs)),
    ]


def _log_ratio(one: Itself, other: Itself) -> float:
    a, b = steady(one.epoch_seconds), steady(other.epoch_seconds)
    if one.heat:
        return median(log(x / y) for x, y in zip(a, b, strict=True))
    return log(median(a) / median(b))
