"""Where two models part, on events made by hand."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.match import Matching
from benchmarks.twins.place import Models, faults, lasting
from benchmarks.twins.traces.judge import _comparable
from common.twins.probe import Event
from tests.twins.test_apart import pair

DENSE = np.linspace(0, 1, 120_001)[1:].reshape(2, 300, 200)  # neighbours lie 8e-6 apart
RNG = np.random.default_rng(0)
FLOAT32 = 1e-4, 1e-5  # tolerances of recordings


def models(*layers) -> Models:
    """Two chains; of each layer its name, what goes in and out of the first, and of the second."""
    pairs = tuple(pair(name, activation=("relu", "tanh")) for name, *_ in layers)
    one = [Event(name, "dense", (a,), (b,)) for name, a, b, *_ in layers]
    other = [Event(f"net.{name}", "dense", (a,), (b,)) for name, *_, a, b in layers]

    def called(layer, inputs):
        raise ValueError(layer)

    return Models(("keras", "torch"), Matching(pairs, (), ()), one, other, called)


def first(*layers, tolerances=FLOAT32):
    return faults(models(*layers), tolerances)[0]


def test_a_layer_that_is_off_by_more_than_its_values_lie_apart_is_the_place():
    """Each value has a neighbour of the other tensor within the tolerance, and none is its own."""
    x, off = DENSE + 1, DENSE * (1 + 5e-4)
    fault = first(("norm", x, DENSE, x, off), ("next", DENSE, x, off * 3, x * 2))
    assert fault.places[:2] == ("norm", "net.norm")
    assert "what goes in agrees" in fault.sentence and "activation is relu" in fault.sentence


def test_a_row_in_another_order_is_still_what_a_layer_may_give():
    x = DENSE[:, :5, :6]
    turned = x.reshape(2, 30)[:, ::-1]
    fault = first(("heads", x, x.reshape(2, 30), x, turned), ("next", x, x, turned * 3, x * 2))
    assert fault.places[0] == "between heads ~ net.heads and next ~ net.next"


def padded(x):
    return np.concatenate([x, x[:, -1:] + 1], axis=1)


def test_a_layer_that_gives_more_of_the_same_is_the_place_where_the_next_takes_all():
    """Such as a kernel of 64 with 32 of padding on both sides: 129 values for 128."""
    x = np.random.default_rng(0).normal(size=(2, 7, 5))
    conv = ("conv", x, x, x, padded(x))
    norm = ("norm", x, x, padded(x), 2 * padded(x))
    assert first(conv, norm).places[:2] == ("conv", "net.conv")
    shift = ("shift", x, x, padded(x), padded(x))
    assert first(conv, shift, norm).places[:2] == ("conv", "net.conv")


def test_what_is_cropped_behind_a_layer_is_none_of_its_faults():
    x = np.random.default_rng(0).normal(size=(2, 7, 5))
    flat = x.swapaxes(1, 2).reshape(2, 35)
    conv = ("conv", x, x, x, padded(x))
    fault = first(conv, ("classes", x.reshape(2, 35), x, flat, 2 * x))
    assert fault.places[0] == "between conv ~ net.conv and classes ~ net.classes"
    assert "another order" in fault.sentence


def test_no_activation_is_read_into_values_that_lie_close():
    """Recordings have an activation inside of a layer, or behind it: then it gives the *same*."""
    x, off = DENSE + 1, DENSE * (1 + 5e-4)
    shown = models(("norm", x, DENSE, x, off), ("act", DENSE, DENSE, off, off * (1 + 1e-5)))
    assert np.array_equal(_comparable(shown, FLOAT32[0]).other[0].outputs[0], off)
    behind = models(("norm", x, DENSE, x, off), ("act", DENSE, DENSE, off, DENSE))
    assert np.array_equal(_comparable(behind, FLOAT32[0]).other[0].outputs[0], DENSE)


def test_a_table_that_one_model_adds_and_the_other_looks_up_is_no_place_of_a_fault():
    x, table, places = RNG.normal(size=(2, 7, 5)), RNG.normal(size=(7, 5)), np.arange(7)
    shown = models(
        ("position", x, x + table, places, table), ("norm", x + table, x, x + table, 2 * x)
    )
    own, *rest = shown.matching.pairs
    own = own._replace(
        one=own.one._replace(kind="other"), other=own.other._replace(kind="embedding")
    )
    fault = faults(shown._replace(matching=Matching((own, *rest), (), ())))[0]
    assert fault.places[:2] == ("norm", "net.norm")


def test_what_one_model_shows_in_parts_is_compared_as_a_whole():
    """A right attention, whose projections Keras shows, is not blamed for what comes after."""
    x, inner, out = (RNG.normal(size=(2, 7, 5)) for _ in range(3))
    parts = [("query", x, inner), ("value", x, inner + 1), ("projected", inner + 2, out)]
    pairs = []
    for name, *_ in parts:
        both = pair(name)
        part = both.other._replace(name=f"net.mha.{name}", layer="net.mha")
        pairs.append(both._replace(other=part))
    norm = pair("norm")

    def shown(whole, last) -> Models:
        one = [Event(name, "dense", (a,), (b,)) for name, a, b in parts]
        other = [Event("net.mha", "attention", (x,), (whole,))]
        one.append(Event("norm", "dense", (out,), (x,)))
        other.append(Event("net.norm", "dense", (whole,), (last,)))
        chains = models(("norm", out, x, whole, last))
        return chains._replace(one=one, other=other, matching=Matching((*pairs, norm), (), ()))

    (fault,) = faults(shown(out, 2 * x))
    assert fault.places[:2] == ("norm", "net.norm")
    fault = faults(shown(2 * out, 2 * x))[0]
    assert fault.places[0] == "query" and "net.mha" in fault.places


def test_a_difference_that_later_layers_pass_on_is_a_place_though_the_outputs_agree():
    x = np.random.default_rng(1).normal(size=(2, 7, 5))
    off = x + 1
    conv = ("conv", x, x, x, off)
    (fault,) = lasting(models(conv, ("next", x, 2 * x, off, 2 * off)))
    assert fault.places[:2] == ("conv", "net.conv") and "in evaluation" in fault.sentence
    washed = ("norm", x, 2 * x, off, 2 * x)  # as a normalisation does to a bias before it
    assert lasting(models(conv, washed)) == []
    assert lasting(models(("conv", x, x, x, x), ("next", x, x, x, x))) == []


def test_more_values_that_a_pooling_takes_otherwise_are_the_layer_s_fault_and_no_pooling_s():
    """The first ones moved, as by a border of its own; one more at the end is pooled away."""
    x = np.random.default_rng(0).normal(size=(2, 7, 5))
    wide = [np.concatenate([x[:, -1:], x], axis=1), np.concatenate([x, x[:, :1]], axis=1)]
    places = [
        first(("conv", x, x, x, y), ("out", x[:, 1:], x, 2 * y[:, 1:7], 3 * x)).places[0]
        for y in wide
    ]
    assert places == ["conv", "between conv ~ net.conv and out ~ net.out"]
    chain = models(("conv", x, x, x, wide[0]), ("out", x[:, 1:], x, 2 * x[:, 1:], 3 * x))
    crop = Event("Net", "getitem", (wide[0],), (x,))
    chain = chain._replace(other=[chain.other[0], crop, chain.other[1]])
    assert faults(chain, FLOAT32)[0].places[0].startswith("between conv")
