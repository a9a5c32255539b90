"""The pages: none is lost, no link leads nowhere, and what they say to type exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from benchmarks.cli.parser import commands, make_parser
from common.framework import frameworks
from tests.command import ROOT
from tests.lessons.docs import DOCS, FENCE, LINK, PAGES
from tools.project import requirements

TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```", re.MULTILINE | re.DOTALL)


def entries(page: Path) -> Iterator[Path]:
    """The pages that a page's tables of contents name."""
    for block in TOCTREE.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.strip() and not line.startswith(":"):
                pattern = f"{line.strip()}.md"
                yield from sorted(page.parent.glob(pattern)) or [page.parent / pattern]


def test_every_page_is_in_a_table_of_contents_and_every_entry_is_a_page():
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        assert page.is_file(), f"{page.relative_to(DOCS)} is in a table of contents"
        if page not in reached:
            reached.add(page)
            waiting += entries(page)
    assert reached == set(PAGES)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *PAGES], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_link_to_a_file_leads_to_one(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [target.partition("#")[0] for target in LINK.findall(text) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


TYPED = re.compile(r"(?:^|[`!/]|&& |- run: )(twinbench|make|pip install) ([^`\n]+)", re.MULTILINE)


CODE = re.compile(r"^(`{3,}).*?^\1|`[^`]+`", re.MULTILINE | re.DOTALL)


def options_of(parser) -> set[str]:
    """The options of a command and of its actions."""
    return set(parser._option_string_actions).union(*map(options_of, below(parser).values()))


def below(parser) -> dict:
    """The parsers of what stands after the name of this one."""
    choices = [action.choices for action in parser._actions]
    return next((parsers for parsers in choices if isinstance(parsers, dict)), {})


@cache
def every_command() -> dict:
    return below(make_parser(list(commands())))


def wrong(program: str, rest: str) -> str:
    """What of a line to type does not exist; empty when all of it does."""
    words = shlex.split(re.split(r" [2|>]?[|>&]| {2}", rest)[0], comments=True)
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return "" if words[0] in targets or "=" in words[0] else words[0]
    if program == "pip install":
        extras = {e for word in words if word[0] == "." for e in re.findall(r"\w+", word)}
        strangers = {word for word in words if word.startswith("twinbench")}
        return " ".join(strangers or extras - set(requirements()))
    if words[0].isupper() or words[0].startswith("-"):
        return ""
    if words[0] not in (parsers := every_command()):
        return words[0]
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return " ".join(given - options_of(parsers[words[0]]))


def typed(page: Path) -> list[tuple[str, str]]:
    """The program and the rest of each line to type that stands in a page."""
    pieces = (match[0] for match in CODE.finditer(page.read_text(encoding="utf-8")))
    return [line for piece in pieces for line in TYPED.findall(piece)]


def test_every_command_to_type_exists_with_its_options():
    pages = [ROOT / "README.md", DOCS / "zh/README.md", *PAGES]
    lines = {(str(page.relative_to(ROOT)), *line) for page in pages for line in typed(page)}
    assert len(lines) > 100
    assert not {line: word for line in lines if (word := wrong(*line[1:]))}


@pytest.mark.parametrize(
    ("program", "rest", "words"),
    [
        ("twinbench", "race boston --fold", "--fold"),
        ("twinbench", "trace boston", "trace"),
        ("twinbench", "data show mnist 7 --test  # a digit", ""),
        ("twinbench", "run boston --results first 2>/dev/null", ""),
        ("pip install", '"twinbench[torch] @ ."', "twinbench[torch] @ ."),
        ("pip install", '"tensorflow[and-cuda]" ".[keras]"', ""),
        ("pip install", '".[keras,tools]"', "tools"),
        ("make", "note", "note"),
    ],
)
def test_what_does_not_exist_is_noticed(program, rest, words):
    assert wrong(program, rest) == words


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_with_cells_says_that_it_is_a_notebook(page):
    text = page.read_text(encoding="utf-8")
    head = text.partition("\n---\n")[0]
    assert ("```{code-cell}" in text) == ("file_format: mystnb" in head)
    if "```{code-cell}" in text:
        assert text.startswith("---\n") and "name: python3" in head
        magics = re.findall(r"^%%(\w+)", text, re.MULTILINE)
        plain = {"each", "bash", "sh", "writefile", "capture", "time", "script"}
        assert set(magics) <= plain | set(frameworks())
        assert not magics or "%load_ext twinbench" in text or set(magics) <= plain - {"each"}


EXERCISES = re.compile(
    r"^## (?:\d+\. )?(?:Exercises|Try it|练习)\n(.*?)(?=^#)", re.MULTILINE | re.DOTALL
)
ANSWER = re.compile(r"^### (?:Answer|答案) (\d+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_every_exercise_has_its_answer(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8")) + "#"
    exercises = [
        number
        for section in EXERCISES.findall(text)
        for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)
    ]
    assert ANSWER.findall(text) == exercises
