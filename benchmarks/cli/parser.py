"""The parser of the command line: a sub-command for each file `*_command.py`, in groups.

argparse with the few things that it lacks (groups of commands, what was perhaps meant, an error in
one line): typer and cyclopts would each be longer here, since every option is shared by name
between commands (`options.py`), and take more time to start than the whole help.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import inspect
import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cli.config import CONFIG, Config
from benchmarks.cli.help import AsWritten, Formatter
from common.language import LANGUAGES, translated
from common.say import NORMAL, QUIET, VERBOSE, nearest, perhaps, say

ROOMS = Path(__file__).resolve().parent.parent
DESCRIPTION = """\
Find where a Keras model and its PyTorch port stop computing the same thing, and which differences
matter; train four classic problems in both, and compare what they learn and how long they take."""
EPILOG = "`twinbench COMMAND --help` teaches a command, with examples."
GROUPS = {
    "compare": ("run", "parity", "new-twins", "explain", "factorial", "convert"),
    "measure": ("study", "race", "compile", "limit", "scale"),
    "validate": ("crossval", "tune"),
    "look": ("report", "table", "compare", "export", "mlflow"),
    "learn": ("lesson", "data", "predict", "doctor"),
}
"""Where the help lists a command; one that is named nowhere stands behind all groups."""


class Parser(argparse.ArgumentParser):
    """Reports an error in one line; argparse's own usage text would bury it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **{"formatter_class": Formatter, **options})

    def parse_known_args(self, args=None, namespace=None):
        """Refuses what it does not know itself: argparse leaves that to the parser at the top.

        An option first, before its value is taken for something else.
        """
        if not any(isinstance(action, argparse._SubParsersAction) for action in self._actions):
            options = self._option_string_actions
            for word in itertools.takewhile(lambda word: word != "--", args):
                name = word.partition("=")[0]
                if word.startswith("--") and not any(one.startswith(name) for one in options):
                    guess = nearest(name, [one for one in options if one.startswith("--")])
                    self.error(translated("unrecognized arguments: %s") % f"{word}{guess}")
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(translated("unrecognized arguments: %s") % " ".join(unknown))
        return namespace, unknown

    def _check_value(self, action, value):
        """As argparse's own, and it says what was perhaps meant."""
        if action.choices is None or value in action.choices:
            return
        known = ", ".join(action.choices)
        guess = nearest(str(value), action.choices) or _instead(str(value), action.choices)
        words = translated("invalid choice: {value!r}; there are: {known}{guess}")
        raise argparse.ArgumentError(action, words.format(value=value, known=known, guess=guess))

    def _print_message(self, message, file=None):
        """As argparse's own, which does not say that a reader has left."""
        (file or sys.stderr).write(message)

    def error(self, message):
        words = translated("{prog}: {message} (see {prog} --help)")
        complain(words.format(prog=self.prog, message=message))
        self.exit(2)


def _instead(word: str, commands: Sequence[str]) -> str:
    """`; did you mean 'run mnist'?`, of a problem where a command was expected."""
    from common.problem import PROBLEMS

    return perhaps(f"run {word}") if "run" in commands and word in PROBLEMS else ""


class _Top(Parser):
    """Its help lists the commands in groups."""

    def format_help(self) -> str:
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        choices = next(a for a in self._actions if isinstance(a, argparse._SubParsersAction))
        lines = {line.dest: line for line in choices._choices_actions}
        grouped = {name for names in GROUPS.values() for name in names}
        others = [name for name in lines if name not in grouped]
        for title, names in {**GROUPS, "others": others}.items():
            formatter.start_section(title)
            formatter.add_arguments([lines[name] for name in names if name in lines])
            formatter.end_section()
        formatter.start_section("options")
        formatter.add_arguments([action for action in self._actions if action is not choices])
        formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()


class _Version(argparse.Action):
    """Reads the version only for `--version`: that takes longer than the whole help."""

    def __call__(self, parser, namespace, values, option_string=None):
        from benchmarks.records.machine import versions

        print(f"twinbench {versions()['twinbench'] or '(not installed)'}")
        parser.exit()


def complain(text: str) -> None:
    """Print to standard error, which may be closed."""
    try:
        say(text)
    except OSError:
        drop(sys.stderr)


def drop(stream: Any) -> None:
    """Discard from now on what is written into a stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@functools.cache
def commands() -> dict[str, Path]:
    """The file of each command by its name: `NAME_command.py` in the folder of its question."""
    paths = sorted(ROOMS.glob("*/*_command.py"), key=lambda path: path.name)
    return {path.stem.removesuffix("_command").replace("_", "-"): path for path in paths}


def command_module(name: str) -> Any:
    """The module of a command, imported: its `add_arguments(parser)` and its `main(args)`."""
    path = commands()[name]
    return importlib.import_module(f"benchmarks.{path.parent.name}.{path.stem}")


def make_parser(words: Sequence[str], config: Config | None = None) -> argparse.ArgumentParser:
    """The parser; it imports only the commands that `words` name, so that the help is quick.

    Their defaults are those of the configuration, where that has any. Raises ValueError for a key
    that no option has, and for a value that an option refuses.
    """
    parser = _Top("twinbench", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    _add_general(parser)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, path in commands().items():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or name
        first, _, rest = text.partition("\n")
        command = subparsers.add_parser(
            name,
            help=first,
            description=first,
            epilog=inspect.cleandoc(rest),
            formatter_class=AsWritten,
        )
        if name in words:
            command_module(name).add_arguments(command)
            if config:
                config.set_defaults(name, command, commands())
        general = command.add_argument_group("in general")
        _add_general(general, default=argparse.SUPPRESS)
        general.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


def _add_general(parser: Any, default: Any = None) -> None:
    """What every command takes, before its name too."""
    loudness = parser.add_mutually_exclusive_group()
    more = {"dest": "loudness", "action": "store_const", "default": default or NORMAL}
    loudness.add_argument("-v", "--verbose", const=VERBOSE, help="say more of what is done", **more)
    loudness.add_argument("-q", "--quiet", const=QUIET, help="results and faults alone", **more)
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=default,
        help=f"defaults of options (default: {CONFIG}, from this folder upwards)",
    )
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=default,
        metavar="LANG",
        help="en or zh: language of help, usage errors and verdicts (default: as $LANG says)",
    )
