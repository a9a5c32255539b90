"""Chinese pages: their language, the theme's words, a link from each page to its twin, no stray spaces.

A line of Markdown ends in a space, which nobody writes between two Chinese characters, nor beside a
Chinese mark of punctuation, which is as wide as a character.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

ZH = "zh/"
MARKS = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201d\u2026"
WIDE = f"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef{MARKS}"
"""Punctuation, and all characters, of Chinese text, for a class of a regular expression."""
BREAK = re.compile(  # a \0 parts two pieces of text
    f"(?<=[{MARKS}])(\0?)\n|(?<=[{WIDE}])(\0?)\n(?=\0?[{WIDE}])|\n(?=\0?[{MARKS}])"
)

PHRASES = {
    "Back to top": "回到顶部",
    "Next": "下一页",
    "On this page": "本页内容",
    "Previous": "上一页",
    "Search": "搜索",
    "Skip to content": "跳到正文",
}


class Translation(SphinxTransform):
    """Joins the lines of a Chinese page; names the Chinese twin of an English one."""

    default_priority = 460  # behind the line of the notebook

    def apply(self, **options: Any) -> None:
        name = self.env.docname
        if name.startswith(ZH):
            join_lines(self.document)
        elif Path(self.env.srcdir, ZH, f"{name}.md").is_file():
            title = next(self.document.findall(nodes.title))
            twin = pending_xref("", refdomain="std", reftype="doc", refexplicit=True)
            twin.attributes |= {"reftarget": f"/{ZH}{name}", "refdoc": name, "refwarn": True}
            twin += nodes.inline("", "中文")
            line = nodes.paragraph("", "", twin, classes=["twin-link"])
            title.parent.insert(title.parent.index(title) + 1, line)


def join_lines(document: nodes.Node) -> None:
    """Take out each line break that is no space in Chinese; a piece of text may end there."""
    texts = list(document.findall(nodes.Text))
    lines = ["`" if _is_code(text) else text.astext() for text in texts]
    joined = BREAK.sub(r"\1\2", "\0".join(lines)).split("\0")
    for text, before, after in zip(texts, lines, joined, strict=True):
        if before != after:
            # not by `replace`, which takes the first text that is equal
            place = [child is text for child in text.parent.children].index(True)
            text.parent[place] = nodes.Text(after)


def _is_code(text: nodes.Text) -> bool:
    return isinstance(text.parent, nodes.literal_block | nodes.literal | nodes.raw)


def _language(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    if name.startswith(ZH):
        context["language"] = "zh-CN"
        context["_"] = context["gettext"] = in_chinese  # before those that the whole site has


def in_chinese(phrase: str, **values: str) -> str:
    """A phrase of the theme's on a Chinese page; one that is not known here stays."""
    return PHRASES.get(phrase, phrase) % values if values else PHRASES.get(phrase, phrase)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(Translation)
    app.connect("html-page-context", _language)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
