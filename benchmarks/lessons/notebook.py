"""Notebook cells that run in a framework's own process: `%load_ext twinbench`.

    %%keras -i x,y -o loss        a cell in Keras's process, one magic a framework
    %%each keras,torch -o loss    the same cell in each of them; `loss` is a dict by framework

A process starts at the first cell for it and keeps its names from cell to cell; `--fresh` ends it
and starts another. `-i` takes names of the notebook along, `-o` brings names back, arrays as NumPy
arrays. What the cell prints is shown as it comes, and its last expression as in any cell; `%%each`
says whose it is. Files in tracebacks and warnings are named as from their package on. A cell finds
the name of its framework in FRAMEWORK. No framework is imported by the notebook itself, and no two
of them meet in one process.
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
from types import CodeType
from typing import Any, NoReturn

import numpy as np
from scipy import sparse

from benchmarks.harness.process import Child, ChildTraceback
from common.framework import framework, plain_frameworks

_children: dict[str, Child] = {}  # of the notebook, by framework
_names: dict[str, Any] = {"__name__": "__main__"}  # of the cells, in a child


class CellError(RuntimeError):
    """A cell failed; shown with the traceback of its own process."""

    def _render_traceback_(self) -> list[str]:  # asked for by IPython
        return str(self).splitlines()


def load_ipython_extension(shell: Any) -> None:
    """Add the magics to a notebook or an IPython prompt."""
    for name in plain_frameworks():  # IPython takes no colon; `%%each keras:jax` does
        shell.register_magic_function(_magic(shell, name), "cell", name)
    shell.register_magic_function(_magic(shell, None), "cell", "each")
    _at_the_prompt()
    atexit.register(close)


def _at_the_prompt() -> None:
    """`!twinbench` is the command of this interpreter, and prints as it does into a file."""
    here = os.path.dirname(sys.executable)
    os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])
    os.environ |= {"TTY_COMPATIBLE": "0", "NO_COLOR": "1"}  # the first is Rich's
    os.environ.pop("FORCE_COLOR", None)  # set by Jupyter, and stronger for some


def close() -> None:
    """End every process."""
    while _children:
        _children.popitem()[1].close()


def _magic(shell: Any, name: str | None) -> Callable[[str, str], None]:
    def magic(line: str, cell: str) -> None:
        args = parser(name).parse_args(shlex.split(line))
        wanted = [name] if name else args.names or plain_frameworks(installed=True)
        values = {key: _of_notebook(shell, key) for key in args.into}
        results = {}
        for each in wanted:
            heading = "" if name else f"{each}:\n"
            results[each] = run_cell(each, cell, values, args.out, args.fresh, heading)
        for key in args.out:
            found = {each: results[each][key] for each in wanted}
            shell.user_ns[key] = found[name] if name else found

    magic.__doc__ = parser(name).format_help()
    return magic


def _of_notebook(shell: Any, name: str) -> Any:
    if name not in shell.user_ns:
        raise NameError(f"the notebook has no {name!r} that -i could take along")
    return shell.user_ns[name]


class _Parser(argparse.ArgumentParser):
    """Raises what is wrong: a notebook must not end for a misspelt option."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{self.prog}: {message}")


def parser(name: str | None) -> argparse.ArgumentParser:
    """Of the line of a framework's magic; of `%%each` for None."""
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
    wanted: list[str],
    fresh: bool = False,
    heading: str = "",
) -> dict[str, Any]:
    """Run the source in that framework's process with these values, and bring the wanted back.

    The heading stands above what the cell prints, and nowhere if it prints nothing. Raises
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
    try:
        failure, found = child.call(
            "benchmarks.lessons.notebook:execute",
            name,
            source,
            values,
            wanted,
            on_event=_shown_below(heading),
        )
    except BaseException as error:
        _children.pop(name, None)
        child.close()  # Ctrl-C, a crash: its names are lost
        if isinstance(error.__cause__, ChildTraceback):
            raise CellError(str(error.__cause__)) from None
        raise
    if failure:
        raise CellError(failure)
    return found


def _shown_below(heading: str) -> Callable[[str], None]:
    waiting = [heading]

    def show(text: str) -> None:
        sys.stdout.write("".join([*waiting, text]))
        waiting.clear()

    return show


def execute(
    name: str,
    source: str,
    values: dict[str, Any],
    wanted: list[str],
    emit: Callable[[str], None],
) -> tuple[str, dict[str, Any]]:
    """In a child: run a cell among the names of those before it.

    Returns the traceback, empty if all went well, and the wanted values.
    """
    framework(name).keep_others_out()
    _names.update(values, FRAMEWORK=name)
    # a name of its own, since a function of an earlier cell looks its source up again: a traceback,
    # or TensorFlow's AutoGraph
    file = f"<{name} cell {sum(key.startswith(f'<{name} cell ') for key in linecache.cache) + 1}>"
    linecache.cache[file] = (len(source), None, f"{source}\n".splitlines(keepends=True), file)
    output = _Lines(emit)
    try:
        with redirect_stdout(output), redirect_stderr(output), _short_warnings():
            _run(source, file)
        return "", {key: _plain(_wanted(key)) for key in wanted}
    except Exception as error:
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename != file:
            frames = frames.tb_next
        shown = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
        return re.sub(r'(?m)^(\s*File ")([^"]+)', lambda m: m[1] + _short(m[2]), shown), {}
    finally:
        output.flush()


def _short(file: str) -> str:
    """The file as from its package on: where packages lie on this machine is nobody's affair."""
    places = [os.getcwd(), *filter(os.path.isabs, sys.path)]
    for place in sorted(places, key=len, reverse=True):
        if file.startswith(os.path.join(place, "")):
            return os.path.relpath(file, place)
    return file


@contextmanager
def _short_warnings() -> Iterator[None]:
    before = warnings.formatwarning

    def formatted(
        message: Any, category: Any, filename: str, lineno: int, line: str | None = None
    ) -> str:
        line = linecache.getline(filename, lineno) if line is None else line
        return before(message, category, _short(filename), lineno, line)

    warnings.formatwarning = formatted
    try:
        yield
    finally:
        warnings.formatwarning = before


def _run(source: str, file: str) -> None:
    """All statements; where the last one is an expression, its value is shown."""
    tree = ast.parse(source, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(_compiled(tree, file, "exec"), _names)
    if isinstance(last, ast.Expr):
        value = eval(_compiled(ast.Expression(last.value), file, "eval"), _names)
        if value is not None and not source.rstrip().endswith(";"):
            print(pprint.pformat(value, width=100, sort_dicts=False))


def _compiled(tree: Any, file: str, mode: str) -> CodeType:
    # dont_inherit: the future statement of this module is not the cell's
    return compile(tree, file, mode, dont_inherit=True)


class _Lines(io.TextIOBase):
    """What is printed, sent on a line at a time."""

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


def _wanted(name: str) -> Any:
    if name not in _names:
        raise NameError(f"no cell of this process has made {name!r}, which -o asks for")
    return _names[name]


def _plain(value: Any) -> Any:
    """The value without anything of a framework's: it is unpickled where none may be imported."""
    if isinstance(value, dict):
        return {_plain(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    if isinstance(value, str):
        return str(value)  # torch.__version__ is a class of its own
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, bool | int | float | complex) and type(value).__module__ == "builtins":
        return value
    if isinstance(value, np.generic):
        return value.item()
    if sparse.issparse(value):
        return value
    if hasattr(value, "detach"):  # PyTorch turns nothing into an array that has a gradient
        value = value.detach().cpu()
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError(
            f"-o brings arrays, numbers and text back, and lists, tuples and dicts of them; "
            f"this is a {type(value).__name__}"
        )
    return array
