"""Pairing by kind, shape and order, and by what flows, on units and events made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.flow import DIFFER, EQUAL, MOVED, PART, Flow, relation, settle
from benchmarks.twins.match import Link, exchanged, match, turned
from common.twins.probe import Event, Unit

RNG = np.random.default_rng(0)


def dense(name: str, shape: tuple[int, int], *, bias: bool = True) -> Unit:
    weights = {"kernel": shape} | ({"bias": (shape[1],)} if bias else {})
    return Unit(name, "dense", weights, layer=name)


def own(name: str, *shapes: tuple[int, ...]) -> Unit:
    return Unit(name, "other", {f"weight{i}": shape for i, shape in enumerate(shapes, 1)})


def pairs(ones, others, chosen=None, flatten=None):
    matching = match(ones, others, chosen or {}, flatten or {})
    return [(pair.one.name, pair.other.name) for pair in matching.pairs]


def test_equal_counts_pair_by_order_within_a_shape():
    ones = [dense("a", (3, 4)), dense("b", (4, 4)), dense("c", (4, 4))]
    others = [dense("y", (4, 4)), dense("x", (3, 4)), dense("z", (4, 4))]
    assert pairs(ones, others) == [("a", "x"), ("b", "y"), ("c", "z")]


def test_a_missing_layer_leaves_its_neighbours_paired():
    ones = [dense("a", (3, 4)), dense("b", (4, 4)), dense("c", (4, 4)), dense("d", (4, 2))]
    others = [dense("x", (3, 4)), dense("y", (4, 4)), dense("z", (4, 2))]
    matching = match(ones, others, {}, {})
    assert [pair.other.name for pair in matching.pairs] == ["x", "y", "z"]
    assert [unit.name for unit in matching.alone_one] == ["c"] and not matching.alone_other


def test_a_missing_bias_is_a_role_alone():
    (pair,) = match([dense("a", (3, 4))], [dense("x", (3, 4), bias=False)], {}, {}).pairs
    assert pair.alone() == (["bias"], []) and pair.name == "a ~ x"


def test_a_window_of_one_is_a_dense_layer():
    window = Unit("c", "conv2d", {"kernel": (1, 1, 3, 4), "bias": (4,)}, layer="c")
    matching = match([window], [dense("d", (3, 4))], {}, {})
    kernel = RNG.normal(size=(1, 1, 3, 4))
    values = matching.to_other({"c/kernel": kernel, "c/bias": np.ones(4)})
    assert np.array_equal(values["d/kernel"], kernel[0, 0]) and values["d/bias"].shape == (4,)
    assert np.array_equal(matching.to_one(values)["c/kernel"], kernel)


def test_layers_of_ones_own_pair_weight_by_weight():
    ones = [own("tokens", (1, 1, 8), (1, 7, 8))]
    others = [own("net", (1, 7, 8), (1, 1, 8))]
    matching = match(ones, others, {}, {})
    assert [(p.links[0].one, p.links[0].other) for p in matching.pairs] == [
        ("weight1", "weight2"),
        ("weight2", "weight1"),
    ]


def test_a_matrix_of_ones_own_may_lie_the_other_way_round():
    matching = match([own("w", (3, 4))], [own("v", (4, 3))], {}, {})
    value = RNG.normal(size=(3, 4))
    assert np.array_equal(matching.to_other({"w/weight1": value})["v/weight1"], value.T)
    square = match([own("w", (3, 3))], [own("v", (3, 3))], {}, {})
    other = turned(square, 0)
    assert other is not None and other.pairs[0].links[0].axes == (1, 0)
    assert turned(match([dense("a", (3, 3))], [dense("b", (3, 3))], {}, {}), 0) is None


def test_flatten_moves_the_rows_of_a_kernel_there_and_back():
    link = Link("kernel", "kernel", (0, 1), (12, 2), flattened=(2, 2, 3))
    rows, kernel = RNG.normal(size=(5, 2, 2, 3)), RNG.normal(size=(12, 2))
    first = np.moveaxis(rows, -1, 1).reshape(5, -1)
    assert np.allclose(first @ link.to_other(kernel), rows.reshape(5, -1) @ kernel)
    assert np.array_equal(link.to_one(link.to_other(kernel), (12, 2)), kernel)


def test_pairs_and_flatten_name_layers_that_are_there():
    with pytest.raises(ValueError, match="PAIRS has 'q', expected one of a"):
        match([dense("a", (3, 4))], [dense("x", (3, 4))], {"q": "x"}, {})
    with pytest.raises(ValueError, match="FLATTEN has 'q'"):
        match([dense("a", (3, 4))], [dense("x", (3, 4))], {}, {"q": (1, 3)})


def test_how_two_tensors_compare():
    tensor = RNG.normal(size=(4, 3, 5))
    assert relation(tensor, tensor[..., None]) == EQUAL
    assert relation(tensor, tensor + 1e-9) == EQUAL
    assert relation(tensor, tensor.transpose(0, 2, 1)) == MOVED
    assert relation(tensor, np.pad(tensor, ((0, 0), (1, 0), (0, 2)))) == PART
    assert relation(tensor, tensor[:, ::-1]) == PART
    assert relation(tensor, tensor[:, 1:]) == PART
    assert relation(tensor, tensor + 1e-3) == DIFFER
    assert relation(tensor, RNG.normal(size=(4, 3, 5))) == DIFFER
    assert relation(np.zeros((2, 2)), np.ones((2, 2))) == DIFFER


class Network:
    """Layers after each other: y = tanh(W_k ... tanh(W_1 x)), in an order of one's own."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.units = [dense(name, (4, 4), bias=False) for name in sorted(order)]

    def run(self, values):
        x, events = np.linspace(-1, 1, 12).reshape(3, 4), []
        for name in self.order:
            y = x @ values[f"{name}/kernel"]
            events.append(Event(name, "Dense", (x,), (y,)))
            x = np.tanh(y)
        return events, x


@pytest.mark.parametrize("order", ["abc", "cab", "cba", "bac"])
def test_what_flows_decides_between_layers_of_one_shape(order):
    one, other = Network("abc"), Network(order)
    values = {f"{name}/kernel": RNG.normal(size=(4, 4)) for name in "abc"}
    shown, expected = one.run(values)

    def run(matching):
        events, outputs = other.run(matching.to_other(values))
        return Flow(events, np.allclose(outputs, expected))

    start = match(one.units, other.units, {}, {})
    matching, flow = settle(start, shown, run)
    assert flow.agree
    assert [pair.other.name for pair in matching.pairs] == list(order)


def test_an_exchange_leaves_the_other_pairs_alone():
    ones = [dense(name, (4, 4)) for name in "abc"]
    matching = exchanged(match(ones, ones, {}, {}), 0, 2)
    assert [pair.other.name for pair in matching.pairs] == ["c", "b", "a"]
    assert not any(pair.forced for pair in matching.pairs)


def test_what_flows_decides_which_of_two_layers_has_the_partner():
    """The second model has two layers of one shape, and the first one's input is what the second of
    them is given."""
    one, other = Network("a"), Network("ab")
    matching = match(one.units, other.units, {}, {})
    assert [pair.other.name for pair in matching.pairs] == ["a"]
    x, y = np.ones((2, 4)), np.full((2, 4), 3.0)
    shown = [Event("a", "Dense", (y,), (y,))]
    theirs = [Event("a", "Dense", (x,), (x,)), Event("b", "Dense", (y,), (y,))]
    matching, _ = settle(matching, shown, lambda _: Flow(theirs, False))
    assert [pair.other.name for pair in matching.pairs] == ["b"]
    assert [unit.name for unit in matching.alone_other] == ["a"]
    chosen = match(one.units, other.units, {"a": "a"}, {})
    assert settle(chosen, shown, lambda _: Flow(theirs, False))[0] == chosen
