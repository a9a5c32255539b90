"""What a command answers: its verdicts in one sentence, and all that it has as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.machine import versions
from benchmarks.records.record import json_of
from benchmarks.show.matrix import headline
from benchmarks.show.terminal import plain
from benchmarks.show.wording import sentence, signed
from benchmarks.statistics.compared import Compared
from benchmarks.statistics.intervals import NOT_ENOUGH
from benchmarks.statistics.verdict import PLANNED, Comparison
from common.framework import label_of
from common.language import aloud, said, tight
from common.problem import problem_title

SCHEMA = "twinbench/1"
Verdict = dict[str, Any]
"""An entry of `verdicts`: at least `about`, `verdict` in the protocol's words, and `sentence`."""


def print_json(command: str, results: Any, verdicts: Iterable[Verdict] = ()) -> None:
    """Print the envelope that every `--json` has; records are printed as they are on disk."""
    envelope = {
        "schema": SCHEMA,
        "command": command,
        "version": versions()["twinbench"],
        "verdicts": list(verdicts),
        "results": results,
    }
    print(json.dumps(envelope, indent=1, allow_nan=False, default=json_of))


def verdicts_of(pairs: Iterable[Comparison]) -> list[Verdict]:
    """Of the test metric of each pair, and of the time of its epochs; None without one."""
    return [
        {
            "about": about(pair),
            "problem": pair.problem,
            "regime": pair.regime,
            "device": pair.device,
            "frameworks": [pair.first, pair.second],
            "verdict": pair.metric and pair.metric.verdict,
            "exploratory": pair.metric and pair.metric.exploratory,
            "epoch": pair.epoch and pair.epoch.verdict,
            "sentence": sentence(pair),
        }
        for pair in pairs
    ]


def run_verdicts(compared: Compared) -> tuple[str, list[Verdict]]:
    """Of all pairs of frameworks: in one sentence, which may be Chinese, and one by one."""
    with aloud():
        answer = in_short(compared.pairs)
    return answer, verdicts_of(compared.pairs)


def print_answer(sentence: str) -> None:
    """A verdict below what it rests on."""
    if sentence:
        Console().print(plain(f"\n{tight(sentence)}", "bold"), soft_wrap=True)


def about(pair: Comparison) -> str:
    """`mnist, native, cpu: keras (tensorflow) and torch`."""
    arm = ", ".join((pair.problem, pair.regime, pair.device))
    return f"{arm}: {label_of(pair.first)} and {label_of(pair.second)}"


def in_short(pairs: Sequence[Comparison]) -> str:
    """One sentence on all pairs, where most is left, and what would tell more."""
    if not pairs:
        return said("Verdict: nothing is compared, every run is of one framework.")
    if len(pairs) == 1:
        return said("Verdict: {sentence}").format(sentence=sentence(pairs[0]))
    parts = [said("Verdict: {sentence}").format(sentence=headline(pairs)), _widest(pairs)]
    if any(pair.metric and pair.metric.verdict == NOT_ENOUGH for pair in pairs):
        parts.append(said("`twinbench study` plans enough: {seeds} seeds.").format(seeds=PLANNED))
    if not any(pair.epoch for pair in pairs):
        few = said("Of times nothing can be said below {processes} timed processes each.")
        parts.append(few.format(processes=MIN_PROCESSES))
    return " ".join(filter(None, parts))


def _widest(pairs: Sequence[Comparison]) -> str:
    """The difference that is largest beside its margin."""
    judged = [(pair, m) for pair in pairs if (m := pair.metric) and m.margin]
    if not judged:
        return ""
    pair, metric = max(judged, key=lambda item: abs(item[1].difference) / (item[1].margin or 1))
    text = said(
        "Widest apart beside its margin of {margin:g}: {problem}, {regime}, {first} and {second}, "
        "by {difference}."
    )
    return text.format(
        margin=metric.margin,
        problem=problem_title(pair.problem),
        regime=pair.regime,
        first=label_of(pair.first),
        second=label_of(pair.second),
        difference=signed(metric.difference, metric.name),
    )
