"""The real files: names, sizes, digests and shapes, all in one table."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np


class File(NamedTuple):
    """A file that `keras.datasets` downloads; `sha256` is the one pinned in Keras's loaders
    (for the word indices, where Keras pins an MD5, that of the very file with this MD5)."""

    name: str
    size: int  # bytes
    sha256: str


class Array(NamedTuple):
    """An array of plain numbers that a file must hold."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"


@dataclass(frozen=True)
class Dataset:
    """What a problem's real file holds.

    `digest` is that of the decoded arrays, `prepare.Content`: for text of which words a sample has,
    not of their order, which no network here sees. `sequences` is that of the words in their order.
    """

    file: File
    digest: str
    train_rows: int
    test_rows: int
    arrays: Mapping[str, Array] = field(default_factory=dict)
    """Of text none: its words are pickles, read of the pinned file alone."""
    idx: Mapping[str, str] = field(default_factory=dict)  # array -> IDX file, plain or .gz
    sequences: str = ""
    word_index: File | None = None

    @property
    def files(self) -> list[File]:
        """All files to download."""
        return [self.file, *([self.word_index] if self.word_index else [])]

    def paths(self, folder: Path) -> list[Path]:
        """Where a folder has the arrays: one file, or an IDX file for each; empty if it has not."""
        if (path := folder / self.file.name).is_file():
            return [path]
        idx = [(folder / name, folder / f"{name}.gz") for name in self.idx.values()]
        paths = [next(filter(Path.is_file, pair), None) for pair in idx]
        return [path for path in paths if path] if all(paths) else []


MAX_FILE_BYTES = 64 << 20  # the largest with nothing packed has 55 MB


def base_url() -> str:
    """Where the files are downloaded from; `TWINBENCH_DATA_URL` names another place."""
    default = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    return os.environ.get("TWINBENCH_DATA_URL", default).rstrip("/") + "/"


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """ "sha256:<hex>" of named arrays: of name, little-endian dtype, shape and elements."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return f"sha256:{digest.hexdigest()}"


# as `sha256sum` prints it, with the bytes of each file
_PINNED = """
731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1  11490434  mnist.npz
69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f  17464789  imdb.npz
027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6   1641221  imdb_word_index.json
d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916   2110848  reuters.npz
9b56000edc4b34a32e89fd5a23b2605594682c74efcf7d8f4e2a5514b771e633    550378  reuters_word_index.json
f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5     57026  boston_housing.npz
"""
_ROWS = [line.split() for line in _PINNED.split("\n") if line]
FILES = {name: File(name, int(size), sha256) for sha256, size, name in _ROWS}

DATASETS: dict[str, Dataset] = {
    "mnist": Dataset(
        FILES["mnist.npz"],
        digest="sha256:cd9d799cf5bc87e8cc1978988918a17492f9dfa1507aa01008a5cb32afb3c02a",
        train_rows=60_000,
        test_rows=10_000,
        arrays={
            "x_train": Array("|u1", (60_000, 28, 28)),
            "y_train": Array("|u1", (60_000,)),
            "x_test": Array("|u1", (10_000, 28, 28)),
            "y_test": Array("|u1", (10_000,)),
        },
        idx={
            "x_train": "train-images-idx3-ubyte",
            "y_train": "train-labels-idx1-ubyte",
            "x_test": "t10k-images-idx3-ubyte",
            "y_test": "t10k-labels-idx1-ubyte",
        },
    ),
    "imdb": Dataset(
        FILES["imdb.npz"],
        digest="sha256:72f6bd00809fac2a4da251bb1b7d4bb8778f8a638216d594ba8d310ab499ab3b",
        train_rows=25_000,
        test_rows=25_000,
        sequences="sha256:817500bdb4f2fe7eaefb20c7a98afb21dff5007091baabc3b334c01855e120df",
        word_index=FILES["imdb_word_index.json"],
    ),
    "reuters": Dataset(
        FILES["reuters.npz"],
        digest="sha256:dd136a2493bbf7351de57cfc82aab7f5368295759fbd44f3c5d33e098518da9e",
        train_rows=8_982,
        test_rows=2_246,
        sequences="sha256:8b1736e5a4ca02c7275874ca92710a2803529ba01166871fb6d61f1e7593adb8",
        word_index=FILES["reuters_word_index.json"],
    ),
    "boston": Dataset(
        FILES["boston_housing.npz"],
        digest="sha256:de32f73b12985ef20d6358cf375d240e81e1f966296e586bd97524cfc28e6c99",
        train_rows=404,
        test_rows=102,
        arrays={"x": Array("<f8", (506, 13)), "y": Array("<f8", (506,))},
    ),
}
