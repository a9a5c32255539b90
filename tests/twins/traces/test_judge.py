"""The verdict on two recordings of models in NumPy."""

from __future__ import annotations

import json
from functools import reduce

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.twins.traces.judge import judge_traces
from common.twins.twinbench_record import record
from tests.twins.fake_models import (
    Dense,
    Linear,
    Model,
    Module,
    Net,
    ReLU,
    keras_net,
    recorded,
    rows,
    torch_net,
    weights,
)


def test_a_right_port_is_right_though_it_looks_otherwise(judged):
    judgement = judged(keras_net(), torch_net())
    assert judgement.verdict == "right", judgement.sentence
    assert judgement.pairs == [("hidden", "fc1"), ("norm", "bn"), ("scores", "fc2")]
    assert "float64 would show" in judgement.sentence and not judgement.faults


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_epsilon_is_found_at_its_layer(judged, dtype):
    held = weights(dtype)
    judgement = judged(keras_net(held), torch_net(held, eps=1e-5), rows(dtype))
    assert judgement.verdict == "wrong"
    assert judgement.places[:2] == ["norm", "bn"]
    assert "epsilon is 0.001 in keras and 1e-05 in torch" in judgement.sentence


def test_float64_alone_tells_a_small_difference_from_rounding(judged):
    def run(net, x):
        return net.fc2(net.bn(net.act(net.fc1(x)))) * (1 + np.asarray(2e-5, x.dtype))

    judgement = judged(keras_net(), torch_net(run=run))
    assert judgement.verdict == "undecided" and "float64 would tell" in judgement.sentence
    held = weights("float64")
    exact = judged(keras_net(held), torch_net(held, run=run), rows("float64"))
    assert exact.verdict == "wrong"
    right = judged(keras_net(held), torch_net(held), rows("float64"))
    assert right.verdict == "right" and "compute the same" in right.sentence


def deep(net):
    """The same function by sixty layers more, over which rounding may add up."""
    acts = {f"act{number}": ReLU() for number in range(60)}
    vars(net).update(acts)
    net.run = lambda net, x: net.fc2(
        net.bn(reduce(lambda h, act: act(h), acts.values(), net.fc1(x)))
    )
    return net


SHIFT = 100  # before a layer, taken back by a bias behind it: rounding is felt, and nothing else


def rounded_rows():
    """A Keras model in float64 whose input makes float32 of its rows; their weights, the rows."""
    held = weights("float64")
    held[1] -= SHIFT * held[0].sum(axis=0)
    model = keras_net(held)
    model.run = lambda one, norm, other, x: other(norm(one(x.astype("float32"))))
    return model, held, rows("float64") + SHIFT


def rounded_inside():
    """One whose normalisation computes in float32."""
    held = weights("float64")
    held[3] += SHIFT
    held[7] -= SHIFT * held[6].sum(axis=0)
    model = keras_net(held)
    norm = model.parts[1]
    norm.call = lambda x: type(norm).call(norm, x.astype("float32")).astype(x.dtype)
    return model, held, rows("float64")


@pytest.mark.parametrize(("rounded", "layer"), [(rounded_rows, "hidden"), (rounded_inside, "norm")])
def test_what_rounds_to_float32_in_float64_is_named_and_no_fault(judged, rounded, layer):
    model, held, x = rounded()
    note = f"float64 is rounded to float32 at {layer} of keras: judged as float32"
    judgement = judged(model, deep(torch_net(held)), x)
    assert judgement.verdict == "right", judgement.sentence
    assert note in judgement.notes and "a trace of keras in float64 thr" in judgement.sentence
    judgement = judged(model, deep(torch_net(held, eps=1e-1)), x)
    assert judgement.verdict == "wrong" and judgement.places[:2] == ["norm", "bn"]
    judgement = judged(keras_net(held), deep(torch_net(held)), x)
    assert judgement.verdict == "right" and "compute the same" in judgement.sentence
    assert note not in judgement.notes


def test_rows_in_float32_are_exact_and_leave_float64_its_sharpness(judged):
    held = weights("float64")

    def run(net, x):
        return net.fc2(net.bn(net.act(net.fc1(x)))) * (1 + 2e-6)

    assert judged(keras_net(held), torch_net(held, run=run), rows()).verdict == "wrong"
    right = judged(keras_net(held), torch_net(held), rows())
    assert right.verdict == "right" and "compute the same" in right.sentence


def test_a_model_left_in_float32_is_named(judged):
    held = weights()
    one = keras_net(held)
    one.run = lambda one, norm, other, x: other(norm(one(x.astype("float32"))))

    def run(net, x):
        return net.fc2(net.bn(net.act(net.fc1(x)))) * (1 + 2e-5)

    other = torch_net([array.astype("float64") for array in held], run=run)
    judgement = judged(one, other, rows("float64"))
    assert judgement.verdict == "undecided"
    assert "a trace of keras in float64 throughout would tell" in judgement.sentence
    note = "keras was given rows in float64 and computes in float32: set the dtype before"
    assert any(said.startswith(note) for said in judgement.notes)


def test_other_rows_and_other_weights_are_refused(judged):
    judgement = judged(keras_net(), torch_net(), rows(), rows() * 255)
    assert judgement.verdict == "refused" and "nothing can be judged" in judgement.sentence
    judgement = judged(keras_net(), torch_net(), rows(), rows()[::-1])
    assert judgement.verdict == "refused"
    judgement = judged(keras_net(), torch_net(weights(seed=3)))
    assert judgement.verdict == "refused" and "load one model's weights" in judgement.sentence


def test_a_weight_that_was_not_carried_is_named(judged):
    held = weights()
    held[1] = held[1][::-1]
    judgement = judged(keras_net(), torch_net(held))
    assert judgement.verdict == "wrong" and judgement.places[:3] == ["weights", "hidden", "fc1"]


def test_layers_of_one_shape_are_paired_by_their_values(judged):
    rng = np.random.default_rng(2)
    a, b, end = (rng.normal(size=(4, 4)).astype("float32") for _ in range(3))
    zeros = np.zeros(4, "float32")
    one = Model(
        lambda p, q, last, x: last(np.maximum(p(x), 0) - q(x)),
        *(Dense(name, kernel, zeros) for name, kernel in (("p", a), ("q", b), ("last", end))),
    )
    other = Net(  # the second branch runs first
        lambda net, x: net.end(-net.right(x) + np.maximum(net.left(x), 0)),
        left=Linear(a, zeros),
        right=Linear(b, zeros),
        end=Linear(end, zeros),
    )
    judgement = judged(one, other)
    assert judgement.verdict == "right", judgement.sentence
    assert judgement.pairs == [("p", "left"), ("q", "right"), ("last", "end")]


def flattened(turned):
    """A kernel behind a flatten of channels last, and of channels first, with its rows in place."""
    rng = np.random.default_rng(4)
    kernel = rng.normal(size=(2 * 3 * 5, 4)).astype("float32")
    bias = rng.normal(size=4).astype("float32")
    x = rng.normal(size=(6, 2, 3, 5)).astype("float32")
    one = Model(lambda flat, end, x: end(flat(x)), Flatten("flatten"), Dense("end", kernel, bias))
    own = kernel.reshape(2, 3, 5, 4).transpose(2, 0, 1, 3).reshape(30, 4) if turned else kernel
    other = Net(lambda net, x: net.out(net.flat(x)), flat=Flat(), out=Linear(own, bias))
    return one, other, x, x.transpose(0, 3, 1, 2)


class Flatten(Dense):
    __module__ = "keras.layers"

    def __init__(self, name):
        super().__init__(name, np.zeros((1, 1)), np.zeros(1))
        self.weights = []

    def call(self, x):
        return x.reshape(len(x), -1)


class Flat(Module):
    __module__ = "torch.nn"

    def forward(self, x):
        return x.reshape(len(x), -1)


def test_rows_of_a_kernel_behind_a_flatten_may_stand_in_the_order_of_channels_first(judged):
    one, other, x, y = flattened(turned=True)
    assert judged(one, other, x, y).verdict == "right"
    assert judged(other, one, y, x).verdict == "right"  # the first model has channels first
    one, other, x, y = flattened(turned=False)
    judgement = judged(one, other, x, y)
    assert judgement.verdict == "wrong" and "another order" in judgement.sentence


def test_probabilities_of_the_others_logits_are_a_note(judged):
    def run(net, x):
        scores = np.exp(net.fc2(net.bn(net.act(net.fc1(x)))))
        return scores / scores.sum(axis=-1, keepdims=True)

    judgement = judged(keras_net(), torch_net(run=run))
    assert judgement.verdict == "right" and "torch gives probabilities" in judgement.notes[0]


def trained(path, model, gradients, *, kept=True, rate=0.1):
    """A step of gradient descent with these gradients, by the model's own order of weights."""
    held = [p for _, m in model.named_modules() for _, p in m.named_parameters(recurse=False)]
    with record(path, model) as recorder:
        model(rows())
        for parameter, gradient in zip(held, gradients, strict=True):
            parameter.grad = gradient
        if kept:
            recorder.gradients(loss=np.float32(0.5))
        for parameter, gradient in zip(held, gradients, strict=True):
            parameter.value = parameter.value - np.float32(rate) * gradient
        recorder.step()


def test_gradients_and_steps_are_judged(tmp_path):
    rng = np.random.default_rng(5)
    shapes = [(6, 4), (6,), (6,), (6,), (3, 6), (3,)]
    gradients = [rng.normal(size=shape).astype("float32") for shape in shapes]
    one, other = tmp_path / "a.trace", tmp_path / "b.trace"
    trained(one, torch_net(), gradients)
    trained(other, torch_net(), gradients)
    judgement = judge_traces(one, other)
    assert judgement.verdict == "right" and judgement.frameworks == ("a", "b")
    rungs = [rung.rung for rung in judgement.rungs]
    assert list(dict.fromkeys(rungs)) == ["outputs", "loss", "gradients", "step 1"]
    trained(other, torch_net(), gradients, rate=0.2)
    judgement = judge_traces(one, other)
    assert judgement.verdict == "wrong" and judgement.places[0] == "optimizer"
    trained(other, torch_net(), [2 * gradients[0], *gradients[1:]])
    judgement = judge_traces(one, other)
    assert judgement.verdict == "wrong" and judgement.places[:2] == ["gradients", "fc1"]
    trained(other, torch_net(), gradients, kept=False)
    assert "gradients were recorded 1 and 0 times" in judge_traces(one, other).notes
    for path in (one, other):
        trained(path, torch_net(), gradients, kept=False)
    judgement = judge_traces(one, other)  # a step of a gradient that is rounding tells nothing
    assert judgement.verdict == "right" and "record the gradients too" in judgement.notes[-1]


def test_statistics_alone_are_said_and_find_a_wrong_layer(judged):
    judgement = judged(keras_net(), torch_net(), statistics=True)
    assert judgement.verdict == "right" and "by their statistics alone" in judgement.notes[-1]
    judgement = judged(keras_net(), torch_net(eps=1e-5), statistics=True)
    assert judgement.verdict == "wrong" and judgement.places[:2] == ["norm", "bn"]


def test_a_model_that_draws_is_no_twin(judged):
    rng = np.random.default_rng()
    drawing = torch_net(run=lambda net, x: net.fc2(net.bn(net.fc1(x))) + rng.normal())
    judgement = judged(keras_net(), drawing)
    assert judgement.verdict == "random" and "torch draws random numbers" in judgement.sentence


def test_the_command(tmp_path, capsys):
    paths = [tmp_path / f"{name}.trace" for name in "abc"]
    recorded(paths[0], keras_net(), rows())
    recorded(paths[1], torch_net(), rows())
    recorded(paths[2], torch_net(eps=1e-5), rows())
    one, right, wrong = map(str, paths)
    assert main(["parity", one, right]) == 0
    assert capsys.readouterr().out.startswith("right: ")
    assert main(["parity", one, wrong, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    (result,), (verdict,) = found["results"], found["verdicts"]
    assert (verdict["about"], verdict["verdict"]) == (f"{one} and {wrong}", "wrong")
    assert result["judged"] == "wrong" and result["places"][0] == "norm"
    assert result["traces"] == [one, wrong] and result["differences"][0]["broken"]
    for given in ([one], [one, right, wrong], [one, "mnist"], [one, __file__]):
        assert main(["parity", *given]) == 2
    assert main(["parity", one, "nothing.trace"]) == 5
