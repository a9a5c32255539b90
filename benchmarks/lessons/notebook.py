"""Notebook cells that run in a framework's own process: `%load_ext twinbench`.

    %%keras -i x,y -o loss        a cell in Keras's process, one magic a framework
    %%each keras,torch -o loss    the same cell in each of them; `loss` is a dict by framework

A process starts with its first cell and keeps its names from cell to cell; `--fresh` ends it and
starts another. `-i` sends names of the notebook, `-o` brings names back, tensors as NumPy arrays.
The output appears as it is printed, then the value of the last expression, as in any cell; `%%each`
puts the framework's name above it. Tracebacks and warnings show the path of a file from its package
on. In a cell, FRAMEWORK is the name of its framework. The notebook itself imports no framework, and
no process imports two.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import io
import linecache
import os
import pprint
import re
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import chain, repeat
from types import CodeType
from typing import Any, NoReturn

import numpy as np
from scipy import sparse

from benchmarks.harness.process import Child, ChildTraceback
from common.framework import framework, plain_frameworks

_children: dict[str, Child] = {}  # of the notebook, by framework
_names: dict[str, Any] = {"__name__": "__main__"}  # of the cells, in a child


class CellError(RuntimeError):
    """A cell failed; the message is the traceback of its process."""

    def _render_traceback_(self) -> list[str]:  # IPython calls it
        return str(self).splitlines()


def load_ipython_extension(shell: Any) -> None:
    """Add the magics to a notebook or an IPython prompt."""
    for name in plain_frameworks():  # IPython takes no colon; `%%each keras:jax` does
        shell.register_magic_function(_magic(shell, name), "cell", name)
    shell.register_magic_function(_magic(shell, None), "cell", "each")
    _at_the_prompt()
    atexit.register(close)


def _at_the_prompt() -> None:
    """Let `!twinbench` start the command of this interpreter, and print as into a file."""
    commands = os.path.dirname(sys.executable)
    os.environ["PATH"] = os.pathsep.join([commands, os.environ.get("PATH", "")])
    os.environ |= {"TTY_COMPATIBLE": "0", "NO_COLOR": "1"}  # the first is Rich's
    os.environ.pop("FORCE_COLOR", None)  # set by Jupyter, and stronger for some


def close() -> None:
    """End every process."""
    while _children:
        _children.popitem()[1].close()


def _magic(shell: Any, name: str | None) -> Callable[[str, str], None]:
    def magic(line: str, cell: str) -> None:
        args = parser(name).parse_args(shlex.split(line))
        targets = [name] if name else args.names or plain_frameworks(installed=True)
        for key in args.into:
            if key not in shell.user_ns:
                raise NameError(f"the notebook has no {key!r} that -i could take along")
        values = {key: shell.user_ns[key] for key in args.into}
        results = {
            target: run_cell(
                target, cell, values, args.out, args.fresh, "" if name else f"{target}:\n"
            )
            for target in targets
        }
        for key in args.out:
            by_framework = {target: results[target][key] for target in targets}
            shell.user_ns[key] = by_framework[name] if name else by_framework

    magic.__doc__ = parser(name).format_help()
    return magic


class _Parser(argparse.ArgumentParser):
    """Raises an error: a misspelt option must not end the notebook."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{self.prog}: {message}")


def parser(name: str | None) -> argparse.ArgumentParser:
    """The parser of the line of a framework's magic, or of `%%each` for None."""
    parser = _Parser(f"%%{name or 'each'}", add_help=False)
    if not name:
        parser.add_argument("names", nargs="?", type=_listed, help="frameworks (default: all here)")
    parser.add_argument("-i", dest="into", type=_listed, default=[], metavar="NAMES")
    parser.add_argument("-o", dest="out", type=_listed, default=[], metavar="NAMES")
    parser.add_argument("--fresh", action="store_true", help="in a new process")
    return parser


def _listed(text: str) -> list[str]:
    return text.split(",")


def run_cell(
    name: str,
    source: str,
    values: dict[str, Any],
    outputs: list[str],
    fresh: bool = False,
    heading: str = "",
) -> dict[str, Any]:
    """Run a cell in the framework's process with these values; returns its `outputs` by name.

    The heading stands above what the cell prints, and is left out if it prints nothing. Raises
    CellError with the traceback of the process, and ModuleNotFoundError when the framework is not
    installed.
    """
    if framework(name).missing:
        raise ModuleNotFoundError(f"{name} is not installed: {framework(name).install}")
    if fresh and name in _children:
        _children.pop(name).close()
    child = _children.get(name)
    if child is None or child.connection.closed:
        child = _children[name] = Child(name, regime="native")
    headings = chain([heading], repeat(""))
    arguments = ("benchmarks.lessons.notebook:execute", name, source, values, outputs)
    try:
        failure, results = child.call(
            *arguments, on_event=lambda text: print(next(headings), text, sep="", end="")
        )
    except BaseException as error:
        _children.pop(name, None)
        child.close()  # Ctrl-C, a crash: its names are lost
        if isinstance(error.__cause__, ChildTraceback):
            raise CellError(str(error.__cause__)) from None
        raise
    if failure:
        raise CellError(failure)
    return results


def execute(
    name: str,
    source: str,
    values: dict[str, Any],
    outputs: list[str],
    emit: Callable[[str], None],
) -> tuple[str, dict[str, Any]]:
    """In a child: run a cell among the names of the cells before it.

    Returns the traceback, empty without an error, and the values of `outputs` by name.
    """
    framework(name).keep_others_out()
    _names.update(values, FRAMEWORK=name)
    # one name per cell: a traceback, or TensorFlow's AutoGraph, looks up an earlier cell's source
    file = f"<{name} cell {sum(key.startswith(f'<{name} cell ') for key in linecache.cache) + 1}>"
    linecache.cache[file] = (len(source), None, f"{source}\n".splitlines(keepends=True), file)
    output = _Lines(emit)
    try:
        with redirect_stdout(output), redirect_stderr(output), _short_warnings():
            _run(source, file)
        for key in outputs:
            if key not in _names:
                raise NameError(f"no cell of this process has made {key!r}, which -o asks for")
        return "", {key: _plain(_names[key]) for key in outputs}
    except Exception as error:
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename != file:
            frames = frames.tb_next
        shown = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
        return re.sub(r'(?m)^(\s*File ")([^"]+)', lambda m: m[1] + _short(m[2]), shown), {}
    finally:
        output.flush()


def _short(file: str) -> str:
    """The path from its package on: a published lesson must not show where packages lie."""
    folders = [os.getcwd(), *filter(os.path.isabs, sys.path)]
    for folder in sorted(folders, key=len, reverse=True):
        if file.startswith(os.path.join(folder, "")):
            return os.path.relpath(file, folder)
    return file


@contextmanager
def _short_warnings() -> Iterator[None]:
    original = warnings.formatwarning

    def format_short(
        message: Any, category: Any, filename: str, lineno: int, line: str | None = None
    ) -> str:
        line = linecache.getline(filename, lineno) if line is None else line
        return original(message, category, _short(filename), lineno, line)

    warnings.formatwarning = format_short
    try:
        yield
    finally:
        warnings.formatwarning = original


def _run(source: str, file: str) -> None:
    """Execute all statements; print the value of the last one if it is an expression."""
    tree = ast.parse(source, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(_compiled(tree, file, "exec"), _names)
    if isinstance(last, ast.Expr):
        value = eval(_compiled(ast.Expression(last.value), file, "eval"), _names)
        if value is not None and not source.rstrip().endswith(";"):
            print(pprint.pformat(value, width=100, sort_dicts=False))


def _compiled(tree: Any, file: str, mode: str) -> CodeType:
    # dont_inherit: else the future statement of this module holds for the cell too
    return compile(tree, file, mode, dont_inherit=True)


class _Lines(io.TextIOBase):
    """A text stream that emits whole lines."""

    encoding = "utf-8"

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        lines, end, self._rest = (self._rest + text).rpartition("\n")
        if end:
            self._emit(lines + end)
        return len(text)

    def flush(self) -> None:
        if self._rest:
            self._emit(self._rest)
            self._rest = ""


def _plain(value: Any) -> Any:
    """The value without a framework's types: it is unpickled where none may be imported."""
    if isinstance(value, dict):
        return {_plain(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    if isinstance(value, str):
        return str(value)  # torch.__version__ is a class of its own
    if value is None or type(value) in (bool, int, float, complex, bytes) or sparse.issparse(value):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "detach"):  # PyTorch turns no tensor with a gradient into an array
        value = value.detach().cpu()
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError(
            f"-o brings arrays, numbers and text back, and lists, tuples and dicts of them; "
            f"this is a {type(value).__name__}"
        )
    return array
