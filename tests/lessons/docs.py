"""The pages of the docs, and what is looked for in them."""

from __future__ import annotations

import re

from tests.command import ROOT

DOCS = ROOT / "docs"


PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name != "README.md")


FENCE = re.compile(r"^(`{3,}|:{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")


GENERATED = re.compile(r"<!-- twinbench:(table(?: \w+)?) -->\n.*?<!-- /twinbench:\1 -->", re.DOTALL)
INCLUDE = """```{{include}} {page}
:relative-images:
:start-after: <!-- twinbench:{table} -->
:end-before: <!-- /twinbench:{table} -->
```"""
ANSWERS = re.compile(r"\n### Answer 1\n.*", re.DOTALL)


def including(text: str, page: str) -> str:
    """A page as its translation is to be: a table that a command wrote is taken from the page.

    So no number of the page can stay in the translation when it changes. `page`: its path in docs/.
    """
    return GENERATED.sub(lambda table: INCLUDE.format(page=page, table=table[1]), text)


def without_answers(text: str) -> str:
    """A page up to the answers to its exercises, which its translation has all, or none of."""
    return ANSWERS.sub("", text)
