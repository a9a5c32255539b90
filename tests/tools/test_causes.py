"""The page of causes: no entry is left out, and each line says something."""

from __future__ import annotations

import re

import pytest

from benchmarks.lessons import causes
from benchmarks.lessons.causes import anchor, catalogue_page
from benchmarks.lessons.pages import DOCS
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.entry import Entry

PAGE = catalogue_page()
SECTIONS = dict(re.findall(r"^\((cause-[\w-]+)\)=\n\n(.*?)(?=^\(|^## |\Z)", PAGE, re.M | re.S))


def test_every_entry_has_a_section_and_no_section_is_anothers():
    assert list(SECTIONS) == [anchor(entry) for entry in ENTRIES.values()]
    assert len(set(SECTIONS)) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)
def test_a_section_says_the_sign_and_a_line_of_code_in_each_framework(entry):
    section = SECTIONS[anchor(entry)]
    assert section.startswith("### ") and "*Known by:* " in section
    lines = re.findall(r"^\* - (\w+)\n  - `(.+)`$", section, re.MULTILINE)
    assert [label for label, _ in lines] == ["Keras", "PyTorch", "JAX"]
    assert not [line for _, line in lines if re.fullmatch(r"\{\w+\}", line)]
    assert ("It can only be suspected" in section) == entry.suspected_only
    assert (f"(differences/{entry.page}.md)" in section) == bool(entry.page)
    assert not entry.page or (DOCS / "differences" / f"{entry.page}.md").is_file()


def test_the_page_has_what_the_catalogue_has_and_links_are_there():
    assert "```{causes}" in (DOCS / "causes.md").read_text(encoding="utf-8")
    for page in ("index.md", "porting.md", "differences/index.md"):
        assert re.search(r"\bcauses\b", (DOCS / page).read_text(encoding="utf-8")), page


def test_names_stay_in_braces_and_markup_is_text():
    entry = Entry("a_b", "a | b", "x < y", "f({a}, {scaling})", "g", "h", suspected_only=True)
    section = "\n\n".join(causes._section(entry))
    assert section.startswith("(cause-a-b)=\n\n### A \\| b\n\n*Known by:* x &lt; y.")
    assert "`f({a}, {factor} * x + {offset})`" in section
