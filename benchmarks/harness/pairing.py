"""A user's own twins: each framework builds its model in a process, and the layers are paired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.harness.process import Child
from common.framework import framework
from common.regime import MATCHED
from common.twins.layers import Layer, hints
from common.twins.problem import Twins, read_twins

NO_REFERENCE = "no reference in NumPy has these layers: the frameworks are compared with each other"


def layers_of(twins: Twins, name: str) -> tuple[list[Layer], list[str]]:
    """In the framework's process: its layers with weights, and what was changed in the model."""
    return framework(name).make_task(twins, regime=MATCHED).layers()


def paired(
    path: Path, names: list[str], python: Mapping[str, str], **changes: Any
) -> tuple[Twins, list[str]]:
    """The user's file with its layers paired, and sentences on what a reader should know.

    Each framework builds its model once, in a process of its own, and so does the one whose layers
    the file names. Raises ValueError when the file
    is wrong, has no model for a framework, or its layers do not pair, and NotImplementedError for a
    framework without twins.
    """
    twins = read_twins(path)
    for name in names:
        framework(name).check_has("twins")
        if not twins.has(name):
            raise ValueError(f"{path} has no function {name}_model; write it, or use --framework")
    first = [name for name in [twins.names_layers_of()] if name]  # whether it is to run or not
    for name in first:
        if framework(name).missing and name not in python:
            raise ValueError(
                f"{path}: PAIRS and FLATTEN name its layers: {framework(name).not_installed}"
            )
    found, notes = {}, [NO_REFERENCE]
    for name in dict.fromkeys(first + names):
        with Child(name, threads=1, python=python.get(name)) as child:
            found[name], changed = child.call("benchmarks.harness.pairing:layers_of", twins, name)
            notes += changed if name in names else []
    twins = twins.paired(found, names)
    twins = replace(twins, **{k: v for k, v in changes.items() if v is not None})
    return twins, notes + hints(twins.pairs, found)
