"""A user's file through the command: its packages, its data, and what it lacks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.cli import main
from tests.command import ROOT
from tests.twins.pairs import judged, needs_both

pytestmark = needs_both
EXAMPLES = ROOT / "docs" / "examples"


def test_a_users_own_packages_are_theirs(children, tmp_path):
    package = tmp_path / "common"
    package.mkdir()
    (package / "__init__.py").write_text("WIDTH = 3\n")
    judgement = judged(
        children,
        tmp_path / "mine.py",
        "(6,)",
        "layers.Dense(WIDTH)",
        "nn.Linear(6, WIDTH)",
        "from common import WIDTH",
    )
    assert judgement.verdict == "right", judgement.sentence


@pytest.mark.parametrize(("name", "status"), [("conv_twins", 0), ("buggy_twins", 1)])
def test_the_examples_through_the_command(tmp_path, capsys, name, status):
    file = str(EXAMPLES / f"{name}.py")
    options = ["--results", str(tmp_path), "--data", "embedded", "--framework", "keras,torch"]
    assert main.main(["parity", "--twins", file, *options, "--json"]) == status
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["problem"] == f"twins:{name}"
    assert result["judged"] == ("wrong" if status else "right")
    assert result["notice"].startswith("mnist: ") and result["notice"] in result["notes"]
    if status:
        assert "in another order" in result["verdict"] and "classes" in result["places"]
    assert len(list(tmp_path.rglob("*.json"))) == 1


@pytest.mark.parametrize("name", ["cifar", "imdb", "boston"])
def test_data_that_are_not_there_or_do_not_fit_are_refused(tmp_path, capsys, name):
    path = tmp_path / "rows.py"
    path.write_text(f"INPUT = (3,)\nDATA = {name!r}\ndef keras_model(): pass\n")
    assert main.main(["parity", "--twins", str(path)]) == 2
    assert f"DATA is {name!r}, expected one of mnist (784 values a row)" in capsys.readouterr().err


def test_packages_in_an_environment_beside_the_file_are_nobodys_own(tmp_path):
    """Their imports must not look beside the user's file first."""
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    for folder in (tmp_path / "mine", installed / "others"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "sub.py").write_text("import builtins\nOURS = __builtins__ is vars(builtins)\n")
    (tmp_path / "file.py").write_text(
        f"import sys\nsys.path.append({str(installed)!r})\n"
        "import mine.sub, others.sub\nOURS = mine.sub.OURS, others.sub.OURS\n"
    )
    code = "from common.twins.user_file import user_module as m; print(m(%r)[0].OURS)"
    command = [sys.executable, "-c", code % str(tmp_path / "file.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "(False, True)", done.stderr


def test_one_model_alone_is_refused_with_what_there_is(tmp_path, capsys):
    path = tmp_path / "alone.py"
    path.write_text("INPUT = (6,)\ndef keras_model(): pass\n")
    assert main.main(["parity", "--twins", str(path)]) == 2
    assert "has keras_model" in capsys.readouterr().err
