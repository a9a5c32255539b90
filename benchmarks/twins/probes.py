"""In a framework's process: the probes of users' models, kept between calls under a number."""

from __future__ import annotations

import gc
from dataclasses import replace
from itertools import count
from typing import Any

from benchmarks.twins.limits import Reached, reached
from common.framework import framework
from common.twins.probe import Probe, Rows, Setup

_probes: dict[int, Probe] = {}
_numbers = count(1)


def open_probe(setup: Setup) -> tuple[int, dict[str, Any]]:
    """Build the user's model; its number here, and what the probe knows of it."""
    probe = framework(setup.framework).task_class("probe")(setup)
    number = next(_numbers)
    _probes[number] = probe
    facts = ("units", "notes", "dropout", "precision")
    return number, {name: getattr(probe, name) for name in facts}


def ask(number: int, method: str, *args: Any) -> Any:
    """What a method of that probe gives."""
    return getattr(_probes[number], method)(*args)


def reached_by(number: int, rows: Rows) -> Reached:
    """Which limits and masks of the model these rows come to."""
    return reached(_probes[number].events(rows))


def close_probes() -> None:
    """Forget all probes and free their memory; a process may serve many files."""
    _probes.clear()
    gc.collect()


def set_form(number: int, form: str) -> None:
    """Say what the model's outputs are, "logits" or "probabilities", once they have been seen."""
    probe: Any = _probes[number]
    probe.setup = replace(probe.setup, loss_on=form)
