"""Logits or probabilities: what a model's outputs are, and what its file says they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.twins.climb import Side
from benchmarks.twins.place import Fault
from common import metrics
from common.language import phrase
from common.twins.file import CLASSES, TwinsFile
from common.twins.probe import Values
from common.twins.user_file import family


def see_forms(
    file: TwinsFile, sides: Sequence[Side], outputs: Sequence[Values]
) -> tuple[list[str], list[Fault], list[str]]:
    """Of each model "logits" or "probabilities", or "" where the loss does not ask; faults where
    LOSS_ON says otherwise; notes where it says nothing, and the probes are told."""
    looks = _of_each_other(file.loss, [form_of(file.loss, values) for values in outputs], outputs)
    faults: list[Fault] = []
    notes: list[str] = []
    for side, form in zip(sides, looks, strict=True):
        told = file.loss_on.get(family(side.framework))
        if form and told and form != told:
            faults.append(
                Fault(
                    ("outputs", "loss"),
                    phrase(
                        "LOSS_ON says {form} for {framework}, and its outputs look like {seen}: "
                        "a softmax or sigmoid too many or too few before the loss",
                        form=told,
                        framework=side.framework,
                        seen=form,
                    ),
                )
            )
        elif form == "probabilities" and not told:
            note = phrase(
                "{framework}'s outputs are probabilities: LOSS_ON does not say it",
                framework=side.framework,
            )
            notes.append(note)
            for probe in side.probes.values():
                side.child.call("benchmarks.twins.probes:set_form", probe, form)
    return looks, faults, notes


def form_of(loss: str, outputs: Values) -> str:
    """What outputs look like; "" for a loss that takes neither logits nor probabilities."""
    if loss not in CLASSES:
        return ""
    if not _within(outputs):
        return "logits"
    if loss == "binary_crossentropy":  # small logits may lie between 0 and 1, larger rows' do not
        return "probabilities" if any(" x" in name for name in outputs) else "logits"
    sums = all(np.allclose(v.sum(axis=-1), 1, atol=1e-5) for v in outputs.values())
    return "probabilities" if sums else "logits"


def _of_each_other(loss: Any, looks: list[str], outputs: Sequence[Values]) -> list[str]:
    """The forms, where one model's outputs are the other's as probabilities."""
    for one, other in ((0, 1), (1, 0)):
        pairs = list(zip(outputs[one].values(), outputs[other].values(), strict=False))
        if looks == ["logits", "logits"] and _within(outputs[one]):
            linked = [metrics.link(loss, theirs) for _, theirs in pairs]
            if all(
                mine.shape == link.shape and np.allclose(mine, link, atol=1e-5)
                for (mine, _), link in zip(pairs, linked, strict=True)
            ):
                looks[one] = "probabilities"
    return looks


def _within(outputs: Values) -> bool:
    return all(np.all((value >= 0) & (value <= 1)) for value in outputs.values())


def probabilities(loss: Any, outputs: np.ndarray, form: str) -> np.ndarray:
    """Outputs of either form as probabilities; logits of where they saturate would be infinite."""
    return outputs if form == "probabilities" else metrics.link(loss, outputs)
