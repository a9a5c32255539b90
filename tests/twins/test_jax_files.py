"""Files of weights of a JAX model, read, written and carried to PyTorch and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.twins.judge import judge
from common.twins.file import read_file
from tests.twins.opened import Opened, written


def test_weights_are_taken_from_a_file_that_fits(jax_probe, tmp_path):
    probe = jax_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    numbers = {"d/kernel": np.full((5, 2), 3, np.float32), "d/bias": np.ones(2, np.float32)}
    right, wrong = tmp_path / "right.npz", tmp_path / "wrong.npz"
    np.savez(right, **numbers)
    probe.load(str(right))
    np.testing.assert_array_equal(probe.values()["d/kernel"], numbers["d/kernel"])
    np.savez(wrong, **{"d/kernel": np.ones((2, 5)), "e/bias": np.ones(2)})
    with pytest.raises(ValueError, match=r"d/kernel is \(2, 5\).*d/bias is missing.*no e/bias"):
        probe.load(str(wrong))


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
def test_a_file_that_its_users_write_is_read_and_written_back(jax_probe, jax_child, tmp_path, name):
    probe, other = jax_probe(*NET_IN_FILES), jax_probe(*NET_IN_FILES, dtype="float64")
    file, again = str(tmp_path / name), str(tmp_path / f"again{name[name.index('.') :]}")
    half = name.startswith("half")
    outputs = jax_child.call("tests.twins.calls:save_jax", probe.path, file, half)
    rows = [np.ones((2, 5))]
    for one in (probe, other):
        one.load(file)
        np.testing.assert_allclose(one.outputs(rows)["output"], outputs, rtol=1e-5)
    before = probe.values()
    probe.save(again)
    probe.assign({name: 0 * value for name, value in before.items()})
    probe.load(again)
    after = probe.values()
    assert all(np.array_equal(after[name], value) for name, value in before.items())


def test_what_is_no_weight_in_a_train_state_is_passed_over(jax_probe, jax_child, tmp_path):
    probe = jax_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    jax_child.call("tests.twins.calls:save_train_state", str(tmp_path / "w.msgpack"))
    probe.load(str(tmp_path / "w.msgpack"))
    np.testing.assert_array_equal(probe.values()["d/kernel"], np.full((5, 2), 3))


@pytest.mark.parametrize("suffix", [".safetensors", ".msgpack", ".npz"])
def test_files_that_are_no_weights_of_the_model_are_refused(jax_probe, tmp_path, suffix):
    probe = jax_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    file = tmp_path / f"w{suffix}"

    def refused(words):
        with pytest.raises(ValueError, match=words):
            probe.load(str(file))

    refused("is no file")
    file.write_bytes(b"\x81\xa1a\xc7" + 50 * b"\xff")
    refused("cannot be read")
    file.write_bytes(bytes(2 << 20))
    refused("at most")
    file.unlink()
    file.mkdir()
    refused("as Orbax writes one: write the arrays into one file.*call it .msgpack")


def test_an_npz_that_would_unpack_to_more_or_holds_objects_is_refused(jax_probe, tmp_path):
    probe = jax_probe("self.d = nnx.Linear(5, 2, rngs=rngs)", "return self.d(x)")
    bomb, code = tmp_path / "bomb.npz", tmp_path / "code.npz"
    np.savez_compressed(bomb, **{"d/kernel": np.zeros((5000, 200))})
    np.savez(code, **{"d/kernel": np.array([print], object)})
    for file, words in ((bomb, "unpack to"), (code, "not objects")):
        with pytest.raises(ValueError, match=words):
            probe.load(str(file))


PORT = """
INPUT, LOSS = (5,), "mean_squared_error"


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
"""


def test_weights_are_carried_to_jax_and_back(jax_child, torch_child, tmp_path):
    """Each file is the other's, written only if the two compute the same."""
    layers = "nnx.Linear(5, 4, rngs=rngs), nnx.tanh, nnx.Linear(4, 3, rngs=rngs)"
    path = Path(written(tmp_path, "jax", f"return nnx.Sequential({layers})", PORT))
    trained, mine, back, wrong = (
        tmp_path / name for name in ("a.pt", "b.msgpack", "c.safetensors", "d.pt")
    )
    Opened(torch_child, read_file(path).setup("torch")).save(str(trained))

    def carried(names, source, out):
        children = {"jax": jax_child, "torch": torch_child}
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
            (jax_child, "jax", mine),
            (torch_child, "torch", back),
        )
    ]
    assert abs(outputs[0] - outputs[1]).max() < 1e-6
    np.testing.assert_array_equal(outputs[0], outputs[2])
    path.write_text(path.read_text().replace("nn.Tanh", "nn.ReLU"))
    assert carried(("jax", "torch"), mine, wrong).verdict == "wrong" and not wrong.exists()
