"""After how many epochs a compiler has paid for itself."""

from __future__ import annotations

from math import ceil, inf

import numpy as np
import pytest

from benchmarks.statistics import payback as module
from benchmarks.statistics.payback import Payback, Started, payback

PLAIN = [Started(1.0, 0.5)] * 5


def counted(plain: Started, compiled: Started, most: int = 10_000) -> float:
    """By adding one epoch after the other, as a clock would."""
    for epoch in range(1, most):
        if (
            compiled.first + (epoch - 1) * compiled.steady
            <= plain.first + (epoch - 1) * plain.steady
        ):
            return epoch
    return inf


@pytest.mark.parametrize(
    ("compiled", "epoch"),
    [
        (Started(4.0, 0.25), 13),  # three seconds lost, a quarter won in each epoch after it
        (Started(4.1, 0.25), 14),
        (Started(1.0, 0.25), 1),
        (Started(0.5, 0.9), 1),  # it never was behind until then
        (Started(4.0, 0.5), inf),
        (Started(4.0, 0.6), inf),
    ],
)
def test_the_epoch_is_the_first_by_whose_end_the_compiled_process_is_ahead(compiled, epoch):
    assert counted(PLAIN[0], compiled) == epoch
    assert payback(PLAIN[:1], [compiled]) == Payback(epoch)
    assert payback(PLAIN, [compiled] * 5) == Payback(epoch, epoch, epoch)


def test_an_interval_may_end_at_never_and_holds_what_the_processes_hold():
    rng = np.random.default_rng(1)
    slow, fast = (
        [Started(first, steady) for steady in rng.normal(mean, 0.03, 9)]
        for first, mean in ((1.0, 0.5), (4.0, 0.4))
    )
    found = payback(slow, fast)
    middle = np.median([s.steady for s in slow]) - np.median([s.steady for s in fast])
    assert found.epoch == 1 + ceil(3.0 / middle)
    assert 1 < found.low < found.epoch < found.high < inf
    hardly = [Started(4.0, s.steady + 0.105) for s in fast]
    assert payback(slow, hardly).low < inf and payback(slow, hardly).high == inf


def test_fewer_than_five_processes_have_no_interval_and_none_is_an_error():
    assert payback(PLAIN, [Started(4.0, 0.25)] * 4) == Payback(13.0)
    with pytest.raises(ValueError, match="one or more processes"):
        payback(PLAIN, [])


def test_a_planted_fault_is_seen(monkeypatch):
    """Without the first epoch in the count the answers above would be one too low."""
    right = module._epochs
    monkeypatch.setattr(module, "_epochs", lambda *arms: [e - 1 for e in right(*arms)])
    with pytest.raises(AssertionError):
        test_the_epoch_is_the_first_by_whose_end_the_compiled_process_is_ahead(
            Started(4.0, 0.25), 13
        )
