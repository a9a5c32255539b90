"""A million hostile files: see `fuzz.py`."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.command import ROOT

pytestmark = [
    pytest.mark.fault,
    pytest.mark.timeout(900),
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed"),
]
RUNS = {
    "npz": 60_000,
    "npy": 100_000,
    "idx": 400_000,
    "gz": 300_000,
    "safetensors": 60_000,
    "record": 40_000,
    "packed": 30_000,
    "packed-gz": 60_000,
}


@pytest.mark.parametrize("target", RUNS)
def test_a_decoder_gives_arrays_or_its_own_error(target, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.fuzz", target, str(RUNS[target])],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert int(re.search(r"Done (\d+) runs", done.stderr)[1]) >= RUNS[target]
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]  # no input that failed


def test_the_runs_are_a_million():
    assert sum(RUNS.values()) > 1_000_000
