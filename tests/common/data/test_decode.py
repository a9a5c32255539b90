"""Untrusted files: nothing in them is run, no size is believed, and every error is a DataError."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tempfile
import tracemalloc
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.data import DataError
from common.data.decode import check_arrays, read_idx, read_npz, read_text
from common.data.files import Array, File, file_digest


def ragged(rows: list[list[int]]) -> np.ndarray:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


ROWS = [[1, 14, 300], [], [70_000, 5], [2] * 1000]


def pinned(path: Path) -> File:
    return File(path.name, path.stat().st_size, file_digest(path))


def test_the_published_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=ragged(ROWS), y=np.arange(4))
    decoded = read_text(path, pinned(path))
    words, offsets = decoded["x"]
    assert [words[a:b].tolist() for a, b in pairwise(offsets)] == ROWS and words.dtype == np.int32
    assert decoded["y"].tolist() == [0, 1, 2, 3]


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.function, self.args = function, args

    def __reduce__(self) -> tuple:
        return self.function, self.args


def hostile(path: Path, kind: str) -> None:
    """A file whose pickle makes a file `ran` here when it is believed, or eats the machine."""
    if kind == "a call":
        np.savez(path, x=ragged([[1], [Call(os.system, "echo > ran")]]))
    elif kind == "lists without an end":
        zipped(path, {"x.npy": npy_header(GOOD.replace("<f8", "|O")) + b"]" * (16 << 20) + b"."})
    else:
        np.savez(path, x=ragged([[1], [3]]))


@pytest.mark.parametrize("kind", ["a call", "lists without an end", "other words"])
def test_a_pickle_that_is_not_the_published_one_is_not_even_looked_at(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.npz"
    np.savez(path, x=ragged([[1], [2]]))
    published = pinned(path)
    hostile(path, kind)
    if kind == "a call":
        np.load(path, allow_pickle=True)["x"]
        assert (tmp_path / "ran").exists()  # it does harm when it is believed
        (tmp_path / "ran").unlink()
    monkeypatch.setattr(pickle, "load", lambda *_, **__: pytest.fail("unpickled"))
    with pytest.raises(DataError, match=r"a\.npz is not the published file"):
        read_text(path, published)
    with pytest.raises(DataError, match="objects"):
        read_npz(path)
    assert not (tmp_path / "ran").exists()


SMALL = {"x": np.arange(24.0).reshape(8, 3), "y": np.arange(8.0)}


def test_npz_is_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", **SMALL)
    for name, array in read_npz(tmp_path / "a.npz").items():
        np.testing.assert_array_equal(array, SMALL[name])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_npz_is_right_or_refused(data: st.DataObject) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **SMALL)
    content = bytearray(buffer.getvalue())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        path.write_bytes(content)
        try:
            found = read_npz(path)
        except DataError:
            return
    for name, array in found.items():  # the damage hit a byte that nobody reads, a date or so
        np.testing.assert_array_equal(array, SMALL[name])


def npy_header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }\n"


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"y.npy": npy_header(GOOD.replace("(8,)", "(9999999999,)"))}, "9999999999"),
        ({"y.npy": npy_header(GOOD.replace("<f8", "|O")) + bytes(64)}, r"\|O.* not objects"),
        ({"y.npy": npy_header(GOOD + " " * 20_000) + bytes(64)}, "sound"),
        ({"y.npy": npy_header(GOOD) + bytes(8)}, "size 1"),
        ({"y.npy": npy_header(GOOD) + bytes(70_000_000)}, "unpack to 70,000,"),
        ({"y.npy": b"\x93NUMPY\x02\x00" + bytes(99)}, r"version \(2, 0\)"),
        ({"y.npy": b"GIF89a"}, "sound"),
        ({f"{n}": b"" for n in range(1001)}, "more than 1000 files"),
    ],
)
def test_npz_of_the_wrong_form(members: dict[str, bytes], says: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", members)
    with pytest.raises(DataError, match=says) as caught:
        read_npz(path)
    assert str(path) in str(caught.value) and "twinbench data fetch" in str(caught.value)


def test_npz_packed_by_an_uncommon_method(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", {"y.npy": npy_header(GOOD) + bytes(64)}, zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="another method"):
        read_npz(path)


@pytest.mark.parametrize(
    "arrays",
    [
        {"y": np.ones(8)},
        {**SMALL, "z": np.ones(1)},
        {**SMALL, "y": np.ones(7)},
        {**SMALL, "y": np.arange(8)},
    ],
)
def test_other_arrays_than_expected(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    expected = {"x": Array("<f8", (8, 3)), "y": Array("<f8", (8,))}
    check_arrays(tmp_path, SMALL, expected)
    with pytest.raises(DataError, match=r"expected x <f8 \(8, 3\), y <f8 \(8,\)"):
        check_arrays(tmp_path, arrays, expected)


IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
IDX = b"\x00\x00\x08\x03" + struct.pack(">3I", 5, 28, 28) + IMAGES.tobytes()
SHAPE = Array("|u1", (5, 28, 28))


def test_idx_plain_and_packed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(IDX)
    (tmp_path / "a.gz").write_bytes(gzip.compress(IDX))
    np.testing.assert_array_equal(read_idx(tmp_path / "a", SHAPE), IMAGES)
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz", SHAPE), IMAGES)


WRONG_IDX = {
    "truncated": IDX[:-1],
    "longer": IDX + b"\x00",
    "other shape": IDX.replace(struct.pack(">I", 5), struct.pack(">I", 6), 1),
    "other type": b"\x00\x00\x09" + IDX[3:],
    "empty": b"",
    "truncated.gz": gzip.compress(IDX)[:-20],
    "not packed.gz": IDX,
    "flipped.gz": gzip.compress(IDX)[:-8] + struct.pack("<II", 1, len(IDX)),
}


@pytest.mark.parametrize("name", WRONG_IDX)
def test_idx_of_the_wrong_form(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(WRONG_IDX[name])
    with pytest.raises(DataError, match=name):
        read_idx(tmp_path / name, SHAPE)


def test_a_bomb_is_not_inflated(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(IDX + bytes(50_000_000), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="over"):
            read_idx(tmp_path / "a.gz", SHAPE)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_members_without_an_end_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"") * 100 + gzip.compress(IDX))
    with pytest.raises(DataError, match="expected one alone"):
        read_idx(tmp_path / "a.gz", SHAPE)
    (tmp_path / "a.gz").write_bytes(gzip.compress(IDX) + bytes(100))  # as a tape pads it
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz", SHAPE), IMAGES)
