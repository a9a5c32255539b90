"""Untrusted files to arrays. All functions raise DataError.

A pickle is read of the published file alone, known by its SHA-256. IDX and `.npz` without pickles
may be anyone's: every size is known beforehand, so names, types and shapes are checked before
anything is decompressed.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from common.data.dataset import DataError
from common.data.files import MAX_FILE_BYTES, MAX_WORDS, Array, File

MAX_HEADER_BYTES = 10_000
MAX_DIRECTORY_BYTES = 4096  # of a .npz: the largest real one has four entries of some 60 bytes
END_BYTES = 22  # of the record after it, as NumPy writes it: without a comment


class Sequences(NamedTuple):
    """Rows of words: row i is `words[offsets[i]:offsets[i + 1]]`."""

    words: np.ndarray  # one-dimensional, unsigned or int32
    offsets: np.ndarray  # int64 (rows + 1,)

    def take(self, rows: np.ndarray) -> Sequences:
        """The given rows in the given order."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        shift = np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths)
        return Sequences(self.words[np.arange(offsets[-1]) + shift], offsets)


def read_bytes(path: Path) -> bytes:
    """The whole of a file that is not too large."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= MAX_FILE_BYTES:
                return file.read(size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}{_ADVICE}") from error
    raise DataError(f"{path} has {size:,} bytes, expected at most {MAX_FILE_BYTES:,}{_ADVICE}")


def read_npz(path: Path, arrays: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """Exactly the given arrays of an `.npz` file, none of which holds objects.

    A dimension of -1 in a shape admits any length of at most MAX_WORDS.
    """
    content = read_bytes(path)
    try:
        _check_directory(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = sorted(archive.namelist())
            if names != sorted(f"{name}.npy" for name in arrays):
                raise ValueError(f"it holds {names[:8]}, expected {sorted(arrays)} as .npy")
            return {name: _member(archive, name, array) for name, array in arrays.items()}
    except Exception as error:  # zipfile, zlib and the header parser raise a dozen kinds
        reason = f"{error}"[:500]  # a header is quoted as a whole
        raise DataError(f"{path} is not a sound .npz file: {reason}{_ADVICE}") from error


def _check_directory(content: bytes) -> None:
    """ValueError for a directory that is long: `zipfile` reads all of it before it can be asked."""
    end = content[-END_BYTES:]
    large = content[-END_BYTES - 20 :].startswith(b"PK\6\7")  # a 64-bit record has the last word
    if not end.startswith(b"PK\5\6") or not end.endswith(b"\0\0") or large:
        raise ValueError("it does not end as NumPy ends one")
    if (size := int.from_bytes(end[12:16], "little")) > MAX_DIRECTORY_BYTES:
        raise ValueError(f"its directory has {size:,} bytes, expected some 60 for each array")


_ADVICE = "; replace the file, or remove it and run `twinbench data fetch`"


def _member(archive: zipfile.ZipFile, name: str, expected: Array) -> np.ndarray:
    info = archive.getinfo(f"{name}.npy")
    where = info.filename
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{where} is packed by method {info.compress_type}, expected deflate")
    with archive.open(info) as file:
        shape, dtype = _header(file, where, expected), np.dtype(expected.dtype)
        size = dtype.itemsize * int(np.prod(shape))
        content = file.read(size + 1)  # one more byte: at the end of a member its CRC is checked
    if len(content) != size:
        raise ValueError(f"{where} has {info.file_size:,} bytes, expected about {size:,}")
    return np.frombuffer(content, dtype).reshape(shape)


def _header(file: Any, where: str, expected: Array) -> tuple[int, ...]:
    """The shape, after the header of an `.npy` member was found to say what is expected."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"{where} has format version {version}, expected (1, 0)")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, MAX_HEADER_BYTES)
    fits = len(shape) == len(expected.shape) and all(
        have == want or (want == -1 and 0 <= have <= MAX_WORDS)
        for have, want in zip(shape, expected.shape, strict=True)
    )
    if not fits or fortran or dtype.str != np.dtype(expected.dtype).str:
        raise ValueError(
            f"{where} is {dtype.str} {shape}, expected {expected.dtype} {expected.shape} in C order"
        )
    return shape


def read_published(path: Path, file: File) -> dict[str, Any]:
    """Every array of the file that is pinned; object arrays of lists of words become `Sequences`.

    Its pickles are run, so other bytes than those with the pinned SHA-256 are refused unread.
    """
    content = read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise DataError(
            f"{path} is not the published file: sha256 {digest}, expected {file.sha256}{_ADVICE}"
        )
    with np.load(io.BytesIO(content), allow_pickle=True) as archive:
        return {name: _sequences(archive[name]) for name in archive.files}


def _sequences(array: np.ndarray) -> Any:
    if not array.dtype.hasobject:
        return array
    offsets = np.concatenate([[0], np.cumsum(np.fromiter(map(len, array), np.int64, len(array)))])
    words = np.fromiter(chain.from_iterable(array), np.int32, int(offsets[-1]))
    return Sequences(words, offsets)


def read_idx(path: Path, expected: Array) -> np.ndarray:
    """One IDX file of unsigned bytes, plain or (by its name) gzip.

    Format: two zero bytes, 8 for uint8, the number of dimensions, each dimension as a big-endian
    uint32, the elements (Y. LeCun's MNIST page).
    """
    header = bytes([0, 0, 8, len(expected.shape)])
    header += np.array(expected.shape, ">u4").tobytes()
    size = len(header) + int(np.prod(expected.shape))
    content = read_bytes(path)
    try:
        if path.suffix == ".gz":
            content = _gunzip(content, size + 1)
    except (ValueError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}{_ADVICE}") from error
    if len(content) != size or not content.startswith(header):
        raise DataError(
            f"{path} starts with {content[:16].hex()} and has {'over ' * (len(content) > size)}"
            f"{min(len(content), size):,} bytes, expected {header.hex()} and {size:,}{_ADVICE}"
        )
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(expected.shape)


def _gunzip(content: bytes, most: int) -> bytes:
    """At most so many bytes of gzip's one member; `gzip` itself reads members without an end."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = stream.decompress(content, most)
    if len(unpacked) < most and not stream.eof:
        raise ValueError("it ends before its end")
    if stream.unused_data.strip(b"\0"):
        raise ValueError("something follows its first gzip member, expected one alone")
    return unpacked
