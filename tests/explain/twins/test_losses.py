"""Two losses differ in their form and their reduction."""

from __future__ import annotations

from benchmarks.explain.twins.losses import FORM, REDUCTION, loss_of, of_losses
from benchmarks.twins.causes.objectives import CATEGORICAL, LOGITS, TWICE, Objective
from tests.explain.twins.samples import NAMES, turned


def test_form_and_reduction_of_two_losses_are_two_switches():
    one = loss_of(Objective(CATEGORICAL, LOGITS), (3,))
    other = loss_of(Objective(CATEGORICAL, LOGITS, reduction="sum", smoothing=0.1), (3,))
    found = of_losses("functions", NAMES, [one, other])
    assert [s.name for s in found.switches] == [FORM, REDUCTION]
    assert turned(found).loss == other and turned(found, 1).loss == one
    assert found.switches[1].values == ("the mean", "the sum over rows")
    assert other.scaled(2.0, 32) == 64 and one.scaled(2.0, 32) == 2
    rows = loss_of(Objective("mean_squared_error", reduction="rows"), (4, 2))
    assert rows.scaled(1.0, 32) == 8  # each row has eight numbers, and the mean is over rows
    assert loss_of(Objective(CATEGORICAL, TWICE), (3,)) is None
    unknown = of_losses("functions", NAMES, [one, None])
    assert "LOSS of torch is no loss that is known" in unknown.skipped["loss"]
    assert "the same" in of_losses("huber", NAMES, [None, None]).skipped["loss"]
