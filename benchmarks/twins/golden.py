"""A golden: what one model of a file gave, for machines that do not have its framework.

One safetensors file beside the twins file, which is a table of names and offsets before plain
numbers: reading it can run nothing. Its metadata hold `Facts` as JSON, its tensors are:

    given/<unit>/<role>     the weights that the model was given, canonical, float64
    rows/<n>, targets/<n>   what the *other* model is given, in the order of its inputs and outputs
    float64/<rung>/<name>   what it gave: outputs, loss, gradients, weights after steps
    float32/<rung>/<name>   the same in float32, by which rounding is told where float64 is missing

What an optimiser keeps is left out: the weights after steps show it.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from benchmarks.twins.case import DTYPES, Case
from benchmarks.twins.climb import Refused, Side, Trace, outputs_of, trained
from common.atomic import replaced
from common.framework import frameworks
from common.twins.file import TwinsFile
from common.twins.probe import Rows, Unit, Values
from common.twins.user_file import family

FORMAT = 1
KEY = "twinbench"  # of `Facts` in the metadata
MOST = 64 << 20  # bytes of a golden: it lies in a repository
HEADER = 4 << 20  # of them in names and facts
KINDS = {"F64", "F32", "I64"}


class Facts(msgspec.Struct, frozen=True):
    """What a golden says of itself."""

    format: int
    framework: str
    partner: str  # which ran on the other side, and alone can be judged by it
    number: int  # 0: the first of the two
    seed: int
    weights: str  # as a judgement has it
    coarse: bool  # a layer has no float64
    units: list[Unit]
    partners: list[Unit]  # the other model's
    pairs: list[tuple[str, str]]
    dropout: list[tuple[str, float]]
    precision: dict[str, str]
    names: list[str]  # of what it gave, in order: a file keeps none
    versions: dict[str, str]  # of the framework's packages
    sources: dict[str, str]  # path from the twins file's folder -> SHA-256

    @property
    def words(self) -> str:
        """The framework, and which version of it this was."""
        packages = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return f"{self.framework} ({packages})" if packages else self.framework


class Golden(NamedTuple):
    """A golden, read."""

    facts: Facts
    given: Values
    rows: list[np.ndarray]
    targets: list[np.ndarray]
    traces: Mapping[str, Trace]  # by dtype


def golden_path(path: str | Path, framework: str) -> Path:
    """Where the golden of a model lies: beside its file."""
    return Path(path).with_suffix(f".{framework.replace(':', '-')}.golden")


def write_golden(case: Case, number: int) -> Path:
    """Write what model 0 or 1 of a right case gave, whole or not at all.

    The model's process must have served this file alone: what was imported there is its source.
    Raises Refused for one that is too large for a repository.
    """
    side, partner = case.sides[number], case.sides[1 - number]
    given = case.given(number)
    traces = trained_alone(side, given, case.rows, case.targets[number])
    side.assign(given)
    traces = {d: outputs_of(side, case.rows, d) | trace for d, trace in traces.items()}
    paths = [case.file.path, *side.child.call("common.twins.user_file:beside")]
    facts = Facts(
        FORMAT,
        side.framework,
        partner.framework,
        number,
        case.judgement.seed,
        case.judgement.weights,
        case.coarse,
        [_plain(unit) for unit in side.units],
        [_plain(unit) for unit in partner.units],
        case.judgement.pairs,
        side.dropout,
        side.precision,
        list(traces["float64"]),
        _versions(side.framework),
        sources(case.file, side.framework, paths),
    )
    tensors = {f"given/{name}": value for name, value in given.items()}
    for kind, arrays in (("rows", case.rows), ("targets", case.targets[1 - number])):
        tensors |= {f"{kind}/{i}": array for i, array in enumerate(arrays)}
    for dtype, trace in traces.items():
        tensors |= {f"{dtype}/{name}": value for name, value in trace.items()}
    content = save(
        {name: _standard(name, value) for name, value in tensors.items()},
        metadata={KEY: msgspec.json.encode(facts).decode()},
    )
    path = golden_path(case.file.path, side.framework)
    if len(content) > MOST:
        raise Refused(
            f"{path.name} would have {len(content):,} bytes, at most {MOST:,} are written: make "
            "the model of this file smaller"
        )
    with replaced(path) as file:
        file.write(content)
    return path


def trained_alone(side: Side, given: Values, rows: Rows, targets: Rows) -> dict[str, Trace]:
    """Loss, gradients and steps of one model from these weights on, by dtype, without slots."""
    traces: dict[str, Trace] = {dtype: {} for dtype in DTYPES}
    side.assign(given)
    for climbs in trained([side], rows, [targets]):
        for (_, dtype), trace in climbs.items():
            traces[dtype] |= {k: v for k, v in trace.items() if "/slot/" not in k}
    return traces


def read_golden(path: Path) -> Golden:
    """Read a golden. Raises Refused for a file that is none, damaged or too large."""
    try:
        if not path.is_file() or path.stat().st_size > MOST:
            raise ValueError(f"expected a file of at most {MOST:,} bytes")
        with open(path, "rb") as start:
            if int.from_bytes(start.read(8), "little") > HEADER:
                raise ValueError(f"expected a header of at most {HEADER:,} bytes")
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            facts = msgspec.json.decode((file.metadata() or {}).get(KEY, "{}"), type=Facts)
            if facts.format != FORMAT:
                raise ValueError(f"its format is {facts.format}, expected {FORMAT}")
            if strange := {file.get_slice(name).get_dtype() for name in names} - KINDS:
                raise ValueError(f"it holds {', '.join(sorted(strange))}")
            tensors = {name: file.get_tensor(name) for name in names}
        parts = {kind: _below(kind, tensors) for kind in ("given", "rows", "targets", *DTYPES)}
        if any(set(parts[dtype]) != set(facts.names) for dtype in DTYPES):
            raise ValueError("it does not hold what it names")
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise Refused(f"{path.name} is no golden ({error}): write it again") from error
    return Golden(
        facts,
        parts["given"],
        _in_order(parts["rows"]),
        _in_order(parts["targets"]),
        {dtype: {k: parts[dtype][k].astype(float) for k in facts.names} for dtype in DTYPES},
    )


def _below(kind: str, tensors: Values) -> Values:
    return {k.partition("/")[2]: v for k, v in tensors.items() if k.startswith(f"{kind}/")}


def _in_order(arrays: Values) -> list[np.ndarray]:
    return [arrays[name] for name in sorted(arrays, key=lambda name: (len(name), name))]


def _standard(name: str, value: np.ndarray) -> np.ndarray:
    """An array in one of KINDS; safetensors takes memory as it lies, so rows come first."""
    real = "float32" if name.startswith("float32/") else "float64"
    return np.asarray(value, real if np.asarray(value).dtype.kind == "f" else "int64", order="C")


def _plain(unit: Unit) -> Unit:
    """A unit whose settings are JSON's."""
    plain = (bool, int, float, str)
    return unit._replace(settings={k: v for k, v in unit.settings.items() if isinstance(v, plain)})


def _versions(framework: str) -> dict[str, str]:
    numbers = {}
    for name in frameworks()[framework].lowest:
        try:
            numbers[name] = version(name)
        except PackageNotFoundError:  # another build has another name
            continue
    return numbers


def sources(file: TwinsFile, framework: str, paths: Iterable[str]) -> dict[str, str]:
    """The digests of what a model is made of: the twins file without the other models' functions,
    what it imports from beside it, and the file of its weights."""
    paths = [*paths, *filter(None, [file.weights.get(family(framework))])]
    folder = Path(file.path).parent
    return {
        Path(os.path.relpath(path, folder)).as_posix(): _digest(Path(path), file, framework)
        for path in dict.fromkeys(paths)
    }


def changed(golden: Golden, file: TwinsFile) -> Sequence[str]:
    """Which of its sources are not what they were when a golden was written."""
    folder, framework = Path(file.path).parent, golden.facts.framework
    return [
        name
        for name, digest in golden.facts.sources.items()
        if not (folder / name).is_file() or _digest(folder / name, file, framework) != digest
    ]


def _digest(path: Path, file: TwinsFile, framework: str) -> str:
    if path.samefile(file.path):
        return hashlib.sha256(_own_lines(path.read_text("utf-8"), framework)).hexdigest()
    if path.suffix == ".py":  # a checkout may have other ends of lines
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _own_lines(text: str, framework: str) -> bytes:
    """The lines of a twins file, without its docstring and the functions of the other models."""
    others = {f"{family(name)}_model" for name in frameworks()} - {f"{family(framework)}_model"}
    lines = re.split(r"\r\n|\r|\n", text)
    for position, node in enumerate(ast.parse(text).body):
        docstring = not position and isinstance(node, ast.Expr)
        other = isinstance(node, ast.FunctionDef) and node.name in others
        if docstring or other:
            decorators: list[Any] = getattr(node, "decorator_list", [])
            first = min(part.lineno for part in (node, *decorators))
            end = node.end_lineno or first
            lines[first - 1 : end] = [""] * (end - first + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip()).encode()
