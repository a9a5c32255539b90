"""Convolutions: another border, stride or gap is found by what it gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes import convolutions
from tests.twins.causes.layers import IMAGE, twice
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)

KERNEL, BIAS = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=4)


def conv(x, before, after, stride=1, gap=1, border="constant"):
    """Place by place."""
    x = np.pad(x, [(0, 0), (before, after), (before, after), (0, 0)], mode=border)
    span, at = 2 * gap + 1, range(0, x.shape[1] - 2 * gap, stride)
    out = [[x[:, i : i + span : gap, j : j + span : gap] for j in at] for i in at]
    return np.einsum("ijnhwc,hwco->nijo", np.array(out), KERNEL) + BIAS


SAME = {"padding": "same", "strides": (2, 2)}
CONVOLUTIONS = [
    (
        "padding_side",
        (conv(IMAGE, 0, 1, 2), SAME),
        (conv(IMAGE, 1, 1, 2)[:, :3, :3], {"padding": (1, 1), "strides": (2, 2)}),
    ),
    (
        "dilation",
        (conv(IMAGE, 1, 1), {"padding": "same"}),
        (conv(IMAGE, 2, 2, gap=2), {"padding": "same", "dilation_rate": (2, 2)}),
    ),
    (
        "strides",
        (conv(IMAGE, 0, 0), {"padding": "valid"}),
        (conv(IMAGE, 0, 0, 3), {"padding": "valid", "strides": (3, 3)}),
    ),
    (  # whose border, by the stride, is reached on one side alone
        "strides",
        (conv(IMAGE, 1, 1), {"padding": "same"}),
        (conv(IMAGE, 1, 1, 2), {"padding": (1, 1), "strides": (2, 2)}),
    ),
    (
        "padding_mode",
        (conv(IMAGE, 1, 1), {"padding": (1, 1)}),
        (conv(IMAGE, 1, 1, border="reflect"), {"padding": (1, 1), "padding_mode": "reflect"}),
    ),
    (
        "causal_padding",
        (conv(IMAGE, 2, 0), {"padding": "causal"}),
        (conv(IMAGE, 1, 1), {"padding": (1, 1)}),
    ),
]


@pytest.mark.parametrize("entry, one, other", CONVOLUTIONS, ids=[row[0] for row in CONVOLUTIONS])
def test_a_setting_of_a_convolution_is_proved(entry, one, other):
    made = {"kernel": KERNEL, "bias": BIAS}
    given = twice("conv2d", "c", made, IMAGE, one[0], other[0], (one[1], other[1]))
    (cause,) = convolutions.find(given)
    assert cause.entry == entry and cause.proved and cause.write


def test_a_pad_that_stands_beside_a_layer_below_a_fault_is_no_cause():
    """The first layer differs; the second pads inside in one model and outside in the other."""
    made = {"kernel": KERNEL, "bias": BIAS}
    flows, units = [], []
    for n, x in enumerate((IMAGE, IMAGE * 2)):
        y = conv(x, 1, 1)
        around = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        flow = [event("f", "D", IMAGE, x)]
        flow += [event("p", "pad", x, around)] if n else []
        flows.append([*flow, event("c", "C", around if n else x, y), event("o", "D", y, y)])
        own = {"padding": "valid" if n else "same"}
        dense = [
            unit(name, "dense", {"kernel": np.eye(size)}) for size, name in ((2, "f"), (9, "o"))
        ]
        units.append([dense[0], unit("c", "conv2d", made, **own), dense[1]])
    assert not [*convolutions.find(scene(*flows, [IMAGE], units=units))]


def test_what_to_write_counts_from_what_the_pad_beside_the_layer_is_given():
    """Keras pads by a layer of its own, on one side; PyTorch on both, where the stride shifts."""
    made = {"kernel": KERNEL, "bias": BIAS}
    wide = [np.pad(IMAGE, [(0, 0), (n, 1), (n, 1), (0, 0)]) for n in (0, 1)]
    ours, theirs = conv(IMAGE, 0, 1, 2), conv(IMAGE, 1, 1, 2)[:, :3, :3]
    said = ({"padding": "valid", "strides": (2, 2)},) * 2
    given = twice("conv2d", "c", made, wide[0], ours, theirs, said, x2=wide[1])
    for flow, around in zip((given.models.one, given.models.other), wide, strict=True):
        flow.insert(0, event("p", "ZeroPad2d", IMAGE, around))
    (cause,) = convolutions.find(given)
    assert cause.entry == "padding_side" and cause.proved
    assert "pad(x, (0, 1, 0, 1))" in cause.write


@pytest.mark.parametrize("kind, mode", [("pad", "reflect"), ("ReplicationPad2d", "")])
def test_a_border_beside_a_layer_is_another_kind_of_border(kind, mode):
    border = "reflect" if mode else "edge"
    wide = np.pad(IMAGE, [(0, 0), (1, 1), (1, 1), (0, 0)], mode=border)
    made = {"kernel": KERNEL, "bias": BIAS}
    said = ({"padding": "valid"}, {"padding": (1, 1)})
    ours, theirs = conv(IMAGE, 1, 1, border=border), conv(IMAGE, 1, 1)
    given = twice("conv2d", "c", made, wide, ours, theirs, said, x2=IMAGE)
    given.models.one.insert(0, event("p", kind, IMAGE, wide, **({"mode": mode} if mode else {})))
    (cause,) = convolutions.find(given)
    assert cause.entry == "padding_mode" and cause.proved and border[:4] in cause.difference


def test_a_transposed_convolution_is_cropped_elsewhere():
    kernel = rng.normal(size=(3, 3, 4, 2))
    full = np.zeros((3, 13, 13, 4))
    for i in range(6):
        for j in range(6):
            place = (slice(None), slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
            full[place] += np.einsum("nc,hwoc->nhwo", IMAGE[:, i, j], kernel)
    ours, theirs = full[:, :12, :12], full[:, 1:, 1:]
    said = ({"strides": (2, 2)}, {"strides": (2, 2)})
    given = twice("conv2d_transpose", "u", {"kernel": kernel}, IMAGE, ours, theirs, said)
    (cause,) = convolutions.find(given)
    assert cause.entry == "deconvolution_crop" and "0:12" in cause.write
    turned = replace(given, models=given.models._replace(names=("torch", "keras")))
    (cause,) = convolutions.find(turned)
    assert cause.write == (
        "layers.Cropping2D(((0, 1), (0, 1))) behind layers.Conv2DTranspose(..., padding='valid')"
    )
