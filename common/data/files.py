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
    """An array that a file must hold. An object array is a pickle of lists of integers."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Dataset:
    """What a problem's real file holds.

    `digest` is that of the decoded arrays, `prepare.Content`: for text of which words a sample has,
    not of their order, which no network here sees. `sequences` is that of the words in their order.
    """

    file: File
    digest: str
    arrays: Mapping[str, Array]
    sequences: str = ""
    word_index: File | None = None
    idx: Mapping[str, str] = field(default_factory=dict)  # array -> IDX file, plain or .gz

    @property
    def test_rows(self) -> int:
        """How many rows are for testing: the file's own, or what one table's training leaves."""
        if "y_test" in self.arrays:
            return self.arrays["y_test"].shape[0]
        rows = self.arrays["y"].shape[0]
        return rows - training_rows(rows)


def training_rows(rows: int) -> int:
    """How many rows of one table `keras.datasets` trains on: 80 %."""
    return int(rows * (1 - 0.2))


MAX_FILE_BYTES = 64 << 20  # the largest with nothing packed has 55 MB
MAX_WORDS = 8_000_000  # in one array of sequences; the largest real one has 5,942,841


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


DATASETS: dict[str, Dataset] = {
    "mnist": Dataset(
        File(
            "mnist.npz",
            11_490_434,
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
        digest="sha256:cd9d799cf5bc87e8cc1978988918a17492f9dfa1507aa01008a5cb32afb3c02a",
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
        File(
            "imdb.npz",
            17_464_789,
            "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
        ),
        digest="sha256:72f6bd00809fac2a4da251bb1b7d4bb8778f8a638216d594ba8d310ab499ab3b",
        arrays={
            "x_train": Array("|O", (25_000,)),
            "y_train": Array("<i8", (25_000,)),
            "x_test": Array("|O", (25_000,)),
            "y_test": Array("<i8", (25_000,)),
        },
        sequences="sha256:817500bdb4f2fe7eaefb20c7a98afb21dff5007091baabc3b334c01855e120df",
        word_index=File(
            "imdb_word_index.json",
            1_641_221,
            "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
        ),
    ),
    "reuters": Dataset(
        File(
            "reuters.npz",
            2_110_848,
            "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
        ),
        digest="sha256:dd136a2493bbf7351de57cfc82aab7f5368295759fbd44f3c5d33e098518da9e",
        arrays={"x": Array("|O", (11_228,)), "y": Array("<i8", (11_228,))},
        sequences="sha256:8b1736e5a4ca02c7275874ca92710a2803529ba01166871fb6d61f1e7593adb8",
        word_index=File(
            "reuters_word_index.json",
            550_378,
            "9b56000edc4b34a32e89fd5a23b2605594682c74efcf7d8f4e2a5514b771e633",
        ),
    ),
    "boston": Dataset(
        File(
            "boston_housing.npz",
            57_026,
            "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
        ),
        digest="sha256:de32f73b12985ef20d6358cf375d240e81e1f966296e586bd97524cfc28e6c99",
        arrays={"x": Array("<f8", (506, 13)), "y": Array("<f8", (506,))},
    ),
}
