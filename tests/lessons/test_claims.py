"""No word beside a table is stronger than the table."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import re

import pytest

from tests.command import ROOT
from tests.lessons.docs import DOCS, FENCE, PAGES

TABLE = re.compile(r"<!-- twinbench:table((?: \w+)?) -->\n(.*?)<!-- /twinbench:table\1 -->", re.S)


MEASURED = [ROOT / "README.md", DOCS / "zh" / "README.md"]  # pages with tables of records


MEASURED += [p for p in PAGES if p.parent.name in ("study", "speed", "explain", "tune")]


TRANSLATED = [page for page in MEASURED if DOCS / "zh" in page.parents and page.parent.name != "zh"]


OLD = "**Old numbers, to be measured anew.** These tables are of protocol 1 and lack "


UNMEASURED = "**Not measured yet.**"
LACKS = {
    "a commit without changes": r"^- commit: .* with changes",
    "five processes per arm": r"\b[1-4] process(es)? an arm|an arm: [1-4]\b|over [1-4] proc",
}
OLD_ZH = "**旧的数字**，将重新测量。这些表属于协议 1，还缺少：记录（不在仓库里）"
UNMEASURED_ZH = "**尚未测量**。"
LACKS_ZH = {
    "a commit without changes": "没有改动的提交",
    "five processes per arm": "每个臂五个进程",
}


VERDICT = re.compile(  # words that a table's interval alone may say, and stronger ones
    r"\b(fast(er|est)|slow(er|est)|as fast as|quick(er|est)|equivalent|equals?|the same speed"
    r"|better|worse|worst|ahead|wins?|won|winner|beats?|loses|outperforms?|stands? out"
    r"|everywhere|always|clearly|significant(ly)?|comes nearest|far more|by far|largest|hardly)\b"
    r"|最快|更快|最慢|更慢|胜|一样快",
    re.IGNORECASE,
)


def prose(text: str) -> str:
    """A page's own words, in one line: no tables, no code, nothing that is quoted."""
    text = FENCE.sub("", TABLE.sub("", text).partition("## Where to go")[0].partition("## 从")[0])
    text = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    return " ".join(re.sub(r"`[^`]*`|(?<!\*)\*[^*]+\*(?!\*)|“[^”]*”|\]\([^)]*\)", "", text).split())


ORIGINALS = [page for page in MEASURED if page not in TRANSLATED]


@pytest.mark.parametrize("page", ORIGINALS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_table_has_its_records_in_the_repository_or_its_page_says_what_it_lacks(page):
    text = page.read_text(encoding="utf-8")
    (_, table), *_ = TABLE.findall(text)
    if UNMEASURED in text:
        assert not table.strip() and not re.search(r"^\|", text, re.MULTILINE)
        return
    assert table.strip()
    records = re.findall(r"[\w/.-]*\.jsonl\.gz", text)
    if records:
        assert all((ROOT / name).exists() or (page.parent / name).exists() for name in records)
        return
    lacks = [lack for lack, pattern in LACKS.items() if re.search(pattern, text, re.MULTILINE)]
    head = " ".join(text.partition("<!-- ")[0].split())
    assert f"{OLD}their records, which are not in the repository" in head
    missing = head.partition(OLD)[2].partition(". ")[0]
    assert [lack for lack in LACKS if lack in missing] == lacks


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_translation_says_of_its_numbers_what_the_original_says(page):
    original = DOCS / page.relative_to(DOCS / "zh")
    ours, theirs = (" ".join(p.read_text(encoding="utf-8").split()) for p in (original, page))
    assert (OLD_ZH in theirs, UNMEASURED_ZH in theirs) == (OLD in ours, UNMEASURED in ours)
    missing = ours.partition(OLD)[2].partition(". ")[0]
    said = theirs.partition(OLD_ZH)[2].partition("。")[0]
    lacks = [lack for lack in LACKS_ZH if lack in missing]
    assert [lack for lack, words in LACKS_ZH.items() if words in said] == lacks


@pytest.mark.parametrize("page", MEASURED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_beside_a_table_is_stronger_than_the_table(page):
    """Verdicts are the generated sentences between the marks; other prose may quote the words."""
    word = VERDICT.search(prose(page.read_text(encoding="utf-8")))
    assert not word, word[0]


@pytest.mark.parametrize(
    "claim, strong",
    [
        ("Keras is fastest on JAX.", True),
        ("On text PyTorch is\nfastest: its products are of CSR matrices.", True),
        ("on MNIST it is ahead of PyTorch too", True),
        ("Native Keras is the script's equal, as it should be", True),
        ("Everywhere else the process ends sooner than the script does", True),
        ("What stands out on both ways is the order", True),
        ("the same as fast as\neach can go (`tuned`)", True),
        ("*Equivalent* says: closer than a margin. “Faster” is in the `faster` column.", False),
        ("the fasting of a breakfast; the interval of the whole way holds zero", False),
        (
            "<!-- twinbench:table a -->\ntorch faster\n<!-- /twinbench:table a -->\nSee above.",
            False,
        ),
    ],
)
def test_words_that_are_too_strong_are_seen(claim, strong):
    assert bool(VERDICT.search(prose(claim))) == strong
