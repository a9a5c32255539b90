"""What a run imports: what it needs, and nothing that takes as long again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.harness.process import Child
from benchmarks.records.job import Job, Source
from common.framework import framework
from common.problem import PROBLEMS
from common.regime import TUNED
from tests.command import ROOT


@pytest.mark.skipif(bool(framework("torch").missing), reason="needs PyTorch")
def test_a_table_of_numbers_is_trained_without_scipy_a_progress_bar_and_a_compiler():
    problem = PROBLEMS["boston"].but(epochs=1)
    job = Job(problem, "torch", TUNED, threads=1, data=Source(choice="embedded"))
    with Child.at(job.place, job.regime) as child:
        child.call(job.target, job)
        loaded = child.call(f"{__name__}:loaded")
    assert "torch" in loaded
    assert not {"scipy", "rich", "pooch", "torchvision", "torch._dynamo"} & set(loaded)


def loaded() -> list[str]:
    return list(sys.modules)


def test_the_table_of_runs_without_a_verdict_needs_no_scipy():
    program = (
        "import sys; import benchmarks.show.run_table, benchmarks.harness.engine\n"
        "print(*{'scipy', 'altair', 'torch', 'keras', 'jax'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
