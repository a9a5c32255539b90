"""Lines to write for one layer: settings of one call become one, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.cause import Cause, lines_to_write, sentences
from benchmarks.twins.causes import convolutions, normalisations
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.lines import parsed, settings, together
from benchmarks.twins.match import Pair
from tests.twins.causes.layers import BETA, GAMMA, NORM, X, twice
from tests.twins.scenes import unit

WHOLE = {
    "nn.BatchNorm2d(8, eps=1e-3, momentum=0.01)": (
        "nn.BatchNorm2d(8, eps=1e-3)",
        "nn.BatchNorm2d(8, momentum=0.01)",
    ),
    "layers.BatchNormalization(epsilon=1e-5, momentum=0.9)": (
        "layers.BatchNormalization(epsilon=1e-5)",
        "layers.BatchNormalization(momentum=0.9)",
    ),
    "nnx.BatchNorm(5, epsilon=1e-3, momentum=0.9, rngs=rngs)": (
        "nnx.BatchNorm(5, epsilon=1e-3, rngs=rngs)",
        "nnx.BatchNorm(5, momentum=0.9, rngs=rngs)",
    ),
    "layers.LSTM(4, go_backwards=True, activation='relu', recurrent_activation='hard_sigmoid')": (
        "layers.LSTM(..., go_backwards=True)",
        "layers.LSTM(4, activation='relu')",
        "layers.LSTM(4, recurrent_activation='hard_sigmoid')",
    ),
    "nn.RNN(..., nonlinearity='relu', batch_first=True); an LSTM and a GRU have tanh": (
        "nn.RNN(..., nonlinearity='relu'); an LSTM and a GRU have tanh",
        "nn.RNN(..., batch_first=True)",
    ),
    "nnx.LSTMCell(..., gate_fn=jax.nn.hard_sigmoid, activation_fn=jax.nn.relu)": (
        "nnx.LSTMCell(..., gate_fn=jax.nn.hard_sigmoid)",
        "nnx.LSTMCell(..., activation_fn=jax.nn.relu)",
    ),
    "stride=(2, 2), dilation=(3, 3)": ("stride=(2, 2)", "dilation=(3, 3)"),
    "nn.functional.pad(x, (0, 1)) before the layer, and nn.Conv1d(..., bias=True, padding=0)": (
        "nn.Conv1d(..., bias=True)",
        "nn.functional.pad(x, (0, 1)) before the layer, and padding=0 in it",
    ),
    "nn.functional.pad(x, (0, 1)) before the layer, and padding=0, stride=(2,), "
    "padding_mode='zeros' in it": (
        "nn.functional.pad(x, (0, 1)) before the layer, and padding=0 in it",
        "stride=(2,)",
        "padding_mode='zeros' in the layer",
    ),
    "nnx.Conv(..., kernel_dilation=(2,), padding='CAUSAL')": (
        "kernel_dilation=(2,)",
        "nnx.Conv(..., padding='CAUSAL')",
    ),
    "nn.GroupNorm(4, 8, eps=1e-3)": ("nn.GroupNorm(4, 8)", "eps=1e-3"),
    "layers.Cropping2D((1, 1)) behind layers.Conv2DTranspose(..., padding='valid', "
    "strides=(2, 2))": (
        "layers.Cropping2D((1, 1)) behind layers.Conv2DTranspose(..., padding='valid')",
        "strides=(2, 2)",
    ),
    "torch.optim.Adam(betas=(0.9, 0.99), eps=1e-3, lr=0.1)": (
        "torch.optim.Adam(betas=(0.9, 0.99))",
        "torch.optim.Adam(eps=1e-3)",
        "lr=0.1",
    ),
}
APART = {
    "a layer of another kind": ("nn.LayerNorm(8, eps=1e-3)", "nn.GroupNorm(4, 8)"),
    "another value of one argument": ("layers.Activation('relu')", "layers.Activation('tanh')"),
    "another number of one setting": ("nn.LayerNorm(8, eps=1e-3)", "nn.LayerNorm(8, eps=1e-5)"),
    "what makes no layer": ("self.c.requires_grad_(False)", "stride=(2, 2)"),
    "a function": ("nn.functional.gelu(x, approximate='tanh')", "stride=(2, 2)"),
    "an assignment": ("bias = bias_ih + bias_hh", "nn.Linear(..., bias=True)"),
    "a penalty": ("keras.regularizers.L2(0.1) on the weights", "learning_rate=1e-3"),
    "words": ("one of two biases at zero", "nn.Linear(..., bias=True)"),
    "one of two ways": (
        "nnx.BatchNorm(..., use_running_average=False), or model.train()",
        "nnx.BatchNorm(5, epsilon=1e-3, rngs=rngs)",
    ),
    "a layer without weights, which stands behind": (
        "layers.Activation('relu')",
        "strides=(2, 2)",
    ),
}


def causes_of(lines, places=("a", "net.a")):
    return [Cause(f"c{n}", places, f"a differs in {n}", line) for n, line in enumerate(lines)]


@pytest.mark.parametrize("whole, lines", WHOLE.items(), ids=WHOLE)
def test_calls_of_one_layer_are_one_line_with_all_settings(whole, lines):
    causes = together(causes_of(lines))
    assert [cause.write for cause in causes] == [whole] * len(lines)
    assert [cause.entry for cause in causes] == [f"c{n}" for n in range(len(lines))]
    assert [str(line) for line in map(parsed, [whole])] == [whole] or "pad(" in whole
    *before, last = sentences(causes)
    assert last.endswith(f". Write {whole}") and not any("Write" in words for words in before)


@pytest.mark.parametrize("lines", APART.values(), ids=APART)
def test_what_is_no_setting_of_one_call_stays_by_itself(lines):
    causes = causes_of(lines)
    assert together(causes) == causes and lines_to_write(causes) == list(lines)


def test_layers_keep_their_own_lines_and_names_in_any_order_are_one_layer():
    lines = "nn.LayerNorm(8, eps=1e-3)", "nn.LayerNorm(8, elementwise_affine=False)"
    one, other = causes_of(lines[:1]) + causes_of(lines[1:], ("b",))
    assert together([one, other]) == [one, other]
    turned = other._replace(places=("net.a", "a", "a"))
    assert {cause.write for cause in together([one, turned])} == {
        "nn.LayerNorm(8, eps=1e-3, elementwise_affine=False)"
    }
    assert together([one]) == [one]


def paired(*names):
    """Pairs of units; of each both names, and the name of the second's layer."""
    weights = {"kernel": np.eye(2)}
    return [
        Pair(
            unit(one, "dense", weights)[0], unit(other, "dense", weights)[0]._replace(layer=of), ()
        )
        for one, other, of in names
    ]


PAIRS = paired(("d", "net.d", "net.d"), ("x.q", "at.query", "at"), ("x.k", "at.key", "at"))


@pytest.mark.parametrize(
    "one, other, whole",
    [
        (  # a constraint is the optimiser's, and has the first model's name alone
            ("layers.Dense(..., use_bias=True)", ("d", "net.d")),
            ("kernel_constraint=keras.constraints.MaxNorm(2)", ("optimizer", "d")),
            "layers.Dense(..., use_bias=True, kernel_constraint=keras.constraints.MaxNorm(2))",
        ),
        (
            ("kernel_regularizer=keras.regularizers.L2(0.1)", ("loss", "d")),
            ("kernel_constraint=keras.constraints.MaxNorm(2)", ("optimizer", "d")),
            "kernel_regularizer=keras.regularizers.L2(0.1), "
            "kernel_constraint=keras.constraints.MaxNorm(2)",
        ),
        (  # what a layer says of itself has its name alone
            ("layers.Dense(..., dtype='bfloat16')", ("d ~ net.d",)),
            ("layers.Dense(..., use_bias=True)", ("d", "net.d")),
            "layers.Dense(..., dtype='bfloat16', use_bias=True)",
        ),
        (  # parts of one layer of the second model
            ("nn.MultiheadAttention(..., bias=True)", ("x.q", "at.query")),
            ("nn.MultiheadAttention(..., batch_first=True)", ("x.k", "at.key")),
            "nn.MultiheadAttention(..., bias=True, batch_first=True)",
        ),
    ],
)
def test_a_line_is_of_the_second_model_s_layer_by_whatever_names_a_cause_goes(one, other, whole):
    causes = [Cause("c", places, "d differs", line) for line, places in (one, other)]
    assert together(causes) == causes, "which no pair tells to be of one layer"
    mended = together(causes, PAIRS)
    assert {cause.write for cause in mended} == {whole}
    assert len({cause.places for cause in mended}) == 1 and lines_to_write(mended)[0] == ""
    assert not {"loss", "optimizer"} & set(mended[0].places)


@pytest.mark.parametrize(
    "line, places",
    [
        ("nn.Linear(..., bias=True)", ("e",)),  # another layer
        ("kernel_constraint=keras.constraints.MaxNorm(2)", ("optimizer", "d", "x.q")),  # of several
        ("nn.LayerNorm(2)", ("d", "Net")),  # a call that stands where the layer is
        ("lr=0.1", ("optimizer",)),
    ],
)
def test_what_is_said_of_other_layers_or_of_several_is_in_no_layer_s_line(line, places):
    causes = [Cause("a", ("d", "net.d"), "", "stride=2"), Cause("b", places, "", line)]
    assert together(causes, PAIRS) == causes
    nameless = [pair._replace(other=pair.other._replace(layer="")) for pair in PAIRS]
    assert together(causes, nameless) == causes


def test_every_line_of_the_catalogue_is_a_call_with_its_settings_or_is_left_alone():
    filled = [
        ENTRIES[name].line(framework, {"layer": "nn.BatchNorm1d", "features": "5, "})
        for name in ENTRIES
        for framework in ("keras", "torch", "jax")
    ]
    assert [line for line in filled if together(causes_of([line]))[0].write != line] == []
    made = {str(line): text for text in filled if (line := parsed(text))}
    assert all(text in (line, f"{line} in the layer") for line, text in made.items()), (
        "a line that is taken apart is put together as it was"
    )
    assert settings("nn.BatchNorm1d(5, momentum=0.1)") == "momentum=0.1"


def test_epsilon_goes_into_the_normalisation_with_the_right_groups():
    def formula(count, epsilon):
        parts = X.reshape(5, 6, count, 6 // count)
        mean, spread = parts.mean((1, 3), keepdims=True), parts.var((1, 3), keepdims=True)
        return ((parts - mean) / np.sqrt(spread + epsilon)).reshape(X.shape) * GAMMA + BETA

    said = [{"epsilon": 1e-3, "groups": 2}, {"epsilon": 1e-5, "groups": 3}]
    ys = formula(2, 1e-3), formula(3, 1e-5)
    found = list(normalisations.find(twice("group_norm", "n", NORM, X, *ys, said)))
    assert [(cause.entry, cause.proved) for cause in found] == [
        ("epsilon", True),
        ("normalised_axis", True),
    ]
    assert {cause.write for cause in together(found)} == {"nn.GroupNorm(2, 6, eps=1e-3)"}


def test_a_border_of_another_kind_and_size_is_one_pad():
    kernel, rows = np.ones((3, 2, 4)), np.random.default_rng(3).normal(size=(3, 8, 2))

    def conv(before, after, border, gap):
        x = np.pad(rows, [(0, 0), (before, after), (0, 0)], mode=border)
        count = x.shape[1] - 2 * gap
        return sum(x[:, i * gap : i * gap + count] @ kernel[i] for i in range(3))

    said = [
        {"padding": (2,), "dilation_rate": (2,), "padding_mode": "reflect"},
        {"padding": "causal", "dilation_rate": (1,)},
    ]
    ys = conv(2, 2, "reflect", 2), conv(2, 0, "constant", 1)
    found = together(
        list(convolutions.find(twice("conv1d", "c", {"kernel": kernel}, rows, *ys, said)))
    )
    assert {cause.entry for cause in found} == {"padding_mode", "causal_padding", "dilation"}
    assert {cause.write for cause in found} == {
        "nn.functional.pad(x, (2, 2), mode='reflect') before the layer, and dilation=(2,), "
        "padding=0 in it"
    }
