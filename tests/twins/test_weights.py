"""Whose weights both models get, and how they are carried into a file."""

from __future__ import annotations

import json

from benchmarks.cli import main
from benchmarks.twins.judge import judge
from tests.twins.pairs import NAMES, pair_file


def test_weights_that_a_model_brings_are_carried(children, tmp_path):
    ramp = "layers.Dense(3, kernel_initializer=lambda shape, dtype: keras.ops.cast(RAMP, dtype))"
    more = "import numpy as np\nRAMP = np.linspace(-1, 1, 18).reshape(6, 3)"
    path = pair_file(tmp_path / "mine.py", "(6,)", ramp, "nn.Linear(6, 3)", more)
    judgement = judge(path, NAMES, children=children)
    assert (judgement.verdict, judgement.weights) == ("right", "carried from keras")
    seeded = path.read_text().replace("    return nn", "    torch.manual_seed(1)\n    return nn")
    (tmp_path / "both.py").write_text(seeded)
    judgement = judge(tmp_path / "both.py", NAMES, children=children, weights="own")
    assert judgement.verdict == "wrong" and "weights" in judgement.places
    judgement = judge(tmp_path / "both.py", NAMES, children=children)
    assert judgement.verdict == "right"
    assert any("brought too are not used" in note for note in judgement.notes)


def test_a_users_weights_are_carried_into_a_file_that_proves_them(children, tmp_path, capsys):
    kernel = "layers.Dense(4, activation='tanh'), layers.Dense(3)"
    port = "nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)"
    path, out = pair_file(tmp_path / "mine.py", "(6,)", kernel, port), tmp_path / "port.pt"
    trained = tmp_path / "trained.weights.h5"
    children["keras"].call("tests.twins.calls:save_keras", str(path), str(trained))
    assert main.main(["convert", "--twins", str(path), str(trained), str(out)]) == 0
    assert "port.pt: written" in capsys.readouterr().out
    outputs = [
        children["keras"].call("tests.twins.calls:outputs", "keras", str(path), str(trained)),
        children["torch"].call("tests.twins.calls:outputs", "torch", str(path), str(out)),
    ]
    assert abs(outputs[0] - outputs[1]).max() < 1e-6
    path.write_text(path.read_text().replace("nn.Tanh()", "nn.ReLU()"))
    out.unlink()
    assert main.main(["convert", "--twins", str(path), str(trained), str(out), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["results"]["written"] is False and not out.exists()
    assert found["verdicts"][0]["verdict"] == "wrong"
    assert main.main(["convert", "--twins", str(path), str(trained), "x.keras"]) == 2
