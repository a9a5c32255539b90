"""The Chinese pages have the form of the English ones: headings, code, lists, tables, images."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command import ROOT
from tests.lessons.docs import DOCS, FENCE, LINK, including, without_answers

ZH = DOCS / "zh"
ROOMS = ["problems", "choices", "differences", "howto", "study", "speed", "explain", "tune"]
ENGLISH_ONLY = {DOCS / "index.md", DOCS / "causes.md", DOCS / "architecture.md"}
LESSONS = sorted(
    page for room in ("", *ROOMS) for page in (DOCS / room).glob("*.md") if page not in ENGLISH_ONLY
)
README = ROOT / "README.md"
TRANSLATIONS = {
    README: ZH / "README.md",
    **{lesson: ZH / lesson.relative_to(DOCS) for lesson in LESSONS},
}

FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
DIRECTIVE = re.compile(r"[`:]+\{([\w-]+)\}")
OF_PROSE = {"admonition", "dropdown", "figure", "grid", "grid-item-card", "important", "note"}
OF_PROSE |= {"tab-item", "tab-set", "tip", "warning"}  # what stands in them is translated
DEEPER = re.compile(r"(?<=\} )(\.\./)+")  # a translation lies in another folder
REMARK = re.compile(r"(?<=\S) {2,}.*")  # what a line is for, said behind it
LINE = re.compile(r"(#{1,6}|\s*[-*+]|\s*\d+\.|:) ")  # begins a heading, an item, a definition
CELL_BORDER = re.compile(r"(?<!\\)\|")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAME = re.compile(r"`[^`]*`|twinbench|Keras|PyTorch|MNIST|IMDB|Reuters|RMSprop|CTC")


class Mark(NamedTuple):
    """Something that a page and its translation have in common."""

    key: str  # equal in both languages
    text: str  # as a person finds it


def marks(text: str, remarks: bool = False) -> Iterator[Mark]:
    """A page's marks in order; `remarks`: those behind a line of code are translated."""
    if front := FRONT_MATTER.match(text):
        yield Mark(front[0], front[0])
        text = text[front.end() :]
    place = 0
    for fence in FENCE.finditer(text):
        yield from _prose(text[place : fence.start()])
        yield from _fenced(fence[0], remarks)
        place = fence.end()
    yield from _prose(text[place:])


def _fenced(block: str, remarks: bool) -> Iterator[Mark]:
    first, _, body = block.partition("\n")
    directive = DIRECTIVE.match(first)
    if directive and directive[1] in OF_PROSE:
        yield Mark(directive[0], first)
        yield from marks(body.rstrip().rpartition("\n")[0], remarks)
        return
    code = DEEPER.sub("", first) + "\n" + body.rstrip()
    yield Mark(REMARK.sub("", code) if remarks else code, block)


def _prose(text: str) -> Iterator[Mark]:
    for line in text.splitlines():
        if line.startswith("|"):
            yield Mark("|" * len(CELL_BORDER.findall(line)), line)
        elif begin := LINE.match(line):
            yield Mark(begin[1], line)
        for target in IMAGE.findall(line):
            yield Mark(f"image {Path(target).name}", line)


def faults(original: str, translation: str, remarks: bool = False) -> list[str]:
    """Where the form of a translation is not that of its original, a line each; none if it is."""
    ours, theirs = list(marks(original, remarks)), list(marks(translation, remarks))
    keys = [[mark.key for mark in page] for page in (ours, theirs)]
    sentences = []
    for what, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if what != "equal":
            sentences += [f"missing in the translation: {mark.text}" for mark in ours[a:b]]
            sentences += [f"only in the translation: {mark.text}" for mark in theirs[c:d]]
    for heading in headings(translation):
        if not CHINESE.search(heading) and re.search("[A-Za-z]", NAME.sub("", heading)):
            sentences.append(f"left in English: {heading}")
    return sentences


def headings(text: str) -> list[str]:
    return [mark.text for mark in marks(text) if mark.key.startswith("#")]


@pytest.mark.parametrize(
    "original", TRANSLATIONS, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_a_page_has_a_translation_of_the_same_form_that_links_back(original):
    path = TRANSLATIONS[original]
    assert path.is_file(), f"{path.relative_to(ROOT)} is missing"
    translation = path.read_text(encoding="utf-8")
    text = original.read_text(encoding="utf-8")
    if original != README:  # whose translation has tables of its own, by the same command
        text = including(text, original.relative_to(DOCS).as_posix())
    if "\n### 答案 " not in translation:
        text = without_answers(text)
    found = faults(text, translation, remarks=original == README)
    assert not found, "\n".join(found)
    back = re.search(r"^\[English\].*$", translation, re.MULTILINE)
    assert back, f"{path.relative_to(ROOT)} has no line [English](...)"
    assert [(path.parent / link).resolve() for link in LINK.findall(back[0])] == [original]


def test_nothing_is_translated_that_is_not_there():
    own = {ZH / "index.md", ZH / "causes.md", ZH / "source.md"}  # the source text is Chinese
    assert {*ZH.rglob("*.md")} <= {*TRANSLATIONS.values(), *own}


ENGLISH = """---
file_format: mystnb
---
# The task

## What it is

- `x`: a number,
- `y`: another.

## What it costs

| time | memory |
| --- | --- |
| 1 s | 2 MB |

![a curve](../curve.png)

### `doctor`

```{code-cell}
x = 1  # a number
```

epoch
: all rows once.

:::{note}
## A remark

- here too
:::

## On the disk

```{literalinclude} ../../common/problem.py
:lines: 1-5
```

```sh
make demo    # see it
```

## Exercises

1. Why?
2. How?
"""
TRANSLATED = """---
file_format: mystnb
---
# 任务

[English](../task.md)

## 它是什么

- `x`：一个数，
- `y`：另一个。

## 它的代价

| 时间 | 内存 |
| --- | --- |
| 1 s | 2 MB |

![一条曲线](../../curve.png)

### `doctor`

```{code-cell}
x = 1  # a number
```

轮
: 所有的行各一次。

:::{note}
## 说明

- 这里也有
:::

## 在磁盘上

```{literalinclude} ../../../common/problem.py
:lines: 1-5
```

```sh
make demo    # see it
```

## 练习

1. 为什么？
2. 怎么做？
"""


def test_a_faithful_translation_has_no_faults():
    assert faults(ENGLISH, TRANSLATED) == []
    assert len(headings(ENGLISH)) == 7  # no comment in a cell is one


@pytest.mark.parametrize("number", range(7))
def test_a_missing_heading_is_named(number):
    heading = headings(TRANSLATED)[number]
    found = faults(ENGLISH, TRANSLATED.replace(f"{heading}\n", ""))
    assert found == [f"missing in the translation: {headings(ENGLISH)[number]}"]


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("## 它的代价", "### 它的代价", "missing in the translation: ## What it costs"),
        ("## 它的代价", "## 它的代价\n\n## 多", "only in the translation: ## "),
        ("## 它的代价", "## What it costs", "left in English: ## What it costs"),
        ("x = 1  # a number", "x = 2  # a number", "missing in the translation: ```{code-cell}"),
        ("x = 1  # a number", "x = 1  # 一个数", "missing in the translation: ```{code-cell}"),
        ("file_format: mystnb", "file_format: md", "file_format: mystnb"),
        ("common/problem.py", "common/task.py", "missing in the translation: ```{literalinclude}"),
        ("make demo", "make test", "missing in the translation: ```sh"),
        ("- `y`：另一个。\n", "", "missing in the translation: - "),
        ("- 这里也有\n", "", "missing in the translation: - here too"),
        ("2. 怎么做？\n", "", "missing in the translation: 2. How?"),
        (": 所有的行各一次。\n", "", "missing in the translation: : all rows once."),
        (":::{note}", ":::{tip}", "missing in the translation: :::{note}"),
        ("| 1 s | 2 MB |\n", "", "missing in the translation: | "),
        ("| 1 s | 2 MB |", "| 1 s |", "missing in the translation: | "),
        ("![一条曲线](../../curve.png)", "", "missing in the translation: ![a curve]"),
        ("curve.png", "line.png", "missing in the translation: ![a curve]"),
    ],
)
def test_each_other_fault_is_seen(old, new, words):
    assert TRANSLATED.count(old) == 1
    assert words in "\n".join(faults(ENGLISH, TRANSLATED.replace(old, new)))


TABLES = """# 结果

<!-- twinbench:table time -->
| time |
| --- |
| 1 s |

- one process
<!-- /twinbench:table time -->
"""


def test_a_table_that_a_command_wrote_is_included_and_not_copied():
    english = including(TABLES, "speed/race.md")
    included = english.replace("speed/", "../../speed/")
    assert included.count("../../speed/race.md") == 1 and "1 s" not in included
    assert not faults(english, included)
    assert "only in the translation: | 1 s |" in faults(english, TABLES)
    for old, new in (("race.md", "folds.md"), ("table time", "table"), (":relative-images:\n", "")):
        assert faults(english, included.replace(old, new))


def test_the_answers_of_a_page_may_be_in_english_alone_and_nothing_else_may():
    answers = "\n### Answer 1\n\n```{code-cell}\n1\n```\n\n### Answer 2\n\n- It depends.\n"
    assert without_answers(ENGLISH + answers) == ENGLISH
    assert faults(ENGLISH + answers, TRANSLATED) and without_answers(ENGLISH) == ENGLISH


def test_remarks_behind_code_may_be_translated_and_the_code_may_not():
    remark = TRANSLATED.replace("# see it", "# 看一看")
    assert faults(ENGLISH, remark) and not faults(ENGLISH, remark, remarks=True)
    assert faults(ENGLISH, remark.replace("make demo", "make test"), remarks=True)
