"""Settings of paired layers in one convention, before anything runs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.twins.match import match
from benchmarks.twins.preflight import preflight
from common.twins.probe import Unit

NAMES = ("keras", "torch")
CONV = {"kernel": (3, 3, 2, 4), "bias": (4,)}


def lines(one, other, *, kind="conv2d", shapes=CONV, theirs=None):
    units = (
        [Unit("c", kind, shapes, settings=one)],
        [Unit("c", kind, theirs or shapes, settings=other)],
    )
    return said(units)


def said(units):
    sides = [SimpleNamespace(framework=n, units=u) for n, u in zip(NAMES, units, strict=True)]
    return preflight(match(*units, {}, {}).pairs, sides)


@pytest.mark.parametrize(
    "one, other",
    [
        ({"padding": "same", "strides": (1, 1)}, {"padding": (1, 1), "strides": 1}),
        ({"padding": "valid", "dilation_rate": 1}, {"padding": 0}),
        ({"padding": "SAME", "strides": (2, 2)}, {"padding": "same", "strides": (2, 2)}),
        ({"padding": "same", "data_format": "channels_last"}, {"padding": ((1, 1), (1, 1))}),
        ({"padding": "same", "dilation_rate": (2, 2)}, {"padding": 2, "dilation_rate": 2}),
        ({"use_bias": True, "groups": 1}, {"use_bias": True}),
    ],
)
def test_one_setting_in_two_conventions_is_no_difference(one, other):
    assert lines(one, other) == []


def test_what_differs_is_said_with_both_values():
    (line,) = lines({"padding": "same", "strides": 2}, {"padding": (1, 1), "strides": 2})
    assert line == "c: padding is same in keras and ((1, 1), (1, 1)) in torch"
    (line,) = lines({"epsilon": 1e-3}, {"epsilon": 1e-5}, kind="layer_norm", shapes={"gamma": (4,)})
    assert line == "c: epsilon is 0.001 in keras and 1e-05 in torch"
    assert lines({"momentum": 0.99}, {"momentum": 0.9900000001}) == []


def test_a_weight_of_one_side_and_the_numbers_of_weights_are_said():
    told = lines({}, {}, theirs={"kernel": (3, 3, 2, 4)})
    assert told == [
        "c: bias in keras alone",
        "76 weights in keras and 72 weights in torch",
    ]


def test_one_setting_of_many_layers_is_one_line():
    units = [
        [Unit(f"n{i}", "layer_norm", {"gamma": (i,)}, settings={"epsilon": e}) for i in (2, 3)]
        for e in (1e-3, 1e-5)
    ]
    (line,) = said(units)
    assert line.startswith("n2, n3: epsilon")


@pytest.mark.parametrize(
    "size, padding, output_padding, told", [(4, 1, 0, 0), (5, 2, 1, 1), (3, 1, 1, 1)]
)
def test_a_crop_is_compared_in_numbers(size, padding, output_padding, told):
    shapes = {"kernel": (size, size, 4, 2)}
    other = {"padding": padding, "output_padding": output_padding, "strides": (2, 2)}
    mine = {"padding": "same", "strides": 2}
    assert len(lines(mine, other, kind="conv2d_transpose", shapes=shapes)) == told
