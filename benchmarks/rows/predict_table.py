"""Test rows with their truth and what each framework predicts, on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from benchmarks.show.terminal import plain
from common.framework import label_of
from common.problem import PROBLEMS, Metric, Problem

WORDS = 60  # of a text, on the terminal


def print_predictions(result: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the rows of one problem: the input, the truth, and a line a framework."""
    console = console or Console()
    problem = PROBLEMS[result["problem"]]
    console.print(Rule(f"{problem.title}, regime: {result['regime']}, seed {result['seed']}"))
    if result["data"]["notice"]:
        console.print(plain(f"NOT THE REAL DATA FILES: {result['data']['notice']}", "bold red"))
    for name, metrics in result["metrics"].items():
        scores = ", ".join(f"{metric} {value:.4f}" for metric, value in metrics.items())
        console.print(f"{label_of(name)}: {scores} on all test rows", highlight=False)
    for row in result["rows"]:
        console.print()
        console.print(_beside(row) if problem.name == "mnist" else _below(problem, row))
    wrong = {row["row"]: row["wrong"] for row in result["rows"] if row["wrong"]}
    if problem.metric is Metric.ACCURACY:
        mistakes = "; ".join(
            f"row {row} by {', '.join(map(label_of, names))}" for row, names in wrong.items()
        )
        console.print(f"\nwrong: {mistakes or 'none of these rows'}", highlight=False)


def _beside(row: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 3))
    grid.add_row(plain(row["input"]), _verdicts(row))
    return grid


def _below(problem: Problem, row: Mapping[str, Any]) -> Group:
    if problem.text:
        words = row["input"].split()
        text = " ".join(words[:WORDS]) + (" ..." if len(words) > WORDS else "")
    else:
        text = "  ".join(f"{name} {value:g}" for name, value in row["input"].items())
    return Group(plain(text), Padding(_verdicts(row), (0, 0, 0, 2)))


def _verdicts(row: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(f"row {row['row']}, truth", _text(row["truth"]), "")
    for name, guess in row["predictions"].items():
        if "error" in guess:
            table.add_row(
                label_of(name), _text(guess["prediction"]), f"{guess['error']:+.2f} (1,000 $)"
            )
            continue
        sure = f"probability {guess['probability']:.3f}"
        style = "bold red" if guess["wrong"] else "green"
        verdict = f"{sure}  {'WRONG' if guess['wrong'] else 'right'}"
        table.add_row(label_of(name), _text(guess["prediction"]), Text(verdict, style=style))
    return table


def _text(value: Any) -> Text:
    return plain(f"{value:.2f}" if isinstance(value, float) else value)
