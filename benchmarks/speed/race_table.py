"""How many times faster than the textbook: one table a problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from statistics import mean

from benchmarks.records.arm import by_problem
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Race
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.answer import Verdict
from benchmarks.show.charts import Estimate, estimates
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.speed.race import Runner, runners
from benchmarks.statistics.epochs import notes as epoch_notes
from benchmarks.statistics.ratios import RANKED, Ratio
from common.framework import label_of
from common.problem import PROBLEMS, Problem
from common.say import counted

HEADINGS = (
    "who",
    "regime",
    "epoch (ms)",
    "times faster",
    "with validation (ms)",
    "times faster",
    "whole run (s)",
    "times faster",
    "peak (MiB)",
    "of the peer's",
    "metric",
)


def sections(records: Iterable[Record], folds: bool = False) -> Iterator[Section]:
    """A table a problem, a row an arm, the peer first."""
    for name, runs in by_problem(records, Race).items():
        try:
            arms = runners(runs)
        except ValueError as error:  # the others' tables shall not be lost with this one
            yield Section(_title(PROBLEMS[name], folds), HEADINGS, [], (0, 1), [str(error)])
            continue
        yield section_of(runs, arms, folds)


def section_of(runs: list[Race], arms: list[Runner], folds: bool = False) -> Section:
    """The table of one problem, from its finished runs and the runners that they give."""
    peer, problem = arms[0], PROBLEMS[runs[0].problem]
    faster = [
        Estimate(_who(r), label_of(r.framework), r.framework, *ratio[:3])
        for r in arms[1:]
        if (ratio := r.epoch_ratio)
    ]
    of_rows = {_who(r): {"framework": label_of(r.framework), "regime": r.regime} for r in arms[1:]}
    title = f"epoch: times faster than the {peer.framework}, 95 % interval"
    return Section(
        f"{_title(problem, folds)}: against the {peer.framework}",
        HEADINGS,
        [_row(runner, peer, problem.metric.digits) for runner in arms],
        left=(0, 1),
        notes=list(_notes(runs, arms)),
        notices=not_real(runs),
        draw=partial(estimates, faster, title, at=1, log=True) if faster else None,
        arms={"": {"problem": problem.name}, **of_rows},
    )


def _who(runner: Runner) -> str:
    return f"{label_of(runner.framework)} {runner.regime}"


def verdicts(records: Iterable[Record]) -> tuple[str, list[Verdict]]:
    """Of each arm against the peer, by its epochs: in one sentence, and one by one."""
    entries = []
    for name, runs in by_problem(records, Race).items():
        with suppress(ValueError):  # without the peer, as its table says
            peer, *others = runners(runs)
            entries += [_verdict(name, peer, r, r.epoch_ratio) for r in others if r.epoch_ratio]
    words = Counter(entry["verdict"] for entry in entries)
    found = ", ".join(f"{number} {word}" for word, number in words.most_common())
    arms = counted(len(entries), "arm")
    sentence = f"Verdict: of the epochs of {arms}, beside the peer's, {found}."
    return sentence * bool(entries), entries


def _verdict(problem: str, peer: Runner, runner: Runner, ratio: Ratio) -> Verdict:
    who, times = f"{label_of(runner.framework)}, {runner.regime}", ratio_text(ratio).lstrip("*")
    return {
        "about": f"{problem}: {who} against {peer.framework}",
        "problem": problem,
        "framework": runner.framework,
        "regime": runner.regime,
        "against": peer.framework,
        "verdict": ratio.verdict,
        "sentence": f"{who}: an epoch is {times} times as fast as that of {peer.framework}",
    }


def _title(problem: Problem, folds: bool) -> str:
    return f"{problem.title}, {problem.folds}-fold validation" if folds else problem.title


def _row(runner: Runner, peer: Runner, digits: int) -> list[str]:
    ours = runner is not peer
    return [
        label_of(runner.framework),
        runner.regime if ours else "",
        _ms(runner.epoch),
        ratio_text(runner.epoch_ratio) if ours else "",
        _ms(runner.validated),
        ratio_text(runner.validated_ratio) if ours else "",
        f"{runner.total:.2f}",
        ratio_text(runner.total_ratio) if ours else "",
        f"{runner.peak / 2**20:,.0f}",
        f"{1 / runner.peak_ratio:.2f}" if ours else "",
        f"{mean(runner.metrics):.{digits}f}" if runner.metrics else "diverged",
    ]


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1e3 * seconds:.1f}"


def ratio_text(ratio: Ratio | None) -> str:
    """`1.20 [1.10, 1.31]`, between two stars where the interval excludes 1."""
    if ratio is None:
        return "-"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f}"
    loud = "*" if ratio.verdict in RANKED else ""
    return f"{loud}{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def _notes(runs: list[Race], arms: list[Runner]) -> Iterator[str]:
    few = min(runner.processes for runner in arms)
    yield (
        f"{counted(few, 'process')} an arm, all arms in turn; medians over processes of the median "
        "of all epochs but the first; times faster: the peer's time over the arm's, with the 95 % "
        "interval of a bootstrap over processes and epochs; bold: it excludes 1"
        + (f"; fewer than {MIN_PROCESSES} processes give none" if few < MIN_PROCESSES else "")
    )
    yield (
        "textbook: the book's own Keras script, dense float64 rows and all; scikit: scikit-learn's "
        "multi-layer perceptron of the same sizes, which has Adam and not RMSprop; whole run: from "
        "the start of the process to the test metric, ours reading text from the cache"
    )
    yield from epoch_notes(runs)
    yield from provenance(runs)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """Times faster than the textbook; problems that the textbook did not finish are left out."""
    tables = [
        table
        for kind in ("race", "race/folds")
        for table in sections(kinds.get(kind, []), folds=kind != "race")
        if table.rows
    ]
    if tables:
        text = "The peer's epoch over the arm's and its 95 % interval: right of the line is faster."
        yield Part("race", "How many times faster", text, tables)
