"""Test rows with their truth and what each framework predicts, as values and on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from common.data import Data, words
from common.problem import PROBLEMS, Problem

SIDE = 28  # of a digit, in pixels
WORDS = 60  # of a text, on the terminal
FEATURES = (
    *("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B"),
    "LSTAT",
)
SENTIMENTS = ("negative", "positive")
TOPIC_NAMES = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship
    cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin
    strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem
    dlr gas silver wpi hog lead
"""
# in the order of their numbers, as in keras.datasets.reuters.get_label_names()
TOPICS = tuple(TOPIC_NAMES.split())


def describe_rows(
    problem: Problem, data: Data, rows: list[int], predictions: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """For each test row its number, input, truth, and prediction by framework, as plain values.

    `predictions` are (rows, outputs) by framework: probabilities or values. A class has a `wrong`
    and a `probability`, a value an `error`.
    """
    described = []
    for i, row in enumerate(rows):
        by_framework = {
            name: _prediction(problem, values[i], data.y_test[row], data.real)
            for name, values in predictions.items()
        }
        truth = _name(problem, data.y_test[row].item(), data.real)
        described.append(
            {
                "row": row,
                "input": _input(problem, data, row),
                "truth": truth,
                "predictions": by_framework,
                "wrong": [name for name, p in by_framework.items() if p.get("wrong")],
            }
        )
    return described


def print_predictions(result: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the rows of one problem: the input, the truth, and a line a framework."""
    console = console or Console()
    problem = PROBLEMS[result["problem"]]
    console.print(Rule(f"{problem.title}, regime: {result['regime']}, seed {result['seed']}"))
    if result["data"]["notice"]:
        console.print(
            f"NOT THE REAL DATA FILES: {escape(result['data']['notice'])}", style="bold red"
        )
    for name, metrics in result["metrics"].items():
        scores = ", ".join(f"{metric} {value:.4f}" for metric, value in metrics.items())
        console.print(f"{name}: {scores} on all test rows", highlight=False)
    for row in result["rows"]:
        console.print()
        console.print(_beside(row) if problem.name == "mnist" else _below(problem, row))
    wrong = {row["row"]: row["wrong"] for row in result["rows"] if row["wrong"]}
    if problem.metric == "accuracy":
        told = "; ".join(f"row {row} by {', '.join(names)}" for row, names in wrong.items())
        console.print(f"\nwrong: {told or 'none of these rows'}", highlight=False)


def draw_digit(pixels: np.ndarray) -> str:
    """An image, (784,) of values in 0..1, as 14 lines of half blocks: each is two pixels high."""
    ink = pixels.reshape(SIDE // 2, 2, SIDE) > 0.5
    return "\n".join(
        "".join(" ▀▄█"[top + 2 * low] for top, low in zip(*pair, strict=True)) for pair in ink
    )


def _input(problem: Problem, data: Data, row: int) -> Any:
    """What the network was shown, as a reader would read it."""
    if problem.text:
        return words(problem, data, row, "test")
    if data.unscaled is not None:
        return dict(zip(FEATURES, data.unscaled[1][row].tolist(), strict=True))
    return draw_digit(data.x_test[row])


def _name(problem: Problem, target: float, real: bool) -> Any:
    """A class by its name, where it has one; generated newswires have topics without a meaning."""
    if problem.metric == "mae":
        return round(target, 4)
    if problem.outputs == 1:
        return SENTIMENTS[int(target)]
    return f"{int(target)} {TOPICS[int(target)]}" if problem.text and real else int(target)


def _prediction(problem: Problem, output: np.ndarray, target: Any, real: bool) -> dict[str, Any]:
    if problem.metric == "mae":
        value = float(output[0])
        return {"prediction": value, "error": value - float(target)}
    # a sigmoid's one output is the probability of class 1
    shares = output if problem.outputs > 1 else np.array([1 - output[0], output[0]])
    chosen = int(shares.argmax())
    return {
        "prediction": _name(problem, chosen, real),
        "probability": float(shares[chosen]),
        "wrong": chosen != int(target),
    }


def _beside(row: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 3))
    grid.add_row(Text(row["input"]), _verdicts(row))
    return grid


def _below(problem: Problem, row: Mapping[str, Any]) -> Group:
    if problem.text:
        found = row["input"].split()
        text = " ".join(found[:WORDS]) + (" ..." if len(found) > WORDS else "")
    else:
        text = "  ".join(f"{name} {value:g}" for name, value in row["input"].items())
    return Group(Text(text), Padding(_verdicts(row), (0, 0, 0, 2)))


def _verdicts(row: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(f"row {row['row']}, truth", _text(row["truth"]), "")
    for name, found in row["predictions"].items():
        if "error" in found:
            table.add_row(name, _text(found["prediction"]), f"{found['error']:+.2f} (1,000 $)")
            continue
        sure = f"probability {found['probability']:.3f}"
        style = "bold red" if found["wrong"] else "green"
        verdict = f"{sure}  {'WRONG' if found['wrong'] else 'right'}"
        table.add_row(name, _text(found["prediction"]), Text(verdict, style=style))
    return table


def _text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else escape(str(value))
