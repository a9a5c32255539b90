"""Where the time of a step goes: one table a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from benchmarks.explain.steps import KERNELS, Piece, Split, pieces, splits
from benchmarks.records.arm import by_problem
from benchmarks.records.keys import Record
from benchmarks.records.kinds import PARTS, Ablation
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.charts import stacks
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.show.wording import number, span
from common.framework import label_of
from common.problem import PROBLEMS
from common.say import counted

HEADINGS = ("framework", "regime", *PARTS, "a step", "products alone", "in products", "in others")


def sections(records: Iterable[Record]) -> Iterator[Section]:
    """A table a problem, a row an arm."""
    for problem, runs in by_problem(records, Ablation).items():
        arms = splits(runs)
        milliseconds = {
            f"{label_of(split.framework)}, {split.regime}": {
                part: 1e3 * seconds for part, seconds in split.parts.items()
            }
            for split in arms
        }
        yield Section(
            f"{PROBLEMS[problem].title}: milliseconds a step",
            HEADINGS,
            [_row(split) for split in arms],
            left=(0, 1),
            notes=list(_notes(runs, arms)),
            notices=not_real(runs),
            draw=partial(stacks, milliseconds, "ms a step"),
            arms={"": {"problem": problem}},
        )
        if worth := pieces(runs):
            yield Section(
                f"{PROBLEMS[problem].title}: what each piece of tuned is worth",
                ("framework", "tuned has", "a step", "as users do", "times as long"),
                [_worth(piece) for piece in worth],
                left=(0, 1),
                notes=list(_worth_notes(runs)),
                notices=not_real(runs),
            )


def _row(split: Split) -> list[str]:
    seconds = [*(split.parts[part] for part in PARTS), split.step, split.products_alone]
    shares = (split.profile[kind] for kind in KERNELS)
    return [
        label_of(split.framework),
        split.regime,
        *(f"{1e3 * value:.3f}" for value in seconds),
        *(f"{share:.0%}" for share in shares),
    ]


def _worth(piece: Piece) -> list[str]:
    milliseconds = (f"{1e3 * seconds:.3f}" for seconds in (piece.step, piece.otherwise))
    times = f"{piece.ratio.value:.2f} ({span(piece.ratio, number)})"
    return [label_of(piece.framework), piece.piece, *milliseconds, times]


def _worth_notes(runs: list[Ablation]) -> Iterator[str]:
    rounds = counted(len([run for run in runs if run.otherwise]), "round")
    yield (
        f"milliseconds a step, medians over {rounds}, each in a process of its own, of a tuned "
        "training and of ones that do a single piece as PyTorch's users do; times as long: with "
        "the 95 % interval of a bootstrap over rounds"
    )
    yield from provenance(runs)


def _notes(runs: list[Ablation], arms: list[Split]) -> Iterator[str]:
    steps = sorted({run.steps for run in runs})
    rounds = counted(min(split.rounds for split in arms), "round")
    yield (
        f"medians over {rounds}, all arms in turn, of epochs "
        f"of {', '.join(map(str, steps))} steps that end with a part: a part costs what the epoch "
        "takes with it less what it takes without; a negative one is noise"
    )
    yield (
        "input: to order, batch, convert and hand over the rows, with the loop around; "
        "bookkeeping: the running loss and metric; products alone: the matrix products of one "
        "step, by the framework, on dense rows, in `tuned` on sparse ones for text"
    )
    yield (
        "in products, in others: share of a profiled epoch that the framework's own profiler saw "
        "in matrix products and in other kernels; what is missing from 100 % is Python, the "
        "framework and waiting, and kernels side by side can sum to more"
    )
    yield from provenance(runs)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """Where the time of a step goes."""
    if tables := list(sections(kinds.get("ablation", []))):
        text = "What an epoch takes with a part less what it takes without it."
        yield Part("steps", "Where the time of a step goes", text, tables)
