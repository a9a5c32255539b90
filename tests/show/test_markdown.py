"""Text of others in Markdown and on the terminal, and the place of a table in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.show.markdown import BEGIN, END, escaped, line, replace_table
from benchmarks.show.section import Section, markdown
from tests.show.samples import printed, record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![p](https://e.x/t.png)", r"![p\](https\://e.x/t.png)"),
        ("[a][b] [c]: d", r"[a\][b] [c\]: d"),
        (r"[a\](b)", r"[a\\\](b)"),
        ("www.e.x and ~~gone~~", r"www\.e.x and \~\~gone\~\~"),
        ("&lt;b> &#91; R&D", "&amp;lt;b> &amp;#91; R&D"),
        ("<img src=x> a|b", r"&lt;img src=x> a\|b"),
        ("\x1b[2J\u202ea\r\x9b \\", r"\x1b[2J\u202ea\r\x9b \\"),
        ("a_b snake_case * `code` 5 % [64, 64] C:\\x @ 2 $ é -0.1 #1", None),
    ],
)
def test_text_of_others_is_no_markdown(text, expected):
    assert escaped(text) == (text if expected is None else expected)


@pytest.mark.parametrize("start", ["# a", "> a", ">a", "- a", "* a", "+ a", "1. a", "12) a", "```"])
def test_a_line_of_others_begins_no_block(start):
    assert line(start).replace("\\", "", 1) == start != line(start)
    for same in ("a # b", "#1", "-0.1 less", "*loud", "1.5 times", "`code`", "+0.2"):
        assert line(same) == same


def test_nothing_in_a_record_acts_on_the_terminal_or_the_page():
    hostile = "[bold]x[/] :smile: [link=e.x]y \x1b]0;OWNED\x07\x1b[2J\u202e\r\x08"
    shown = "[bold]x[/] :smile: [link=e.x]y \\x1b]0;OWNED\\x07\\x1b[2J\\u202e\\r\\x08"
    runs = [record(framework=hostile, warnings=[hostile], error={"kind": "E", "message": hostile})]
    for terminal in (False, True):
        text = printed(runs, force_terminal=terminal, color_system=None, width=300)
        assert text.count(shown) == 2 and not {*"\x07\x08\r\u202e\x9b"} & {*text}
        assert "\x1b" not in text
    path = Path("study-](x) y.png")
    page = markdown([Section("a](b)", ("x",), [["*loud"]], notes=["# n"], figures=[path])])
    assert r"![a\](b)](study-%5D%28x%29%20y.png)" in page and r"**a\](b)**" in page
    assert "| **loud** |" in page and r"- \# n" in page


def test_replace_table_writes_between_the_marks_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"top\n{BEGIN}\nold\n{END}\nbottom\n")
    assert replace_table(path, "new\n") is True
    assert path.read_text() == f"top\n{BEGIN}\nnew\n{END}\nbottom\n"
    assert replace_table(path, "new\n") is False


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_replace_table_without_its_marks_fails_and_writes_nothing(tmp_path, text):
    path = tmp_path / "README.md"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"README\.md: expected one line"):
        replace_table(path, "new")
    assert path.read_text() == text


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_a_file_keeps_its_encoding_its_ends_of_lines_and_its_permissions(end, mark, tmp_path):
    page, table = tmp_path / "page.md", f"| a |{end}| --- |{end}| 1 |"
    lines = [f"{mark}# ± first", BEGIN, "{}", END, "a stray CRLF\r", "last"]
    page.write_bytes(end.join(lines).format("old").encode())
    page.chmod(0o640)
    assert replace_table(page, table.replace("\r", ""))
    assert page.read_bytes() == end.join(lines).format(table).encode()
    assert page.stat().st_mode & 0o777 == 0o640
    assert not replace_table(page, table.replace("\r", ""))  # it stands there


def test_a_file_that_is_not_in_utf_8_is_refused_and_stays(tmp_path):
    page, content = tmp_path / "page.md", f"{BEGIN}\n{END}\n d\xe9j\xe0\n".encode("latin-1")
    page.write_bytes(content)
    with pytest.raises(ValueError, match=r"page\.md is no text in UTF-8 \(.* position 53"):
        replace_table(page, "| a |")
    assert page.read_bytes() == content
