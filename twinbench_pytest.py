"""The pytest plugin: twins files are collected, an item a rung, and a fixture `parity`.

A file `NAME_twins.py` with two models is judged once, when the first of its items runs; an item
fails with the sentence of the verdict. Only pytest and the standard library are imported here, and
no user's file: `benchmarks.parity.pytest_judge` judges in a process of its own.

    twins_files = *_twins.py            # which files are collected
    twins_frameworks = keras,torch      # whose models; default: the first two of a file
    twins_rungs = outputs loss          # which items; default: all of `RUNGS`
    twins_bounds =                      # instead of the judge's own: PATTERN: BOUND, over
        step * norm/*: 1e-4             # "rung tensor"; the first line that fits
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

RUNGS = ("outputs", "loss", "gradients", "step_1", "step_3", "verdict")
MODELS = re.compile(rb"\b(?:keras|torch|jax)_model\b")
TESTS = re.compile(rb"^(?:async )?def test|^class Test", re.MULTILINE)
SHOWN = 5  # tensors of a rung
ROOT = Path(__file__).resolve().parent
GOLDEN = "twins_golden"  # of an item's properties: what was done to a golden


class Verdict:
    """What the judge says of two models; true if they compute the same.

    `verdict` is "right", "wrong", "random" or "refused"; `rungs` has a mapping for each tensor:
    rung, tensor, error, bound, error32, own, broken.
    """

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.verdict: str = answer["verdict"]
        self.sentence: str = answer["sentence"]
        self.faults: list[str] = answer.get("faults", [])
        self.causes: list[str] = answer.get("causes", [])
        self.notes: list[str] = answer.get("notes", [])
        self.rungs: list[dict[str, Any]] = answer.get("rungs", [])
        self.goldens: list[str] = answer.get("goldens", [])

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"{self.verdict}: {self.sentence}"

    def __str__(self) -> str:
        also = [f"  also: {fault}" for fault in self.faults[1:]]
        causes = [f"  {cause}" for cause in self.causes]
        return "\n".join([repr(self), *also, *causes, *(f"NOTE: {note}" for note in self.notes)])

    def tensors(self, item: str) -> list[dict[str, Any]]:
        """Those of an item; of `outputs` at every scale, of `verdict` all."""
        rung = item.replace("_", " ")
        return [
            t
            for t in self.rungs
            if item == "verdict" or t["rung"] == rung or t["rung"].startswith(f"{rung} x")
        ]

    def complaint(self, item: str, before: str = "") -> str:
        """What is wrong with an item; empty where nothing is. `before` has said the sentence."""
        tensors = self.tensors(item)
        broken = [t for t in tensors if t["broken"]]
        if self or (tensors and not broken and item != "verdict"):
            return ""
        lines = [f"{self.verdict}: see {before}" if before else str(self)]
        lines += [
            f"  {t['rung']} {t['tensor']}: {t['error']:.1e} in float64, bound {t['bound']:.0e}"
            for t in broken[:SHOWN]
        ]
        if len(broken) > SHOWN:
            lines.append(f"  and {len(broken) - SHOWN} more")
        if not tensors and item != "verdict":
            lines.append(f"  {item} was not reached")
        return "\n".join(lines)


class Differs(Exception):
    """The models do not compute the same; the message is the verdict's."""


class Twins(pytest.File):
    """A twins file."""

    answer: Verdict | None = None
    failed = ""  # the first item that did

    def collect(self) -> Iterator[Rung]:
        for name in self.config.getini("twins_rungs"):
            yield Rung.from_parent(self, name=name)

    def judged(self) -> Verdict:
        """The verdict, which is asked for once."""
        if self.answer is None:
            self.answer = ask(self.config, self.path)
        return self.answer


class Rung(pytest.Item):
    """A rung of a twins file, or its whole verdict."""

    parent: Twins

    def runtest(self) -> None:
        verdict = self.parent.judged()
        self.user_properties += [(GOLDEN, line) for line in verdict.goldens]
        if verdict.verdict == "skipped":
            pytest.skip(verdict.sentence)
        if complaint := verdict.complaint(self.name, self.parent.failed):
            self.parent.failed = self.parent.failed or self.name
            raise Differs(complaint)
        if not self.parent.failed:
            self.add_report_section("call", "twinbench", str(verdict))
        for t in verdict.tensors(self.name):
            if t["excused"]:
                words = "{rung} {tensor} passes by twins_bounds alone: it differs by {error:.1e}, "
                words += "the bound is {bound:.0e} and the judge's own {usual:.0e}"
                self.warn(pytest.PytestWarning(words.format(**t)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict; no traceback leads to what is wrong."""
        if isinstance(excinfo.value, Differs):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.name}: {self.name}"


def ask(
    config: pytest.Config,
    path: Path,
    frameworks: Sequence[str] = (),
    weights: str = "",
    seed: int = 0,
) -> Verdict:
    """Have a file judged, which takes a process of its own."""
    names = config.getoption("twins_frameworks") or config.getini("twins_frameworks")
    usual = not (weights or seed)  # a golden is of these
    question = {
        "path": str(path),
        "frameworks": list(frameworks) or [name for name in re.split(r"[\s,]+", names) if name],
        "weights": weights,
        "seed": seed,
        "bounds": bounds(config.getini("twins_bounds")),
        "update": config.getoption("twins_update") and usual,
    }
    return Verdict(answered(question, map(str, config.getini("pythonpath"))))


def answered(question: Mapping[str, Any], folders: Iterable[str]) -> dict[str, Any]:
    """The answer of a judge with these folders on its path; a refusal of one that dies."""
    paths = [str(ROOT)] if ROOT.name not in ("site-packages", "dist-packages") else []
    paths += [*folders, *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "benchmarks.parity.pytest_judge"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        return json.loads(done.stdout)
    except ValueError:
        last = " ".join(done.stderr.split("\n")[-SHOWN:])
        words = f"the judge ended with exit status {done.returncode}: {last}"
        return {"verdict": "refused", "sentence": words}


def bounds(lines: Sequence[str]) -> list[tuple[str, float]]:
    """The lines "PATTERN: BOUND" as pairs. Raises UsageError for one that is none."""
    pairs = []
    for line in lines:
        pattern, _, number = line.rpartition(":")
        try:
            pairs.append((pattern.strip(), float(number)))
        except ValueError:
            raise pytest.UsageError(f"twins_bounds: {line!r} is not PATTERN: BOUND") from None
    return pairs


@pytest.fixture
def parity(request: pytest.FixtureRequest) -> Callable[..., Verdict]:
    """Judge a twins file: `assert parity("nets_twins.py")`, by its path from the test's folder.

    `frameworks` are two names, `weights` is "carried", "own" or "drawn", `seed` that of weights and
    rows. The test is skipped where a framework is missing and has no golden.
    """

    def judged(
        path: str | Path, *, frameworks: Sequence[str] = (), weights: str = "", seed: int = 0
    ) -> Verdict:
        verdict = ask(request.config, request.path.parent / path, frameworks, weights, seed)
        request.node.user_properties += [(GOLDEN, line) for line in verdict.goldens]
        if verdict.verdict == "skipped":
            pytest.skip(verdict.sentence)
        if not verdict:  # pytest shortens what an assert compares
            request.node.add_report_section("call", "twinbench", str(verdict))
        return verdict

    return judged


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("twinbench")
    names = "whose models of a twins file are judged; of one alone: by the other's golden"
    group.addoption("--twins-frameworks", metavar="A,B", default="", help=names)
    update = "write the goldens of both models, where they are right"
    group.addoption("--twins-update", action="store_true", help=update)
    parser.addini("twins_files", "which files have two models", "args", ["*_twins.py"])
    parser.addini("twins_frameworks", "whose models are judged: A,B", "string", "")
    parser.addini("twins_rungs", f"which items: {' '.join(RUNGS)}", "args", list(RUNGS))
    parser.addini("twins_bounds", "bounds, a line each: PATTERN: BOUND", "linelist", [])


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a configuration that would be a silent pass."""
    bounds(config.getini("twins_bounds"))
    if unknown := set(config.getini("twins_rungs")) - set(RUNGS):
        known = f"expected some of {' '.join(RUNGS)}"
        raise pytest.UsageError(f"twins_rungs: {', '.join(sorted(unknown))}; {known}")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Any:
    """A twins file is no module of tests, even where it is named on the command line."""
    collectors = yield
    if any(fnmatch(file_path.name, pattern) for pattern in parent.config.getini("twins_files")):
        text = file_path.read_bytes()
        if MODELS.search(text) and not TESTS.search(text):
            return [Twins.from_parent(parent, path=file_path)]
    return collectors


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Which goldens were written, and which are too old."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    properties = [pair for r in reports for pair in getattr(r, "user_properties", ())]
    lines = dict.fromkeys(line for name, line in properties if name == GOLDEN)
    if lines:
        terminalreporter.section("goldens of twins")
        for line in lines:
            terminalreporter.line(line)
