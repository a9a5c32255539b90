"""The pages of docs/differences: one per row, of one form, each guarded by tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.command import ROOT

PAGES = {int(page.name[:2]): page for page in sorted(ROOT.glob("docs/differences/[0-9]*-*.md"))}


ROWS = range(1, 24)  # of the table that the pages were written from; later pages go on from there


HEADINGS = [
    "What differs",
    "See it",
    "Why",
    "To get the other's behaviour",
    "The test that guards it",
]


# the pages


@cache
def suite_of(file: str) -> set[str]:
    """The names of the tests in a file of the suite."""
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", sorted({*ROWS, *PAGES}))
def test_every_row_has_a_page_of_the_common_form(row):
    text = PAGES[row].read_text()
    _, head, body = text.split("---\n", 2)
    assert re.findall("^(keras|pytorch): .", head, re.M) == ["keras", "pytorch"]
    assert re.findall("^## (.+)$", body, re.M) == HEADINGS
    assert "```{code-cell}" in body


@pytest.mark.parametrize("row", sorted(PAGES))
def test_every_test_that_a_page_names_exists(row):
    guards = PAGES[row].read_text().partition(f"## {HEADINGS[-1]}")[2]
    assert "::test_" in guards
    for file, name in re.findall(r"(tests/[\w/]+\.py)::(\w+)", PAGES[row].read_text()):
        assert name in suite_of(file), f"{PAGES[row].name} names {file}::{name}"
