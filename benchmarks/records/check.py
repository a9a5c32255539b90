"""Whether what was read can be a record of its kind: asked once, on reading, by no report.

A record may lack what older ones do not have, and may have more than is known here. (msgspec
checks types too, but names neither a key in an object nor the value that does not fit.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import inspect

from benchmarks.records.keys import ARM, Number, Record, Whole
from benchmarks.records.kinds import KINDS
from benchmarks.records.values import unheld
from common.clock import CLOCKS
from common.problem import PROBLEMS
from common.regime import REGIMES

LARGEST, LEAST = 2.0**127, 2.0**-126  # about those of float32, in which everything is computed
AXES = ("rows", "batch", "width", "threads")  # of `twinbench scale`


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
    "anything": lambda value: True,
    "text": lambda value: isinstance(value, str),
    "true or false": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "number": _is_number,
    "number of at least 0": lambda value: _is_number(value) and value >= 0,
    "positive number": lambda value: _is_number(value) and value >= LEAST,
    "whole number": lambda value: isinstance(value, int) and _is_number(value) and value >= 0,
    "problem": lambda value: isinstance(value, str) and value in PROBLEMS,
    "regime": lambda value: isinstance(value, str) and value in REGIMES,
    "time": _is_time,
    "axis": lambda value: isinstance(value, str) and value in AXES,
}
WORDS: Mapping[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.ListType: "list",
    inspect.DictType: "object",
    inspect.StructType: "object",
}
"""What the types are called that have no title."""


class Shape(NamedTuple):
    """A type without its annotations, taken apart once: every record is held against it."""

    word: str  # of TYPES
    nullable: bool
    unit: str
    meaning: str
    required: bool
    fields: Mapping[str, Any] = {}  # of a struct: key -> Shape
    item: Any = None  # the Shape of what is in a list, or of the values in an object

    @classmethod
    def of(cls, kind: inspect.Type, required: bool = False) -> Shape:
        """The shape of a type as msgspec describes it."""
        about: dict[str, str] = {}
        nullable = False
        while isinstance(kind, inspect.Metadata | inspect.UnionType):
            if isinstance(kind, inspect.Metadata):
                about |= (kind.extra_json_schema or {}) | (kind.extra or {})
                kind = kind.type
            else:
                nullable = nullable or kind.includes_none
                kind = next(t for t in kind.types if not isinstance(t, inspect.NoneType))
        word = about.get("title") or WORDS.get(type(kind), "anything")
        unit, meaning = about.get("unit", ""), about.get("description", "")
        fields, item = {}, None
        if isinstance(kind, inspect.StructType):
            fields = _fields(kind)
        elif isinstance(kind, inspect.ListType):
            item = cls.of(kind.item_type)
        elif isinstance(kind, inspect.DictType):
            item = cls.of(kind.value_type)
        return cls(word, nullable, unit, meaning, required, fields, item)


def _fields(kind: inspect.Type) -> dict[str, Shape]:
    """The keys of a struct; TypeError for another type."""
    if not isinstance(kind, inspect.StructType):
        raise TypeError(f"{kind} is no struct")
    return {f.name: Shape.of(f.type, f.required) for f in kind.fields if f.name != "json"}


COMMON = _fields(inspect.type_info(Record))
MEANINGS = {
    f"{name}.{key}" if parts else key: (field.word, field.unit, field.meaning)
    for name, outer in COMMON.items()
    for parts in [{} if outer.meaning else outer.fields]
    for key, field in (parts or {name: outer}).items()
}
"""Type, unit and meaning of every key of a run's record, in its order."""

FIELDS = {name: _fields(inspect.type_info(kind)) for name, kind in KINDS.items()}
SETTINGS = {
    python: Shape.of(inspect.type_info(kind))
    for python, kind in {
        bool: bool,
        int: Whole,
        float: Number,
        str: str,
        tuple: list[Whole],
    }.items()
}
"""Python type of a field of Problem -> its shape in a record."""

NEVER_NULL = (*ARM, "timed", "trained_together")


def fault_of(record: dict[str, Any]) -> str:
    """What keeps an object from being a record of its kind, in words; empty if nothing does."""
    return next(_faults(record), "")


def _faults(record: dict[str, Any]) -> Iterator[str]:
    """A later check may lean on the earlier ones: ask for the first alone."""
    place, expected = unheld(record)
    if expected:
        yield f"{place.lstrip('.')!r:.60} is beyond every output, expected {expected}"
    for name, field in COMMON.items():
        if record.get(name) is not None or (name in record and name in NEVER_NULL):
            yield from _misfits(record[name], field, name)
    kind = record.get("kind") or "run"
    if kind != "plan" and record.get("error", {}) == {}:
        yield "it has no 'error'"
    failed, fields = bool(record.get("error")), FIELDS.get(kind, {})
    required = [name for name, field in fields.items() if field.required]
    for name in sorted((*required, *getattr(KINDS.get(kind), "needed", ())), key=_after_the_arm):
        if name in ARM or not failed:
            yield from _missing(record, name)
            outer = name.partition(".")[0]
            yield from _misfits(record[outer], fields[outer], outer)
    if not failed:
        for name in [name for name in fields if name not in COMMON and name not in required]:
            if record.get(name) is not None:
                yield from _misfits(record[name], fields[name], name)
        yield from _settings(record)
        yield from _contradictions(record, kind)


def _after_the_arm(name: str) -> int:
    return ARM.index(name) if name in ARM else len(ARM)


def _missing(record: dict[str, Any], name: str) -> Iterator[str]:
    """Where a key, below others with dots, is not."""
    value, place = record, ""
    for key in name.split("."):
        if not isinstance(value, dict):
            yield f"{place!r} is {value!r:.60}, expected object"
        place = f"{place}.{key}".lstrip(".")
        if key not in value:
            yield f"it has no {place!r}"
        value = value[key]


def _misfits(value: Any, shape: Shape, place: str) -> Iterator[str]:
    """Where a value has not its shape, from the outside inwards."""
    if value is None and shape.nullable:
        return
    if not TYPES[shape.word](value):
        yield f"{place!r} is {value!r:.60}, expected {shape.word}"
    if shape.item and isinstance(value, list):
        for index, part in enumerate(value):
            yield from _misfits(part, shape.item, f"{place}[{index}]")
    elif shape.item:
        for key, part in value.items():
            yield from _misfits(part, shape.item, f"{place}.{key}")
    for key, field in shape.fields.items():
        if key in value:
            yield from _misfits(value[key], field, f"{place}.{key}")
        elif field.required:
            yield f"it has no '{place}.{key}'"


def _settings(record: dict[str, Any]) -> Iterator[str]:
    """Settings that make no problem, of one that is known here."""
    problem = PROBLEMS.get(record.get("problem", ""))
    if problem is None:
        return
    published = asdict(problem)
    for name in ("changed", "problem"):
        settings = (record.get("settings") or {}).get(name) or {}
        known = {key: value for key, value in settings.items() if key in published}
        for key, value in known.items():
            shape = SETTINGS[type(published[key])]
            yield from _misfits(value, shape, f"settings.{name}.{key}")
        try:
            problem.but(**known)
        except ValueError as error:
            yield f"'settings.{name}' is of no network: {error}"


def _contradictions(record: dict[str, Any], kind: str) -> Iterator[str]:
    """What each value by itself does not show."""
    problem = PROBLEMS.get(record.get("problem", ""))
    if kind in ("run", "explain", "crossval"):
        curves = [*record["history"].values(), *(record.get(key) or [] for key in CLOCKS)]
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
