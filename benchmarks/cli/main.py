"""The `twinbench` command: one sub-command for each file `*_command.py`.

Exit status: 0 done, 1 a verdict and nothing else, 2 usage, 3 data, 4 some runs failed, 5 a file, a
folder or a pipe that the system refuses, 70 an error of twinbench's own, with its traceback, 130
interrupted or terminated.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import os
import signal
import sys
import traceback
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from common.say import say

REFUSED = 5  # by the system: a file, a folder or a pipe
OURS = 70  # EX_SOFTWARE of sysexits.h; Python's own 1 would be taken for a verdict
ROOMS = Path(__file__).resolve().parent.parent
DESCRIPTION = """\
Four classic problems, each solved once in Keras and once in PyTorch: train them, compare what they
learn and how long they take."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status, or raises argparse's SystemExit of 0 or 2."""
    _prepare_output()
    _end_as_interrupted()
    argv = sys.argv[1:] if argv is None else argv
    args = argparse.Namespace(command="", debug=False)
    for text in argv:
        if text.encode(errors="ignore").decode() != text:  # no record could hold it
            _say(f"twinbench: {text!r} is no text in UTF-8; give the folder or file another name")
            return 2
    try:
        return _run(argv, args)
    except KeyboardInterrupt:  # while a command is still being imported, too
        _say("twinbench: interrupted; what was finished is kept")
        return 130
    except SystemExit as end:
        if end.code == 1:  # Rich ends the process so where a pipe is closed
            return REFUSED
        raise
    except Exception as error:
        return _failed(error, args)


def _run(argv: list[str], args: argparse.Namespace) -> int:
    """Parse into `args`, run the command and flush its output; returns the exit status."""
    try:
        _parser(argv).parse_args(argv, args)
        return command_module(args.command).main(args)
    finally:
        sys.stdout.flush()  # here a closed pipe is an error; at the end of the process a message


def _failed(error: Exception, args: argparse.Namespace) -> int:
    """Print what went wrong, with the traceback where that helps; returns the exit status."""
    status = _status(error)
    if isinstance(error, OSError):
        _drop_output()
    if status == OURS or args.debug:
        _say("".join(traceback.format_exception(error)).rstrip())
    elif not isinstance(error, BrokenPipeError):  # of `| head`, which has enough
        _say(f"{f'twinbench {args.command}'.rstrip()}: {error}")
    return status


def _status(error: Exception) -> int:
    """The exit status for an error of the user, of a framework or of twinbench."""
    from benchmarks.harness.process import ChildDied, ChildTimeout, ChildTraceback
    from common.data import DataError

    if isinstance(error, DataError):
        return 3
    if isinstance(error, OSError):
        return REFUSED
    if isinstance(error, ValueError | NotImplementedError | ImportError):
        return 2
    if isinstance(error, ChildDied | ChildTimeout) or isinstance(error.__cause__, ChildTraceback):
        return 4
    return OURS


def _say(text: str) -> None:
    """Print to standard error, which may be closed as well."""
    try:
        say(text)
    except OSError:
        _drop(sys.stderr)


def _prepare_output() -> None:
    """Send a closed stream to /dev/null, and escape characters that its encoding lacks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # `print(file=None)` would write to standard output
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _end_as_interrupted() -> None:
    """Let SIGTERM do what Ctrl-C does: no partial file and no process is left."""
    with suppress(ValueError):  # only the main thread may set a handler
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)


def _drop_output() -> None:
    """Discard what standard output refuses, so that Python does not try again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Parser(argparse.ArgumentParser):
    """Reports an error in one line; argparse's own usage text would bury it."""

    def parse_known_args(self, args=None, namespace=None):
        """Refuses what it does not know itself: argparse leaves that to the parser at the top."""
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return namespace, unknown

    def error(self, message):
        _say(f"{self.prog}: {message} (see {self.prog} --help)")
        self.exit(2)


class _Version(argparse.Action):
    """Reads the version only for `--version`: that takes longer than the whole help."""

    def __call__(self, parser, namespace, values, option_string=None):
        from benchmarks.records.machine import versions

        print(f"twinbench {versions()['twinbench'] or '(not installed)'}")
        parser.exit()


def commands() -> dict[str, Path]:
    """The file of each command by its name: `NAME_command.py` in the folder of its question."""
    paths = sorted(ROOMS.glob("*/*_command.py"), key=lambda path: path.name)
    return {path.stem.removesuffix("_command").replace("_", "-"): path for path in paths}


def command_module(name: str) -> Any:
    """The module of a command, imported: its `add_arguments(parser)` and its `main(args)`."""
    path = commands()[name]
    return importlib.import_module(f"benchmarks.{path.parent.name}.{path.stem}")


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """The parser; it imports only the command that `argv` names, so that the help is quick."""
    parser = _Parser("twinbench", description=DESCRIPTION)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, path in commands().items():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or name
        first, _, rest = text.partition("\n")
        command = subparsers.add_parser(
            name,
            help=first.rstrip("."),
            description=first,
            epilog=inspect.cleandoc(rest),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in argv:
            command_module(name).add_arguments(command)
        command.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


if __name__ == "__main__":
    sys.exit(main())
