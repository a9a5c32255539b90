"""Recordings that are damaged or made by somebody else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.twins.traces.judge import judge_traces
from common.twins.recorded import NUMBERS, Trace
from tests.twins.fake_models import recorded, rows, torch_net


def rewritten(path: Path, change) -> None:
    """A trace whose header or index somebody has changed."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    index = json.loads(header["__metadata__"]["index"])
    change(header, index)
    if header.get("__metadata__", {}).get("index"):
        header["__metadata__"]["index"] = json.dumps(index)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])


def first(header):
    return next(value for name, value in header.items() if name != "__metadata__")


HOSTILE = {
    "no index": lambda header, index: header["__metadata__"].pop("index"),
    "another format": lambda header, index: header.pop("__metadata__"),
    "another version": lambda header, index: header["__metadata__"].update(version="99"),
    "objects": lambda header, index: first(header).update(dtype="O"),
    "a huge tensor": lambda header, index: first(header).update(shape=[2**40, 2**40]),
    "a huge weight": lambda header, index: index["layers"][1]["weights"]["weight"]["tensor"].update(
        shape=[NUMBERS, 2], digest=""
    ),
    "another shape": lambda header, index: index["calls"][0]["inputs"][0].update(shape=[4, 5]),
    "no layer of its kind": lambda header, index: index["layers"][1]["weights"]["weight"][
        "tensor"
    ].update(shape=[24], digest=""),
    "an unknown framework": lambda header, index: index.update(framework="../../etc/passwd"),
    "two of one name": lambda header, index: index["layers"].append(index["layers"][0]),
    "another type": lambda header, index: index.update(events="all"),
    "a negative shape": lambda header, index: index["calls"][0]["inputs"][0].update(shape=[-1]),
    "no call": lambda header, index: index.update(calls=[]),
    "settings of another type": lambda header, index: index["layers"][1].update(
        classes=["torch.LSTM"], settings={"num_layers": "many"}
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_trace_is_refused(tmp_path, what):
    good = recorded(tmp_path / "good.trace", torch_net(), rows())
    path = recorded(tmp_path / "bad.trace", torch_net(), rows())
    rewritten(path, HOSTILE[what])
    with pytest.raises(ValueError, match=r"bad\.trace|framework"):
        judge_traces(good, path)


def test_a_name_is_never_a_path(tmp_path):
    good = recorded(tmp_path / "good.trace", torch_net(), rows())
    path = recorded(tmp_path / "named.trace", torch_net(), rows())

    def named(header, index):
        index["layers"][1]["name"] = index["events"][0]["layer"] = "../../\x1b[2Jetc/passwd"

    rewritten(path, named)
    before = sorted(p.name for p in tmp_path.rglob("*"))
    assert judge_traces(good, path).verdict == "right"
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_damaged_trace_is_refused_or_read_as_it_was(tmp_path):
    good = recorded(tmp_path / "good.trace", torch_net(), rows())
    content, path = good.read_bytes(), tmp_path / "bad.trace"
    for length in (0, 4, 8, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="cannot be read"):
            Trace(path)
    path.write_bytes((2**60).to_bytes(8, "little") + content[8:])
    with pytest.raises(ValueError, match="its index has"):
        Trace(path)
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            judge_traces(good, path)
        except ValueError as error:
            assert len(str(error)) < 1000
