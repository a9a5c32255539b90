"""Functions between layers are named by what they do, and their difference is the cause."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.twins.causes import between
from tests.twins.causes.functions import (
    BLOCKS,
    IMAGE,
    PROBABLE,
    STEPS,
    X,
    erf,
    parting,
    relu,
    sigmoid,
    softmax,
)
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def pooled(x, pads, reduce, border):
    """Windows of 3 with strides of 2, one by one."""
    x = np.pad(x, [(0, 0), pads, pads, (0, 0)], constant_values=border)
    places = range(0, x.shape[1] - 2, 2)
    return np.stack(
        [np.stack([reduce(x[:, i : i + 3, j : j + 3]) for j in places], 1) for i in places], 1
    )


def top(window):
    return window.max((1, 2))


def counted(window):
    return window.mean((1, 2))


def uncounted(window):
    return np.nanmean(window, (1, 2))


def corners(x):
    """Ten places of five, linear, on the first axis of the space alone."""
    at = np.linspace(0, 4, 10)
    rows = [x[:, int(a)] * (1 - a % 1) + x[:, min(int(a) + 1, 4)] * (a % 1) for a in at]
    return np.stack(rows, 1)


def halves(x):
    at = np.clip((np.arange(10) + 0.5) / 2 - 0.5, 0, 4)
    rows = [x[:, int(a)] * (1 - a % 1) + x[:, min(int(a) + 1, 4)] * (a % 1) for a in at]
    return np.stack(rows, 1)


FAULTS = [
    ("clip", X, relu, lambda x: x.clip(0, 6)),
    ("clip", X, lambda x: x.clip(-5, 5), lambda x: x),
    ("slope", X, lambda x: np.where(x > 0, x, 0.3 * x), lambda x: np.where(x > 0, x, 0.01 * x)),
    (
        "slope",
        X,
        lambda x: np.where(x > 0, x, np.expm1(x)),
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(x)),
    ),
    (
        "gelu_form",
        X,
        lambda x: x / 2 * (1 + erf(x / math.sqrt(2))),
        lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    (
        "hard_sigmoid_form",
        X,
        lambda x: (0.2 * x + 0.5).clip(0, 1),
        lambda x: (x / 6 + 0.5).clip(0, 1),
    ),
    ("activation", X, np.tanh, sigmoid),
    ("activation_missing", X, np.tanh, lambda x: x),
    ("softmax_axis", STEPS, lambda x: softmax(x, -1), lambda x: softmax(x, 1)),
    ("scale_missing", X, lambda x: x * math.sqrt(8), lambda x: x),
    (
        "flatten_order",
        IMAGE,
        lambda x: x.reshape(4, -1),
        lambda x: np.moveaxis(x, -1, 1).reshape(4, -1),
    ),
    (
        "reshape_order",
        rng.normal(size=(6, 12)),
        lambda x: x.reshape(6, 2, 2, 3),
        lambda x: np.moveaxis(x.reshape(6, 3, 2, 2), 1, -1),
    ),
    ("reshape_for_transpose", STEPS, lambda x: x.swapaxes(1, 2), lambda x: x.reshape(5, 4, 6)),
    ("channel_order", IMAGE, lambda x: x, lambda x: x[..., ::-1]),
    ("time_order", STEPS, lambda x: x, lambda x: x[:, ::-1]),
    ("normalised_axis", rng.normal(size=(4, 5, 5)), lambda x: x.mean(1), lambda x: x.mean(2)),
    ("pooling_kind", IMAGE, lambda x: x.mean((1, 2)), lambda x: x.max((1, 2))),
    (
        "pooling_padding",
        rng.normal(size=(4, 6, 6, 3)),
        lambda x: pooled(x, (0, 1), top, -np.inf),
        lambda x: pooled(x, (1, 0), top, -np.inf),
    ),
    (
        "pooling_padded_by_zeros",
        IMAGE - 2,
        lambda x: pooled(x, (1, 1), top, -np.inf),
        lambda x: pooled(x, (1, 1), top, 0.0),
    ),
    (
        "pooling_counts_padding",
        IMAGE,
        lambda x: pooled(x, (1, 1), uncounted, np.nan),
        lambda x: pooled(x, (1, 1), counted, 0.0),
    ),
    ("resize_grid", STEPS[:, :5], halves, corners),
    ("interpolation", STEPS[:, :5], lambda x: x.repeat(2, 1), halves),
    ("biased_variance", X, lambda x: x.std(1), lambda x: x.std(1, ddof=1)),
    (
        "reshape_for_transpose",
        BLOCKS,
        lambda x: x.reshape(4, 3, 3, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(4, 6, 6, 2),
        lambda x: x.reshape(4, 3, 3, 2, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(4, 6, 6, 2),
    ),
    (
        "reshape_for_transpose",
        BLOCKS,
        lambda x: x,
        lambda x: x.reshape(4, 3, 3, 2, 4).swapaxes(-1, -2).reshape(x.shape),
    ),
    (
        "flatten_order",
        IMAGE,
        lambda x: x.swapaxes(1, 2).reshape(4, 5, 15),
        lambda x: x.transpose(0, 2, 3, 1).reshape(4, 5, 15),
    ),
]


@pytest.mark.parametrize(
    "entry, x, one, other", FAULTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_planted_function_is_named_and_proved_and_its_right_twin_is_not(entry, x, one, other):
    causes = list(between.find(parting(x, one(x), other(x))))
    assert [(cause.entry, cause.proved) for cause in causes] == [(entry, True)]
    assert causes[0].after < 1e-6 < causes[0].before and causes[0].write
    for function in (one, other):  # what differs is then behind it
        assert list(between.find(parting(x, function(x), function(x).copy()))) == []


def test_what_the_second_model_alone_has_is_to_go():
    (cause,) = between.find(parting(IMAGE, IMAGE, IMAGE[..., ::-1]))
    assert cause.write == "nothing there, without a reversal with axis 3"


def test_rows_that_one_model_scales_are_preprocessing():
    (cause,) = between.find(parting(IMAGE, IMAGE / 127.5 - 1, IMAGE))
    assert cause.entry == "preprocessing" and "-1" in cause.write


def ends(x, mine, theirs):
    """A dense layer and what each model has behind it, which are its outputs."""
    flows = [
        [event("a", "Dense", x, x), event(name, name, x, y)]
        for name, y in (("f", mine), ("g", theirs))
    ]
    if theirs is x:
        del flows[1][1]
    return scene(*flows, [x], units=[[unit("a", "dense", {"kernel": np.eye(2)})]] * 2)


@pytest.mark.parametrize(
    "entry, x, function",
    [
        ("last_activation", X, sigmoid),
        ("sigmoid_twice", PROBABLE, sigmoid),
        ("softmax_twice", softmax(X, 1), lambda x: softmax(x, 1)),
    ],
)
def test_what_ends_one_model_alone(entry, x, function):
    (cause,) = between.find(ends(x, function(x), x))
    assert cause.entry == entry and cause.proved


def test_a_factor_stands_before_or_behind_a_sum():
    positions, factor = rng.normal(size=(6, 4)), 2.0
    mine, theirs = STEPS * factor + positions, (STEPS + positions) * factor
    (cause,) = between.find(parting(STEPS, mine, theirs))
    assert cause.entry == "scale_place" and cause.proved
    assert list(between.find(parting(STEPS, mine, STEPS * factor + positions**2))) == []
