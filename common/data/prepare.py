"""Decoded arrays to the split of `keras.datasets` and the preparation of the textbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from common.data import cache
from common.data.decode import Sequences
from common.problem import Metric, Problem

if TYPE_CHECKING:
    from scipy import sparse

START, UNKNOWN, INDEX_FROM = 1, 2, 3  # defaults of keras.datasets.imdb.load_data
X = ("x", "x_test")
SPLIT_SEED = 113  # of every shuffle in keras.datasets

Content = dict[str, np.ndarray]
"""The arrays a digest is taken of: `x, y, x_test, y_test` before scaling; for text each `x` is
`x_indptr` (int32) and `x_indices` (uint16) of its CSR matrix."""


class Text(NamedTuple):
    """A text in the cache, in two files: the places of its ones, and its words in their order."""

    name: str
    digest: str  # of the first, `Content`
    sequences: str  # digest of the second

    def content(self) -> Content | None:
        """None when it is not in the cache."""
        return cache.load_prepared(f"{self.name}-rows", self.digest)

    def words(self) -> dict[str, Sequences] | None:
        """`x` and `x_test`; None when they are not in the cache."""
        arrays = cache.load_prepared(f"{self.name}-words", self.sequences)
        if arrays is None:
            return None
        return {x: Sequences(arrays[f"{x}_words"], arrays[f"{x}_offsets"]) for x in X}

    def keep(self, split: Mapping[str, Any], content: Content | None = None) -> None:
        """Put what `keras_split` gives into the cache, if it is what the digests are of."""
        if content is not None:
            cache.save_prepared(f"{self.name}-rows", content, self.digest)
        cache.save_prepared(f"{self.name}-words", sequence_arrays(split), self.sequences)


def sequence_arrays(split: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of `x` and `x_test`, of which `Dataset.sequences` is the digest."""
    arrays = {}
    for x in X:
        arrays[f"{x}_words"], arrays[f"{x}_offsets"] = split[x]
    return arrays


def keras_split(problem: Problem, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """`x, y, x_test, y_test` as `keras.datasets.*.load_data` orders and divides them.

    MNIST is taken as it is; IMDB's two halves are shuffled one after the other by one generator;
    Reuters and Boston are shuffled and then divided.
    """
    random = np.random.RandomState(SPLIT_SEED)
    parts: dict[str, tuple[str, Any]]
    if "x" in arrays:
        rows = random.permutation(len(arrays["y"]))
        end = int(len(rows) * (1 - 0.2))
        parts = {"": ("", rows[:end]), "_test": ("", rows[end:])}
    elif problem.text:
        train, test = (random.permutation(len(arrays[y])) for y in ("y_train", "y_test"))
        parts = {"": ("_train", train), "_test": ("_test", test)}
    else:
        parts = {"": ("_train", slice(None)), "_test": ("_test", slice(None))}
    split: dict[str, Any] = {}
    for suffix, (half, rows) in parts.items():
        x = arrays[f"x{half}"]
        split[f"x{suffix}"] = (
            keras_words(x.take(rows), problem.features) if problem.text else x[rows]
        )
        split[f"y{suffix}"] = arrays[f"y{half}"][rows]
    return split


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
    from scipy import sparse  # text alone needs it

    matrix = sparse.csr_matrix(
        (np.ones(len(indices), np.float32), indices.astype(np.int32), indptr.astype(np.int32)),
        shape=(len(indptr) - 1, width),
    )
    matrix.has_canonical_format = True
    return matrix


def text_content(split: Mapping[str, Any], width: int) -> Content:
    """Content of a text problem from its sequences."""
    content = {name: split[name].astype(np.uint8) for name in ("y", "y_test")}
    for name in X:
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
        kind = np.float32 if problem.metric is Metric.MAE else np.int64
        made[name] = content[name].astype(kind)
    if problem.text:
        for name in X:
            indptr, indices = content[f"{name}_indptr"], content[f"{name}_indices"]
            made[name] = csr(indptr, indices, problem.features)
    elif content["x"].dtype == np.uint8:
        for name in X:
            pixels = content[name].reshape(-1, problem.features)
            made[name] = np.divide(pixels, 255, dtype=np.float32)
    else:
        made["unscaled"] = (content["x"], content["x_test"])
        made["x"], made["x_test"] = standardise(*made["unscaled"])
    return made
