"""What is printed and kept of two models that were judged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.show.terminal import plain, print_wide
from benchmarks.twins.apart import Apart
from benchmarks.twins.cause import Cause, sentences
from benchmarks.twins.causes.lines import settings
from benchmarks.twins.compare import Rung
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.phrases import listed
from benchmarks.twins.verdict import whose
from common.framework import label_of
from common.language import Phrase, phrase, spoken, tight

STATUS = {"right": 0, "wrong": 1, "random": 1, "undecided": 1, "refused": 2}
"""Exit status by verdict: a model that draws random numbers has not passed, nor what is undecided,
as two traces may be."""
STYLES = {
    "right": "green",
    "wrong": "bold red",
    "random": "yellow",
    "undecided": "yellow",
    "refused": "yellow",
}


def print_judgement(judgement: Judgement, *, every: bool = False) -> None:
    """The verdict, what a reader should know, the pairs, and the rungs that are not zero.

    `every` shows the rungs that agree to the last bit too.
    """
    names = [label_of(name) for name in judgement.frameworks]
    console = print_verdict(judgement)
    if judgement.rungs:
        columns = ["in float64", "bound", "least tolerance in float32"]
        print_wide(
            errors(
                f"errors: {' and '.join(names)}, seed {judgement.seed}",
                [*columns, *(f"{name} itself" for name in names)],
                judgement.rungs,
                lambda r: every or r.broken or max(r.error32, *r.own) > 0,
                lambda r: (r.error32, *r.own),
            ),
            console,
        )


def print_verdict(judgement: Judgement) -> Console:
    """All but the rungs, which go to the same console."""
    console = Console()

    def show(text: Phrase, style: str) -> None:
        console.print(plain(tight(spoken(text)), style), soft_wrap=True)

    verdict = phrase(judgement.verdict)
    words = phrase("{verdict}: {sentence}", verdict=verdict, sentence=judgement.sentence)
    show(words, STYLES[judgement.verdict])
    faults, causes = judgement.faults[1:], judgement.causes
    for sentence in once((f.sentence, f.sentence, f.places) for f in faults):
        show(phrase("  also: {sentence}", sentence=sentence), "red")
    for sentence in once(of_causes(causes)):
        show(Phrase(f"  {sentence}", f"  {spoken(sentence)}"), "bold")
    if pages := dict.fromkeys(cause.page for cause in causes):
        show(phrase("  more: {pages}", pages=", ".join(pages)), "dim")
    for setting in judgement.settings:
        show(phrase("  settings that differ: {setting}", setting=setting), "yellow")
    for note in judgement.notes:
        show(phrase("NOTE: {note}", note=note), "yellow")
    if judgement.pairs:
        table = _table(f"pairs, {whose(judgement.weights)}", *map(label_of, judgement.frameworks))
        for one, other in dict.fromkeys(judgement.pairs):
            table.add_row(plain(one), plain(other))
        print_wide(table, console)
    return console


def of_causes(causes: Sequence[Cause]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Each cause for `once`: of a line that several share, all settings are what one says."""
    shared = Counter((frozenset(cause.places), cause.write) for cause in causes)
    for cause, sentence in zip(causes, sentences(causes), strict=True):
        several = shared[frozenset(cause.places), cause.write] > 1
        more = f" {settings(cause.write)}" if several else ""
        yield sentence, cause.difference + more, cause.places


def once(told: Iterable[tuple[str, str, Sequence[str]]]) -> list[str]:
    """Sentences, and of those that say one thing of many layers the first, with the others' names.

    Each is given with the words that begin with its layer, and the names that the layer has.
    """
    groups: dict[str, tuple[str, list[str]]] = {}
    for sentence, words, places in told:
        names = [*places, *(f"{one} ~ {other}" for one, other in permutations(places, 2))]
        layer = max((name for name in names if words.startswith(name)), key=len, default="")
        rest = words.removeprefix(layer)
        groups.setdefault(rest, (sentence, []))[1].append(layer)
    return [
        phrase("{first}; and so {layers}", first=first, layers=listed(layers[1:]))
        if any(layers[1:])
        else first
        for first, layers in groups.values()
    ]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=plain(title, "bold"), title_justify="left", box=SIMPLE_HEAD, padding=0)
    for number, column in enumerate(columns):
        table.add_column(plain(column), no_wrap=True, justify="left" if number < 2 else "right")
    return table


def errors(
    title: str,
    columns: Sequence[str],
    rungs: Sequence[Rung],
    shows: Callable[[Rung], bool],
    more: Callable[[Rung], Sequence[float]],
) -> Table:
    """A line for each rung that `shows` lets through: error, bound, and `more` numbers."""
    table = _table(title, "rung", "tensor", *columns)
    rung = ""
    shown = [r for r in rungs if shows(r)]
    for r in shown:
        error = plain(f"{_number(r.error)} !", "bold red") if r.broken else _number(r.error)
        first = "" if r.rung == rung else r.rung
        numbers = (f"{r.bound:.0e}", *map(_number, more(r)))
        table.add_row(plain(first), plain(r.tensor), error, *numbers)
        rung = r.rung
    if len(shown) < len(rungs):
        rest = len(rungs) - len(shown)
        table.add_row("", f"{rest} more are equal bit for bit: --all", *[""] * len(columns))
    return table


def _number(error: float) -> str:
    return "0" if error == 0 else f"{error:.0e}" if math.isfinite(error) else str(error)


def numbers(judgement: Judgement, threads: int | None) -> dict[str, Any]:
    """All that was seen, for JSON and as a record of kind parity; what is not finite is None."""
    pair = list(judgement.frameworks)
    broken = next((r for r in judgement.rungs if r.broken), None)
    return {
        "problem": judgement.name,
        "regime": "matched",
        "seed": judgement.seed,
        "frameworks": pair,
        "threads": threads,
        "steps": sorted({int(r.rung[5:]) for r in judgement.rungs if r.rung.startswith("step ")}),
        "epochs": 0,
        "data_digest": judgement.digest,
        "notice": judgement.notice,
        "raised_bounds": [],
        "verdict": f"{judgement.verdict}: {judgement.sentence}",
        "first_breach": broken and _difference(broken, pair),
        "differences": [_difference(r, pair) for r in judgement.rungs],
        "growth": [],
        "judged": judgement.verdict,
        "places": judgement.places,
        "faults": [fault_numbers(fault) for fault in judgement.faults],
        "causes": [_cause(cause) for cause in judgement.causes],
        "differing": judgement.settings,
        "notes": judgement.notes,
        "weights": judgement.weights,
        "pairs": [list(names) for names in judgement.pairs],
        "layers": [_layer(layer) for layer in judgement.layers],
    }


def _layer(layer: Apart) -> dict[str, Any]:
    """The errors of a pair as JSON has them."""
    return _plain({**layer._asdict(), "settings": list(layer.settings)})


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: finite(v) if isinstance(v, float) else v for k, v in values.items()}


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def fault_numbers(fault: Any) -> Mapping[str, Any]:
    """A fault as JSON has it."""
    return {"places": list(fault.places), "sentence": fault.sentence}


def _cause(cause: Cause) -> Mapping[str, Any]:
    """A cause as JSON has it."""
    about = {"sentence": str(cause), "reason": cause.reason, "page": cause.page}
    return _plain({**cause._asdict(), **about, "places": list(cause.places)})


def _difference(r: Rung, pair: list[str]) -> dict[str, Any]:
    return {
        "pair": pair,
        "rung": r.rung,
        "tensor": r.tensor,
        "error": finite(r.error),
        "bound": r.bound,
        "broken": r.broken,
        "error_float32": finite(r.error32),
        "own": [finite(error) for error in r.own],
    }
