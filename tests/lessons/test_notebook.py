"""Cells of a notebook that run elsewhere: names go there and back, errors are shown, nothing leaks.

Most cells here import no framework: which process they run in is all that matters.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from benchmarks.lessons import notebook
from benchmarks.lessons.notebook import CellError, run_cell
from common.framework import frameworks, plain_frameworks
from tests.conftest import installed

PLAIN = plain_frameworks()


@pytest.fixture(scope="module")
def name() -> Iterator[str]:
    """A framework whose process lives as long as this module."""
    yield installed(PLAIN[-1])
    notebook.close()


def result(name: str, source: str, **values: Any) -> Any:
    """What a cell leaves in `out`."""
    return run_cell(name, source, values, ["out"])["out"]


def test_names_go_there_and_back_and_stay(name):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    out = result(name, "y = 2 * x; out = y + 1", x=x)
    assert out.dtype == np.float32 and (out == 2 * x + 1).all()
    assert (result(name, "out = y") == 2 * x).all()
    assert result(name, "out = FRAMEWORK") == name


@pytest.mark.parametrize(
    "source, expected",
    [
        ("(1, 2.5, 'a', None, True, b'b')", (1, 2.5, "a", None, True, b"b")),
        ("{'a': [np.float32(0.5), np.int64(3)], 2: ()}", {"a": [0.5, 3], 2: ()}),
        ("[np.float64(0.1)]", [0.1]),
        ("namedtuple('Pair', 'a b')(np.bool_(True), 'x')", (True, "x")),
    ],
)
def test_values_come_back_plain(name, source, expected):
    before = "import numpy as np\nfrom collections import namedtuple\n"
    out = result(name, f"{before}out = {source}")
    assert out == expected and type(out) is type(expected)


def test_sparse_rows_come_back_as_they_are(name):
    rows = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    out = result(name, "out = 2 * rows", rows=rows)
    assert sparse.issparse(out) and (out != 2 * rows).nnz == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("out = lambda: 1", "-o brings arrays, numbers and text back"),
        ("out = object()", "-o brings arrays, numbers and text back"),
        ("out = {'a': [print]}", "-o brings arrays, numbers and text back"),
        ("1 +", "SyntaxError"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("out = 1\ndel out", "no cell of this process has made 'out'"),
    ],
)
def test_what_keeps_a_value_from_coming_back_is_said_and_the_next_cell_runs(name, source, words):
    with pytest.raises(RuntimeError, match=words):
        result(name, source)
    assert result(name, "out = 'alive'") == "alive"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("print('a', end=' ')\nprint('b')\n{'d': 1}", "a b\n{'d': 1}\n"),
        ("import sys\nprint('c', file=sys.stderr)", "c\n"),
        ("print('half', end='')", "half"),
        *((silent, "") for silent in ("x = 1", "None", "1 + 1;", "", "# nothing")),
    ],
)
def test_prints_and_the_last_expression_are_shown(name, capsys, source, shown):
    run_cell(name, source, {}, [])
    assert capsys.readouterr().out == shown


def test_an_error_is_shown_from_the_cell_on_and_names_stay(name, capsys):
    run_cell(name, "kept = 7", {}, [])
    with pytest.raises(CellError) as caught:
        run_cell(name, "def f(x):\n    print('before')\n    return 1 / x\n\nf(0)", {}, [])
    text = str(caught.value)
    assert capsys.readouterr().out == "before\n"
    assert text.startswith("Traceback") and text.endswith("ZeroDivisionError: division by zero")
    assert "return 1 / x" in text and "f(0)" in text and "benchmarks" not in text
    assert caught.value._render_traceback_() == text.splitlines()
    assert result(name, "out = kept") == 7


def test_files_are_named_from_their_package_on(name, capsys):
    """In tracebacks and warnings; the line is there all the same."""
    with pytest.raises(CellError) as caught:
        run_cell(name, "import json\njson.loads('{')", {}, [])
    assert 'File "json/decoder.py", line' in str(caught.value) and "raw_decode" in str(caught.value)
    source = "import warnings, json.decoder as d\nwarnings.warn_explicit('old', UserWarning, {}, 1)"
    run_cell(name, source.format("d.__file__"), {}, [])
    assert capsys.readouterr().out.startswith("json/decoder.py:1: UserWarning: old\n  ")
    run_cell(name, source.format("'/elsewhere/a.py'"), {}, [])
    assert capsys.readouterr().out == "/elsewhere/a.py:1: UserWarning: old\n"


def test_an_earlier_cell_keeps_its_source(name):
    run_cell(name, "def early(x):\n    return x / 0  # early", {}, [])
    with pytest.raises(CellError, match="# early"):
        run_cell(name, "# later\nearly(1)", {}, [])
    source = "import inspect\nout = inspect.getsource(early)"
    assert result(name, source) == "def early(x):\n    return x / 0  # early\n"


def test_a_cell_has_no_future_statement_of_ours(name):
    assert result(name, "def f(x: int): pass\nout = f.__annotations__['x'] is int") is True


def test_a_fresh_process_has_forgotten_all(name):
    pid = result(name, "import os\nforget = 1\nout = os.getpid()")
    assert run_cell(name, "out = os.getpid()", {}, ["out"])["out"] == pid
    fresh = run_cell(name, "import os\nout = os.getpid()", {}, ["out"], fresh=True)["out"]
    assert fresh != pid
    with pytest.raises(CellError, match="NameError"):
        run_cell(name, "forget", {}, [])


def test_tensors_come_back_as_arrays_and_no_other_framework_gets_in(framework_name):
    """In each installed framework: what it calls one and two, with a gradient where it has one."""
    made = {
        "keras": "import keras\nout = keras.Variable([1.0, 2.0])",
        "torch": "import torch\nout = torch.tensor([1.0, 2.0], requires_grad=True)",
        "jax": "import jax\nout = jax.numpy.array([1.0, 2.0])",
    }
    try:
        out = result(framework_name, made[framework_name])
        assert type(out) is np.ndarray and out.tolist() == [1.0, 2.0]
        others = {package for other in frameworks().values() for package in other.requires}
        for other in others - set(frameworks()[framework_name].requires):
            with pytest.raises(CellError, match="stays out of this process"):
                run_cell(framework_name, f"import {other}", {}, [])
    finally:
        notebook.close()
    assert not {"torch", "tensorflow", "keras", "jax"} & set(sys.modules)


@pytest.fixture
def shell(name):
    interactive = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    interactive.run_line_magic("load_ext", "twinbench")
    return interactive


def run(shell: Any, cell: str) -> None:
    """Run a cell as a notebook does; its error is raised."""
    done = shell.run_cell(cell)
    done.raise_error()


def test_the_magics_of_a_notebook(shell, name, capsys):
    run(shell, "x, y = [1, 2], 3")
    run(shell, f"%%{name} -i x,y -o total\ntotal = sum(x) + y\ntotal")
    assert shell.user_ns["total"] == 6 and capsys.readouterr().out == "6\n"
    run(shell, f"%%each {name} -i y -o double\ndouble = 2 * y")
    assert shell.user_ns["double"] == {name: 6} and capsys.readouterr().out == ""
    run(shell, f"%%each {name}\nprint(double)\nprint('done')")
    assert capsys.readouterr().out == f"{name}:\n6\ndone\n"
    assert f"%%{name}" in shell.find_cell_magic(name).__doc__


@pytest.mark.parametrize(
    "magic, error, words",
    [
        ("%%{} -i missing\n1", NameError, "no 'missing' that -i could take along"),
        ("%%{} --frehs\n1", ValueError, "unrecognized arguments: --frehs"),
        ("%%each frobnicate\n1", ValueError, "no framework 'frobnicate'"),
        ("%%{}\n1 / 0", CellError, "division by zero"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said(shell, name, magic, error, words):
    with pytest.raises(error, match=words):
        run(shell, magic.format(name))
