"""Untrusted files to arrays: `.npz` and IDX, without ever running what a pickle says.

Every size is known beforehand, so names, types and shapes are checked before anything is
decompressed. All functions raise DataError.
"""

from __future__ import annotations

import gzip
import io
import pickle
import re
import zipfile
import zlib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from common.data.dataset import DataError
from common.data.files import MAX_PICKLE_BYTES, MAX_WORDS, Array

MAX_HEADER_BYTES = 10_000


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


def read_npz(path: Path, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Exactly the given arrays of an `.npz` file; object arrays become `Sequences`.

    A dimension of -1 in a shape admits any length of at most MAX_WORDS.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = sorted(archive.namelist())
            if found != sorted(f"{name}.npy" for name in arrays):
                raise DataError(f"{path} holds {found[:8]}, expected {sorted(arrays)} as .npy")
            return {name: _member(archive, name, array) for name, array in arrays.items()}
    except DataError as error:
        raise DataError(f"{error}{_ADVICE}") from error
    except Exception as error:  # zipfile, zlib and the header parser raise a dozen kinds
        raise DataError(f"{path} is not a sound .npz file: {error}{_ADVICE}") from error


_ADVICE = "; replace the file, or remove it and run `twinbench data fetch`"


def _member(archive: zipfile.ZipFile, name: str, expected: Array) -> Any:
    info = archive.getinfo(f"{name}.npy")
    where = f"{archive.filename}: {info.filename}"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where} is packed by method {info.compress_type}, expected deflate")
    with archive.open(info) as file:
        shape = _header(file, where, expected)
        dtype = np.dtype(expected.dtype)
        is_object = dtype.hasobject
        size = MAX_PICKLE_BYTES if is_object else dtype.itemsize * int(np.prod(shape))
        content = file.read(size + 1)  # one more byte: at the end of a member its CRC is checked
        if len(content) > size or (len(content) < size and not is_object):
            raise DataError(f"{where} has {info.file_size:,} bytes, expected about {size:,}")
    if is_object:
        return unpickle_sequences(content, shape[0], where)
    return np.frombuffer(content, dtype).reshape(shape)


def _header(file: Any, where: str, expected: Array) -> tuple[int, ...]:
    """The shape, after the header of an `.npy` member was found to say what is expected."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise DataError(f"{where} has format version {version}, expected (1, 0)")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, MAX_HEADER_BYTES)
    fits = len(shape) == len(expected.shape) and all(
        have == want or (want == -1 and 0 <= have <= MAX_WORDS)
        for have, want in zip(shape, expected.shape, strict=True)
    )
    if not fits or fortran or dtype.str != np.dtype(expected.dtype).str:
        raise DataError(
            f"{where} is {dtype.str} {shape}, expected {expected.dtype} {expected.shape} in C order"
        )
    return shape


class _Inert:
    """Stands for every NumPy name in a pickle: remembers its state and does nothing."""

    def __init__(self, *args: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    """Admits the three names that a pickled array needs, and gives `_Inert` for each."""

    def find_class(self, module: str, name: str) -> type[_Inert]:
        if (module, name) not in _ADMITTED:
            raise DataError(f"a pickle asks for {module}.{name}, which is not admitted")
        return _Inert


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"),  # written by NumPy 1
    ("numpy._core.multiarray", "_reconstruct"),  # written by NumPy 2
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}

# The opcodes that pickled lists of integers need. Lengths and memo indices stay small: the C
# unpickler allocates (and fills) a table as long as the largest memo index it meets.
_OPCODES = re.compile(
    rb"(?s:"
    rb"K.|M..|J....|[]Nbaet()R\x85-\x89\x93\x94]"  # integers, lists, tuples, REDUCE, BUILD
    rb"|[hq].|[jr]..\x00\x00"  # memo
    rb"|\x80[\x02-\x05]|\x95........"  # protocol, frame
    rb"|c[^\n]{1,64}\n[^\n]{1,64}\n"  # a name
    rb"|[UC\x8c](?:" + b"|".join(re.escape(bytes([n])) + b".{%d}" % n for n in range(64)) + rb")"
    rb"|X(?:\x01\x00\x00\x00.|\x02\x00\x00\x00..)"
    rb")*+\."
)


def unpickle_sequences(content: bytes, rows: int, where: str) -> Sequences:
    """The pickle of a NumPy object array (rows,) of lists of int32, Python 2's or 3's."""
    if not _OPCODES.fullmatch(content):
        raise DataError(f"{where} holds a pickle that is not an array of lists of integers")
    try:
        array = _Unpickler(io.BytesIO(content), encoding="latin1").load()
        lists = array.state[-1]
        if len(lists) != rows or not all(type(row) is list for row in lists):
            raise ValueError(f"expected {rows:,} lists")
        lengths = np.fromiter(map(len, lists), np.int64, rows)
        if lengths.sum() > MAX_WORDS:  # one long list can be referred to from every row
            raise ValueError(f"more than {MAX_WORDS:,} words")
        words = np.fromiter(chain.from_iterable(lists), np.int32, int(lengths.sum()))
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    except Exception as error:  # a crafted stack can raise anything
        raise DataError(f"{where} is not an array of lists of integers: {error}") from error
    return Sequences(words, np.concatenate([[0], np.cumsum(lengths)]))


def read_idx(path: Path, expected: Array) -> np.ndarray:
    """One IDX file of unsigned bytes, plain or (by its name) gzip.

    Format: two zero bytes, 8 for uint8, the number of dimensions, each dimension as a big-endian
    uint32, the elements (Y. LeCun's MNIST page).
    """
    header = bytes([0, 0, 8, len(expected.shape)])
    header += np.array(expected.shape, ">u4").tobytes()
    size = len(header) + int(np.prod(expected.shape))
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}{_ADVICE}") from error
    if len(content) != size or not content.startswith(header):
        raise DataError(
            f"{path} starts with {content[:16].hex()} and has {'over ' * (len(content) > size)}"
            f"{min(len(content), size):,} bytes, expected {header.hex()} and {size:,}{_ADVICE}"
        )
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(expected.shape)
