"""The line for a whole pooling: each framework runs it, and gives what the formula gives."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.twins.causes.pooled import line
from benchmarks.twins.causes.witness.windows import pooled, same_pads
from common.framework import frameworks

X = np.random.default_rng(6).normal(size=(2, 7, 8, 3)).astype(np.float32)
SIZE, STRIDES = (3, 2), (2, 2)
SAME = same_pads(X.shape[1:-1], SIZE, STRIDES)
PADS = {
    "none": ((0, 0), (0, 0)),
    "as much on both sides": ((1, 1), (1, 1)),
    "same": SAME,
    "at one end": ((0, 1), (1, 0)),
}
EVERY = [
    {"kind": kind, "pads": pads, "counted": counted, "zeros": zeros}
    for kind, pads in product(("max", "mean"), PADS.values())
    for counted, zeros in product((True, False), (True, False))
    if not (counted if kind == "max" else zeros)
    if any(map(any, pads)) or counted == (kind == "mean") > zeros
]


@pytest.mark.parametrize("name", ["keras", "torch", "jax"])
def test_what_is_written_for_a_pooling_pools_so(process_of, name):
    if frameworks()[name].missing:
        pytest.skip(f"needs {name}")
    for settings in EVERY:
        whole = {**settings, "size": SIZE, "strides": STRIDES}
        text = line(name, whole, SAME)
        value = process_of(name).call(f"tests.twins.causes.pool_lines:in_{name}", text, X)
        np.testing.assert_allclose(value, pooled(X, **whole), atol=1e-5, err_msg=text)


def test_a_border_that_a_framework_has_is_written_as_it_has_it():
    settings = {"kind": "mean", "size": SIZE, "strides": STRIDES, "zeros": False}
    lines = [
        line(name, {**settings, "pads": pads, "counted": counted}, SAME)
        for name, pads, counted in (
            ("torch", ((1, 1), (1, 1)), False),
            ("keras", SAME, False),
            ("jax", ((0, 1), (1, 0)), True),
            ("torch", ((0, 0), (0, 0)), False),
            ("torch", ((0, 1), (0, 0)), False),
        )
    ]
    assert lines == [
        "nn.AvgPool2d((3, 2), (2, 2), padding=(1, 1), count_include_pad=False)",
        "layers.AveragePooling2D((3, 2), (2, 2), padding='same')",
        "nnx.avg_pool(x, (3, 2), (2, 2), padding=((0, 1), (1, 0)), count_include_pad=True)",
        "nn.AvgPool2d((3, 2), (2, 2))",
        "nn.AvgPool2d((3, 2), (2, 2)) of nn.functional.pad(x, (0, 0, 0, 1)), divided by that of "
        "nn.functional.pad(torch.ones_like(x), (0, 0, 0, 1))",
    ]
