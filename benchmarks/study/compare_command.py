"""Compare two folders of records: an upgrade, two machines.

Each arm that is in both gets a verdict on its test metric at the problem's margin, ratios of time
and memory with their intervals, and a sentence; what differs in versions and machine comes first.

--fail-if NAME>CHANGE or NAME<CHANGE names a change from A to B that is not wanted; it may be given
several times, and holds for every arm that has the quantity. With % the change is a share of A,
else it is in the quantity's own unit (seconds, bytes, accuracy, 1,000 $). Names: epoch_seconds,
first_epoch_seconds, total_seconds, peak_rss_bytes, accuracy, mae, loss. It fails only when the
whole 95 % interval of the change lies beyond: noise alone rarely fails it, and a change that a wide
interval leaves open does not. Times and memory have an interval from five processes of each on, a
metric from two seeds on. An arm without one says "not enough runs" and fails with --strict alone,
as do a condition that no arm has the quantity for and a metric of which a seed gave no number.

examples:
  twinbench compare old new
  twinbench compare old new --fail-if 'epoch_seconds>+10%' --fail-if 'accuracy<-0.003'
  twinbench compare old new --fail-if 'peak_rss_bytes>+5e7' --strict
  twinbench compare laptop server --into page.md    between the file's two marks

exit status: 0 no condition fails, 1 one does, 2 usage
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cli import options
from common.say import say

if TYPE_CHECKING:
    from benchmarks.study.compare import Condition, Judged, Pair


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two folders, what must not change between them, and where the page goes."""
    parser.add_argument("before", type=Path, metavar="A", help="folder of records")
    parser.add_argument("after", type=Path, metavar="B", help="folder of records")
    parser.add_argument(
        "--fail-if",
        action="append",
        default=[],
        metavar="CONDITION",
        help="exit with 1 when this change is shown, as in 'epoch_seconds>+10%%'",
    )
    parser.add_argument(
        "--strict", action="store_true", help="a condition without enough runs fails too"
    )
    options.add(parser, "--into", "--json")


def main(args: argparse.Namespace) -> int:
    """Show the comparison; whether a condition fails is the exit status."""
    from benchmarks.records.record import some_records
    from benchmarks.show.answer import print_json, verdicts_of
    from benchmarks.show.section import show
    from benchmarks.study.compare import Condition, judged, pairs
    from benchmarks.study.compare_table import sections

    conditions = [Condition.parse(text) for text in args.fail_if]
    before, after = some_records(args.before), some_records(args.after)
    names = _names(args.before, args.after)
    common, alone = pairs(before, after, names)
    if not common:
        raise ValueError(f"{args.before} and {args.after} have no arm in common")
    results = judged(conditions, common)
    page = sections(common, alone, results, names)
    if args.json:
        measured = _measured(common, alone, results)
        print_json(args.command, measured, verdicts_of(pair.comparison for pair in common))
    else:
        show(page, into=args.into)
    return int(_failed(conditions, results, args.strict))


def _names(before: Path, after: Path) -> tuple[str, str]:
    """Of the two sides: the folders' own names where these differ."""
    short, paths = (before.resolve().name, after.resolve().name), (str(before), str(after))
    return short if short[0] != short[1] else paths


def _measured(
    common: list[Pair], alone: dict[str, list[str]], results: list[Judged]
) -> dict[str, Any]:
    """What `--json` prints; an interval is its value, its low and its high end.

    A ratio of times goes on with whether it is within 5 % of 1, and the p of no difference.
    """
    from benchmarks.show.wording import sentence

    arms = [
        {"arm": pair.name, **asdict(pair.comparison), "sentence": sentence(pair.comparison)}
        for pair in common
    ]
    return {"arms": arms, "alone": alone, "conditions": [asdict(result) for result in results]}


def _failed(conditions: list[Condition], results: list[Judged], strict: bool) -> bool:
    """Says on standard error what fails or could not be told."""
    from benchmarks.statistics.intervals import NOT_ENOUGH
    from benchmarks.study.compare import FAILS

    failed = False
    for condition in conditions:
        words = [result for result in results if result.condition is condition]
        if not words:
            say(f"NOT CHECKED: {condition.text}: no arm has {condition.name}")
        for result in words:
            if result.word == FAILS:
                say(f"failed: {condition.text}: {result.arm}")
            elif result.word == NOT_ENOUGH:
                say(f"NOT ENOUGH RUNS: {condition.text}: {result.arm}")
        failed |= any(result.word == FAILS for result in words)
        failed |= strict and (not words or any(result.word == NOT_ENOUGH for result in words))
    return failed
