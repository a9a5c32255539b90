"""Files to arrays, verified before they are parsed.

A pickle is read of the pinned file alone, known by its SHA-256. IDX and `.npz` without pickles may
be anyone's: nothing in them is run, and nothing is made of one that is larger than a data set.
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
from common.data.files import MAX_FILE_BYTES, Array, File

MAX_ENTRIES = 1000  # of an archive
MAX_HEADER_BYTES = 10_000  # of an `.npy` file
DIRECTORY = b"PK\x01\x02"  # each entry of an archive's directory begins so
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of others `zipfile` unpacks all at once
_ADVICE = "; replace the file, or remove it and run `twinbench data fetch`"


class TooLarge(ValueError):
    """An archive would unpack to more bytes than its reader has a use for."""


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
    """The whole of a file; DataError if it cannot be read or is too large."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= MAX_FILE_BYTES:
                return file.read(size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}{_ADVICE}") from error
    raise DataError(f"{path} has {size:,} bytes, expected at most {MAX_FILE_BYTES:,}{_ADVICE}")


def read_pinned(path: Path, file: File) -> bytes:
    """The whole of a file; DataError unless it has the pinned SHA-256."""
    content = read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise DataError(
            f"{path} is not the published file: sha256 {digest}, expected {file.sha256}{_ADVICE}"
        )
    return content


def read_text(path: Path, file: File) -> dict[str, Any]:
    """Every array of the pinned `.npz` file; arrays of lists of words become `Sequences`.

    Its pickles are run. Raises DataError, before that, for other bytes than the pinned ones.
    """
    with np.load(io.BytesIO(read_pinned(path, file)), allow_pickle=True) as archive:
        return {name: _sequences(archive[name]) for name in archive.files}


def _sequences(array: np.ndarray) -> Any:
    if not array.dtype.hasobject:
        return array
    offsets = np.concatenate([[0], np.cumsum(np.fromiter(map(len, array), np.int64, len(array)))])
    words = np.fromiter(chain.from_iterable(array), np.int32, int(offsets[-1]))
    return Sequences(words, offsets)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Every array of anyone's `.npz` file; DataError if it is damaged or one holds objects."""
    content = read_bytes(path)
    try:
        files = unzipped(content, MAX_FILE_BYTES)
        return {name.removesuffix(".npy"): npy(name, files[name]) for name in files}
    except Exception as error:  # zipfile, zlib and the header parser raise a dozen kinds
        reason = f"{error}"[:500]  # a header is quoted as a whole
        raise DataError(f"{path} is not a sound .npz file: {reason}{_ADVICE}") from error


def unzipped(content: bytes, most: int) -> dict[str, bytes]:
    """Every file in a zip archive, by name.

    Raises TooLarge when they have more than `most` bytes together, ValueError when they are many or
    packed in another way, and what `zipfile` raises for a damaged archive.
    """
    # before `zipfile` makes an object of each; what is no entry and looks like one is rare
    if content.count(DIRECTORY) > MAX_ENTRIES:
        raise ValueError(f"it holds more than {MAX_ENTRIES} files")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > most:
            raise TooLarge(f"it would unpack to {size:,} bytes, expected at most {most:,}")
        if any(entry.compress_type not in PLAIN for entry in entries):
            raise ValueError("it is packed by another method than deflate")
        files = {}
        for entry in entries:
            with archive.open(entry) as file:
                # the directory may lie: no more is unpacked than it says; CRC is checked at the end
                files[entry.filename] = file.read(entry.file_size + 1)
    return files


def npy(name: str, content: bytes) -> np.ndarray:
    """The numbers of an `.npy` file where they lie in its content.

    Raises ValueError for objects and for a size that the header does not say, and what the header's
    parser raises.
    """
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"{name} has format version {version}, expected (1, 0)")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, MAX_HEADER_BYTES)
    if dtype.hasobject:
        raise ValueError(f"{name} is {dtype.str}, expected numbers and not objects")
    numbers = np.frombuffer(content[file.tell() :], dtype)
    return numbers.reshape(shape, order="F" if fortran else "C")


def check_arrays(path: Path, arrays: Mapping[str, Any], expected: Mapping[str, Array]) -> None:
    """DataError unless the arrays have exactly the expected names, dtypes and shapes."""
    kinds = {name: Array(array.dtype.str, array.shape) for name, array in arrays.items()}
    if kinds != expected:
        raise DataError(f"{path} holds {_listed(kinds)}, expected {_listed(expected)}{_ADVICE}")


def _listed(arrays: Mapping[str, Array]) -> str:
    return ", ".join(f"{name} {array}" for name, array in sorted(arrays.items())[:8])


def read_idx(path: Path, expected: Array) -> np.ndarray:
    """One IDX file of unsigned bytes, plain or (by its name) gzip; DataError for another.

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
