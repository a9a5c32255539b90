"""Rows that are prepared otherwise: scales, orders of colours, resizes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes.preprocessing import explained as preprocessed
from benchmarks.twins.causes.resizing import RESIZES, Resize, resized
from benchmarks.twins.prepared import Prepared
from tests.twins.scenes import NAMES

IMAGES = list(np.random.default_rng(2).integers(0, 256, (3, 20, 24, 3), dtype=np.uint8))
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def prepared_by(one, other):
    rows = [[np.asarray(function(x.astype(float))) for x in IMAGES] for function in (one, other)]
    return list(preprocessed(Prepared(IMAGES, *rows), NAMES))


def to(size, *rule, **more):
    return lambda x: resized(x, size, Resize(*rule, **more)) / 255


def test_a_scale_and_an_order_of_colours_are_found_together_and_alone():
    (scale,) = prepared_by(lambda x: x / 127.5 - 1, lambda x: (x / 255 - MEAN) / DEVIATION)
    assert scale.entry == "preprocessing_scale" and scale.proved
    assert scale.write == "x / 127.5 - 1, with x in bytes" and "std of ImageNet" in scale.difference
    (order,) = prepared_by(lambda x: x / 255, lambda x: x[..., ::-1] / 255)
    assert order.entry == "preprocessing_channels" and order.proved
    causes = prepared_by(lambda x: x[..., ::-1] - [103.939, 116.779, 123.68], lambda x: x / 255)
    assert [c.entry for c in causes] == ["preprocessing_channels", "preprocessing_scale"]


@pytest.mark.parametrize("rule", RESIZES[1:], ids=str)
def test_the_rule_of_a_resize_is_found(rule):
    (cause,) = prepared_by(to((9, 7), "bilinear"), to((9, 7), *rule))
    assert cause.entry == "preprocessing_resize" and cause.proved
    assert str(rule) in cause.difference


def test_what_is_no_recipe_and_what_is_the_same_have_no_cause():
    assert prepared_by(lambda x: x / 255, lambda x: x * (1 / 255)) == []
    assert prepared_by(lambda x: x / 255, lambda x: (x / 255) ** 2.2) == []
    assert prepared_by(to((9, 7), "bilinear"), lambda x: x[4:13, 8:15] / 255) == []
