"""Held-out rows, folds, and the order of an epoch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.splits import hold_out, k_folds, shared_order


@given(rows=st.integers(2, 60), folds=st.integers(2, 8))
def test_folds_are_contiguous_and_leftover_rows_always_train(rows, folds):
    folds = min(folds, rows)
    size = rows // folds
    held_out = []
    for k, (train, held) in enumerate(k_folds(rows, folds)):
        np.testing.assert_array_equal(held, np.arange(k * size, (k + 1) * size))
        np.testing.assert_array_equal(np.union1d(train, held), np.arange(rows))
        assert len(train) + len(held) == rows and np.all(np.diff(train) > 0)
        held_out.extend(held)
    assert held_out == list(range(folds * size))


@pytest.mark.parametrize("folds", [-1, 0, 1, 6])
def test_folds_that_are_none_are_refused(folds):
    with pytest.raises(ValueError, match=f"^folds must lie between 2 and the 5 rows, got {folds}$"):
        next(k_folds(5, folds))


def test_hold_out_takes_the_first_rows_and_leaves_a_training_row():
    x, y = np.arange(10)[:, None], np.arange(10)
    for validation in (1, 3, 9):
        (tx, ty), (vx, vy) = hold_out(x, y, validation)
        assert vy.tolist() == list(range(validation)) and ty.tolist() == list(range(validation, 10))
        assert vx[:, 0].tolist() == vy.tolist() and tx[:, 0].tolist() == ty.tolist()
    (tx, ty), validation_rows = hold_out(x, y, 0)
    assert tx is x and ty is y and validation_rows is None
    for rows in (10, 11):
        with pytest.raises(ValueError, match=f"^{rows} validation rows leave no training row of"):
            hold_out(x, y, rows)


def test_the_shared_order_is_a_permutation_by_seed_and_epoch():
    new, same = (shared_order(kind, 50, 3) for kind in ("reshuffled", "repeated"))
    assert sorted(new(0)) == sorted(new(1)) == list(range(50))
    assert new(0).tolist() != new(1).tolist()
    assert new(1).tolist() == shared_order("reshuffled", 50, 3)(1).tolist()
    assert new(1).tolist() != shared_order("reshuffled", 50, 4)(1).tolist()
    assert same(0).tolist() == same(1).tolist() == new(0).tolist()
