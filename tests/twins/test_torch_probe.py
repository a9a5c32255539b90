"""A PyTorch model behind the probe's interface, in a process of its own."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twins.torch_models import net, rows


def names(opened):
    return [unit.name for unit in opened.units]


UNITS = {
    "bidirectional": ("return nn.LSTM(3, 5, batch_first=True, bidirectional=True)", (7, 3), {
        "LSTM.forward": "lstm", "LSTM.backward": "lstm"}),
    "stacked": (net("self.r = nn.GRU(3, 5, num_layers=2, bidirectional=True)",
        "return self.r(x)[0]"), (7, 3), {
        f"r.layer{i}.{way}": "gru" for i in (1, 2) for way in ("forward", "backward")}),
    "attention": (net("self.a = nn.MultiheadAttention(4, 2, kdim=3, vdim=3)",
        "y = x.transpose(0, 1); return self.a(y, y[..., :3], y[..., :3])[0]"),
        (7, 4), {f"a.{part}": "dense" for part in ("query", "key", "value", "output")}),
    "encoder": ("return nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)", (5, 4), {
        **{f"self_attn.{part}": "dense" for part in ("query", "key", "value", "output")},
        "norm1": "layer_norm", "linear1": "dense", "linear2": "dense", "norm2": "layer_norm"}),
    "weight norm": ("w = nn.utils.parametrizations.weight_norm\n"
        "return nn.Sequential(w(nn.Linear(3, 4)), nn.utils.weight_norm(nn.Linear(4, 2)))",
        (3,), {"0": "dense", "1": "dense"}),
    "spectral norm": ("w = nn.utils.parametrizations.spectral_norm\n"
        "return nn.Sequential(w(nn.Linear(3, 4)))", (3,), {"0": "other"}),
    "convolutions": ("return nn.Sequential(nn.Conv1d(4, 8, 3, groups=4), "
        "nn.ConvTranspose1d(8, 6, 3), nn.Conv1d(6, 4, 1, groups=2), nn.PReLU(4), "
        "nn.InstanceNorm1d(4, affine=True))", (8, 4), {
        "0": "depthwise_conv1d", "1": "conv1d_transpose", "2": "conv1d", "3": "prelu",
        "4": "instance_norm"}),
    "own weights": (net("self.w = nn.Parameter(torch.ones(3, 2)); self.l = nn.ParameterList("
        "[torch.ones(2)]); self.b = nn.Bilinear(2, 2, 1); self.register_buffer('t', torch.ones(2))",
        "y = x @ self.w + self.l[0] + self.t; return self.b(y, y)"), (3,), {
        "Net": "other", "l": "other", "b": "other"}),
    "cells": (net("self.c = nn.LSTMCell(3, 4); self.n = nn.RMSNorm(4)",
        "return self.n(self.c(x)[0])"), (3,), {"c": "lstm", "n": "rms_norm"}),
}  # fmt: skip


@pytest.mark.parametrize("case", UNITS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_units_and_their_values_there_and_back(torch_probe, case, dtype):
    model, shape, kinds = UNITS[case]
    opened = torch_probe(model, shape, dtype=dtype)
    assert {unit.name: unit.kind for unit in opened.units} == kinds
    values = opened.values()
    assert {f"{u.name}/{role}" for u in opened.units for role in u.weights} == set(values)
    for unit in opened.units:
        for role, size in unit.weights.items():
            assert values[f"{unit.name}/{role}"].shape == size
    x = rows(2, *shape)
    before = opened.outputs([x])["output" if case not in ("bidirectional",) else "output 1"]
    wanted = {name: rows(*value.shape, seed=1) for name, value in values.items()}
    opened.assign(wanted)
    for name, value in opened.values().items():
        np.testing.assert_allclose(value, wanted[name], rtol=1e-5, atol=1e-6)
    opened.assign(values)
    after = opened.outputs([x])["output" if case not in ("bidirectional",) else "output 1"]
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)
    first = next(iter(opened.outputs([x]).values()))
    gradients = opened.gradients([x], [rows(*v.shape) for v in opened.outputs([x]).values()])
    assert np.isfinite(gradients["loss"]) and first.dtype == np.float64
    step = opened.step([x], [rows(*v.shape) for v in opened.outputs([x]).values()])
    assert np.isfinite(step["loss"]) and set(values) < set(step)


def test_canonical_layouts_are_keras_s(torch_probe):
    """Gates, a multiplier's channels, biases that are added and packed rows, by hand."""
    model = net(
        "self.g = nn.GRU(2, 1); self.d = nn.Conv2d(2, 4, 1, groups=2); "
        "self.a = nn.MultiheadAttention(2, 1); self.l = nn.LSTM(2, 1); "
        "[p.data.copy_(torch.arange(p.numel()).view_as(p)) for p in self.parameters()]",
        "return self.g(x)[0] + self.l(self.a(x, x, x)[0])[0]",
    )
    values = torch_probe(model, (3, 2)).values()
    assert values["g/kernel"].tolist() == [[2, 0, 4], [3, 1, 5]]
    assert values["g/bias"].tolist() == [[1, 0, 2], [1, 0, 2]]
    assert values["l/bias"].tolist() == [0, 2, 4, 6]
    assert values["d/kernel"].tolist() == [[[[0, 1], [2, 3]]]]
    assert values["a.key/kernel"].tolist() == [[4, 6], [5, 7]]


def test_units_stand_in_the_order_of_execution_and_tied_weights_are_said(torch_probe):
    model = net(
        "self.o, self.b = nn.Linear(4, 9, bias=False), nn.Linear(4, 4); "
        "self.e = nn.Embedding(9, 4); self.never = nn.Linear(1, 1); self.o.weight = self.e.weight",
        "return self.o(torch.tanh(self.b(self.e(x))))",
    )
    opened = torch_probe(model, (5,), tokens=(9,))
    assert names(opened) == ["e", "never", "b", "o"]
    assert opened.units[3].tied == {"kernel": "e/embeddings"}
    values = opened.values()
    np.testing.assert_array_equal(values["o/kernel"], values["e/embeddings"].T)
    assert [event.layer for event in opened.events([np.ones((2, 5), int)])] == [
        "e", "b", "Net: tanh", "o",
    ]  # fmt: skip


def test_the_gradient_of_an_input_is_that_of_finite_differences(torch_probe):
    model = "return nn.Sequential(nn.Conv2d(2, 3, 2), nn.Tanh(), nn.Flatten(), nn.Linear(12, 2))"
    opened = torch_probe(model, (3, 3, 2), dtype="float64", loss="mean_squared_error")
    x, y = rows(2, 3, 3, 2), rows(2, 2, seed=1)
    gradient = opened.gradients([x], [y])["input/1"]
    for place in ((0, 0, 1, 1), (1, 2, 0, 0)):
        losses = []
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * 1e-6
            losses.append(opened.gradients([moved], [y])["loss"])
        assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6)


def test_in_float64_what_the_model_makes_and_casts_is_float64_too(torch_probe):
    model = net(
        "self.l = nn.LSTM(3, 4); self.t = torch.full((3,), 0.1, dtype=torch.float32)",
        "h = torch.zeros(1, x.shape[1], 4); "
        "return self.l(x.float() * self.t.to(torch.float32), (h, h))[0]",
    )
    x = rows(2, 7, 3)
    outputs = {
        d: torch_probe(model, (7, 3), dtype=d).outputs([x])["output"]
        for d in ("float32", "float64")
    }
    assert np.any(outputs["float64"] != outputs["float64"].astype(np.float32))
    np.testing.assert_allclose(*outputs.values(), atol=1e-6)


def test_dropout_is_listed_and_off_in_training_alone(torch_probe):
    model = net(
        "self.a, self.d = nn.Linear(4, 4), nn.Dropout(0.25); "
        "self.t = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1, batch_first=True)",
        "x = F.dropout(self.a(x), 0.5, self.training); return self.t(self.d(x)[:, None])[:, 0]",
    )
    opened = torch_probe(model, (4,), loss="mean_squared_error")
    assert opened.dropout[:2] == [("Net: dropout", 0.5), ("d", 0.25)]
    assert [name for name, _ in opened.dropout[2:]] == [
        "t.self_attn", "t.dropout1", "t.dropout", "t.dropout2",
    ]  # fmt: skip
    losses = [opened.gradients([rows(8, 4)], [rows(8, 4)])["loss"] for _ in range(2)]
    assert losses[0] == losses[1]
    assert any("dropout is off" in note and "'" not in note for note in opened.notes)


@pytest.mark.parametrize("random", ["F.dropout(x, 0.5)", "x + torch.randn_like(x)"])
def test_a_model_that_draws_in_evaluation_still_does(torch_probe, random):
    opened = torch_probe(net("self.a = nn.Linear(4, 4)", f"return self.a({random})"), (4,))
    one, other = (opened.outputs([rows(8, 4)])["output"] for _ in range(2))
    assert np.any(one != other)


@pytest.mark.parametrize("functional", [False, True])
def test_running_statistics_move_as_in_keras_and_gradients_change_nothing(torch_probe, functional):
    run = "F.batch_norm(x, self.b.running_mean, self.b.running_var, None, None, self.training, .25)"
    run = run if functional else "self.b(x)"
    opened = torch_probe(net("self.b = nn.BatchNorm1d(3, momentum=0.25)", f"return {run}"), (3,))
    x, y = rows(4, 3), rows(4, 3)
    before = opened.values()
    opened.gradients([x], [y])
    after = opened.values()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    step = opened.step([x], [y])
    np.testing.assert_allclose(step["b/moving_variance"], 0.75 + 0.25 * x.var(0), rtol=1e-6)
    np.testing.assert_allclose(step["b/moving_mean"], 0.25 * x.mean(0), rtol=1e-6)
    assert opened.units[0].frozen == {"moving_mean", "moving_variance"}
    assert opened.units[0].settings["momentum"] == 0.75


LAYOUTS = {
    "channels first": ("return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))",
        (8, 8, 3)),
    "permutes itself": (
        net("self.c, self.o = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)",
            "x = x.permute(0, 3, 1, 2); return self.o(self.c(x).mean(dim=(2, 3)))"), (8, 8, 3)),
    "permutes itself, a cube": (
        net("self.c = nn.Conv2d(3, 4, 1)", "return self.c(x.permute(0, 3, 1, 2))"), (3, 3, 3)),
    "a cube": (net("self.c = nn.Conv2d(3, 4, 1)", "return self.c(F.pad(x, (0, 1, 0, 1)) / 2)"),
        (3, 3, 3)),
    "functional": (net("self.w = nn.Parameter(torch.ones(4, 2, 3))", "return F.conv1d(x, self.w)"),
        (9, 2)),
}  # fmt: skip


def test_the_loss_alone_and_what_an_optimiser_says_of_itself(torch_probe):
    more = """
def make(parameters):
    import torch
    return torch.optim.Adam(parameters, 0.1, eps=1e-3)
OPTIMIZER = {"torch": make}
"""
    probe = torch_probe("return nn.Linear(3, 2)", (3,), more=more)
    settings = probe.optimizer_settings()
    assert (settings["class"], settings["eps"], settings["beta_2"]) == ("Adam", 1e-3, 0.999)
    target = rows(4, 2)
    assert probe.loss_alone(target, target) == pytest.approx(np.sum(target**2) / 4)


@pytest.mark.parametrize("case", LAYOUTS)
def test_rows_are_given_as_the_model_takes_them_and_events_have_channels_last(torch_probe, case):
    model, shape = LAYOUTS[case]
    opened = torch_probe(model, shape)
    x = rows(2, *shape)
    events = opened.events([x])
    conv = next(e for e in events if "onv" in e.kind)
    if "cube" not in case:
        np.testing.assert_allclose(conv.inputs[0], x, rtol=1e-6)
    assert conv.outputs[0].shape[-1] == 4
    assert ("permute" in [e.kind for e in events]) == ("itself" in case)
    for event in events:  # an activation in place must not change what came before
        for shown, again in zip(
            event.outputs, opened.replay(event.layer, event.inputs), strict=True
        ):
            np.testing.assert_allclose(again, shown, rtol=1e-5, atol=1e-6)


def test_several_inputs_by_name_in_a_dict_and_several_outputs(torch_probe):
    model = net("self.a = nn.Linear(3, 2)", "return {'one': self.a(u), 'two': v * 2}", "v, u")
    shapes, x = ((3,), (4,)), [rows(2, 3), rows(2, 4)]
    assert set(torch_probe(model, *shapes, names=("u", "v")).outputs(x)) == {"one", "two"}
    model = net("self.a = nn.Linear(3, 2)", "return self.a(batch['u']), batch['v']", "batch")
    assert set(torch_probe(model, *shapes, names=("u", "v")).outputs(x)) == {"output 1", "output 2"}


def test_a_half_left_by_the_user_is_named(torch_probe):
    half = "return nn.Sequential(nn.Linear(3, 4).bfloat16())"
    assert torch_probe(half, (3,)).precision == {"0": "bfloat16"}
    assert torch_probe(half, (3,), dtype="float64").precision == {}
    cast = net("self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)",
        "with torch.autocast('cpu', torch.bfloat16):;     x = self.a(x); "
        "return self.b(x.float())")  # fmt: skip
    assert torch_probe(cast, (3,)).precision == {"a": "bfloat16"}


REFUSED = {
    "no module": ("return 3", (3,), "gives a int, expected a torch.nn.Module"),
    "tokens": ("return nn.Embedding(9, 4)", (3,), "say TOKENS = <number of words>"),
    "shape": ("return nn.Linear(4, 2)", (3,), r"\(2, 3\) of float32"),
    "channels": ("return nn.Conv2d(4, 2, 1)", (5, 5, 3), r"\(2, 3, 5, 5\) .*channels first"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_model_that_does_not_run_is_refused_in_a_sentence(torch_probe, case):
    model, shape, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        torch_probe(model, shape)


@pytest.mark.parametrize("norm", ["nn.utils.parametrizations.weight_norm", "nn.utils.weight_norm"])
def test_a_weight_that_is_made_is_taken_apart_into_what_makes_it(torch_probe, norm):
    opened = torch_probe(f"return nn.Sequential({norm}(nn.Linear(3, 4)), nn.Linear(4, 2))", (3,))
    assert [unit.made for unit in opened.units] == [True, False]
    first, second = opened.apart("0")
    assert first.kind == "other" and not first.made and second.kind == "dense"
    assert sorted(first.weights.values()) == [(4,), (4, 1), (4, 3)]
    shape = (4, 1)
    length = next(f"0/{role}" for role, own in first.weights.items() if own == shape)
    x = rows(2, 3)
    values, before = opened.values(), opened.outputs([x])["output"]
    opened.assign({length: values[length] * 2})
    assert np.abs(opened.outputs([x])["output"] - before).max() > 1e-3
    np.testing.assert_allclose(opened.values()[length], values[length] * 2)
