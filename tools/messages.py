"""`make messages`: compile the catalogues, and give each text that has none an entry to fill in.

A new text needs no mark where it is a help: the help of every command is asked for its texts. Any
other is marked by `translated("...")`, `said("...")` or `phrase("...")`. Each is an entry of
`twinbench.po`, which people edit: a `msgid` and its `msgstr`, in lines as Python would write them.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from unittest import mock

from benchmarks.cli.parser import commands, make_parser
from benchmarks.explain.walk_table import COLOURED
from benchmarks.speed.scale_table import TITLES
from benchmarks.statistics.doubts import REASONS
from benchmarks.twins.causes import namings, normalisations, preprocessing, rule_words
from benchmarks.twins.causes import words as settings
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.reach import BEYOND, MISSED
from benchmarks.twins.report import STATUS
from common import language
from common.atomic import replaced
from common.problem import Metric
from common.twins import rule
from tools.project import ROOT

FOLDERS = ("common", "benchmarks", "keras_impl", "torch_impl", "jax_impl")
MARKS = ("translated", "said", "none_such", "phrase", "chained")
CATALOGUES = sorted(language.LOCALE.glob(f"*/LC_MESSAGES/{language.DOMAIN}.po"))
ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.M)
CODE = re.compile(r"""\([^()]*\)|\[[^][]*\]|\{\w+\}|'[^']*'|"[^"]*\"""")
ENGLISH = re.compile(
    r"\b(?:the|an?|in|on|or|and|with|without|which|where|for|of|as|is|at|from|before|behind|after)\b"
)
FIELD = re.compile(
    r"%\(\w+\)\w|%\w|--[a-z-]+|`[^`]+`|^  (?:twinbench|mlflow) .*?(?=  |$)", re.A | re.M
)


def read(path: Path) -> dict[str, str]:
    """Each original with its translation, which may be empty; "" has the header."""
    entries = ENTRY.findall(path.read_text(encoding="utf-8"))
    return {ast.literal_eval(f"({a})"): ast.literal_eval(f"({b})") for a, b in entries}


def compiled(entries: Mapping[str, str]) -> bytes:
    """The same in the binary form that gettext reads, with no table of hashes."""
    pairs = sorted((a.encode(), b.encode()) for a, b in entries.items() if b)
    number, texts, places = len(pairs), b"", []
    for text in (text for column in zip(*pairs, strict=True) for text in column):
        places += [len(text), 28 + 16 * number + len(texts)]
        texts += text + b"\0"
    head = (0x950412DE, 0, number, 28, 28 + 8 * number, 0, 28 + 16 * number)
    return struct.pack(f"<{7 + 4 * number}I", *head, *places) + texts


def asked() -> set[str]:
    """Every text that is translated: of all helps, and of the places that have a mark."""
    return {*_of_helps(), *_of_marks(), *_of_values()} - {""}


def of_argparse() -> set[str]:
    """argparse's own words, of which a catalogue has those that can be seen."""
    return set(_marked([Path(argparse.__file__)], ["_"]))


def fields(text: str) -> list[str]:
    """What a translation must have too: fields, options, quoted code and commands."""
    parts = Formatter().parse(text)
    places = [f"{name}!{how}:{form}" for _, name, form, how in parts if name is not None]
    return sorted([*places, *FIELD.findall(text)])


def _of_helps() -> Iterator[str]:
    """What is asked while every help is written; argparse asks for its own words elsewhere."""
    texts: list[str] = []

    def record(text: str) -> str:
        texts.append(text)
        return text

    with mock.patch("gettext.gettext", record):
        parsers = [make_parser([*commands()])]
        for parser in parsers:  # those of sub-commands are found meanwhile
            parser.format_help()
            for action in parser._actions:
                if isinstance(action, argparse._SubParsersAction):
                    parsers += action.choices.values()
    yield from texts


def _of_marks() -> Iterator[str]:
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return _marked(paths, MARKS)


def _of_values() -> Iterator[str]:
    """What `said` is given by a variable."""
    for metric in Metric:
        name = metric.full_name
        yield from (metric.word, metric.plural, name, name.partition(" (")[0])
    yield from (COLOURED, *TITLES.values(), *preprocessing.IN_WORDS)
    yield from REASONS
    yield from ("comparison", "pair of seeds", "seed")  # of `counted`
    yield from (*STATUS, *MISSED.values(), *BEYOND.values(), "gradients", "steps")
    yield from (text for either in settings.EITHER.values() for text in either)
    yield from (*settings.AFFINE.values(), *normalisations.HELD.values())
    yield from (*settings.NAMED.values(), *namings.PROSE, *filter(ENGLISH.search, _rules()))
    yield from filter(_in_words, (line for entry in ENTRIES.values() for line in entry.lines))


def _rules() -> Iterator[str]:
    yield from (*rule_words.WORDS.values(), rule.INSIDE, rule.BESIDE, rule.BEFORE)


def _in_words(line: str) -> bool:
    """Whether a line to write says something beside its code."""
    outside, bare = "", line
    while bare != outside:
        outside, bare = bare, CODE.sub("", bare)
    return bool(ENGLISH.search(bare))


def _marked(paths: Iterable[Path], marks: Iterable[str]) -> Iterator[str]:
    """The texts that stand first in a call of these names."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name(name), [ast.Constant(str(text)), *_]) if name in marks:
                    yield text


def blank(text: str) -> str:
    """An entry of the text, to be filled in."""
    lines = [json.dumps(line, ensure_ascii=False) for line in text.splitlines(keepends=True)]
    first = lines.pop() if len(lines) == 1 else '""'
    return "\n".join([f"\nmsgid {first}", *lines, 'msgstr ""', ""])


def main() -> int:
    """Compile, and append an entry of each new text; 1 if one has no translation."""
    wanted, missing = asked(), 0
    for path in CATALOGUES:
        entries = read(path)
        with replaced(path.with_suffix(".mo")) as file:
            file.write(compiled(entries))
        with path.open("a", encoding="utf-8") as text:
            text.writelines(map(blank, sorted(wanted - {*entries})))
        missing += (lacking := sum(not entries.get(text) for text in wanted))
        print(f"{path}: {lacking} without a translation, each with an entry to fill in")
        for words in sorted({*entries} - wanted - of_argparse() - {""}):
            print(f"{path}: nobody asks for {words!r}")
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())
