"""What the site's own extensions do to a page."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="needs the extra `docs`")
nodes = pytest.importorskip("docutils.nodes")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "_ext"))

from translations import PHRASES, in_chinese, join_lines  # noqa: E402


def paragraph(*pieces):
    """A paragraph of texts, and of code where a piece begins with a backtick."""
    made = nodes.paragraph()
    for piece in pieces:
        code = piece.startswith("`")
        made += nodes.literal("", piece[1:]) if code else nodes.Text(piece)
    return made


@pytest.mark.parametrize(
    "pieces, joined",
    [
        (["第一行\n第二行"], "第一行第二行"),
        (["一", "\n", "二", "\n", "三"], "一二三"),
        (["一", "\n", "two", "\n", "三", "\n", "四"], "一\ntwo\n三四"),
        (["用 Keras\n训练"], "用 Keras\n训练"),
        (["一样。\nKeras\n（也"], "一样。Keras（也"),
        (["一样：", "\n", "`a", "\n", "。"], "一样：a。"),
        (["first\nsecond"], "first\nsecond"),
        (["一", "`a\nb", "\n", "二"], "一a\nb\n二"),
    ],
)
def test_a_line_break_beside_a_chinese_mark_or_between_characters_is_no_space(pieces, joined):
    page = nodes.section("", paragraph(*pieces))
    join_lines(page)
    assert page.astext() == joined


def test_the_theme_has_each_phrase_that_is_put_into_chinese():
    folder = Path(pytest.importorskip("furo").__file__).parent
    theme = " ".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.html"))
    assert [phrase for phrase in PHRASES if phrase not in theme] == []
    assert in_chinese("Next") == "下一页" and in_chinese("Unknown") == "Unknown"
    assert in_chinese("by %(name)s", name="x") == "by x"
