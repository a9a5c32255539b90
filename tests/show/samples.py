"""Whole runs whose numbers are easy to find again, for tables and curves."""

from __future__ import annotations

import importlib.util
import io

import pytest
from rich.console import Console

from benchmarks.show.run_table import sections
from benchmarks.show.section import print_sections
from benchmarks.statistics.compared import Compared
from common.problem import PROBLEMS
from tests import sample_records

needs_altair = pytest.mark.skipif(
    importlib.util.find_spec("altair") is None, reason="altair is not installed"
)


def record(problem="mnist", framework="alpha", regime="matched", seed=0, *, value=0.97, **more):
    """A finished run whose numbers are easy to find again in a table."""
    metric = PROBLEMS[problem].metric
    falling = [4 / (1 + epoch) + 0.01 * seed for epoch in range(4)]
    history = {"loss": falling, metric: falling}
    if PROBLEMS[problem].validation:
        history |= {"val_loss": [x + 0.1 for x in falling], f"val_{metric}": falling}
    fields = {
        "data": {"source": "folder", "digest": "sha256:1", "real": True, "notice": ""},
        "history": history,
        "samples_per_second": 240_000.0,
    }
    times = (0.9, 0.25, 0.2, 0.3)
    return sample_records.run(
        problem, framework, regime, seed, value=value, epochs=times, **{**fields, **more}
    )


def printed(runs, **console) -> str:
    out = io.StringIO()
    print_sections(sections(Compared.of(runs)), Console(file=out, **console))
    return out.getvalue()


GENERATED = {
    "source": "generated",
    "digest": "sha256:2",
    "real": False,
    "notice": "words drawn at random",
}


FAILED = {"error": {"kind": "ChildDied", "message": "killed by\nSIGKILL"}, "metrics": None}
