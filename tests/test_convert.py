"""`twinbench convert`: weights travel between the frameworks, and nothing in a file is run."""

from __future__ import annotations

import itertools
import json
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from common.framework import frameworks
from common.problem import PROBLEMS
from common.weights import read_weights

pytestmark = pytest.mark.skipif(
    any(frameworks()[name].missing for name in ("keras", "torch")), reason="needs both frameworks"
)


def convert(*words: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks.cli", "convert", *map(str, words)]
    return subprocess.run(
        [*command, "--data", "embedded", "--threads", "1"], capture_output=True, text=True
    )


def test_weights_survive_a_journey_through_every_format(tmp_path: Path):
    files = [tmp_path / f"boston{suffix}" for suffix in (".safetensors", ".pt", ".keras")]
    done = convert("boston", files[0], "--train", "keras", "--epochs", 1)
    assert done.returncode == 0, done.stderr
    for source, target in itertools.pairwise(files):
        done = convert("boston", source, target)
        assert done.returncode == 0, done.stderr
    home = tmp_path / "home.safetensors"
    assert convert("boston", files[-1], home).returncode == 0
    first, last = read_weights(files[0])[0], read_weights(home)[0]
    names = {
        f"{layer.name}/{kind}" for layer in PROBLEMS["boston"].layers for kind in ("kernel", "bias")
    }
    assert names <= first.keys() & last.keys()
    for name in names:
        np.testing.assert_array_equal(last[name], first[name])


class _Payload:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("ran"),))


def _pickled_code(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Payload()))
        archive.writestr("archive/version", "3\n")


def _lying_header(path: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 9999]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 36)


@pytest.mark.parametrize(
    "name, write",
    [
        ("code.pt", _pickled_code),
        ("lies.safetensors", _lying_header),
        ("noise.keras", lambda path: path.write_bytes(b"PK\x03\x04noise")),
        ("missing.pt", lambda path: None),
    ],
)
def test_a_bad_file_is_one_clear_error_and_leaves_nothing(tmp_path: Path, name: str, write):
    write(tmp_path / name)
    out = tmp_path / "out.safetensors"
    if name.endswith(".safetensors"):
        out = tmp_path / "out.pt"
    done = convert("boston", tmp_path / name, out)
    assert done.returncode == 3, (done.returncode, done.stderr)
    assert name in done.stderr and "Traceback" not in done.stderr
    assert not out.exists() and not Path("ran").exists()
