"""In a framework's process: the probes of users' models, kept between calls under a number."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from benchmarks.twins.limits import Reached, reached
from common.framework import framework
from common.language import speak
from common.twins.probe import Probe, Rows, Setup, Values

M_MMAP_THRESHOLD = -3  # malloc.h
LARGE = 1 << 20  # bytes of an array whose memory goes back to the system with it

_probes: dict[int, Probe] = {}
_numbers = count(1)


def open_probe(setup: Setup) -> tuple[int, dict[str, Any]]:
    """Build the user's model; its number here, and what the probe knows of it."""
    speak()
    give_memory_back()
    probe = framework(setup.framework).task_class("probe")(setup)
    number = next(_numbers)
    _probes[number] = probe
    facts = ("units", "notes", "dropout", "precision")
    return number, {name: getattr(probe, name) for name in facts}


def give_memory_back() -> None:
    """Let glibc keep nothing of a large array that is freed: what a model needs for a moment it
    would hold as long as the process lives, and another process has none."""
    with suppress(AttributeError):  # of another C library
        if os.name == "posix":
            ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)


def values(number: int) -> Values:
    """All weights, those of a model in float32 in half the memory."""
    return _narrowed(number, _probes[number].values())


def ask(number: int, method: str, *args: Any) -> Any:
    """What a method of that probe gives."""
    return getattr(_probes[number], method)(*args)


def graded(number: int, rows: Rows, targets: Rows) -> Values:
    """Loss and gradients, as `Probe.gradients` names them."""
    return _narrowed(number, _probes[number].gradients(rows, targets))


def loss(number: int, rows: Rows, targets: Rows) -> np.ndarray:
    """The loss in training."""
    return _probes[number].gradients(rows, targets)["loss"]


def stepped(number: int, steps: int, rows: Rows, targets: Rows) -> Values:
    """What the last of some steps gives."""
    probe = _probes[number]
    for _ in range(steps - 1):
        probe.step(rows, targets)
    return _narrowed(number, probe.step(rows, targets))


def slots(number: int) -> Values:
    """What the optimiser keeps after its last step."""
    return _narrowed(number, _probes[number].optimizer_slots())


def _narrowed(number: int, values: Values) -> Values:
    """The same numbers, those of a model in float32 in half the memory."""
    probe: Any = _probes[number]
    if probe.setup.dtype == "float32":
        for name, value in values.items():
            narrow = np.asarray(value, np.float32)
            if np.array_equal(narrow, value):
                values[name] = narrow
    return values


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
