"""Borders of convolutions: of an even kernel, beside the layer, of a part; and their lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes import convolutions
from benchmarks.twins.causes.borders import starts
from benchmarks.twins.causes.lines import together
from tests.twins.causes.layers import twice
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(4)
ROWS, KERNEL = rng.normal(size=(3, 4, 12, 2)), rng.normal(size=(1, 4, 2, 5))
SAME = {"padding": "same"}


def conv(before, after, stride=1, border="constant", kernel=KERNEL):
    """Along the last axis of the space, step by step."""
    x = np.pad(ROWS, [(0, 0), (0, 0), (before, after), (0, 0)], mode=border)
    at = range(0, x.shape[2] - 3, stride)
    windows = np.stack([x[:, :, i : i + 4] for i in at], axis=2)
    return np.einsum("nhtkc,kco->nhto", windows, kernel[0])


def causes(one, other, said, names=("keras", "torch"), x2=None, more=()):
    """Of a convolution that gives these; `more` are calls of the second model beside it."""
    given = twice("conv2d", "c", {"kernel": KERNEL}, ROWS, one, other, said, x2=x2)
    for number, call in more:
        given.models.other.insert(number, call)
    return list(convolutions.find(replace(given, models=given.models._replace(names=names))))


@pytest.mark.parametrize("pad", [(2, 2), (2, 1), (0, 3), (3, 0)])
def test_an_even_kernel_has_one_zero_more_at_the_end(pad):
    """As much on both sides is one place too many, and the other way round one place off."""
    said = SAME, {"padding": ((0, 0), pad)}
    (cause,) = causes(conv(1, 2), conv(*pad), said)
    assert cause.entry in ("padding_side", "causal_padding") and cause.proved
    assert cause.difference.startswith("c has padding same in keras and padding ")
    assert cause.write == "padding='same'" and cause.before > 0.1 > 1e-12 > cause.after


@pytest.mark.parametrize(
    "names, line",
    [
        (("keras", "torch"), "padding='same'"),
        (("torch", "keras"), "padding='same'"),
        (("torch", "jax"), "padding='SAME'"),
    ],
)
def test_without_a_stride_same_is_one_thing_everywhere(names, line):
    (cause,) = causes(conv(1, 2), conv(2, 2), (SAME, {"padding": (0, 2)}), names)
    assert cause.write == line
    said = SAME, {"padding": (0, 2), "strides": (1, 2)}
    (whole,) = {c.write for c in together(causes(conv(1, 2), conv(2, 2, 2), said, names))}
    assert line in whole and "(1, 1)" in whole


@pytest.mark.parametrize(
    "framework, line",
    [
        ("torch", "nn.functional.pad(x, (1, 1, 0, 0)) before the layer, and padding=0 in it"),
        ("keras", "padding='same'"),
        ("jax", "padding='SAME'"),
    ],
)
def test_with_a_stride_pytorch_has_no_same(framework, line):
    said = {**SAME, "strides": (1, 2)}, {"padding": (0, 2), "strides": (1, 2)}
    (cause,) = causes(conv(1, 1, 2), conv(2, 2, 2), said, ("keras", framework))
    assert cause.write == line


@pytest.mark.parametrize(
    "framework, line",
    [
        ("torch", "nn.functional.pad(x, (3, 1, 0, 0)) before the layer, and padding=0 in it"),
        ("keras", "layers.ZeroPadding2D(((0, 0), (3, 1))) before the layer, and padding='valid'"),
        ("jax", "jax.numpy.pad(x, ((0, 0), (0, 0), (3, 1), (0, 0))) before the layer, and"),
    ],
)
def test_a_border_without_a_name_is_written_in_numbers(framework, line):
    said = {"padding": ((0, 0), (3, 1))}, {"padding": ((0, 0), (1, 3))}
    (cause,) = causes(conv(3, 1), conv(1, 3), said, ("keras", framework))
    assert cause.write.startswith(line)


@pytest.mark.parametrize(
    "framework, line",
    [
        ("torch", "nn.functional.pad(x, (1, 2, 0, 0), mode='replicate') before the layer, and"),
        ("keras", "keras.ops.pad(x, ((0, 0), (0, 0), (1, 2), (0, 0)), mode='edge') before the"),
        ("jax", "jax.numpy.pad(x, ((0, 0), (0, 0), (1, 2), (0, 0)), mode='edge') before the"),
    ],
)
def test_a_border_of_another_kind_pads_every_axis_and_the_layer_no_more(framework, line):
    said = {"padding": (1, 2), "padding_mode": "replicate"}, {"padding": (2, 2)}
    found = causes(conv(1, 2, border="edge"), conv(2, 2), said, ("torch", framework))
    assert {cause.entry for cause in found} == {"padding_mode", "padding_side"}
    assert all(cause.write.startswith(line) for cause in found)
    assert framework == "torch" or found[0].write.lower().endswith("padding='valid' in it")


def test_numbers_that_are_same_padding_without_a_stride_are_not_with_one():
    """Who mends the stride alone would have another border."""
    said = {**SAME, "strides": (1, 3)}, {"padding": ((0, 0), (1, 2))}
    found = together(causes(conv(0, 1, 3), conv(1, 2), said))
    assert {cause.entry for cause in found} == {"padding_side", "strides"}
    line = "nn.functional.pad(x, (0, 1, 0, 0)) before the layer, and stride=(1, 3), padding=0 in it"
    assert {cause.write for cause in found} == {line}
    (cause,) = causes(conv(0, 1, 3), conv(1, 2), (said[0], SAME))
    assert cause.entry == "strides"


@pytest.mark.parametrize("number", [0, 1])
def test_a_bias_on_one_side_is_in_the_line_of_what_else_is_wrong(number):
    """By itself it is another finder's."""
    bias = rng.normal(size=5)
    both = [{"kernel": KERNEL}, {"kernel": KERNEL}]
    both[number]["bias"] = bias
    for other, entries in ((conv(2, 2), {"padding_side", "bias_missing"}), (conv(1, 2), set())):
        ys = [conv(1, 2), other]
        ys[number] = ys[number] + bias
        said = SAME, {"padding": (0, 2)}
        given = twice("conv2d", "c", both[0], ROWS, *ys, said, both=both[1])
        found = together(list(convolutions.find(given)))
        assert {cause.entry for cause in found} == entries and all(c.proved for c in found)
        assert {cause.write for cause in found} <= {f"nn.T(..., bias={not number}, padding='same')"}


def test_what_was_causal_alone_in_the_second_is_not_to_be_causal():
    (cause,) = causes(conv(1, 2), conv(3, 0), (SAME, {"padding": "causal"}), ("torch", "jax"))
    assert cause.entry == "causal_padding" and cause.write == "padding='SAME'"


def beside(pad, kept=slice(None)):
    """What a port gives, pads beside its layer and drops behind it; and its calls."""
    wide = np.pad(ROWS, [(0, 0), (0, 0), pad, (0, 0)])
    y = conv(*pad)
    end = y[:, :, kept]
    crop = event("Net", "getitem", y, end)
    return wide, y, end, [event("pad", "ZeroPad2d", ROWS, wide)], [crop] if end is not y else []


def below_a_fault(pad, kept):
    """The convolution is padded by hand and cropped, and the layer behind it differs."""
    wide, y, end, before, behind = beside(pad, kept)
    units, flows = [], []
    for n, (x, out, given) in enumerate(((ROWS, conv(1, 2), conv(1, 2)), (wide, y, end))):
        flow = [*before, event("c", "C", x, out), *behind] if n else [event("c", "C", x, out)]
        flows.append([*flow, event("d", "D", given, given * (1 + n))])
        own = {"padding": 0} if n else SAME
        pair = unit("c", "conv2d", {"kernel": KERNEL}, **own), unit("d", "dense", {"kernel": [[1]]})
        units.append(pair)
    return list(convolutions.find(scene(*flows, [ROWS], units=units)))


def test_windows_that_are_dropped_behind_a_layer_are_part_of_its_border():
    assert below_a_fault((2, 2), slice(1, None)) == [], "which is same padding"
    (cause,) = below_a_fault((2, 2), slice(None, -1))
    assert cause.proved and "padding ((0, 0), (2, 1)) in torch" in cause.difference


def test_a_line_says_what_has_to_go_from_beside_the_layer():
    wide, y, _, before, _ = beside((2, 2))
    (cause,) = causes(conv(1, 2), y, (SAME, {"padding": 0}), x2=wide, more=[(0, before[0])])
    assert cause.write.startswith("nn.functional.pad(x, (1, 2, 0, 0)) before the layer")
    crop = event("Net", "getitem", y, y[:, :, :-1])
    (cause,) = causes(conv(1, 2), y, (SAME, {"padding": (0, 2)}), more=[(1, crop)])
    assert cause.write == "padding='same', and nothing cut off behind it"


def test_of_a_stride_that_skips_windows_a_pad_before_is_counted_as_the_rows_are():
    """What goes into the pad has 12 steps, what goes into the layer 15: same is of the 12."""
    wide = np.pad(ROWS, [(0, 0), (0, 0), (1, 1), (0, 0)])
    said = {"padding": "valid", "strides": (1, 2)}, {"padding": (0, 2), "strides": (1, 2)}
    given = twice(
        "conv2d", "c", {"kernel": KERNEL}, wide, conv(1, 1, 2), conv(2, 2, 2), said, x2=ROWS
    )
    given.models.one.insert(0, event("pad", "ZeroPadding2D", ROWS, wide))
    (cause,) = convolutions.find(given)
    assert cause.write.startswith("nn.functional.pad(x, (1, 1, 0, 0)) before the layer")


def test_layers_that_are_called_so_are_no_parts_of_a_whole():
    """Many a port has a block with a `depthwise` and a `pointwise` in it."""
    depth, point = rng.normal(size=(1, 4, 2, 1)), rng.normal(size=(1, 1, 2, 3))
    each = np.zeros((1, 4, 2, 2))
    each[:, :, [0, 1], [0, 1]] = depth[..., 0]
    flows, units = [], []
    for pad, own in (((1, 2), SAME), ((2, 2), {"padding": (0, 2)})):
        y = conv(*pad, kernel=each)
        calls = [event("b.depthwise", "C", ROWS, y), event("b.pointwise", "C", y, y @ point[0, 0])]
        flows.append(calls)
        units.append(
            [
                unit("b.depthwise", "depthwise_conv2d", {"kernel": depth}, **own),
                unit("b.pointwise", "conv2d", {"kernel": point}),
            ]
        )
    (cause,) = convolutions.find(scene(*flows, [ROWS], units=units))
    assert cause.entry == "padding_side" and cause.proved


@pytest.mark.parametrize("wrong", [False, True])
def test_a_separable_convolution_is_whole_in_one_model_and_two_layers_in_the_other(wrong):
    """Where it is a cause even below another fault: the rows of both are twice the other's."""
    depth, point = rng.normal(size=(1, 4, 2, 1)), rng.normal(size=(1, 1, 2, 3))
    each = np.zeros((1, 4, 2, 2))
    each[:, :, [0, 1], [0, 1]] = depth[..., 0]
    pad = (2, 2) if wrong else (1, 2)
    middle = conv(*pad, kernel=each)
    flows = [
        [event("mix", "SeparableConv2D", ROWS, conv(1, 2, kernel=each) @ point[0, 0])],
        [event("a", "Conv2d", ROWS, middle), event("b", "Conv2d", middle, middle @ point[0, 0])],
    ]
    for n, flow in enumerate(flows):
        flow.append(event("o", "D", flow[-1].outputs[0], flow[-1].outputs[0] * (1 + n)))
    own = SAME, {"padding": (0, 2)} if wrong else {"padding": ((0, 0), (1, 2))}
    units = []
    for n, names in enumerate((("mix.depthwise", "mix.pointwise"), ("a", "b"))):
        parts = [
            unit(names[0], "depthwise_conv2d", {"kernel": depth}, **own[n]),
            unit(names[1], "conv2d", {"kernel": point}),
            unit("o", "dense", {"kernel": np.eye(9)}),
        ]
        layer = [names[0], names[1]] if n else ["mix", "mix"]
        parts[:2] = [
            (u._replace(layer=name), values)
            for (u, values), name in zip(parts, layer, strict=False)
        ]
        units.append(parts)
    found = list(convolutions.find(scene(*flows, [ROWS], units=units)))
    assert [(c.entry, c.proved, c.write) for c in found] == (
        [("padding_side", True, "padding='same'")] if wrong else []
    )


def test_starts_go_no_farther_than_a_window_on_each_axis():
    assert starts((1, 3)) == [(0, 0), (0, 1), (0, 2)]
    assert starts((2, 2)) == [(0, 0), (1, 1), (0, 1), (1, 0)]
    assert len(starts((9, 9))) == 9
