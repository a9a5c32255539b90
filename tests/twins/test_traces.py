"""Traces: the recorder on models in NumPy, the file's form, hostile files, the verdict on two."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.twins.traces.judge import judge_traces
from common.twins import recorded as recorded_types
from common.twins import twinbench_record
from common.twins.recorded import NUMBERS, Trace
from common.twins.twinbench_record import record
from tests.command import ROOT
from tests.twins.fake_models import (
    Dense,
    Linear,
    Model,
    Module,
    Net,
    keras_net,
    rows,
    torch_net,
    weights,
)


def recorded(path, model, *args, **options):
    with record(path, model, **options):
        model(*args)
    return path


@pytest.fixture
def judged(tmp_path):
    """The judgement of a Keras model and its port on the same rows."""

    def judge(one, other, x=None, y=None, **options):
        x = rows() if x is None else x
        paths = [tmp_path / "keras.trace", tmp_path / "torch.trace"]
        for path, model, given in zip(paths, (one, other), (x, x if y is None else y), strict=True):
            recorded(path, model, given, **options)
        return judge_traces(*paths)

    return judge


def test_the_recorder_is_one_file_for_python_3_9():
    source = inspect.getsource(twinbench_record)
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {"numpy", *sys.stdlib_module_names}
    assert "from __future__ import annotations" in source and "strict=" not in source


def test_the_page_on_traces_has_every_key():
    page = (ROOT / "docs/reference/trace.md").read_text()
    for kind in (recorded_types.Index, recorded_types.Layer, recorded_types.Weight):
        assert all(f"`{name}`" in page for name in kind.__struct_fields__), kind
    for kind in (recorded_types.Call, recorded_types.Tensor, recorded_types.Gradients):
        assert all(f"`{name}`" in page for name in kind.__struct_fields__), kind
    assert f"| `version` | `{twinbench_record.VERSION}`" in page
    assert f"`{twinbench_record.FORMAT}`" in page


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


def test_what_is_kept_is_bounded_and_said(tmp_path):
    path = recorded(tmp_path / "a.trace", torch_net(), rows(), max_bytes=400)
    trace = Trace(path)
    kept = sum(trace.array(t).nbytes for c in trace.index.calls for t in (*c.inputs, *c.outputs))
    assert kept == 8 * (5 * 4 + 5 * 3)
    assert "max_bytes is 400" in trace.index.notes[-1] and not trace.is_whole()
    recorded(path, torch_net(), rows(), layers=["fc*"])
    assert [event.layer for event in Trace(path).events()] == ["fc1", "fc2"]


def test_calls_are_counted_and_the_classes_are_as_before(tmp_path):
    before = Module.__call__
    net = torch_net(run=lambda net, x: net.fc2(net.act(net.bn(net.act(net.fc1(x))))))
    with record(tmp_path / "a.trace", net):
        assert Module.__call__ is not before
        net(rows())
    assert Module.__call__ is before
    events = [event.layer for event in Trace(tmp_path / "a.trace").events()]
    assert events == ["fc1", "act", "bn", "act#2", "fc2"]
    with pytest.raises(ZeroDivisionError), record(tmp_path / "b.trace", net):
        net(rows())
        raise ZeroDivisionError
    with pytest.raises(RuntimeError, match="no call"), record(tmp_path / "b.trace", net):
        pass
    assert Module.__call__ is before and [p.name for p in tmp_path.iterdir()] == ["a.trace"]
    with pytest.raises(TypeError, match=r"expected a torch\.nn\.Module"):
        record(tmp_path / "b.trace", print)


def test_a_recorder_that_changes_the_outputs_says_so(tmp_path, judged):
    def seen(net, x):
        looked_at = hasattr(Module.__call__, "__wrapped__")
        return net.fc2(net.bn(net.act(net.fc1(x)))) + np.float32(1e-6 * looked_at)

    path = recorded(tmp_path / "a.trace", torch_net(run=seen), rows())
    assert Trace(path).index.unchanged is False
    assert "without the recorder" in judged(keras_net(), torch_net(run=seen)).notes[0]
    assert Trace(recorded(path, torch_net(), rows())).index.unchanged
    net = torch_net()
    net.training = True
    assert Trace(recorded(path, net, rows())).index.unchanged is None
    judgement = judged(keras_net(), net)
    assert judgement.verdict == "wrong" and "torch was recorded in training" in judgement.sentence


def test_a_model_that_draws_is_no_twin(judged):
    rng = np.random.default_rng()
    drawing = torch_net(run=lambda net, x: net.fc2(net.bn(net.fc1(x))) + rng.normal())
    judgement = judged(keras_net(), drawing)
    assert judgement.verdict == "random" and "torch draws random numbers" in judgement.sentence


def rewritten(path: Path, change) -> None:
    """A trace whose header or index somebody has changed."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    index = json.loads(header["__metadata__"]["index"])
    change(header, index)
    if header.get("__metadata__", {}).get("index"):
        header["__metadata__"]["index"] = json.dumps(index)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])


def first(header):
    return next(value for name, value in header.items() if name != "__metadata__")


HOSTILE = {
    "no index": lambda header, index: header["__metadata__"].pop("index"),
    "another format": lambda header, index: header.pop("__metadata__"),
    "another version": lambda header, index: header["__metadata__"].update(version="99"),
    "objects": lambda header, index: first(header).update(dtype="O"),
    "a huge tensor": lambda header, index: first(header).update(shape=[2**40, 2**40]),
    "a huge weight": lambda header, index: index["layers"][1]["weights"]["weight"]["tensor"].update(
        shape=[NUMBERS, 2], digest=""
    ),
    "another shape": lambda header, index: index["calls"][0]["inputs"][0].update(shape=[4, 5]),
    "no layer of its kind": lambda header, index: index["layers"][1]["weights"]["weight"][
        "tensor"
    ].update(shape=[24], digest=""),
    "an unknown framework": lambda header, index: index.update(framework="../../etc/passwd"),
    "two of one name": lambda header, index: index["layers"].append(index["layers"][0]),
    "another type": lambda header, index: index.update(events="all"),
    "a negative shape": lambda header, index: index["calls"][0]["inputs"][0].update(shape=[-1]),
    "no call": lambda header, index: index.update(calls=[]),
    "settings of another type": lambda header, index: index["layers"][1].update(
        classes=["torch.LSTM"], settings={"num_layers": "many"}
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_trace_is_refused(tmp_path, what):
    good = recorded(tmp_path / "good.trace", torch_net(), rows())
    path = recorded(tmp_path / "bad.trace", torch_net(), rows())
    rewritten(path, HOSTILE[what])
    with pytest.raises(ValueError, match=r"bad\.trace|framework"):
        judge_traces(good, path)


def test_a_name_is_never_a_path(tmp_path):
    good = recorded(tmp_path / "good.trace", torch_net(), rows())
    path = recorded(tmp_path / "named.trace", torch_net(), rows())

    def named(header, index):
        index["layers"][1]["name"] = index["events"][0]["layer"] = "../../\x1b[2Jetc/passwd"

    rewritten(path, named)
    before = sorted(p.name for p in tmp_path.rglob("*"))
    assert judge_traces(good, path).verdict == "right"
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_damaged_trace_is_refused_or_read_as_it_was(tmp_path):
    good = recorded(tmp_path / "good.trace", torch_net(), rows())
    content, path = good.read_bytes(), tmp_path / "bad.trace"
    for length in (0, 4, 8, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="cannot be read"):
            Trace(path)
    path.write_bytes((2**60).to_bytes(8, "little") + content[8:])
    with pytest.raises(ValueError, match="its index has"):
        Trace(path)
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            judge_traces(good, path)
        except ValueError as error:
            assert len(str(error)) < 1000


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
