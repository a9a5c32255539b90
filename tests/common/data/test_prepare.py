"""Decoded arrays to what a network sees, against the slow and obvious way."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from common.data import standardise
from common.data.decode import Sequences
from common.data.files import content_digest
from common.data.prepare import keras_words, multi_hot

rows_of_words = st.lists(st.lists(st.integers(0, 19), max_size=12), min_size=1, max_size=8)


def sequences(rows: list[list[int]]) -> Sequences:
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    return Sequences(np.array(list(chain.from_iterable(rows)), np.int32), offsets)


def lists(s: Sequences) -> list[list[int]]:
    return [s.words[a:b].tolist() for a, b in pairwise(s.offsets)]


@settings(max_examples=40, deadline=None)
@given(rows_of_words)
def test_multi_hot_equals_the_loop(rows: list[list[int]]) -> None:
    expected = np.zeros((len(rows), 20), np.float32)
    for i, row in enumerate(rows):
        for word in row:
            expected[i, word] = 1
    matrix = multi_hot(sequences(rows), 20)
    np.testing.assert_array_equal(matrix.toarray(), expected)
    assert matrix.data.dtype == np.float32 and set(matrix.data.tolist()) <= {1.0}
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    again = sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr), matrix.shape)
    assert again.has_canonical_format  # SciPy looks itself: columns sorted and unique


@settings(max_examples=40, deadline=None)
@given(rows_of_words)
def test_keras_words_equal_the_loop(rows: list[list[int]]) -> None:
    expected = [[1] + [w + 3 if w + 3 < 15 else 2 for w in row] for row in rows]
    assert lists(keras_words(sequences(rows), 15)) == expected


@given(rows_of_words, st.randoms())
def test_rows_taken_in_an_order(rows: list[list[int]], random) -> None:
    order = [random.randrange(len(rows)) for _ in range(5)]
    assert lists(sequences(rows).take(np.array(order))) == [rows[i] for i in order]


def test_standardise_by_the_training_rows_alone() -> None:
    train, test = np.array([[1.0, 10], [3, 30]]), np.array([[5.0, 20]])
    a, b = standardise(train, test)
    np.testing.assert_array_equal(a, [[-1, -1], [1, 1]])
    np.testing.assert_array_equal(b, [[3, 0]])
    assert a.dtype == b.dtype == np.float32


def test_a_constant_column_is_only_centred() -> None:
    # the mean of 0.1 three times is not 0.1, so its deviation is not 0 either
    train = np.array([[0.1, 1], [0.1, 2], [0.1, 3]])
    a, b = standardise(train, np.array([[2.1, 2]]))
    assert a[:, 0].tolist() == [0, 0, 0] and b[0, 0] == 2


def test_float64_until_the_end() -> None:
    train = 1e8 + np.arange(4.0)[:, None]  # in float32 these are two different numbers, not four
    np.testing.assert_allclose(standardise(train)[0].ravel() * np.sqrt(5), [-3, -1, 1, 3], 1e-6)


def test_a_digest_is_of_names_types_shapes_and_elements() -> None:
    base = {"x": np.arange(6, dtype=np.int32).reshape(2, 3)}
    same = {"x": np.asfortranarray(base["x"].astype(">i4"))}
    others = [
        {"y": base["x"]},
        {"x": base["x"].astype(np.int64)},
        {"x": base["x"].reshape(3, 2)},
        {"x": base["x"] + 1},
        {**base, "y": base["x"]},
    ]
    assert content_digest(base) == content_digest(same)
    assert content_digest(base) not in map(content_digest, others)
