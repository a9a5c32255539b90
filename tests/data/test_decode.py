"""Untrusted files: nothing in them is run, no size is believed, and every error is a DataError."""

from __future__ import annotations

import copyreg
import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.data import DataError, decode
from common.data.decode import read_idx, read_npz, unpickle_sequences
from common.data.files import Array


def ragged(rows: list[list[int]]) -> np.ndarray:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def python_2_pickle(rows: list[list[int]]) -> bytes:
    """What Python 2 and NumPy 1 write: protocol 2, byte strings, a memo index for each list."""
    body = b"".join(
        b"]r" + struct.pack("<I", 6 + i) + b"("
        + b"".join(b"M" + struct.pack("<H", word) for word in row) + b"e"
        for i, row in enumerate(rows)
    )  # fmt: skip
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b"
        b"\x87Rq\x03(K\x01M" + struct.pack("<H", len(rows)) + b"\x85cnumpy\ndtype\nq\x04U\x02O8"
        b"K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89](" + body
        + b"etb."
    )  # fmt: skip


ROWS = [[1, 14, 300], [], [70_000, 5], [2] * 1000]


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_lists_written_by_python_3(protocol: int) -> None:
    content = pickle.dumps(ragged(ROWS), protocol=protocol)
    words, offsets = unpickle_sequences(content, 4, "here")
    assert [words[a:b].tolist() for a, b in pairwise(offsets)] == ROWS


def test_lists_written_by_python_2() -> None:
    rows = [[1, 14, 300], [9], [2] * 70]
    words, offsets = unpickle_sequences(python_2_pickle(rows), 3, "here")
    assert words.tolist() == [1, 14, 300, 9] + [2] * 70 and offsets.tolist() == [0, 3, 4, 74]


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.function, self.args = function, args

    def __reduce__(self) -> tuple:
        return self.function, self.args


def hostile() -> dict[str, bytes]:
    """Pickles that make a file `ran` in this folder when they are believed, or eat the machine."""
    command = "echo > ran"
    in_array = ragged([[1], [2]])
    in_array[1] = Call(os.system, command)
    in_list = ragged([[1], [2]])
    in_list[1] = [[Call(eval, "open('ran', 'w')")]]
    return {
        "GLOBAL": b"cos\nsystem\n(U" + bytes([len(command)]) + command.encode() + b"tR.",
        "STACK_GLOBAL": pickle.dumps(Call(os.system, command), protocol=4),
        "in an array": pickle.dumps(in_array, protocol=4),
        "nested in a list": pickle.dumps(in_list, protocol=3),
        "numpy's own": b"cnumpy\nload\n(U\x01xtR.",
        "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",
        "INST": b"(S'" + command.encode() + b"'\nios\nsystem\n.",
        "OBJ": b"(cos\nsystem\nU\x01xo.",
        "NEWOBJ": b"cnumpy\nndarray\nK\x05\x85\x81.",
        "extension registry": b"\x82\x01.",
        "persistent id": b"Px\n.",
        "BUILD on a class": b"cnumpy\nndarray\n}U\x01xU\x01ysb.",
        "huge memo index": b"]r\xff\xff\xff\x7f.",
        "huge string": b"X\xff\xff\xff\x7fa.",
        "huge frame": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f].",
        "huge array": b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nJ\xff\xff\xff\x7f"
        b"\x85U\x01b\x87R.",
        "no array": b"].",
        "stack underflow": b"tR.",
        "no end": b"](K\x01e",
        "after the end": pickle.dumps(ragged([[1], [2]]), protocol=4) + b"cos\nsystem\n.",
        "empty": b"",
    }


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", hostile())
def test_hostile_pickle_is_refused(kind: str, empty: Path) -> None:
    with pytest.raises(DataError, match="the-file"):
        unpickle_sequences(hostile()[kind], 2, "the-file")
    assert not (empty / "ran").exists()


@pytest.mark.parametrize("opcode", [b"\x82\x7a", b"\x83\x7a\0", b"\x84\x7a\0\0\0"])
def test_a_registered_extension_is_refused_though_it_is_in_the_cache(
    opcode: bytes, empty: Path
) -> None:
    """EXT1, EXT2, EXT4: what was once looked up comes out without a call of `find_class`."""
    hostile = opcode + b"(U\x0aecho > rantR."
    copyreg.add_extension("os", "system", 0x7A)
    try:
        pickle.loads(hostile)  # noqa: S301
        assert (empty / "ran").exists()
        (empty / "ran").unlink()
        with pytest.raises(DataError, match="not an array of lists"):
            unpickle_sequences(hostile, 2, "the-file")
    finally:
        copyreg.remove_extension("os", "system", 0x7A)
    assert not (empty / "ran").exists()


@pytest.mark.parametrize("kind", ["GLOBAL", "STACK_GLOBAL", "in an array", "numpy's own"])
def test_a_name_that_is_not_admitted_is_named(kind: str, empty: Path) -> None:
    with pytest.raises(DataError, match=r"asks for (posix|nt|os|numpy)\.(system|load), which is"):
        unpickle_sequences(hostile()[kind], 2, "the-file")


def test_the_hostile_pickles_do_harm_when_believed(empty: Path) -> None:
    for kind in ("GLOBAL", "STACK_GLOBAL", "in an array", "nested in a list"):
        pickle.loads(hostile()[kind])  # noqa: S301
        assert (empty / "ran").exists(), kind
        (empty / "ran").unlink()


def test_one_list_referred_to_from_every_row_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_WORDS", 1000)
    long = [7] * 600
    with pytest.raises(DataError, match="more than 1,000 words"):
        unpickle_sequences(pickle.dumps(ragged([long, long]), protocol=4), 2, "here")
    assert len(unpickle_sequences(pickle.dumps(ragged([long]), protocol=4), 1, "here").words) == 600


@pytest.mark.parametrize(
    "rows", [[[1.5]], [["a"]], [[[1]]], [[None]], [[2**40]], [(1, 2)], [[1], [2]]]
)
def test_anything_but_the_expected_lists_of_integers(rows: list) -> None:
    with pytest.raises(DataError, match="here"):
        unpickle_sequences(pickle.dumps(ragged(rows), protocol=4), 1, "here")


SMALL = {"x": np.arange(24.0).reshape(8, 3), "y": np.arange(8.0)}
EXPECTED = {"x": Array("<f8", (8, 3)), "y": Array("<f8", (8,))}


def test_npz_is_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", **SMALL)
    for name, array in read_npz(tmp_path / "a.npz", EXPECTED).items():
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
    try:
        found = read_npz(io.BytesIO(bytes(content)), EXPECTED)  # type: ignore[arg-type]
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


LYING = "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999,), }\n"
GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }\n"


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"z.npy": b""}, r"holds \['z.npy'\]"),
        ({"y.npy": npy_header(GOOD) + bytes(64), "../evil": b""}, "holds"),
        ({"y.npy": npy_header(LYING)}, "9999999999"),
        ({"y.npy": npy_header(GOOD.replace("<f8", "|O"))}, r"\|O"),
        ({"y.npy": npy_header(GOOD.replace("False", "True")) + bytes(64)}, "C order"),
        ({"y.npy": npy_header(GOOD + " " * 20_000) + bytes(64)}, "sound"),
        ({"y.npy": npy_header(GOOD) + bytes(8)}, "bytes"),
        ({"y.npy": npy_header(GOOD) + bytes(50_000_000)}, "50,000,0"),
        ({"y.npy": b"GIF89a"}, "sound"),
    ],
)
def test_npz_of_the_wrong_form(members: dict[str, bytes], says: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", members)
    with pytest.raises(DataError, match=says) as caught:
        read_npz(path, {"y": Array("<f8", (8,))})
    assert str(path) in str(caught.value) and "twinbench data fetch" in str(caught.value)


def test_npz_packed_by_an_uncommon_method(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", {"y.npy": npy_header(GOOD) + bytes(64)}, zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="method 14"):
        read_npz(path, {"y": Array("<f8", (8,))})


def test_a_pickle_in_npz_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_PICKLE_BYTES", 1000)
    np.savez_compressed(tmp_path / "a.npz", x=ragged([[1] * 5000]))
    with pytest.raises(DataError, match="expected about 1,000"):
        read_npz(tmp_path / "a.npz", {"x": Array("|O", (1,))})


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
    "bomb.gz": gzip.compress(IDX + bytes(100_000_000), compresslevel=1),
}


@pytest.mark.parametrize("name", WRONG_IDX)
def test_idx_of_the_wrong_form(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(WRONG_IDX[name])
    with pytest.raises(DataError, match=name):
        read_idx(tmp_path / name, SHAPE)


def test_a_bomb_is_not_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(IDX + bytes(50_000_000), compresslevel=1))
    inflated = 0
    original = zlib.crc32

    def counting(data: bytes, *start: int) -> int:  # gzip sums every byte that it inflates
        nonlocal inflated
        inflated += len(data)
        return original(data, *start)

    monkeypatch.setattr(zlib, "crc32", counting)
    with pytest.raises(DataError, match="over"):
        read_idx(tmp_path / "a.gz", SHAPE)
    assert 0 < inflated < 1_000_000
