"""Logits or probabilities: what a model's outputs are, and what its file says they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.twins.climb import Side
from benchmarks.twins.place import Fault
from common import metrics
from common.twins.file import CLASSES, TwinsFile
from common.twins.probe import Values
from common.twins.user_file import family


def see_forms(
    file: TwinsFile, sides: Sequence[Side], outputs: Sequence[Values]
) -> tuple[list[str], list[Fault], list[str]]:
    """Of each model "logits" or "probabilities", or "" where the loss does not ask; faults where
    LOSS_ON says otherwise; notes where it says nothing, and the probes are told."""
    looks, faults, notes = [], [], []
    for side, values in zip(sides, outputs, strict=True):
        form = form_of(file.loss, values)
        looks.append(form)
        told = file.loss_on.get(family(side.framework))
        if form and told and form != told:
            faults.append(
                Fault(
                    ("outputs", "loss"),
                    f"LOSS_ON says {told} for {side.framework}, and its outputs look like {form}: "
                    "a softmax or sigmoid too many or too few before the loss",
                )
            )
        elif form == "probabilities" and not told:
            notes.append(f"{side.framework}'s outputs are probabilities: LOSS_ON does not say it")
            for probe in side.probes.values():
                side.child.call("benchmarks.twins.probes:set_form", probe, form)
    return looks, faults, notes


def form_of(loss: str, outputs: Values) -> str:
    """What outputs look like; "" for a loss that takes neither logits nor probabilities."""
    if loss not in CLASSES:
        return ""
    within = all(np.all((v >= 0) & (v <= 1)) for v in outputs.values())
    sums = all(np.allclose(v.sum(axis=-1), 1, atol=1e-5) for v in outputs.values())
    likely = within and (sums or loss == "binary_crossentropy")
    return "probabilities" if likely else "logits"


def probabilities(loss: Any, outputs: np.ndarray, form: str) -> np.ndarray:
    """Outputs of either form as probabilities; logits of where they saturate would be infinite."""
    return outputs if form == "probabilities" else metrics.link(loss, outputs)
