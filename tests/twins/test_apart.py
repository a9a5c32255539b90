"""Own and inherited errors of pairs, in arrays alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.apart import apart, error
from benchmarks.twins.match import Matching, Pair
from benchmarks.twins.place import Models
from common.twins.probe import Event, Unit

X = np.random.default_rng(0).normal(size=(2, 5, 4, 3))


def pair(name: str, **settings) -> Pair:
    ours, theirs = ({key: pair[i] for key, pair in settings.items()} for i in (0, 1))
    return Pair(
        Unit(name, "dense", {}, layer=name, settings=ours),
        Unit(f"net.{name}", "dense", {}, layer=f"net.{name}", settings=theirs),
        (),
    )


def models(factors, called=lambda layer, inputs: None, alone=((), ())) -> Models:
    """Two chains of layers that multiply: in the first by 2, in the second by these factors."""
    pairs = tuple(pair(f"l{i}", factor=(2, factor)) for i, factor in enumerate(factors))
    chains = []
    for prefix, own in (("", [2] * len(factors)), ("net.", factors)):
        x, events = X, []
        for i, factor in enumerate(own):
            events.append(Event(f"{prefix}l{i}", "dense", (x,), (x * factor,)))
            x = x * factor
        chains.append(events)
    return Models(("keras", "torch"), Matching(pairs, *alone), *chains, called)


def test_a_wrong_layer_has_an_error_of_its_own_and_those_behind_it_inherit():
    factors = (2, 3, 2, 4)
    asked = []

    def called(layer, inputs):
        asked.append(layer)
        return (inputs[0] * factors[int(layer[-1])],)

    first, wrong, behind, again = apart(models(factors, called), replay=True)
    assert (first.inherited, first.after, first.own) == (0, 0, 0)
    assert (wrong.inherited, wrong.after, wrong.own) == pytest.approx((0, 0.5, 0.5))
    assert (behind.inherited, behind.after, behind.own) == pytest.approx((0.5, 0.5, 0))
    assert (again.inherited, again.after, again.own) == pytest.approx((0.5, 2, 1))
    assert asked == ["net.l2", "net.l3"]  # the others' inputs agree
    assert wrong.settings == ("factor is 2 in keras and 3 in torch",) and not first.settings


def test_no_layer_is_called_alone_where_the_outputs_agree():
    def called(layer, inputs):
        raise AssertionError(layer)

    layers = apart(models((2, 3, 2), called))
    assert [layer.own and round(layer.own, 9) for layer in layers] == [0, 0.5, None]


def test_a_layer_that_cannot_be_called_alone_or_was_not_seen_has_no_error():
    def called(layer, inputs):
        raise ValueError("needs its state")

    assert apart(models((3, 2), called), replay=True)[1].own is None
    one, other = Unit("a", "dense", {}), Unit("b", "lstm", {})
    unseen = models((2,), alone=((one,), (other,)))._replace(one=())
    layers = apart(unseen, replay=True)
    assert [(layer.one, layer.other, layer.shown) for layer in layers] == [
        ("l0", "net.l0", False),
        ("a", "", False),
        ("", "b", False),
    ]


@pytest.mark.parametrize(
    "other",
    [
        X,
        np.moveaxis(X, -1, 1),
        X.reshape(2, -1),
        X[:, None],
        np.pad(X, ((0, 0), (1, 1), (0, 0), (0, 0))),
    ],
    ids=["equal", "channels first", "flat", "an axis of one", "a pad beside the layer"],
)
def test_what_is_only_laid_out_otherwise_is_no_error(other):
    assert error([X], [other]) == 0
    assert error([X], [np.zeros(7), other]) == 0


def test_a_flatten_in_another_order_and_other_shapes_are_errors():
    flat = X.reshape(2, -1)
    assert error([flat], [np.moveaxis(X, -1, 1).reshape(2, -1)]) > 0.1
    assert error([X], [X[:, :-1] + 1]) == np.inf
    assert error([], [X]) is None
