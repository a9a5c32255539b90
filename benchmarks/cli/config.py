"""`twinbench.toml`: defaults of options, of one command or of all that have them.

    threads = 1                # a shared option: of every command that has it
    framework = ["keras", "torch"]

    [run]                      # of one command
    epochs = 2
    force = true

A key is an option without its dashes. What the command line names stands above the file; a path is
meant from the file's own folder.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.say import nearest, say

CONFIG = "twinbench.toml"
ROOT_USER = 0
PATHS = ("DIR", "FILE")  # how the help calls a value that is a path


@dataclass(frozen=True)
class _Default:
    """The default that the file gives to an option, as long as the command line has no other."""

    words: str  # as on the command line
    value: Any

    def __str__(self) -> str:
        return self.words.partition(" ")[2]


@dataclass
class Config:
    """A file of defaults, and which of them a command line has taken."""

    path: Path
    content: dict[str, Any]
    always: list[str] = field(default_factory=list)  # words that the command line adds to

    def set_defaults(
        self, name: str, parser: argparse.ArgumentParser, commands: Collection[str]
    ) -> None:
        """Put the file's values for a command in place of its parser's defaults.

        Raises ValueError for a key that no option has, and for a value that its option refuses.
        """
        from benchmarks.cli.options import OPTIONS

        shared, own = {}, {}
        for key, value in self.content.items():
            table = isinstance(value, dict)
            known = commands if table else [*filter(None, map(_key, OPTIONS))]
            if _plain(key) not in known:
                what = "command, as a table is" if table else "option that commands share"
                raise self._fault(f"{key!r} is no {what}{nearest(_plain(key), known)}")
            if not table:
                shared[_plain(key)] = value
            elif _plain(key) == name:
                own = {_plain(key): value for key, value in value.items()}
        options = list(_options(parser))
        for key, value in {**shared, **own}.items():
            found = [option for option in options if _key(option[1]) == key]
            if key in own and not found:
                guess = nearest(key, [_key(option) for _, option, _ in options])
                raise self._fault(f"twinbench {name} has no option --{key}{guess}")
            for one, option, action in found:
                self._set(one, option, action, value)
                if action.dest in parser._defaults:  # of `data` without an action
                    parser.set_defaults(**{action.dest: action.default})

    def _set(
        self, parser: argparse.ArgumentParser, option: str, action: argparse.Action, value: Any
    ) -> None:
        switch = action.nargs == 0
        if switch != isinstance(value, bool) or isinstance(value, dict) or value == []:
            expected = "true or false" if switch else "a text, a number or a list of these"
            raise self._fault(f"{option}: {expected} was expected, got {value!r}")
        if switch:
            if value:
                action.default = _Default(option, action.const)
            return
        added = isinstance(action, argparse._AppendAction)
        given = value if isinstance(value, list) else [value]
        several = added or action.nargs  # else a list is one text, with commas
        texts = list(map(str, given)) if several else [",".join(map(str, given))]
        if action.metavar in PATHS:
            texts = [os.path.relpath(self.path.parent / text) for text in texts]
        try:
            values = [parser._get_value(action, text) for text in texts]
            for one in values:
                parser._check_value(action, one)
        except argparse.ArgumentError as error:
            raise self._fault(f"{option}: {error.message}") from error
        between = f" {option} " if added else " "
        words = f"{option} {between.join(texts)}"
        if added:
            action.default = [*(action.default or []), *values]
            self.always.append(words)
        else:
            action.default = _Default(words, values if action.nargs else values[0])

    def _fault(self, words: str) -> ValueError:
        return ValueError(f"{self.path}: {words}")

    def taken(self, args: argparse.Namespace) -> list[str]:
        """Unwraps the file's values in the parsed options; those that were taken, as words."""
        taken = list(dict.fromkeys(self.always))
        for name, value in vars(args).items():
            if isinstance(value, _Default):
                setattr(args, name, value.value)
                taken.append(value.words)
        return taken


def read_config(named: Path | None) -> Config | None:
    """The file that is named, else the nearest `twinbench.toml` above the working folder.

    One of another user is not taken unless it is named: it could name a program to start. Raises
    ValueError for what is no TOML, and OSError for a file that cannot be read.
    """
    path = named or _nearest_file()
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            return Config(path, tomllib.load(file))
    except ValueError as error:  # of TOML and of UTF-8
        raise ValueError(f"{path} is no TOML: {error}") from error


def _nearest_file() -> Path | None:
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / CONFIG
        if path.is_file():
            if hasattr(os, "getuid") and path.stat().st_uid not in (os.getuid(), ROOT_USER):
                say(f"NOTE: {path} is another user's, and not taken unless --config names it")
                return None
            return path
    return None


def _plain(key: str) -> str:
    """The name of an option: a key may have the underscores of Python too."""
    return key.replace("_", "-")


def _key(option: str) -> str:
    """`seed-start` of `--seed-start`, `regime` of `one --regime`; empty for what is no option."""
    return option.partition("--")[2]


def _options(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[argparse.ArgumentParser, str, argparse.Action]]:
    """The options of a command and of its actions that a file may set, with their parsers."""
    for name, action in parser._option_string_actions.items():
        if name.startswith("--") and name != "--help":
            yield parser, name, action
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _options(one)
