"""The `twinbench` command: one sub-command for each file in `commands/`.

Exit status: 0 done, 2 usage, 3 data, 4 some runs failed, 5 a file or a folder that the system
refuses, 130 interrupted; a command may have more.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import os
import sys
from io import TextIOWrapper
from pathlib import Path

COMMANDS = Path(__file__).resolve().parent / "commands"
DESCRIPTION = """\
Four classic problems, each solved once in Keras and once in PyTorch: train them, compare what they
learn and how long they take."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    _prepare_output()
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:  # while a command is still being imported, too
        print("twinbench: interrupted; what was finished is kept", file=sys.stderr)
        return 130


def _run(argv: list[str]) -> int:
    args = _parser(argv).parse_args(argv)
    try:
        status = importlib.import_module(f"benchmarks.commands.{args.command}").main(args)
        sys.stdout.flush()
        return status
    except Exception as error:
        status = _status(error)
        if isinstance(error, OSError):
            _drop_output()
        if isinstance(error, BrokenPipeError) and not args.debug:  # of `| head`, which has enough
            return 5
        if status is None or args.debug:
            raise
        print(f"twinbench {args.command}: {error}", file=sys.stderr)
        return status


def _status(error: Exception) -> int | None:
    """Exit status of an error of the user's or of a framework's; None for one that is ours."""
    from benchmarks.child import ChildDied, ChildTimeout, ChildTraceback
    from common.data import DataError

    if isinstance(error, DataError):
        return 3
    if isinstance(error, OSError):
        return 5
    if isinstance(error, ValueError | NotImplementedError | ImportError):
        return 2
    if isinstance(error, ChildDied | ChildTimeout) or isinstance(error.__cause__, ChildTraceback):
        return 4
    return None


def _prepare_output() -> None:
    """A stream that is closed takes everything; one of few letters has the others as escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # print would take standard output for it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Where nothing more can be written, nothing more is tried at the end of the process."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong; argparse's own usage text would bury it."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Version(argparse.Action):
    """Looked up when asked for: reading the metadata takes longer than the help does."""

    def __call__(self, parser, namespace, values, option_string=None):
        from benchmarks.measure import versions

        print(f"twinbench {versions()['twinbench'] or '(not installed)'}")
        parser.exit()


def commands() -> list[Path]:
    """The file of each command; its name is the command's."""
    return sorted(COMMANDS.glob("[a-z]*.py"))


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """Only the module of a command that is named is imported, so that the help is quick."""
    parser = _Parser("twinbench", description=DESCRIPTION)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for path in commands():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem
        first, _, rest = text.partition("\n")
        command = subparsers.add_parser(
            path.stem,
            help=first.rstrip("."),
            description=first,
            epilog=inspect.cleandoc(rest),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if path.stem in argv:
            importlib.import_module(f"benchmarks.commands.{path.stem}").add_arguments(command)
        command.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


if __name__ == "__main__":
    sys.exit(main())
