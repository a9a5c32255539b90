"""The report in a real browser: dark, on a phone, on paper; and it runs no one's script."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import unquote

import pytest

from benchmarks.report.contents import contents
from benchmarks.show.html.page import page
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from tests.report.browser import MARKS, ask, choose, open_page, texts, wait
from tests.report.samples import HOSTILE, hostile

pytestmark = MARKS


def colours(browser: Any) -> list[str]:
    return ask(
        browser,
        "[getComputedStyle(document.body).backgroundColor, "
        "getComputedStyle(document.querySelector('.chart text')).fill, "
        "document.getElementById('scheme').getAttribute('aria-pressed')]",
    )


def test_the_button_turns_the_page_and_its_charts_dark_and_back(opened):
    light = colours(opened)
    assert light[2] == "false"
    opened.find_element("id", "scheme").click()
    dark = colours(opened)
    assert dark[2] == "true" and dark[0] != light[0] and dark[1] != light[1]
    opened.find_element("id", "scheme").click()
    assert colours(opened) == light


def test_it_is_dark_where_the_system_is(browser, written):
    wish = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)
    try:
        assert colours(open_page(browser, written))[2] == "true"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("folded", [True, False])
def test_on_a_phone_the_page_does_not_move_sideways(browser, written, folded):
    open_page(browser, written, width=360)
    if not folded:
        browser.execute_script(OPEN)
    width, seen = ask(
        browser, "['scrollWidth', 'clientWidth'].map(name => document.documentElement[name])"
    )
    assert width == seen <= 360
    widths = ask(
        browser,
        "[...document.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().right)",
    )
    assert max(widths) <= seen


def test_on_a_phone_two_trees_stand_side_by_side_above_their_errors(browser, written):
    open_page(browser, written, width=390)
    cells = "[...document.querySelectorAll('.trees .leaf')].slice(-1)[0].cells"
    boxes = ask(browser, f"[...{cells}].map(cell => cell.getBoundingClientRect().toJSON())")
    left, *errors, right = boxes
    assert left["top"] == right["top"] and left["right"] <= right["left"] < right["right"] <= 390
    assert len(errors) == 4 and min(box["top"] for box in errors) >= left["bottom"] - 1


def test_on_paper_what_is_folded_is_left_out_and_what_was_opened_is_there(opened):
    width = "document.querySelector('.chart svg').getBoundingClientRect().width"
    before = ask(opened, width)

    def pages() -> int:
        pdf = base64.b64decode(opened.execute_cdp_cmd("Page.printToPDF", {})["data"])
        return len(re.findall(rb"/Type\s*/Page\b", pdf))

    folded = pages()
    opened.execute_script(OPEN)
    assert pages() > 1.5 * folded > 3
    assert ask(opened, width) == before


OPEN = "document.querySelectorAll('details').forEach(d => { d.open = true; });"
CUT = r"""(() => {
  const cut = [], range = document.createRange();
  for (const cell of document.querySelectorAll("table:not(.code, .trees) :is(td, th)")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const word of text.data.matchAll(/[^\s/-]{2,40}/g)) {
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (lines.size > 1) cut.push(word[0]);
      }
    }
  }
  return cut;
})()"""


def test_on_paper_no_word_of_a_table_is_cut_nor_a_table_by_the_edge(browser, written, tmp_path):
    open_page(browser, written, width=718)  # of A4 between its margins
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    right = "[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right)"
    try:
        assert max(ask(browser, right)) <= 718 and ask(browser, CUT) == []
        browser.execute_script(OPEN)
        assert ask(browser, CUT) == []
        word = "exploratory"  # of many regimes
        section = Section("Many", ("a",) * 20, [[word] * 20], colours={word: "e1"})
        path = tmp_path / "many.html"
        path.write_text(page([Part("one", "One", "", [section])], "a report"), encoding="utf-8")
        open_page(browser, path, width=718)
        assert ask(browser, CUT) == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_table_is_a_file_that_no_spreadsheet_takes_for_formulas(browser, tmp_path):
    path = tmp_path / "formulas.html"
    rows = [["=HYPERLINK(1)", "-0.5"], ["+cmd", 'a "b", c']]
    section = Section("Two rows", ("what", "number"), rows)
    path.write_text(page([Part("one", "One", "", [section])], "a report"), encoding="utf-8")
    open_page(browser, path)
    link = "document.querySelector('a.csv')"
    assert ask(browser, f"{link}.download") == "Two rows.csv"
    assert unquote(ask(browser, f"{link}.href")).partition(",")[2].split("\r\n") == [
        '"what","number"',
        '"\'=HYPERLINK(1)","-0.5"',
        '"\'+cmd","a ""b"", c"',
    ]


def test_hostile_text_does_not_run_and_is_seen(browser, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(page(contents(hostile()), HOSTILE), encoding="utf-8")
    open_page(browser, path)
    assert "alert(1)" in browser.title
    assert browser.get_log("browser") == []  # an image or a script that was stopped would be here
    assert "alert(1)" in browser.find_element("id", "failures").text
    assert ask(browser, "document.images.length") == 0
    labels = ask(browser, "[...document.querySelectorAll('.chart text')].map(t => t.textContent)")
    assert any(label.startswith("</script><script>alert(1)") for label in labels)
    choose(browser, "framework", "alpha")
    wait(browser, lambda: not any("alert" in text for text in texts(browser, "learning-1")))
    browser.execute_script(
        "const filter = document.getElementsByName('framework')[0]; filter.selectedIndex = 1;"
        "filter.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    wait(browser, lambda: "alpha" not in texts(browser, "learning-1"))
    assert any("alert" in text for text in texts(browser, "learning-1"))
    assert browser.get_log("browser") == []


def test_the_policy_stops_what_escaping_would_have_let_through(browser, tmp_path):
    source = page(contents(hostile()), "a report")
    attack = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    path = tmp_path / "injected.html"
    path.write_text(source.replace("<main", f"{attack}<main", 1), encoding="utf-8")
    open_page(browser, path)
    assert ask(browser, "window.ran") is None
    said = " ".join(entry["message"] for entry in browser.get_log("browser"))
    assert "Content Security Policy" in said
    # the same attack runs where there is no policy: the check above can fail
    open_start = source.index('<meta http-equiv="Content-Security-Policy"')
    end = source.index(">", open_start) + 1
    free = source[:open_start] + source[end:]
    path.write_text(free.replace("<main", f"{attack}<main", 1), encoding="utf-8")
    assert ask(open_page(browser, path), "window.ran") is not None
