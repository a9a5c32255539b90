"""What the two functions of a user's LOSS differ in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.explain.twins.switch import SAME, WITH, Found, Switch, Turn
from benchmarks.twins.causes.objectives import CATEGORICAL, LOGITS, PROBABILITIES, Objective
from benchmarks.twins.phrases import listed
from common.twins.turns import Loss

FORM, REDUCTION = "form of the loss", "reduction of the loss"
BY_PLACE = (CATEGORICAL, "kl_divergence")


def of_losses(
    loss: str,
    names: Sequence[str],
    losses: Sequence[Loss | None],
) -> Found:
    """Form and reduction of the two functions of LOSS, where both are known."""
    if loss != "functions":
        return Found([], {"loss": f"{SAME}: {loss}"})
    unknown = [name for name, known in zip(names, losses, strict=True) if known is None]
    if unknown:
        told = f"LOSS of {listed(unknown)} is no loss that is known"
        return Found([], {"loss": f"{WITH}: {told}"})
    mine, theirs = losses[0], losses[1]
    assert mine is not None and theirs is not None
    found = Found([], {})
    form = mine.name, mine.options, theirs.name, theirs.options
    if form[:2] != form[2:]:
        values = _form(mine), _form(theirs)

        def formed(own: Loss, wanted: Loss) -> Turn:
            return lambda turns: replace(
                turns,
                loss=(turns.loss or own)._replace(name=wanted.name, options=wanted.options),
            )

        found.switches.append(Switch(FORM, values, (formed(mine, theirs), formed(theirs, mine))))
    else:
        found.skipped[FORM] = f"{SAME}: {_form(mine)}"
    if (mine.scale, mine.a_row) != (theirs.scale, theirs.a_row):

        def scaled(own: Loss, wanted: Loss) -> Turn:
            return lambda turns: replace(
                turns,
                loss=(turns.loss or own)._replace(scale=wanted.scale, a_row=wanted.a_row),
            )

        values = _reduction(mine), _reduction(theirs)
        both = scaled(mine, theirs), scaled(theirs, mine)
        found.switches.append(Switch(REDUCTION, values, both))
    else:
        found.skipped[REDUCTION] = f"{SAME}: {_reduction(mine)}"
    return found


def loss_of(objective: Objective, shape: tuple[int, ...]) -> Loss | None:
    """An objective as a model trains by it; None for one that a model cannot be given."""
    if objective.form not in ("", LOGITS, PROBABILITIES) or objective.every or objective.by_weights:
        return None
    options: dict[str, Any] = {}
    if objective.smoothing:
        options["label_smoothing"] = objective.smoothing
    if objective.weights:
        options["class_weight"] = objective.weights
    if objective.name == "huber":
        options["delta"] = objective.delta
    # some have a value for each place, the others one for each number of an output
    values = int(np.prod(shape[:-1] if objective.name in BY_PLACE else shape))
    scale = objective.factor * (1 if objective.reduction == "mean" else values)
    form = objective.form or LOGITS
    return Loss(objective.name, form, tuple(options.items()), scale, objective.reduction == "sum")


def _form(loss: Loss) -> str:
    return " ".join([loss.name, *(f"{name} {value}" for name, value in loss.options)])


def _reduction(loss: Loss) -> str:
    times = "" if loss.scale == 1 else f"{loss.scale:g} times "
    return f"{times}the {'sum over rows' if loss.a_row else 'mean'}"
