"""One network recorded in each framework's process, and compared where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.traces.judge import judge_traces
from common.twins.recorded import Trace

MODELS = "tests.twins.recorded_models"


@pytest.fixture(scope="module")
def traces(process_of, tmp_path_factory):
    """A trace by framework and what it was asked for, each recorded once."""
    folder, made = tmp_path_factory.mktemp("traces"), {}

    def trace(framework, *options):
        if (framework, options) not in made:
            path = folder / f"{framework}{len(made)}.trace"
            process_of(framework).call(f"{MODELS}:in_{framework}", str(path), *options)
            made[framework, options] = path
        return made[framework, options]

    return trace


def test_a_right_port_to_pytorch_with_channels_first_and_other_names(traces):
    judgement = judge_traces(traces("keras", 1e-3), traces("torch"))
    assert judgement.verdict == "right", judgement.sentence
    pairs = [("conv", "features.0"), ("norm", "features.2"), ("memory", "rnn"), ("end", "head")]
    assert judgement.pairs == pairs
    compared = {f"{rung.rung} {rung.tensor}" for rung in judgement.rungs}
    assert {"outputs output", "loss loss", "gradients memory/recurrent_kernel"} <= compared


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_epsilon_between_keras_and_pytorch_is_found_at_its_layer(traces, dtype):
    judgement = judge_traces(traces("keras", 1e-5, dtype), traces("torch", dtype))
    assert judgement.verdict == "wrong" and judgement.places[:1] == ["norm"]
    assert "epsilon is 1e-05 in keras and 0.001 in torch" in judgement.sentence


def test_a_right_port_from_pytorch_to_flax_forwards_and_backwards(traces):
    judgement = judge_traces(traces("torch"), traces("jax"))
    assert judgement.verdict == "right", judgement.sentence
    compared = {f"{rung.rung} {rung.tensor}" for rung in judgement.rungs}
    assert {"gradients rnn/bias", "gradients features.0/kernel"} <= compared


@pytest.mark.parametrize("name", ["keras", "torch", "jax"])
def test_the_recorder_changes_no_bit(traces, name):
    index = Trace(traces(name, *([1e-3] if name == "keras" else []))).index
    assert index.unchanged is True and index.framework == name and not index.notes


KINDS = {
    "keras": ("depthwise_conv2d", "gru_v1", "prelu", "other"),
    "torch": ("depthwise_conv2d", "gru", "lstm", "batch_norm", "other"),
    "jax": ("depthwise_conv2d", "conv2d_transpose", "lstm", "gru", "prelu", "other"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_recording_has_the_units_of_the_live_model(process_of, tmp_path, name):
    path = str(tmp_path / f"{name}.trace")
    live = process_of(name).call(f"{MODELS}:units_in_{name}", path)
    trace = Trace(path)
    recorded = trace.units()
    kinds = {unit.name: unit.kind for unit, _ in recorded}
    assert kinds == {unit: kind for unit, (kind, _) in live.items()}
    assert {kind for kind, _ in live.values()} >= {"dense", *KINDS[name]}
    arrays = trace.values(recorded, trace.weights)
    values = {f"{n}/{role}": value for n, (_, own) in live.items() for role, value in own.items()}
    assert arrays.keys() == values.keys()
    for weight, value in values.items():
        # of a cell with further weights Flax tells the recorder another order
        if kinds[weight.rpartition("/")[0]] != "other":
            np.testing.assert_array_equal(arrays[weight], value, weight)
