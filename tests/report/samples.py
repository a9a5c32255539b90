"""Records of every kind, made by hand, and what a report makes of them."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.explain.walk import walk
from benchmarks.records.keys import Record
from benchmarks.records.record import write_record
from benchmarks.report.contents import contents
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.twins.apart import Apart
from benchmarks.twins.cause import Cause
from benchmarks.twins.compare import Rung
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.place import Fault
from benchmarks.twins.report import numbers
from common.framework import frameworks
from common.install import install_extra
from common.problem import PROBLEMS
from tests.explain.test_kept import records_of_a_walk
from tests.explain.test_steps import record as ablated
from tests.folds.test_crossval import fold
from tests.sample_records import RAN, made
from tests.show.samples import FAILED, GENERATED, record
from tests.speed.test_compilation import records as compiled
from tests.speed.test_growth import grown, limited
from tests.speed.test_race import records as raced

needs_report = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("jinja2", "altair", "vl_convert")),
    reason=f"needs {install_extra('report')}",
)


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>|&\u2028[bold]"
TIMES = [0.9, 0.25, 0.2, 0.3]
BOSTON = PROBLEMS["boston"]
SETTINGS = {"folds": 2, "fold_epochs": 2}
FOLD = {
    **RAN,
    "protocol": 1,
    "metrics": {},
    "epoch_seconds": [1.0, 0.5],
    "total_seconds": None,
    "settings": {"changed": SETTINGS, "problem": asdict(BOSTON.but(**SETTINGS))},
}


def run(problem="mnist", framework="alpha", regime="matched", seed=0, **more) -> Record:
    """A finished training run, with all that a real one has."""
    stages = {"import": 2.5, "data": 0.5, "fit": 3.25}
    memory = {"import_rss_bytes": 300 * 2**20, "stages": stages, "epoch_seconds": TIMES}
    about = {"kind": "run", "created": "2026-01-02T03:04:05+00:00", **memory, **RAN}
    return record(problem, framework, regime, seed, **about | more)


def runs(**more) -> list[Record]:
    """Two problems, two frameworks, two regimes, three seeds."""
    return [
        run(problem, framework, regime, seed, value=0.97 + 0.001 * seed + 0.01 * (i % 2), **more)
        for problem in ("mnist", "boston")
        for regime in ("native", "matched")
        for i, framework in enumerate(("alpha", "beta"))
        for seed in range(3)
    ]


def climbed(error: float | None = 1e-8, bound: float = 1e-6, **more) -> Record:
    """A record of `twinbench parity`."""
    differences = [
        {"rung": "loss", "tensor": "loss", "error": error, "bound": bound},
        {"rung": "step 1", "tensor": "hidden1/kernel", "error": 0.0, "bound": 0.0},
        {"rung": "epoch 2", "tensor": "hidden1/kernel", "error": 0.5, "bound": None},
    ]
    pairs = [["alpha", "reference"], ["beta", "reference"]]
    return made(
        **{
            "kind": "parity",
            "problem": "boston",
            "regime": "matched",
            "verdict": "every rung is within its bounds",
            "notice": "",
            "differences": [{"pair": pair, **d} for pair in pairs for d in differences],
            **more,
        }
    )


def checked(name: str = "mine", **more) -> Record:
    """A record of `twinbench parity --twins`: of three layers one is wrong, one has no partner."""
    judgement = Judgement(f"{name}.py", ("alpha", "beta"), 0, "wrong", "norm ~ net.norm: epsilon")
    judgement.layers = [
        Apart("conv", f"{name}.0", "conv2d", True, 0.0, 3e-16, 3e-16),
        Apart("norm", f"{name}.1.norm", "norm", True, 3e-16, 6e-3, 6e-3, ("epsilon is 1 and 2",)),
        Apart("out", f"{name}.1.out", "dense", True, 6e-3, 5e-4, 2e-16, ("two spellings",)),
        Apart("", f"{name}.1.more", "dense"),
    ]
    judgement.pairs = [("conv", f"{name}.0")]
    judgement.faults = [Fault(("norm", "net.norm"), "the first"), Fault(("out",), "the second")]
    trial = "with 1 in beta", 6e-3, 2e-7
    judgement.causes = [Cause("epsilon", ("norm",), "norm differs", "nn.Norm(1)", True, *trial)]
    judgement.notes = ["a note"]
    errors = {"outputs/output": 5e-4, "gradients/conv/kernel": 1e-9, "step 1/norm/gamma": np.inf}
    judgement.rungs = [
        Rung(*place.split("/", 1), error, 1e-6, error, (0.0, 0.0))
        for place, error in errors.items()
    ]
    return made(kind="parity", **numbers(judgement, 2) | more)


def walked(seeds: int = 3) -> list[Record]:
    """The runs of both walks between the first two frameworks; each arm is 0.1 worse."""
    ends = [frameworks()[name] for name in ("keras", "torch")]
    arms = [arm for both in (ends, ends[::-1]) for arm in walk(BOSTON, *both).arms]
    return [
        run(
            *("boston", arm.framework, arm.regime, seed),
            value=2 + 0.1 * i + 0.01 * seed,
            kind="explain",
            process="p",
        )
        for i, arm in enumerate(dict.fromkeys(arms))
        for seed in range(seeds)
    ]


def everything() -> dict[str, list[Record]]:
    """Records of every kind, as they are read from a folder."""
    scaled = [grown(value, 0.1 * value) for value in (1, 2, 4)]
    twins = records_of_a_walk()
    return {
        "run": [*runs(), run(seed=7, framework="alpha", **FAILED)],
        "crossval": [fold(number, [3.0, 2.5 + number], **FOLD) for number in (0, 1)],
        "parity": [climbed(), checked()],
        "explain": [*walked(), *twins["explain"]],
        "explain_walk": twins["explain_walk"],
        "ablation": [ablated()],
        "limit": [limited(0.004, 0.002)],
        "scale": scaled,
        "race": raced(5),
        "compilation": compiled(5),
    }


def named(kinds: dict[str, list[Record]]) -> list[str]:
    return [part.name for part in contents(kinds)]


def part_of(kinds: dict[str, list[Record]], name: str) -> Part:
    return next(part for part in contents(kinds) if part.name == name)


def tables(kinds: dict[str, list[Record]], name: str) -> list[Section]:
    return list(part_of(kinds, name).sections)


def hostile() -> dict[str, list[Record]]:
    """Records whose every text is an attack."""
    error = {"kind": HOSTILE, "message": HOSTILE, "traceback_tail": HOSTILE}
    data = {**GENERATED, "notice": HOSTILE, "source": HOSTILE}
    more = {"data": data, "warnings": [HOSTILE], "versions": {HOSTILE: HOSTILE}}
    good = [run("mnist", name, seed=s, **more) for name in ("alpha", HOSTILE) for s in range(2)]
    failed = run("mnist", HOSTILE, seed=9, error=error, device=HOSTILE, metrics=None)
    parity = climbed(problem=HOSTILE, verdict=HOSTILE, notice=HOSTILE)
    twins = records_of_a_walk(HOSTILE, ("keras", HOSTILE))
    return {
        "run": [*good, failed],
        "parity": [parity, checked(HOSTILE, notes=[HOSTILE])],
        **twins,
    }


def folder_of(kinds: dict[str, list[Record]], folder: Path) -> Path:
    for kind, records in kinds.items():
        for number, one in enumerate(records):
            write_record(one, folder / kind / f"{number}.json")
    return folder


def report(*words) -> int:
    return main(["report", *map(str, words)])
