"""The page of a choice: the grid, its curves, the reason, and the one test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.folds.tune import Cell, Choice, chosen
from benchmarks.records.arm import Arm, group_by, training_runs
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.colours import GREY
from benchmarks.show.figures import PANEL, Chart, data, of_regime, panels, quantity_title, title_of
from benchmarks.show.run_table import HEADINGS, Row, metric_text, rows_of
from benchmarks.show.section import Section, with_figures
from common.framework import label_of
from common.language import chained, phrase
from common.problem import PROBLEMS, Metric, widths_of
from common.say import counted

FINAL = ("framework", "setting", "hidden", "epochs", "rows a step", "held out", HEADINGS[3])


def page(
    choices: Iterable[Choice], folds: list[Record], runs: list[Record], stem: Path
) -> Iterator[Section]:
    """Two tables for each problem, regime and device: the grid of all frameworks, and the test.

    The curves are written to `<stem>-<problem>-<regime>.png`, with the device where it is another.
    """
    return with_figures(_sections(choices, folds, runs), stem)


def _sections(
    choices: Iterable[Choice], folds: list[Record], runs: list[Record]
) -> Iterator[Section]:
    for place, mine in group_by(choices, lambda choice: _place(choice.arm)).items():
        problem, regime, device = place.problem, place.regime, place.device
        validated, tested = (_at(place, records) for records in (folds, runs))
        tail = "-".join([problem, regime, *([] if device == "cpu" else [device.replace(":", "-")])])
        title = f"{PROBLEMS[problem].title}, regime: {regime}"
        title += f", device: {device}" * (device != "cpu")
        yield Section(
            f"{title}: {_how(mine[0])}",
            ("hidden", "parameters", *(heading for choice in mine for heading in _columns(choice))),
            list(_grid(mine)),
            notes=[*_notes(mine), *provenance(validated)],
            notices=not_real(validated),
            draw=partial(figure, mine, validated),
            file=tail,
        )
        if rows := rows_of(training_runs(tested)):
            yield Section(
                f"{title}: the one test",
                FINAL,
                [_final(row, mine) for row in rows],
                left=(0, 1, 2),
                notes=[*_cautions(mine[0], rows), *provenance(tested)],
            )


def _place(arm: Arm) -> Arm:
    """What arms of several frameworks share."""
    return replace(arm, framework="")


def _at(place: Arm, records: Iterable[Record]) -> list[Record]:
    """The finished records of a problem, regime and device."""
    return [run for run in records if not run.error and _place(Arm.bare(run)) == place]


def _how(choice: Choice) -> str:
    folds = choice.problem["folds"]
    if folds > 1:
        return phrase("{folds} folds", folds=folds)
    return phrase("the first {rows:,} held out", rows=choice.problem["validation"])


def _columns(choice: Choice) -> tuple[str, str]:
    name = label_of(choice.arm.framework)
    return f"{name}: best epoch", f"{name}: validation {choice.metric.word}"


def _grid(choices: list[Choice]) -> Iterator[list[str]]:
    """A row a network; the chosen one bold, the smallest within a standard error marked."""
    networks = {(cell.parameters, cell.hidden): cell for c in choices for cell in c.cells}
    for _, network in sorted(networks.items()):
        texts = [network.name, f"{network.parameters:,}"]
        for choice in choices:
            cell = next((cell for cell in choice.cells if cell.hidden == network.hidden), None)
            texts += ["-", "-"] if cell is None else _cell(cell, choice)
        yield texts


def _cell(cell: Cell, choice: Choice) -> list[str]:
    loud = "*" if cell is choice.best else ""
    mark = " (1 SE)" if cell is choice.simplest and cell is not choice.best else ""
    return [f"{loud}{cell.epochs}", f"{loud}{_value(cell, choice.metric)}{mark}"]


def _value(cell: Cell, metric: Metric) -> str:
    error = "" if cell.error is None else f" ± {cell.error:.{metric.digits}f}"
    return f"{cell.value:.{metric.digits}f}{error}"


def explained(choice: Choice) -> str:
    """The choice of one arm, and the simpler alternative."""
    best, simplest, metric = choice.best, choice.simplest, choice.metric
    most = "highest" if metric.larger_is_better else "least"
    who = label_of(choice.arm.framework)
    text = (
        f"{who} takes {best.name} for {counted(best.epochs, 'epoch')}: the {most} "
        f"validation {metric.word} of {counted(len(choice.cells), 'network')}, "
        + _value(best, metric)
    )
    if best.epochs == len(best.curve):
        text += ", at the last epoch tried: more may be better"
    if best.error is None:
        return f"{text}; one hold-out tells no standard error of it"
    if simplest is best:
        return f"{text}; no smaller network lies within one standard error"
    return (
        f"{text}; the one-standard-error rule would take {simplest.name} for "
        f"{counted(simplest.epochs, 'epoch')} ({_value(simplest, metric)}; {simplest.parameters:,} "
        f"parameters, not {best.parameters:,})"
    )


def _notes(choices: list[Choice]) -> Iterator[str]:
    yield from map(explained, choices)
    for choice in choices:
        if choice.left_out:
            names = ", ".join(choice.left_out)
            who = label_of(choice.arm.framework)
            yield f"{who}: left out, as a fold failed or diverged: {names}"
    first, folded = choices[0], choices[0].problem["folds"] > 1
    start = int(np.isfinite(first.best.curve).argmax())
    yield (
        f"validation {first.metric.word}{': mean over folds' if folded else ''}"
        + (f", exponential moving average with factor {first.smoothing:g}" * bool(first.smoothing))
        + (f" from epoch {start + 1} on" * bool(start))
        + f", at its best epoch of {len(first.best.curve)}; rows a step: "
        f"{first.problem['fold_batch_size']}; the best value was chosen by the rows it is measured "
        "on: it flatters"
    )
    rule = "1 SE: the fewest parameters within one standard error of the best (Breiman et al. 1984)"
    if folded:
        yield (
            f"±: standard error over {first.problem['folds']} folds, which share training rows: a "
            f"guide and no test (Bengio and Grandvalet 2004, JMLR 5); {rule}"
        )
    elif first.best.error is not None:
        yield f"±: standard error of a share of {first.problem['validation']:,} rows; {rule}"


def _final(row: Row, choices: list[Choice]) -> list[str]:
    run = row.runs[0]
    problem = run.settings.problem or {}
    choice = next(choice for choice in choices if choice.arm.framework == run.framework)
    new = chosen(choice)
    names = ("hidden", "epochs", "batch_size", "learning_rate", "validation")
    is_new = all(_plain(getattr(new, name)) == problem.get(name) for name in names)
    setting = " and ".join(["chosen"] * is_new + ["published"] * (not run.changed))
    return [
        label_of(run.framework),
        setting,
        widths_of(problem["hidden"]),
        *(f"{problem[name]:,}" for name in ("epochs", "batch_size", "validation")),
        metric_text(row),
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _cautions(choice: Choice, rows: list[Row]) -> Iterator[str]:
    yield (
        "the choice is trained afresh on all training rows; the test rows took no part in choosing "
        "and are good for one such test: choosing again by its result would be a leak"
    )
    if PROBLEMS[choice.arm.problem].validation:
        yield "the published setting trains without the rows it holds out"
    if max(len(row.runs) for row in rows) == 1:
        yield "one seed each: how far seeds spread is not known, nor whether the difference is more"


def figure(choices: list[Choice], folds: list[Record]) -> Chart:
    """A panel per framework, a line per network, the chosen one thick.

    The grey band reaches from the best value to one standard error beyond it.
    """
    arm, metric = choices[0].arm, choices[0].metric
    domain, quantity = (
        _limits(choices),
        phrase("validation {metric}", metric=quantity_title(metric)),
    )
    charts = [
        _panel(choice, domain, quantity).properties(**PANEL, title=label_of(choice.arm.framework))
        for choice in choices
    ]
    title = chained(", ", [title_of(arm.problem, folds), of_regime(arm.regime)])
    below = chained(
        "; ",
        [
            _how(choices[0]),
            phrase("diamond: the choice; grey: within one standard error of it"),
        ],
    )
    return panels(charts, title, below)


def _panel(choice: Choice, domain: list[float], quantity: str) -> Chart:
    import altair as alt

    best = choice.best
    rows = [
        {
            "network": cell.name,
            "widest layer": max(cell.hidden),
            "hidden layers": len(cell.hidden),
            "epoch": epoch,
            "value": float(value),
            "width": 3 if cell is best else 1.2,
        }
        for cell in choice.cells
        for epoch, value in enumerate(cell.curve, 1)
    ]
    worse = (best.error or 0.0) * (-1 if choice.metric.larger_is_better else 1)
    choice_row = {"epoch": best.epochs, "value": best.value, "limit": best.value + worse}
    y = alt.Y("value:Q", title=quantity, scale=alt.Scale(domain=domain, nice=False))
    x = alt.X(
        "epoch:Q", title=phrase("epoch"), axis=alt.Axis(format="d"), scale=alt.Scale(zero=False)
    )
    plasma = alt.Scale(scheme=alt.SchemeParams("plasma", extent=[0, 0.85]))
    base, chosen = alt.Chart(data(rows)), alt.Chart(data([choice_row]))
    line = base.mark_line(clip=True).encode(
        x=x,
        y=y,
        detail="network:N",
        color=alt.Color("widest layer:O", title=phrase("widest layer"), scale=plasma),
        strokeDash=alt.StrokeDash("hidden layers:O", title=phrase("hidden layers")),
        strokeWidth=alt.StrokeWidth("width:Q", scale=None),
        tooltip=["network:N", "epoch:Q", alt.Tooltip("value:Q", format=".4~g")],
    )
    band = chosen.mark_rect(opacity=0.2, color=GREY, clip=True).encode(y=y, y2="limit:Q")
    diamond = chosen.mark_point(shape="diamond", size=90, color=GREY, opacity=1).encode(x=x, y=y)
    return band + line + diamond


def _limits(choices: list[Choice]) -> list[float]:
    """Room for what matters: the first epochs of a slow network would flatten all the rest."""
    curves = np.concatenate([cell.curve for choice in choices for cell in choice.cells])
    finite = curves[np.isfinite(curves)]
    low, high = np.quantile(finite, [0.1, 1] if choices[0].metric.larger_is_better else [0, 0.9])
    margin = 0.05 * (high - low) or 0.01
    return [float(low - margin), float(high + margin)]
