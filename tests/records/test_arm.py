"""What the runs of one arm give."""

from __future__ import annotations

from benchmarks.records.arm import epochs_to


def test_the_first_epoch_that_reaches_a_target():
    assert epochs_to([0.5, 0.9, 0.8, 0.95], 0.9, larger_is_better=True) == 2
    assert epochs_to([3.0, None, 2.5], 2.6, larger_is_better=False) == 3
    assert epochs_to([3.0, 2.7], 2.6, larger_is_better=False) is None
    assert epochs_to([], 0.9, larger_is_better=True) is None
    for larger in (True, False):
        assert epochs_to([None, 0.9, 0.9], 0.9, larger_is_better=larger) == 2  # reached at it
