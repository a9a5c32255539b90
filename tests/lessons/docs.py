"""The pages of the docs, and what is looked for in them."""

from __future__ import annotations

import re

from tests.command import ROOT

DOCS = ROOT / "docs"


PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name != "README.md")


FENCE = re.compile(r"^(`{3,}|:{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
