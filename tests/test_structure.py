"""The architecture, held by tests: who imports whom, and two folders that mirror each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness.process import Child
from common.framework import framework, frameworks, plain_frameworks
from tests.conftest import installed
from tools import rooms

ROOT = Path(__file__).parent.parent
FOLDERS = sorted(ROOT.glob("*_impl"))
FRAMEWORKS = {name for found in frameworks().values() for name in found.requires}
POSIX_ONLY = ["fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"]
FILES = {  # that a folder need not have whose framework is without
    "tuned": {"tuned.py", "replicas.py"},
    "ablation": {"ablation.py"},
    "twins": {"twins.py"},
    "compiled": set(),  # where it is no more than a word in a call
    "bf16": set(),  # the same
}

OWN_FILES = {  # that not every framework has
    # what JAX and PyTorch compile are functions, which stand beside their Task; Keras makes its own
    "program.py",
    "feed.py",  # Keras's `fit` draws its batches itself
}
OWN_NAMES = {("torch_impl", "mnist.py"): ["dataset"]}  # PyTorch alone has loaders and data sets
LONGER = {"twinbench_record.py"}  # which users copy: it must be one file
MIRRORED = ("boston.py", "imdb.py", "mnist.py", "networks.py", "objectives.py", "reuters.py")


def files_of(folder: Path) -> set[str]:
    """The names of its files; of one that is a backend's, `backends/jax_tuned.py`, `tuned.py`."""
    of_backends = (folder / "backends").glob("[a-z]*_*.py")
    names = [path.name for path in folder.glob("*.py")]
    return {*names, *(path.name.partition("_")[2] for path in of_backends)} - OWN_FILES


def contents(path: Path) -> list[str]:
    """Public functions, classes and their methods, in the order of the file."""
    names = []
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        if isinstance(node, ast.ClassDef):
            names += [f"{node.name}.{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)]
    return [name for name in names if not name.rpartition(".")[2].startswith("_")]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def core(folder: str) -> list[Path]:
    """Its files, without the peers, which are scripts of other people's frameworks."""
    peers = ROOT / "benchmarks" / "speed" / "peers"
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if path.parent != peers]


def test_the_two_implementations_are_there_and_come_first():
    assert {"keras_impl", "torch_impl"} <= {folder.name for folder in FOLDERS}
    assert plain_frameworks()[:2] == ["keras", "torch"]


def test_all_folders_have_the_same_files_but_for_what_a_framework_is_without():
    files = {folder.name: files_of(folder) for folder in FOLDERS}
    every = set().union(*files.values())
    assert "task.py" in every and every >= set().union(*FILES.values())
    for folder, found in files.items():
        variants = [set(f.without) for f in frameworks().values() if f.package == folder]
        spared = set().union(*(FILES[what] for what in set.intersection(*variants)))
        assert found == every - spared, folder


@pytest.mark.parametrize("name", MIRRORED)
def test_a_file_has_the_same_contents_in_the_same_order_in_all_folders(name):
    expected = contents(ROOT / "torch_impl" / name)
    expected = [n for n in expected if n not in OWN_NAMES.get(("torch_impl", name), ())]
    assert expected
    for folder in FOLDERS:
        own = OWN_NAMES.get((folder.name, name), ())
        assert [n for n in contents(folder / name) if n not in own] == expected, folder.name


def test_all_tasks_have_the_same_methods_in_the_same_order():
    """Those that all of them have: another is the affair of one framework."""
    methods = {}
    for folder in FOLDERS:
        names = [name.partition(".") for name in contents(folder / "task.py")]
        methods[folder.name] = [name for task, _, name in names if name and task.endswith("Task")]
    shared = set.intersection(*map(set, methods.values()))
    assert {"make_network", "loss_and_gradients", "train_epochs"} <= shared
    orders = [[name for name in names if name in shared] for names in methods.values()]
    assert all(order == orders[0] for order in orders)


def test_a_step_is_taken_apart_by_the_same_names_in_the_same_order():
    files = [folder / "ablation.py" for folder in FOLDERS if (folder / "ablation.py").is_file()]
    names = [contents(file) for file in files]
    shared = set.intersection(*map(set, names))
    assert {"PartialTask", "products", "peaks", "profiled"} <= shared and len(files) > 2
    orders = [[name for name in own if name in shared] for own in names]
    assert all(order == orders[0] for order in orders)


@pytest.mark.parametrize(
    "folder", ["common", "benchmarks", "tests", "tools", *(folder.name for folder in FOLDERS)]
)
def test_no_file_has_more_than_300_lines(folder):
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert lengths
    assert not [path for path, n in lengths.items() if n > 300 and path.name not in LONGER]


@pytest.mark.parametrize("folder", ["common", "benchmarks"])
def test_no_framework_is_imported_by_name_outside_its_folder(folder):
    for path in core(folder):
        found = imports(path) & (FRAMEWORKS | {f.name for f in FOLDERS})
        assert not found, f"{path.relative_to(ROOT)} imports {found}"


def test_no_framework_is_asked_for_by_name_outside_its_folder():
    for path in [*core("common"), *core("benchmarks")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                assert not FRAMEWORKS.intersection(c for c in constants if isinstance(c, str)), path


def test_the_core_imports_no_framework_and_nothing_that_windows_lacks():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for folder in ("common", "benchmarks")
        for path in core(folder)
    ]
    modules += [f"{folder.name}.manifest" for folder in FOLDERS]
    code = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({POSIX_ONLY!r}))\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted({FRAMEWORKS!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("folder", ["common", "common/data", "benchmarks"])
def test_every_module_is_on_the_map_of_its_folder(folder):
    text = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text()))
    paths = [
        p for p in (ROOT / folder).iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    ]
    for path in paths:
        assert path.stem == "__init__" or re.search(rf"\b{path.stem}\b", text), path
    for name in re.findall(r"^    (\w+)  ", text, re.MULTILINE):
        assert name in {path.stem for path in paths}, f"{name} is on the map and not there"


def test_no_room_imports_a_higher_one_and_none_goes_in_a_circle():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_page_on_the_architecture_names_what_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text()
    places = re.findall(r"`((?:\w+/)+\w+(?:\.\w+)?)(?::(\w+))?`", text)
    assert len(places) > 30 and len(text.splitlines()) <= 150
    for path, name in places:
        assert (ROOT / path).exists(), path
        assert not name or name in contents(ROOT / path), f"{path}:{name}"
    assert rooms.PICTURE.read_text() == rooms.svg(), "draw it: python -m tools.rooms"


@pytest.mark.parametrize("name", list(frameworks()))
def test_each_implementation_imports_only_its_own_framework(name):
    with Child(installed(name), threads=1) as child:
        loaded = set(child.call("tests.calls:modules", name))
    own = set(framework(name).requires)
    assert own - {"torchvision"} <= loaded  # torchvision comes with the digits alone
    assert not loaded & (FRAMEWORKS - own)


def test_the_pytest_process_imports_no_framework():
    assert not FRAMEWORKS & set(sys.modules)
