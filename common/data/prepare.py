"""Decoded arrays to the split of `keras.datasets` and the preparation of the textbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from common.data.decode import Sequences
from common.data.files import training_rows
from common.problem import Problem

START, UNKNOWN, INDEX_FROM = 1, 2, 3  # defaults of keras.datasets.imdb.load_data
SPLIT_SEED = 113  # of every shuffle in keras.datasets

Content = dict[str, np.ndarray]
"""The arrays a digest is taken of: `x, y, x_test, y_test` before scaling; for text each `x` is
`x_indptr` (int32) and `x_indices` (uint16) of its CSR matrix."""


def keras_split(problem: Problem, decoded: Mapping[str, Any]) -> dict[str, Any]:
    """`x, y, x_test, y_test` as `keras.datasets.*.load_data` orders and divides them.

    MNIST is taken as it is; IMDB's two halves are shuffled one after the other by one generator;
    Reuters and Boston are shuffled and then divided.
    """
    random = np.random.RandomState(SPLIT_SEED)

    def shuffled(rows: int) -> np.ndarray:
        indices = np.arange(rows)
        random.shuffle(indices)
        return indices

    if "x" in decoded:
        rows = shuffled(len(decoded["y"]))
        end = training_rows(len(rows))
        parts = {"": ("x", "y", rows[:end]), "_test": ("x", "y", rows[end:])}
    else:
        parts = {}
        for suffix, half in (("", "train"), ("_test", "test")):
            rows = np.arange(len(decoded[f"y_{half}"]))
            if problem.text:
                rows = shuffled(len(rows))
            parts[suffix] = (f"x_{half}", f"y_{half}", rows)
    split: dict[str, Any] = {}
    for suffix, (x, y, rows) in parts.items():
        split[f"x{suffix}"] = _take(decoded[x], rows)
        split[f"y{suffix}"] = decoded[y][rows]
    if problem.text:
        for name in ("x", "x_test"):
            split[name] = keras_words(split[name], problem.features)
    return split


def _take(x: Any, rows: np.ndarray) -> Any:
    return x.take(rows) if isinstance(x, Sequences) else x[rows]


def keras_words(ranks: Sequences, num_words: int) -> Sequences:
    """Word ranks (1 is the commonest) to Keras's words, uint16, for at most 65,536 of them.

    Each rank is shifted by 3, each row starts with 1, and words >= num_words become 2.
    """
    words = ranks.words + INDEX_FROM
    words = np.where((words >= 0) & (words < num_words), words, UNKNOWN).astype(np.uint16)
    starts = ranks.offsets[:-1]
    return Sequences(np.insert(words, starts, START), ranks.offsets + np.arange(len(ranks.offsets)))


def multi_hot(rows: Sequences, width: int) -> sparse.csr_matrix:
    """1.0 where a row has the word: float32 CSR (rows, width), sorted unique int32 columns."""
    lengths = np.diff(rows.offsets)
    cells = np.repeat(np.arange(len(lengths)) * width, lengths) + rows.words
    cells.sort()  # np.unique takes ten times as long: it hashes first
    cells = cells[np.diff(cells, prepend=-1) > 0]
    indptr = np.searchsorted(cells, np.arange(len(lengths) + 1) * width)
    return csr(indptr, cells % width, width)


def csr(indptr: np.ndarray, indices: np.ndarray, width: int) -> sparse.csr_matrix:
    """The float32 CSR matrix of ones at sorted unique places, int32 inside."""
    matrix = sparse.csr_matrix(
        (np.ones(len(indices), np.float32), indices.astype(np.int32), indptr.astype(np.int32)),
        shape=(len(indptr) - 1, width),
    )
    matrix.has_canonical_format = True
    return matrix


def text_content(split: Mapping[str, Any], width: int) -> Content:
    """Content of a text problem from its sequences."""
    content = {name: split[name].astype(np.uint8) for name in ("y", "y_test")}
    for name in ("x", "x_test"):
        matrix = multi_hot(split[name], width)
        content[f"{name}_indptr"] = matrix.indptr
        content[f"{name}_indices"] = matrix.indices.astype(np.uint16)
    return content


def standardise(train: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """`train` and the others less the mean of `train`, over its population standard deviation.

    Computed in float64, cast to float32 last. A column that is constant in `train` is only
    centred: it becomes 0 there, and elsewhere its difference in the column's own unit.
    """
    train = np.asarray(train, np.float64)
    constant = (train == train[:1]).all(axis=0)
    mean = np.where(constant, train[0], train.mean(axis=0))
    deviation = np.where(constant, 1.0, train.std(axis=0))
    return tuple(
        ((np.asarray(x, np.float64) - mean) / deviation).astype(np.float32)
        for x in (train, *others)
    )


def arrays(problem: Problem, content: Content) -> dict[str, Any]:
    """`x, y, x_test, y_test` and `unscaled` of `Data`, from content."""
    made: dict[str, Any] = {"unscaled": None}
    for name in ("y", "y_test"):
        kind = np.float32 if problem.metric == "mae" else np.int64
        made[name] = content[name].astype(kind)
    if problem.text:
        for name in ("x", "x_test"):
            indptr, indices = content[f"{name}_indptr"], content[f"{name}_indices"]
            made[name] = csr(indptr, indices, problem.features)
    elif content["x"].dtype == np.uint8:
        for name in ("x", "x_test"):
            pixels = content[name].reshape(-1, problem.features)
            made[name] = np.divide(pixels, 255, dtype=np.float32)
    else:
        made["unscaled"] = (content["x"], content["x_test"])
        made["x"], made["x_test"] = standardise(*made["unscaled"])
    return made
