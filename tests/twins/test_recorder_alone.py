"""The recorder is one file that people copy: it runs in Python 3.9, with NumPy alone beside it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.twins import twinbench_record

FILE = Path(twinbench_record.__file__)
FUTURE = "from __future__ import annotations\n"
BESIDE = sys.stdlib_module_names - {"tomllib"} | {"numpy"}
TYPES = {"None", "bool", "bytes", "dict", "float", "int", "list", "set", "str", "tuple"}
LOADED = """\
import sys, types
sys.modules["numpy"] = types.ModuleType("numpy")
sys.path.insert(0, sys.argv[1])
import twinbench_record
try:
    twinbench_record.record("a.trace", object())
except TypeError as error:
    print(sys.version_info[:2], error)
"""
ENVIRONMENT = {**os.environ, "PYENV_VERSION": "3.9"}  # else pyenv's python3.9 may run none


def newer(source: str) -> Iterator[str]:
    """What a file has that Python 3.9 with NumPy has not; annotations are never run."""
    try:
        tree = ast.parse(source, feature_version=(3, 9))
    except SyntaxError as error:
        yield str(error)
        return
    noted = (getattr(n, f, None) for n in ast.walk(tree) for f in ("annotation", "returns"))
    never_run = {id(part) for note in noted if note for part in ast.walk(note)}
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left, ast.BitOr(), right) if id(node) not in never_run:
                if {ast.unparse(left), ast.unparse(right)} & TYPES:
                    yield ast.unparse(node)
            case ast.Call(keywords=keywords) if "strict" in {k.arg for k in keywords}:
                yield ast.unparse(node)
            case ast.Import(names):
                yield from (n.name for n in names if n.name.partition(".")[0] not in BESIDE)
            case ast.ImportFrom(str(module)) if module.partition(".")[0] not in BESIDE:
                yield module


def test_the_recorder_has_nothing_that_is_newer_than_python_3_9():
    source = FILE.read_text(encoding="utf-8")
    assert FUTURE in source and list(newer(source)) == []


@pytest.mark.parametrize(
    "line",
    [
        "match 1:\n    case 1: pass",
        "for a, b in zip([1], [2], strict=True): pass",
        "isinstance(1, int | float)",
        "Size = int | None",
        "import tomllib",
        "from common.say import say",
        "try: pass\nexcept* ValueError: pass",
    ],
)
def test_what_is_newer_or_stands_in_another_file_is_seen(line):
    assert len([*newer(f"{FUTURE}\n\ndef f(x: int | None) -> str | None: ...\n\n{line}\n")]) == 1


def run_3_9(*arguments: str) -> str:
    """What a Python 3.9 of this machine prints; "" where none runs."""
    if not (path := shutil.which("python3.9")):
        return ""
    command = [path, "-I", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT).stdout


@pytest.mark.skipif(not run_3_9("--version"), reason="needs python3.9")
def test_a_copy_is_imported_in_python_3_9(tmp_path):
    shutil.copy(FILE, tmp_path)
    assert run_3_9("-c", LOADED, str(tmp_path)).startswith("(3, 9) a object was given")
