"""`twinbench convert`: weights travel between the frameworks, and nothing in a file is run."""

from __future__ import annotations

import itertools
import json
import pickle
import struct
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.export.convert_command import _two_of
from common.framework import frameworks
from common.initial import initial_weights
from common.problem import PROBLEMS
from common.weights import read_weights, write_weights

pytestmark = pytest.mark.skipif(
    any(frameworks()[name].missing for name in ("keras", "torch")), reason="needs both frameworks"
)


def convert(*words: object) -> int:
    """Exit status of the command for Boston; each framework is in a process of its own."""
    return main(["convert", "boston", *map(str, words), "--data", "embedded", "--threads", "1"])


@pytest.mark.long
def test_weights_survive_a_journey_through_every_format(tmp_path: Path):
    names = ("boston.safetensors", "boston.pt", "boston.keras", "home.safetensors")
    files = [tmp_path / name for name in names]
    home = files[-1]
    assert convert(files[0], "--train", "keras", "--epochs", 1) == 0
    files[1].symlink_to(tmp_path / "elsewhere.pt")
    for source, target in itertools.pairwise(files):
        assert convert(source, target) == 0
    assert files[1].is_symlink() and (tmp_path / "elsewhere.pt").is_file()
    problem = PROBLEMS["boston"]
    first, last = read_weights(files[0], problem)[0], read_weights(home, problem)[0]
    names = {f"{layer.name}/{kind}" for layer in problem.layers for kind in ("kernel", "bias")}
    assert names <= first.keys() & last.keys()
    for name in names:
        np.testing.assert_array_equal(last[name], first[name])


class _Payload:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("ran"),))


def _pickled_code(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Payload()))
        archive.writestr("archive/version", "3\n")


def _lying_header(path: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 9999]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 36)


@pytest.mark.parametrize(
    "name, write",
    [
        ("code.pt", _pickled_code),
        ("lies.safetensors", _lying_header),
        ("noise.keras", lambda path: path.write_bytes(b"PK\x03\x04noise")),
        ("missing.pt", lambda path: None),
    ],
)
def test_a_bad_file_is_one_clear_error_and_leaves_nothing(tmp_path: Path, capsys, name, write):
    write(tmp_path / name)
    out = tmp_path / ("out.pt" if name.endswith(".safetensors") else "out.safetensors")
    assert convert(tmp_path / name, out) == 3
    err = capsys.readouterr().err
    assert name in err and "Traceback" not in err
    assert not out.exists() and not Path("ran").exists()


def save_lambda(path: Path) -> None:
    """In a Child: a model of the right sizes with Python code in a layer."""
    import keras

    layers = [keras.layers.Dense(64), keras.layers.Lambda(lambda x: x), keras.layers.Dense(1)]
    keras.Sequential([keras.Input((13,)), *layers]).save(path)


def test_a_lambda_layer_is_refused(process_of, tmp_path: Path, capsys):
    process_of("keras").call("tests.export.test_convert:save_lambda", tmp_path / "code.keras")
    assert convert(tmp_path / "code.keras", tmp_path / "out.safetensors") == 3
    err = capsys.readouterr().err
    assert "code.keras" in err and "Lambda" in err and "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["code.keras"]


def test_another_width_or_problem_is_refused_and_out_stays_as_it_was(tmp_path: Path, capsys):
    narrow, out = tmp_path / "narrow.safetensors", tmp_path / "out.pt"
    write_weights(narrow, initial_weights(PROBLEMS["boston"].but(hidden=(8, 8)), 0), {})
    out.write_bytes(b"old")
    assert convert(narrow, out) == 3
    err = capsys.readouterr().err
    assert "narrow.safetensors" in err and "--hidden" in err
    write_weights(narrow, initial_weights(PROBLEMS["boston"], 0), {"problem": "mnist"})
    assert convert(narrow, out) == 3
    assert "weights of mnist, expected boston" in capsys.readouterr().err
    assert out.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 2


FAULTS = {"none": 0.0, "within the bound": 1e-6, "over the bound": 1e-4, "no number": np.nan}


@pytest.mark.parametrize("where", ["scores", "state"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_out_that_disagrees_is_not_kept(tmp_path: Path, monkeypatch, capsys, fault, where):
    """Weights must be equal, scores within 1e-5; the processes are played by a function."""
    weights, scores = {"output/bias": np.ones(1, np.float32)}, np.ones((102, 1), np.float32)
    out = tmp_path / "out.pt"
    (tmp_path / "in.keras").write_bytes(b"")
    out.write_bytes(b"old")

    def call(target: str, *args: Any) -> Any:
        if target.endswith(":write"):
            return args[-1].write_bytes(b"new")
        read_again = args[0] != tmp_path / "in.keras"
        off = {where: np.float32(FAULTS[fault] if read_again else 0)}
        state = {k: v + off.get("state", 0) for k, v in weights.items()}
        return {"state": state, "scores": scores + off.get("scores", 0), "origin": {}}

    played = contextmanager(lambda job: iter([call]))
    monkeypatch.setattr("benchmarks.export.convert.shown_child", played)
    words = ["convert", "boston", str(tmp_path / "in.keras"), str(out), "--data", "embedded"]
    status = main(words)
    good = fault == "none" or (fault, where) == ("within the bound", "scores")
    assert (status, out.read_bytes()) == ((0, b"new") if good else (1, b"old"))
    assert ("OVER" in capsys.readouterr().out) is not good
    assert main([*words, "--json"]) == status
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["results"]["written"] is good
    assert found["verdicts"][0]["verdict"] == ("agrees" if good else "disagrees")
    assert all(error["within"] for error in found["results"]["errors"].values()) is good
    assert {path.name for path in tmp_path.iterdir()} == {"in.keras", "out.pt"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.pt"], "expected IN and OUT, or --train and OUT, got: a.pt"),
        (["a.pt", "b.pt", "--train", "torch"], "expected OUT alone after --train"),
        (["a.pt", "b.txt"], "b.txt: expected a file that ends in .safetensors"),
        (["a.pt", "b.safetensors", "--optimizer-state"], "--optimizer-state needs --train"),
        (["a.pt", "no/such/b.pt"], "no/such/b.pt cannot be written"),
    ],
)
def test_a_command_line_that_makes_no_sense_starts_nothing(words, message, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.harness.process.Child", lambda *_, **__: pytest.fail("started"))
    assert main(["convert", "boston", *words]) == 2
    assert message in capsys.readouterr().err


def test_whose_a_file_is_its_suffix_says_and_the_other_file():
    assert _two_of(["torch", "jax"], Path("a.pt"), Path("b.safetensors")) == ("torch", "jax")
    assert _two_of(["torch", "jax"], Path("a.safetensors"), Path("b.npz")) == ("torch", "jax")
    assert _two_of(["keras", "jax"], Path("a.safetensors"), Path("b.h5")) == ("jax", "keras")
    with pytest.raises(ValueError, match=r"b.keras: expected a file that ends in .pt, .pth, .safe"):
        _two_of(["torch", "jax"], Path("a.pt"), Path("b.keras"))
    with pytest.raises(ValueError, match="are both of torch: copy the file"):
        _two_of(["keras", "torch"], Path("a.pt"), Path("b.safetensors"))
