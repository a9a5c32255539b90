"""Whether what was read can be a record of its kind: asked once, on reading, by no report.

A shape is a word of TYPES; `[shape]`, a list of such; or `{key: shape}`, an object that has these
keys among others (`*`: any). A record may lack what older ones do not have, and may have more than
is known here. (Why no JSON Schema: jsonschema takes several times as long for a folder.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from benchmarks.records.keys import MEANINGS, Record
from benchmarks.records.values import unheld
from common.problem import PROBLEMS
from common.regime import REGIMES

PARTS = ("input", "forward", "backward", "optimiser", "bookkeeping")
"""In the order of a step; the last, the running loss and metric, makes it whole."""

KERNELS = ("products", "other_kernels")
"""What a framework's profiler sees, beside the `whole` epoch that it watches."""

AXES = ("rows", "batch", "width", "threads")
"""Of `twinbench scale`."""

LARGEST, LEAST = 2.0**127, 2.0**-126  # about those of float32, in which everything is computed

Shape = Any  # str | list[Shape] | Mapping[str, Shape] | Maybe


class Maybe(NamedTuple):
    """Of this shape, or null."""

    shape: Shape


def _is_number(value: Any) -> bool:
    """Not true, nor 1e999, nor a whole number of a thousand digits."""
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and abs(value) <= LARGEST


def _is_time(value: Any) -> bool:
    """As ISO 8601 has it."""
    with suppress(TypeError, ValueError):
        return bool(datetime.fromisoformat(value))
    return False


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "true or false": lambda value: isinstance(value, bool),
    "number": _is_number,
    "number of at least 0": lambda value: _is_number(value) and value >= 0,
    "positive number": lambda value: _is_number(value) and value >= LEAST,
    "whole number": lambda value: isinstance(value, int) and _is_number(value) and value >= 0,
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "problem": lambda value: isinstance(value, str) and value in PROBLEMS,
    "regime": lambda value: isinstance(value, str) and value in REGIMES,
    "time": _is_time,
    "axis": lambda value: isinstance(value, str) and value in AXES,
}
OF_A_SETTING = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    tuple: ["whole number"],
}
"""Python type of a field of Problem -> its shape in a record."""

WORDS: Mapping[str, Shape] = {"list of text": ["text"], "object of lists": {"*": "list"}}
EXACT: Mapping[str, Shape] = {
    "metrics": {"*": Maybe("number")},
    "history": {"*": [Maybe("number")]},
    "epoch_seconds": ["positive number"],
    "cpu_seconds": ["number of at least 0"],
    "validation_seconds": ["number of at least 0"],
    "stages": {"*": "number of at least 0"},
    "created": "time",
    "seed": "whole number",
    "versions": {"*": Maybe("text")},
    **dict.fromkeys(("steady_epoch_seconds", "first_epoch_seconds"), "positive number"),
    **dict.fromkeys(("total_seconds", "samples_per_second"), "positive number"),
    **dict.fromkeys(
        ("peak_rss_bytes", "import_rss_bytes", "peak_device_bytes"), "number of at least 0"
    ),
    "trained_together": "whole number",
}
KNOWN: Mapping[str, Shape] = {
    **{key: WORDS.get(kind, kind) for key, (kind, *_) in MEANINGS.items()},
    **EXACT,
}
"""Of every kind of record, what a value must be that is there and is not null."""

NEVER_NULL = (
    *("problem", "framework", "regime", "device", "seed"),
    *("timed", "trained_together"),
)
CLOCKED = ("epoch_seconds", "cpu_seconds", "validation_seconds")

ARM = {"problem": "problem", "framework": "text", "regime": "regime"}
ONE = {"device": "text", "seed": "whole number"}
PLACE: Mapping[str, Shape] = {
    "run": {**ARM, **ONE, "problem": "text"},
    "explain": {**ARM, **ONE, "problem": "text", "regime": "text"},
    "crossval": {**ARM, **ONE},
    **dict.fromkeys(("race", "scale", "limit", "ablation"), ARM),
}
"""By kind, what even the record of a run that failed must have."""

ORIGIN = {
    "data": {"source": Maybe("text"), "digest": Maybe("text")},
    "versions": "object",
    "host": {"cpu": Maybe("text"), "cores": Maybe("number")},
    "threads": Maybe("number"),
    "git": {"commit": Maybe("text"), "dirty": Maybe("true or false")},
}
TRAINED = {
    **ORIGIN,
    **dict.fromkeys(("metrics", "history"), "object"),
    "epoch_seconds": "list",
    "total_seconds": Maybe("positive number"),
    "settings": "object",
    "created": "time",
    "protocol": "number",
}
STEADY = {**ORIGIN, "steady_epoch_seconds": "positive number"}
ALL: Mapping[str, Shape] = {
    "run": TRAINED,
    "explain": {
        **TRAINED,
        "steady_epoch_seconds": Maybe("positive number"),
        "process": "text",
    },
    "race": {
        **ORIGIN,
        "metrics": "object",
        "epoch_seconds": "list",
        "validation_seconds": "list",
        "total_seconds": "positive number",
        "peak_rss_bytes": "positive number",
    },
    "scale": {
        **STEADY,
        "axis": "axis",
        "value": "positive number",
        "peak_rss_bytes": "positive number",
    },
    "limit": {
        **STEADY,
        "limit": {
            **dict.fromkeys(("dense", "flop", "bytes", "steps", "flops"), "positive number"),
            "bandwidth": "positive number",
            "sparse": Maybe("positive number"),
            "harness": "number of at least 0",
        },
    },
    "ablation": {
        **ORIGIN,
        "until": dict.fromkeys(PARTS, "positive number"),
        "steps": "whole number",
        "products_alone": "positive number",
        "profile": {**dict.fromkeys(KERNELS, "number of at least 0"), "whole": "positive number"},
    },
    "crossval": {
        **TRAINED,
        **dict.fromkeys(("fold", "folds"), "whole number"),
        "fold_statistics": "text",
        "settings": {
            "changed": "object",
            "problem": {
                **dict.fromkeys(("folds", "fold_epochs", "fold_batch_size"), "whole number"),
                "hidden": "list",
                "learning_rate": "positive number",
                "validation": "whole number",
            },
        },
    },
    "explain_rung": {
        **dict.fromkeys(("before", "after"), "text"),
        "first": {"rung": "text", "tensor": "text", "error": Maybe("number of at least 0")},
    },
    "parity": {
        **dict.fromkeys(("problem", "regime", "verdict"), "text"),
        "differences": [
            {
                "pair": ["text"],
                **dict.fromkeys(("rung", "tensor"), "text"),
                **dict.fromkeys(("error", "bound"), Maybe("number of at least 0")),
            }
        ],
    },
    "plan": {
        "problems": {
            "*": {
                **dict.fromkeys(("seeds", "first_seed", "runs_before"), "whole number"),
                **dict.fromkeys(("metric", "content", "declared"), "text"),
                "margin": "number of at least 0",
                "threads": Maybe("whole number"),
                "changed": "object",
                "pilot": Maybe(
                    {"wanted": "whole number", "spreads": [{"spread": "number", "regime": "text"}]}
                ),
            }
        }
    },
}
"""By kind, what the record of one that ended well must have beside that."""


def fault_of(record: Record) -> str:
    """What keeps an object from being a record of its kind, in words; empty if nothing does."""
    return next(_faults(record), "")


def _faults(record: Record) -> Iterator[str]:
    """A later check may lean on the earlier ones: ask for the first alone."""
    place, expected = unheld(record)
    if expected:
        yield f"{place.lstrip('.')!r:.60} is beyond every output, expected {expected}"
    for key, shape in KNOWN.items():
        outer, _, inner = key.partition(".")
        value = record.get(outer)
        if inner:
            yield from _misfits(value, Maybe("object"), outer)
            value = (value or {}).get(inner)
        never_null = outer in NEVER_NULL and outer in record
        yield from _misfits(value, shape if never_null else Maybe(shape), key)
    kind = record.get("kind") or "run"
    if kind != "plan" and ("error" not in record or record["error"] == {}):
        yield "it has no 'error'"
    yield from _misfits(record, PLACE.get(kind, {}))
    if not record.get("error"):
        yield from _misfits(record, ALL.get(kind, {}))
        yield from _settings(record)
        yield from _contradictions(record, kind)


def _misfits(value: Any, shape: Shape, place: str = "") -> Iterator[str]:
    """Where a value has not its shape, from the outside inwards."""
    if isinstance(shape, Maybe):
        if value is not None:
            yield from _misfits(value, shape.shape, place)
    elif isinstance(shape, str):
        if not TYPES[shape](value):
            yield f"{place!r} is {value!r:.60}, expected {shape}"
    elif isinstance(shape, list):
        yield from _misfits(value, "list", place)
        for index, part in enumerate(value):
            yield from _misfits(part, shape[0], f"{place}[{index}]")
    else:
        yield from _misfits(value, "object", place)
        for key, part in shape.items():
            for name in value if key == "*" else [key]:
                inside = f"{place}.{name}".lstrip(".")
                if name not in value:
                    yield f"it has no {inside!r}"
                yield from _misfits(value.get(name), part, inside)


def _settings(record: Record) -> Iterator[str]:
    """Settings that make no problem, of one that is known here."""
    problem = PROBLEMS.get(record.get("problem", ""))
    if problem is None:
        return
    published = asdict(problem)
    for name in ("changed", "problem"):
        given = (record.get("settings") or {}).get(name) or {}
        known = {key: value for key, value in given.items() if key in published}
        for key, value in known.items():
            yield from _misfits(value, OF_A_SETTING[type(published[key])], f"settings.{name}.{key}")
        try:
            problem.but(**known)
        except ValueError as error:
            yield f"'settings.{name}' is of no network: {error}"


def _contradictions(record: Record, kind: str) -> Iterator[str]:
    """What each value by itself does not show."""
    problem = PROBLEMS.get(record.get("problem", ""))
    if kind in ("run", "explain", "crossval"):
        curves = [*record["history"].values(), *(record.get(key) or [] for key in CLOCKED)]
        if len({len(curve) for curve in curves if curve}) > 1:
            yield "its curves are of different numbers of epochs"
    if kind in ("race", "explain") and problem and problem.metric not in record["metrics"]:
        yield f"it has no 'metrics.{problem.metric}'"
    if kind == "limit" and problem and problem.text != (record["limit"]["sparse"] is not None):
        yield "'limit.sparse' is of text, and of text alone"
    if kind == "crossval" and problem:
        epochs = record["settings"]["problem"]["fold_epochs"]
        if len(record["history"].get(f"val_{problem.metric}", ())) != epochs or not epochs:
            yield f"'history.val_{problem.metric}' has not the {epochs} epochs of a fold"
        if not record["fold"] < record["folds"]:
            yield f"there is no fold {record['fold']} of {record['folds']}"
