"""Emphasis in the Chinese pages: Markdown closes none behind `。` and before a letter."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import pytest

from tests.lessons.test_translation import FRONT_MATTER, ZH


@pytest.mark.parametrize(
    "path", sorted(ZH.rglob("*.md")), ids=lambda path: path.relative_to(ZH).as_posix()
)
def test_no_mark_of_emphasis_is_left_in_the_text(path):
    assert not asterisks(path.read_text(encoding="utf-8"))


def asterisks(page: str) -> list[str]:
    """Texts with an asterisk that marks nothing, as one behind `。` and before a letter."""
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    inline = (token.children or [] for token in parser.parse(FRONT_MATTER.sub("", page)))
    return [
        token.content
        for line in inline
        for token in line
        if token.type == "text" and "*" in token.content
    ]


def test_an_asterisk_that_marks_nothing_is_seen():
    assert not asterisks("**规则**。时间，`a * b` 和 *轮*。\n\n```\na * b\n```\n")
    assert asterisks("**规则。**时间") == ["**规则。**时间"]
