"""The probe of JAX: models of Flax NNX and of plain JAX, asked in a process of their own."""

from __future__ import annotations

import textwrap
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.export.convert_command import _two_of
from benchmarks.harness.process import Child
from benchmarks.twins.judge import judge
from common.twins.file import read_file
from common.twins.probe import Setup
from tests.conftest import installed

pytestmark = pytest.mark.skipif(
    find_spec("flax") is None, reason='flax is not installed: pip install "flax>=0.12"'
)

MODEL = """\
LOSS = "mean_squared_error"
{more}

def jax_model():
    import jax
    import jax.numpy as jnp
    from flax import nnx

    rngs = nnx.Rngs(0)
{body}
"""
NET = """\
    class Net(nnx.Module):
        def __init__(self):
{init}

        def __call__(self, {inputs}):
{call}

    return Net()
"""


@pytest.fixture(scope="module")
def child():
    with Child(installed("jax"), threads=1) as process:
        yield process


@pytest.fixture
def open_probe(child, tmp_path):
    """A function that makes a probe of a model's lines; what it returns has the probe's methods."""

    def opened(init: str, call: str, *, inputs: str = "x", more: str = "", **setup: Any) -> Any:
        init, call = textwrap.dedent(init), textwrap.dedent(call)
        lines = {
            name: "\n".join(" " * 12 + line for line in text.strip().splitlines())
            for name, text in (("init", init), ("call", call))
        }
        return of_body(NET.format(**lines, inputs=inputs), more, **setup)

    def of_body(body: str, more: str = "", **setup: Any) -> Any:
        path = tmp_path / f"model{len(list(tmp_path.iterdir()))}.py"
        path.write_text(MODEL.format(body=body, more=more))
        setup = {"shapes": ((5,),), **setup}
        number, facts = child.call(
            "benchmarks.twins.probes:open_probe", Setup(str(path), "jax", **setup)
        )

        def ask(method: str, *args: Any) -> Any:
            return child.call("benchmarks.twins.probes:ask", number, method, *args)

        return SimpleNamespace(ask=ask, path=str(path), **facts)

    opened.of_body = of_body
    yield opened
    child.call("benchmarks.twins.probes:close_probes")


def rows_of(*shapes, n=4, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, *shape)) for shape in shapes]


def kinds(probe):
    return {unit.name: unit.kind for unit in probe.units}


def test_units_stand_in_the_order_of_execution_with_canonical_shapes(open_probe):
    probe = open_probe(
        """
        self.last = nnx.Linear(4, 2, rngs=rngs)
        self.table = nnx.Param(jnp.ones(4))
        self.deep = nnx.Conv(2, 2, 3, feature_group_count=2, rngs=rngs)
        self.up = nnx.ConvTranspose(2, 4, (3,), rngs=rngs)
        self.drop = nnx.Dropout(0.4, rngs=rngs)
        """,
        """
        x = self.drop(self.up(self.deep(x)).mean(1)) * self.table
        return self.last(x)
        """,
        shapes=((6, 2),),
    )
    assert [unit.name for unit in probe.units] == ["Net", "deep", "up", "last"]
    shapes = {f"{u.name}/{role}": shape for u in probe.units for role, shape in u.weights.items()}
    assert shapes["deep/kernel"] == (3, 2, 1) and shapes["up/kernel"] == (3, 4, 2)
    assert shapes["Net/weight1"] == (4,)
    assert kinds(probe) == {
        "Net": "other",
        "deep": "depthwise_conv1d",
        "up": "conv1d_transpose",
        "last": "dense",
    }
    assert probe.dropout == [("drop", 0.4)] and "'drop'" in probe.notes[0]


ALL = (
    """
    self.embed = nnx.Embed(11, 4, rngs=rngs)
    self.mha = nnx.MultiHeadAttention(2, 4, qkv_features=6, decode=False, rngs=rngs)
    self.norm = nnx.BatchNorm(4, momentum=0.9, rngs=rngs)
    self.lstm = nnx.Bidirectional(
        nnx.RNN(nnx.LSTMCell(4, 3, rngs=rngs)), nnx.RNN(nnx.OptimizedLSTMCell(4, 3, rngs=rngs))
    )
    self.gru = nnx.RNN(nnx.GRUCell(6, 3, rngs=rngs), reverse=True)
    self.out = nnx.Linear(3, 2, rngs=rngs)
    """,
    """
    x = self.norm(self.mha(self.embed(words)) + more)
    x = nnx.gelu(self.gru(self.lstm(x))[:, -1])
    return {"b": self.out(x), "a": x}
    """,
)


def open_all(open_probe, **setup):
    return open_probe(*ALL, inputs="words, more", shapes=((5,), (5, 4)), tokens=(11, 0), **setup)


def all_rows():
    return [np.random.default_rng(3).integers(0, 11, (4, 5)), *rows_of((5, 4))]


def test_a_models_parts_are_known_and_their_weights_go_round(open_probe):
    probe = open_all(open_probe)
    assert kinds(probe) == {
        "embed": "embedding",
        "mha.query": "dense",
        "mha.key": "dense",
        "mha.value": "dense",
        "mha.out": "dense",
        "norm": "batch_norm",
        "lstm.forward_rnn": "lstm",
        "lstm.backward_rnn": "lstm",
        "gru": "gru",
        "out": "dense",
    }
    norm = next(unit for unit in probe.units if unit.name == "norm")
    assert norm.frozen == {"moving_mean", "moving_variance"}
    assert norm.settings["momentum"] == 0.9
    before = probe.ask("values")
    rng = np.random.default_rng(0)
    drawn = {name: rng.uniform(0.5, 1, value.shape) for name, value in before.items()}
    probe.ask("assign", drawn)
    after = probe.ask("values")
    for name, value in drawn.items():
        np.testing.assert_array_equal(after[name], value.astype(np.float32))
    outputs = probe.ask("outputs", all_rows())
    assert list(outputs) == ["b", "a"] and outputs["b"].dtype == np.float64


def test_in_float64_rounding_is_gone_and_gradients_are_differences(open_probe):
    narrow, wide = (open_all(open_probe, dtype=dtype) for dtype in ("float32", "float64"))
    rows, values = all_rows(), narrow.ask("values")
    rows[1] = rows[1].astype(np.float32).astype(np.float64)
    wide.ask("assign", values)
    one, other = (probe.ask("outputs", rows) for probe in (narrow, wide))
    assert 0 < np.abs(one["b"] - other["b"]).max() < 1e-5
    targets = rows_of((2,), (3,), seed=1)
    graded = wide.ask("gradients", rows, targets)
    assert "input/2" in graded and "input/1" not in graded
    assert all(np.array_equal(v, values[k]) for k, v in wide.ask("values").items())

    def loss(rows):
        return wide.ask("gradients", rows, targets)["loss"]

    step = np.zeros_like(rows[1])
    step[1, 2, 3] = 1e-5
    slope = (loss([rows[0], rows[1] + step]) - loss([rows[0], rows[1] - step])) / 2e-5
    assert graded["input/2"][1, 2, 3] == pytest.approx(slope, rel=1e-6)
    for name in ("gru/recurrent_kernel", "lstm.backward_rnn/kernel", "mha.out/kernel"):
        first = (0,) * values[name].ndim
        ends = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[first] += sign * 1e-5
            wide.ask("assign", {name: moved})
            ends.append(loss(rows))
        wide.ask("assign", {name: values[name]})
        slope = (ends[0] - ends[1]) / 2e-5
        assert graded[f"weight/{name}"][first] == pytest.approx(slope, rel=1e-5), name


def test_gates_stand_in_keras_order(open_probe):
    """The formulas of Keras's LSTM and GRU in NumPy, on the canonical weights."""
    probe = open_probe(
        "self.lstm = nnx.RNN(nnx.OptimizedLSTMCell(3, 2, rngs=rngs))\n"
        "self.gru = nnx.RNN(nnx.GRUCell(3, 2, rngs=rngs))",
        "return self.lstm(x), self.gru(x)",
        shapes=((4, 3),),
        dtype="float64",
    )
    rng = np.random.default_rng(0)
    values = {k: rng.normal(size=v.shape) for k, v in probe.ask("values").items()}
    probe.ask("assign", values)
    (x,) = rows_of((4, 3))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    h = c = g = np.zeros((len(x), 2))
    for t in range(4):
        at = x[:, t] @ values["lstm/kernel"] + h @ values["lstm/recurrent_kernel"]
        i, f, new, o = np.split(at + values["lstm/bias"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
        h = sigmoid(o) * np.tanh(c)
        given = x[:, t] @ values["gru/kernel"] + values["gru/bias"]
        z, r, new = np.split(given, 3, axis=1)
        uz, ur, un = np.split(g @ values["gru/recurrent_kernel"], 3, axis=1)
        z, r = sigmoid(z + uz), sigmoid(r + ur)
        g = z * g + (1 - z) * np.tanh(new + r * un)
    outputs = probe.ask("outputs", [x])
    np.testing.assert_allclose(outputs["output 1"][:, -1], h, atol=1e-12)
    np.testing.assert_allclose(outputs["output 2"][:, -1], g, atol=1e-12)


ADAM = """\
def adam():
    import optax

    return optax.adam(0.01)

OPTIMIZER = {"jax": adam}
"""


def test_a_step_moves_running_statistics_as_keras_does_and_shows_its_slots(open_probe):
    probe = open_probe(
        "self.norm = nnx.BatchNorm(5, momentum=0.8, rngs=rngs)",
        "return self.norm(x)",
        dtype="float64",
        more=ADAM,
    )
    rows, targets = rows_of((5,)), rows_of((5,), seed=1)
    before = probe.ask("values")
    graded = probe.ask("gradients", rows, targets)
    after = probe.ask("step", rows, targets)
    assert after["loss"] == pytest.approx(graded["loss"])
    np.testing.assert_allclose(after["norm/moving_mean"], 0.2 * rows[0].mean(0))
    np.testing.assert_allclose(after["norm/moving_variance"], 0.8 + 0.2 * rows[0].var(0))
    gradient = graded["weight/norm/gamma"]
    np.testing.assert_allclose(after["slot/first/norm/gamma"], 0.1 * gradient)
    np.testing.assert_allclose(after["slot/second/norm/gamma"], 0.001 * gradient**2)
    moved = before["norm/gamma"] - after["norm/gamma"]
    np.testing.assert_allclose(moved, 0.01 * np.sign(gradient), rtol=1e-5)


def test_without_an_optimizer_it_is_the_rmsprop_of_matched(open_probe):
    probe = open_probe(
        "self.d = nnx.Linear(5, 2, rngs=rngs)",
        "return self.d(x)",
        dtype="float64",
        learning_rate=0.1,
    )
    rows, targets = rows_of((5,)), rows_of((2,), seed=1)
    before, graded = probe.ask("values"), probe.ask("gradients", rows, targets)
    after, gradient = probe.ask("step", rows, targets), graded["weight/d/kernel"]
    square = 0.1 * gradient**2
    np.testing.assert_allclose(after["slot/second/d/kernel"], square)
    moved = before["d/kernel"] - after["d/kernel"]
    np.testing.assert_allclose(moved, 0.1 * gradient / np.sqrt(square + 1e-7))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def huber(x, y, delta=1.0):
    e = np.abs(x - y)
    return np.where(e <= delta, e * e / 2, delta * e - delta**2 / 2).mean()


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


CLASSES = np.array([0, 2, 1, 2])
REAL = np.random.default_rng(5).uniform(0.1, 0.9, (4, 3))
BITS = np.array([[0.0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]])
FORMULAS: dict[str, Any] = {
    "projection": (REAL, {}, lambda x, y: (x * y).sum() / 4),
    "categorical_crossentropy": (
        CLASSES,
        {},
        lambda x, y: -np.log(softmax(x))[range(4), y].mean(),
    ),
    "categorical_crossentropy, smooth": (
        CLASSES,
        {"label_smoothing": 0.3},
        lambda x, y: -(np.log(softmax(x)) * (np.eye(3)[y] * 0.7 + 0.1)).sum(1).mean(),
    ),
    "categorical_crossentropy, weighted": (
        CLASSES,
        {"class_weight": (1.0, 2.0, 3.0)},
        lambda x, y: -(np.log(softmax(x))[range(4), y] * np.array([1.0, 2, 3])[y]).mean(),
    ),
    "binary_crossentropy": (
        BITS,
        {},
        lambda x, y: (np.log1p(np.exp(x)) - x * y).mean(),
    ),
    "mean_squared_error": (REAL, {}, lambda x, y: ((x - y) ** 2).mean()),
    "mean_absolute_error": (REAL, {}, lambda x, y: np.abs(x - y).mean()),
    "huber": (REAL, {"delta": 0.5}, lambda x, y: huber(x, y, 0.5)),
    "log_cosh": (REAL, {}, lambda x, y: np.log(np.cosh(x - y)).mean()),
    "hinge": (BITS, {}, lambda x, y: np.maximum(1 - (2 * y - 1) * x, 0).mean()),
    "squared_hinge": (BITS, {}, lambda x, y: (np.maximum(1 - (2 * y - 1) * x, 0) ** 2).mean()),
    "cosine_similarity": (
        REAL,
        {},
        lambda x, y: -(unit(x) * unit(y)).sum(1).mean(),
    ),
    "kl_divergence": (
        REAL,
        {},
        lambda x, y: (y * np.log(y / np.clip(x, 1e-7, 1))).sum(1).mean(),
    ),
    "poisson": (REAL, {}, lambda x, y: (x - y * np.log(x + 1e-7)).mean()),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_loss_is_keras_formula(open_probe, name):
    targets, options, formula = FORMULAS[name]
    positive = name in ("kl_divergence", "poisson")
    probe = open_probe(
        "pass",
        "return jnp.abs(x) + 0.1" if positive else "return x + 0.0",
        shapes=((3,),),
        dtype="float64",
        loss=name.partition(",")[0],
        loss_options=options,
    )
    rows = rows_of((3,))
    outputs = probe.ask("outputs", rows)["output"]
    found = probe.ask("gradients", rows, [targets])["loss"]
    assert found == pytest.approx(formula(outputs, targets), rel=1e-9)


def test_probabilities_take_the_logarithm_alone(open_probe):
    rows = rows_of((3,))
    losses = [
        open_probe(
            "pass",
            call,
            shapes=((3,),),
            dtype="float64",
            loss_on=on,
            loss="categorical_crossentropy",
        ).ask("gradients", rows, [CLASSES])["loss"]
        for call, on in (("return x", "logits"), ("return nnx.softmax(x)", "probabilities"))
    ]
    assert losses[0] == pytest.approx(losses[1])


def test_ctc_is_the_sum_over_all_alignments(open_probe):
    probe = open_probe("pass", "return x", shapes=((3, 3),), dtype="float64", loss="ctc")
    (x,) = rows_of((3, 3), n=2)
    p = softmax(x)
    # of the label 1 in three steps: every run of ones, the blank 0 before and after it
    ways = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    chances = [sum(np.prod(row[range(3), list(way)]) for way in ways) for row in p]
    found = probe.ask("gradients", [x], [np.array([[1, 0], [1, 0]])])["loss"]
    assert found == pytest.approx(-np.log(chances).mean(), rel=1e-6)


def test_events_show_modules_and_functions_and_a_layer_answers_alone(open_probe):
    probe = open_probe(
        "self.d = nnx.Linear(5, 3, rngs=rngs)\nself.seq = nnx.Sequential(nnx.relu, nnx.gelu)",
        "return jnp.clip(self.seq(self.d(x)), 0, 6)",
    )
    rows = rows_of((5,))
    events = {event.layer: event for event in probe.ask("events", rows)}
    assert list(events) == ["d", "seq: relu", "seq: gelu", "seq", "Net: clip", "Net"]
    assert events["seq: gelu"].settings["approximate"] is True
    assert events["d"].kind == "Linear" and events["d"].outputs[0].dtype == np.float64
    for layer, event in events.items():
        (again,) = probe.ask("replay", layer, event.inputs)
        np.testing.assert_allclose(again, event.outputs[0], atol=1e-6)
    with pytest.raises(ValueError, match="'nobody'"):
        probe.ask("replay", "nobody", rows)


def test_a_model_that_draws_goes_on_drawing(open_probe):
    probe = open_probe(
        "self.noise = rngs.fork()",
        "return x + jax.random.normal(self.noise.default(), x.shape)",
    )
    one, other = (probe.ask("outputs", rows_of((5,)))["output"] for _ in range(2))
    assert np.abs(one - other).max() > 0.1


def test_a_memory_under_two_names_is_tied(open_probe):
    probe = open_probe(
        "self.a = nnx.Linear(5, 5, use_bias=False, rngs=rngs)\n"
        "self.b = nnx.Linear(5, 5, use_bias=False, rngs=rngs)\n"
        "self.b.kernel = self.a.kernel",
        "return self.b(self.a(x))",
    )
    assert [dict(unit.tied) for unit in probe.units] == [{}, {"kernel": "a/kernel"}]
    graded = probe.ask("gradients", rows_of((5,)), rows_of((5,)))
    np.testing.assert_array_equal(graded["weight/a/kernel"], graded["weight/b/kernel"])


PLAIN = """\
    params = {"hidden": {"w": jnp.ones((5, 4)), "b": jnp.zeros(4)}, "scale": jnp.ones(4)}

    def apply(params, x):
        x = x @ params["hidden"]["w"] + params["hidden"]["b"]
        return jax.nn.relu(x) * params["scale"]

    return apply, params
"""


def test_plain_jax_is_a_function_and_its_arrays(open_probe):
    probe = open_probe.of_body(PLAIN, dtype="float64")
    assert kinds(probe) == {"hidden": "dense", "params": "other"}
    rows, targets = rows_of((5,)), rows_of((4,), seed=1)
    graded = probe.ask("gradients", rows, targets)
    hidden = np.maximum(rows[0].sum(1, keepdims=True), 0) * np.ones(4)
    np.testing.assert_allclose(graded["weight/params/weight1"], (hidden * targets[0]).sum(0) / 4)
    assert [event.layer for event in probe.ask("events", rows)] == ["model: relu"]


def test_code_that_looks_at_values_is_not_compiled(open_probe):
    probe = open_probe("pass", "return x * (2.0 if float(x.sum()) > 0 else 1.0)")
    (x,) = rows_of((5,))
    factor = 2.0 if x.sum() > 0 else 1.0
    np.testing.assert_allclose(probe.ask("outputs", [x])["output"], factor * x, rtol=1e-6)


def test_weights_are_taken_from_a_file_that_fits(open_probe, tmp_path):
    probe = open_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    numbers = {"d/kernel": np.full((5, 2), 3, np.float32), "d/bias": np.ones(2, np.float32)}
    right, wrong = tmp_path / "right.npz", tmp_path / "wrong.npz"
    np.savez(right, **numbers)
    probe.ask("load", str(right))
    np.testing.assert_array_equal(probe.ask("values")["d/kernel"], numbers["d/kernel"])
    np.savez(wrong, **{"d/kernel": np.ones((2, 5)), "e/bias": np.ones(2)})
    with pytest.raises(ValueError, match=r"d/kernel is \(2, 5\).*d/bias is missing.*no e/bias"):
        probe.ask("load", str(wrong))


NET_IN_FILES = (
    """
    self.d = nnx.Linear(5, 3, rngs=rngs)
    self.norm = nnx.BatchNorm(3, rngs=rngs)
    self.drop = nnx.Dropout(0.5, rngs=rngs)
    self.blocks = nnx.List([nnx.Linear(3, 3, rngs=rngs), nnx.Linear(3, 2, rngs=rngs)])
    """,
    """
    x = self.drop(self.norm(self.d(x)))
    for block in self.blocks:
        x = block(x)
    return x
    """,
)


@pytest.mark.parametrize("name", ["w.safetensors", "half.safetensors", "w.msgpack", "w.npz"])
def test_a_file_that_its_users_write_is_read_and_written_back(open_probe, child, tmp_path, name):
    probe, other = open_probe(*NET_IN_FILES), open_probe(*NET_IN_FILES, dtype="float64")
    file, again = str(tmp_path / name), str(tmp_path / f"again{name[name.index('.') :]}")
    half = name.startswith("half")
    outputs = child.call("tests.twins.calls:save_jax", probe.path, file, half)
    rows = [np.ones((2, 5))]
    for one in (probe, other):
        one.ask("load", file)
        np.testing.assert_allclose(one.ask("outputs", rows)["output"], outputs, rtol=1e-5)
    before = probe.ask("values")
    probe.ask("save", again)
    probe.ask("assign", {name: 0 * value for name, value in before.items()})
    probe.ask("load", again)
    after = probe.ask("values")
    assert all(np.array_equal(after[name], value) for name, value in before.items())


def test_what_is_no_weight_in_a_train_state_is_passed_over(open_probe, child, tmp_path):
    probe = open_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    child.call("tests.twins.calls:save_train_state", str(tmp_path / "w.msgpack"))
    probe.ask("load", str(tmp_path / "w.msgpack"))
    np.testing.assert_array_equal(probe.ask("values")["d/kernel"], np.full((5, 2), 3))


@pytest.mark.parametrize("suffix", [".safetensors", ".msgpack", ".npz"])
def test_files_that_are_no_weights_of_the_model_are_refused(open_probe, tmp_path, suffix):
    probe = open_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    file = tmp_path / f"w{suffix}"

    def refused(words):
        with pytest.raises(ValueError, match=words):
            probe.ask("load", str(file))

    refused("is no file")
    file.write_bytes(b"\x81\xa1a\xc7" + 50 * b"\xff")
    refused("cannot be read")
    file.write_bytes(bytes(2 << 20))
    refused("at most")
    file.unlink()
    file.mkdir()
    refused("as Orbax writes one: write the arrays into one file.*call it .msgpack")


def test_an_npz_that_would_unpack_to_more_or_holds_objects_is_refused(open_probe, tmp_path):
    probe = open_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    bomb, code = tmp_path / "bomb.npz", tmp_path / "code.npz"
    np.savez_compressed(bomb, **{"d/kernel": np.zeros((5000, 200))})
    np.savez(code, **{"d/kernel": np.array([print], object)})
    for file, words in ((bomb, "unpack to"), (code, "not objects")):
        with pytest.raises(ValueError, match=words):
            probe.ask("load", str(file))


PORT = """
def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(5, 4), nn.{activation}(), nn.Linear(4, 3))
"""


def test_weights_are_carried_to_jax_and_back(child, torch_child, tmp_path):
    """Each file is the other's, written only if the two compute the same."""
    path = tmp_path / "twins.py"
    body = "    return nnx.Sequential(nnx.Linear(5, 4, rngs=rngs), nnx.tanh, "
    body += "nnx.Linear(4, 3, rngs=rngs))"
    text = "INPUT = (5,)\n" + MODEL.format(body=body, more=PORT.format(activation="Tanh"))
    path.write_text(text)
    trained, mine, back, wrong = (
        tmp_path / name for name in ("a.pt", "b.msgpack", "c.safetensors", "d.pt")
    )
    number, _ = torch_child.call(
        "benchmarks.twins.probes:open_probe", read_file(path).setup("torch")
    )
    torch_child.call("benchmarks.twins.probes:ask", number, "save", str(trained))

    def carried(names, source, out):
        children = {"jax": child, "torch": torch_child}
        return judge(path, names, children=children, weights="carried", files=(source, out))

    judgement = carried(("torch", "jax"), trained, mine)
    assert judgement.verdict == "right" and mine.exists(), judgement.sentence
    judgement = carried(("jax", "torch"), mine, back)
    assert judgement.verdict == "right" and back.exists(), judgement.sentence
    call = "tests.twins.calls:outputs"
    outputs = [
        process.call(call, name, str(path), str(file))
        for process, name, file in (
            (torch_child, "torch", trained),
            (child, "jax", mine),
            (torch_child, "torch", back),
        )
    ]
    assert abs(outputs[0] - outputs[1]).max() < 1e-6
    np.testing.assert_array_equal(outputs[0], outputs[2])
    path.write_text(text.replace("nn.Tanh", "nn.ReLU"))
    assert carried(("jax", "torch"), mine, wrong).verdict == "wrong" and not wrong.exists()


def test_whose_a_file_is_its_suffix_says_and_the_other_file():
    assert _two_of(["torch", "jax"], Path("a.pt"), Path("b.safetensors")) == ("torch", "jax")
    assert _two_of(["torch", "jax"], Path("a.safetensors"), Path("b.npz")) == ("torch", "jax")
    assert _two_of(["keras", "jax"], Path("a.safetensors"), Path("b.h5")) == ("jax", "keras")
    with pytest.raises(ValueError, match=r"b.keras: expected a file that ends in .pt, .pth, .safe"):
        _two_of(["torch", "jax"], Path("a.pt"), Path("b.keras"))
    with pytest.raises(ValueError, match="are both of torch: copy the file"):
        _two_of(["keras", "torch"], Path("a.pt"), Path("b.safetensors"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    return 3\n", "jax_model.. gives a int"),
        ("    import flax.no\n", "flax is not installed"),
    ],
)
def test_what_is_no_model_is_refused_in_a_sentence(open_probe, body, words):
    with pytest.raises((ValueError, ImportError), match=words):
        open_probe.of_body(body)
