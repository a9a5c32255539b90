"""Losses, steps and files of weights of a PyTorch model behind the probe's interface."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twins.torch_models import net, rows


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def crossentropy(o, y, smoothing=0.0, weights=(1, 1, 1)):
    target = np.eye(3)[y] * (1 - smoothing) + smoothing / 3
    return np.mean(np.asarray(weights)[y] * -(target * np.log(softmax(o))).sum(-1))


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


OUT, Y, LABELS = rows(6, 3), rows(6, 3, seed=1), np.array([0, 2, 1, 1, 0, 2])
P, Q, BITS = softmax(OUT), softmax(Y), (Y > 0).astype(float)
SIGN = 2 * BITS - 1
HUBER = np.where(np.abs(OUT - Y) <= 0.5, (OUT - Y) ** 2 / 2, 0.5 * np.abs(OUT - Y) - 0.125)
BCE = np.log1p(np.exp(OUT)) - BITS * OUT
WEIGHTS = [1.0, 2.0, 0.5]
LOSSES = {
    "categorical_crossentropy": (OUT, LABELS, crossentropy(OUT, LABELS), {}),
    "categorical_crossentropy, one-hot": (OUT, np.eye(3)[LABELS], crossentropy(OUT, LABELS), {}),
    "categorical_crossentropy, smoothed": (
        OUT, LABELS, crossentropy(OUT, LABELS, 0.1), {"label_smoothing": 0.1}),
    "categorical_crossentropy, weighted": (
        OUT, LABELS, crossentropy(OUT, LABELS, 0, WEIGHTS), {"class_weight": WEIGHTS}),
    "categorical_crossentropy, probabilities": (
        P, LABELS, crossentropy(OUT, LABELS), {"loss_on": "probabilities"}),
    "categorical_crossentropy, classes at 1": (
        OUT.reshape(2, 3, 3)[..., None].transpose(0, 2, 1, 3), LABELS.reshape(2, 3, 1),
        crossentropy(OUT, LABELS), {}),
    "binary_crossentropy": (OUT, BITS, BCE.mean(), {}),
    "binary_crossentropy, probabilities": (
        1 / (1 + np.exp(-OUT)), BITS, BCE.mean(), {"loss_on": "probabilities"}),
    "binary_crossentropy, weighted": (OUT[:, 0], BITS[:, :1],
        np.mean(np.where(BITS[:, 0] == 1, 2, 1) * BCE[:, 0]), {"class_weight": [1, 2]}),
    "mean_squared_error": (OUT, Y, np.mean((OUT - Y) ** 2), {}),
    "mean_absolute_error": (OUT, Y, np.mean(np.abs(OUT - Y)), {}),
    "huber": (OUT, Y, HUBER.mean(), {"delta": 0.5}),
    "log_cosh": (40 * OUT, Y, np.mean(np.logaddexp(40 * OUT - Y, Y - 40 * OUT) - np.log(2)), {}),
    "kl_divergence": (P, Q, np.mean((Q * np.log(Q / P)).sum(-1)), {}),
    "poisson": (P, BITS, np.mean(P - BITS * np.log(P + 1e-7)), {}),
    "hinge": (OUT, BITS, np.mean(np.maximum(1 - SIGN * OUT, 0)), {}),
    "squared_hinge": (OUT, SIGN, np.mean(np.maximum(1 - SIGN * OUT, 0) ** 2), {}),
    "cosine_similarity": (OUT, Y, -np.mean((unit(OUT) * unit(Y)).sum(-1)), {}),
    "projection": (OUT, Y, (OUT * Y).sum() / 6, {}),
    # of the paths of three steps that make "1": 1--, -1-, --1, 11-, -11, 111
    "ctc": (OUT.reshape(2, 3, 3), np.array([[1, 0], [1, 0]]), -np.mean([np.log(sum(
        np.prod([p[t, k] for t, k in enumerate(path)])
        for path in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1), (1, 1, 1))
    )) for p in P.reshape(2, 3, 3)]), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", LOSSES)
def test_a_loss_is_keras_s_formula(torch_probe, case):
    output, target, expected, options = LOSSES[case]
    options = dict(options)
    setup = {"loss": case.partition(",")[0], "loss_on": options.pop("loss_on", "logits")}
    model = net("self.one = nn.Parameter(torch.ones(()))", "return x * self.one")
    opened = torch_probe(model, output.shape[1:], dtype="float64", loss_options=options, **setup)
    loss = opened.gradients([output], [target])["loss"]
    assert loss == pytest.approx(expected, rel=1e-9)


def test_a_loss_and_an_optimizer_of_the_file_s_own_and_slots(torch_probe):
    more = (
        "def loss(output, y): return ((output - y) ** 4).mean()\n"
        "def adam(parameters):\n    import torch\n"
        "    own = torch.optim.Adam(parameters, lr=.1)\n"
        "    return own, torch.optim.lr_scheduler.ExponentialLR(own, 0.5)\n"
        "LOSS, OPTIMIZER = {'torch': loss}, {'torch': adam}"
    )
    opened = torch_probe(
        "return nn.Linear(3, 2)", (3,), more=more, loss="functions", dtype="float64"
    )
    x, y, before = rows(4, 3), rows(4, 2), opened.values()
    gradient = opened.gradients([x], [y])["weight/Linear/kernel"]
    assert opened.optimizer_slots() == {}
    steps = [opened.step([x], [y])]
    slots = opened.optimizer_slots()
    np.testing.assert_allclose(slots["slot/first/Linear/kernel"], 0.1 * gradient, rtol=1e-9)
    np.testing.assert_allclose(slots["slot/second/Linear/kernel"], 1e-3 * gradient**2)
    steps.append(opened.step([x], [y]))
    moved = [before, *steps]
    sizes = [np.abs(moved[i + 1]["Linear/bias"] - moved[i]["Linear/bias"]).max() for i in (0, 1)]
    assert sizes == pytest.approx([0.1, 0.05], rel=0.08)
    opened.assign(before)
    np.testing.assert_array_equal(opened.step([x], [y])["Linear/bias"], steps[0]["Linear/bias"])


def test_a_step_of_rmsprop_has_epsilon_inside_the_root(torch_probe):
    opened = torch_probe("return nn.Linear(3, 2)", (3,), dtype="float64", learning_rate=0.01)
    x, y, before = rows(4, 3), rows(4, 2), opened.values()
    gradients, step = opened.gradients([x], [y]), opened.step([x], [y])
    g = gradients["weight/Linear/kernel"]
    slots = opened.optimizer_slots()
    np.testing.assert_allclose(slots["slot/second/Linear/kernel"], 0.1 * g**2)
    expected = before["Linear/kernel"] - 0.01 * g / np.sqrt(0.1 * g**2 + 1e-7)
    np.testing.assert_allclose(step["Linear/kernel"], expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["pt", "safetensors", "npz"])
def test_a_file_of_weights_is_loaded_by_the_model_s_own_names(
    torch_probe, torch_child, tmp_path, kind
):
    opened = torch_probe("return nn.Sequential(nn.LSTM(3, 2))", (5, 3))
    state = {
        f"0.{name}": rows(*shape, seed=i).astype(np.float32)
        for i, (name, shape) in enumerate(
            {"weight_ih_l0": (8, 3), "weight_hh_l0": (8, 2), "bias_ih_l0": (8,), "bias_hh_l0": (8,)}
            .items()
        )
    }  # fmt: skip
    path = str(tmp_path / f"weights.{kind}")
    save(torch_child, path, state)
    opened.load(path)
    values = opened.values()
    np.testing.assert_allclose(values["0/kernel"], state["0.weight_ih_l0"].T)
    np.testing.assert_allclose(
        values["0/bias"], state["0.bias_ih_l0"] + state["0.bias_hh_l0"], rtol=1e-6
    )
    state["1.other"] = state.pop("0.bias_ih_l0")
    save(torch_child, path, state)
    with pytest.raises(ValueError, match=r"lacks 0.bias_ih_l0; not in the model: 1.other"):
        opened.load(path)


def save(torch_child, path, state):
    if path.endswith("npz"):
        np.savez(path, **state)
    elif path.endswith("safetensors"):
        from safetensors.numpy import save_file

        save_file(state, path)
    else:
        torch_child.call("tests.twins.test_torch_losses:saved_by_torch", path, state)


def saved_by_torch(path, state):
    """In the child: what torch.save makes of it."""
    import torch

    torch.save({name: torch.from_numpy(value) for name, value in state.items()}, path)
