"""Settings of normalisations and dropout are switches; what stands in the graph is named."""

from __future__ import annotations

from benchmarks.explain.twins.layers import of_dropout, of_layers
from common.twins.probe import Unit
from tests.explain.twins.samples import NAMES, norm, paired, turned


def test_settings_of_normalisations_are_turned_and_what_stands_in_the_graph_is_named():
    pairs = paired(norm("a", epsilon=1e-3, momentum=0.99), norm("b", epsilon=1e-5, momentum=0.9))
    found = of_layers(pairs, NAMES)
    assert [s.name for s in found.switches] == ["epsilon of batch_norm", "momentum of batch_norm"]
    assert turned(found).layers == (("a", "epsilon", 1e-5), ("a", "momentum", 0.9))
    assert turned(found, 1).layers == (("b", "epsilon", 1e-3), ("b", "momentum", 0.99))
    same = of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-3)), NAMES)
    assert not same.switches and "the same" in same.skipped["epsilon of batch_norm"]
    weights = {"kernel": (2, 4)}
    acts = [Unit("d", "dense", weights, settings={"activation": a}) for a in ("relu", "tanh")]
    found = of_layers(paired(*acts), NAMES)
    assert not found.switches and "not tried" in found.skipped["activation of d"]


def test_dropout_is_exchanged_by_layer_or_switched_off_and_on_or_not_tried():
    rates = of_dropout(([("a", 0.5), ("b", 0.1)], [("x", 0.2), ("y", 0.1)]), NAMES)
    assert turned(rates).dropout == (("a", 0.5, 0.2),)
    assert turned(rates, 1).dropout == (("x", 0.2, 0.5),)
    one = of_dropout(([("a", 0.5)], []), NAMES)
    assert turned(one).without_dropout and one.switches[0].turns[1] is None
    both = of_dropout(([("a", 0.5)], [("x", 0.2), ("y", 0.1)]), NAMES)
    assert [s.turns[0] is None for s in both.switches] == [False, True]
    code = of_dropout(([("a", 0.5)], [("block: dropout", 0.2)]), NAMES)
    assert not code.switches and "block: dropout is a function" in code.skipped["dropout"]
    assert "the same" in of_dropout(([("a", 0.5)], [("x", 0.5)]), NAMES).skipped["dropout"]
