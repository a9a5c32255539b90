"""The report in a real browser: it sorts, filters, prints, fits a phone, and runs no one's script.

Needs Chromium and its driver on the path, and selenium.
"""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from benchmarks.report.contents import contents
from benchmarks.show.html.page import page
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from tests.report.samples import HOSTILE, everything, hostile

pytest.importorskip("jinja2", reason="needs the extra `report`")
pytest.importorskip("vl_convert", reason="needs the extra `report`")
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium or no chromedriver"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless browser for all tests, light and as wide as a desk."""
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of records of every kind."""
    path = tmp_path_factory.mktemp("report") / "page.html"
    path.write_text(page(contents(everything()), "a report"), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any, written: Path) -> Any:
    """The browser with the page as it is first seen."""
    return open_page(browser, written)


def open_page(browser: Any, path: Path, width: int = 1200) -> Any:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("browser")  # what the page before this one had to say
    browser.get(path.as_uri())
    return browser


def ask(browser: Any, script: str) -> Any:
    return browser.execute_script(f"return {script}")


def wait(browser: Any, ready: Callable[[], bool]) -> None:
    """Until charts are drawn anew."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 10).until(lambda _: ready())


def columns(browser: Any, number: int, table: int = 0) -> list[str]:
    """The cells of a column of a table that are seen, from the top."""
    return ask(
        browser,
        f"[...document.querySelectorAll('.sortable')[{table}].tBodies[0].rows]"
        f".filter(row => !row.hidden).map(row => row.cells[{number}].textContent.trim())",
    )


def press(browser: Any, heading: str) -> Any:
    """Focus the heading's button and press Enter, as one without a mouse does."""
    from selenium.webdriver.common.keys import Keys

    button = next(
        b
        for b in browser.find_elements("css selector", ".sortable th button")
        if b.text.startswith(heading)
    )
    browser.execute_script("arguments[0].focus()", button)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    return button.find_element("xpath", "..")


def numbers(cells: list[str]) -> list[float]:
    """Of `0.9810 ± 0.0010 (n=3)` the first."""
    return [float(text.removeprefix("MAE ").split()[0]) for text in cells]


def test_it_loads_without_a_word_from_the_browser_and_every_chart_is_drawn(opened):
    assert opened.get_log("browser") == []
    drawn = ask(
        opened, "[...document.querySelectorAll('.chart')].map(c => !!c.querySelector('svg'))"
    )
    assert len(drawn) > 10 and all(drawn)
    outside = ask(opened, "performance.getEntriesByType('resource').map(e => e.name)")
    assert not [name for name in outside if not name.startswith("data:")]


def test_a_click_on_a_name_in_the_legend_fades_the_other_lines(opened):
    lines = "[...document.querySelectorAll('#learning-1 .mark-line path')]"
    faint = f"{lines}.filter(line => line.getAttribute('opacity') === '0.1').length"
    assert ask(opened, faint) == 0 < ask(opened, f"{lines}.length")
    label = "//*[@id='learning-1']//*[local-name()='text' and text()='alpha']"
    name = opened.find_element("xpath", label)
    opened.execute_script(
        "arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})", name
    )
    name.click()
    assert 0 < ask(opened, faint) < ask(opened, f"{lines}.length")


def test_the_keyboard_sorts_numbers_as_numbers(opened):
    heading = press(opened, "test accuracy")
    assert heading.get_attribute("aria-sort") == "ascending"
    ascending = columns(opened, 3)
    assert numbers(ascending) == sorted(numbers(ascending)) and len(set(ascending)) > 2
    assert press(opened, "test accuracy").get_attribute("aria-sort") == "descending"
    assert numbers(columns(opened, 3)) == numbers(ascending)[::-1]
    press(opened, "problem")
    assert columns(opened, 0) == sorted(columns(opened, 0))
    sorted_now = ask(
        opened,
        "document.querySelectorAll('.sortable')[0].querySelectorAll"
        "('[aria-sort=ascending], [aria-sort=descending]').length",
    )
    assert sorted_now == 1


def test_tab_reaches_the_skip_link_first_and_then_the_sort_buttons(opened):
    from selenium.webdriver.common.keys import Keys

    seen = []
    opened.find_element("tag name", "body").send_keys(Keys.TAB)
    for _ in range(80):
        active = opened.switch_to.active_element
        seen.append((active.tag_name, active.text))
        if active.tag_name == "button" and active.text.startswith("problem"):
            break
        active.send_keys(Keys.TAB)
    assert seen[0] == ("a", "Skip to the results")
    assert seen[-1] == ("button", "problem")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert ask(opened, outline) == "solid"  # the focus is seen


def choose(browser: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(browser.find_element("name", name)).select_by_visible_text(value)


def test_filters_leave_the_rows_that_fit_and_say_how_many(opened):
    count = opened.find_element("id", "count")
    before = count.text
    choose(opened, "problem", "boston")
    choose(opened, "framework", "alpha")
    assert columns(opened, 0) == ["boston"] and columns(opened, 1) == ["alpha"]
    assert count.text.startswith("2 of ") and count.text != before
    choose(opened, "regime", "native")
    assert columns(opened, 0, table=1) == [] and count.text.startswith("1 of ")
    assert not opened.find_elements("css selector", ".wide .sortable")[1].is_displayed()
    for name in ("problem", "framework", "regime"):
        choose(opened, name, "all")
    assert count.text == before


CAPTIONS = (
    "[...document.querySelectorAll('figure')].filter(f => !f.hidden)"
    ".map(f => f.querySelector('figcaption').textContent)"
)
REGIME, ARMS = "regime native", ("alpha", "beta")


def texts(browser: Any, chart: str) -> list[str]:
    return ask(browser, f"[...document.querySelectorAll('#{chart} text')].map(t => t.textContent)")


def test_charts_follow_the_filters_and_are_gone_without_an_arm(opened):
    every = ask(opened, CAPTIONS)
    assert set(ARMS) <= set(texts(opened, "times-1"))
    choose(opened, "framework", "alpha")
    wait(opened, lambda: "beta" not in texts(opened, "times-1"))
    assert {"alpha", "mnist", "boston"} <= set(texts(opened, "times-1"))
    choose(opened, "problem", "boston")
    choose(opened, "regime", "native")
    wait(opened, lambda: "mnist" not in texts(opened, "times-1"))
    captions = ask(opened, CAPTIONS)
    of_regimes = [caption for caption in captions if ", regime " in caption]
    assert of_regimes and all(REGIME in caption for caption in of_regimes if "bound" not in caption)
    assert sum("Boston" in caption and REGIME in caption for caption in captions) == 1
    assert not any("MNIST" in caption for caption in captions)
    for name in ("framework", "problem", "regime"):
        choose(opened, name, "all")
    wait(opened, lambda: set(ARMS) <= set(texts(opened, "times-1")))
    assert ask(opened, CAPTIONS) == every


def test_curves_stand_over_the_seconds_that_training_took(opened):
    assert "epoch" in texts(opened, "learning-1")
    choose(opened, "over", "seconds of training")
    wait(opened, lambda: texts(opened, "learning-1").count("seconds of training") == 2)
    ends = "document.getElementById('learning-1').drawn.view.scale('concat_0_concat_0_x').domain()"
    first, last = ask(opened, ends)
    assert first == 0.9 and 1.65 <= last <= 1.7  # of TIMES, one upon another
    assert opened.get_log("browser") == []
    choose(opened, "over", "epochs")
    wait(opened, lambda: "epoch" in texts(opened, "learning-1"))


def test_the_address_keeps_what_is_chosen(browser, written):
    browser.get("about:blank")
    where = "#times?problem=boston&framework=nobody&over=seconds"
    browser.get(written.as_uri() + where)
    assert set(columns(browser, 0)) == {"boston"} and set(columns(browser, 1)) == set(ARMS)
    chosen = "[...document.querySelectorAll('select')].map(s => s.selectedOptions[0]?.text)"
    assert ask(browser, chosen) == ["all", "boston", "all", "all", "seconds of training"]
    wait(browser, lambda: "seconds of training" in texts(browser, "learning-3"))
    browser.execute_script("document.querySelector('nav a[href=\"#memory\"]').click()")
    wait(browser, lambda: ask(browser, "location.hash") == "#memory?problem=boston&over=seconds")
    choose(browser, "problem", "all")
    assert ask(browser, "location.hash") == "#memory?over=seconds"


def test_a_click_on_a_mark_or_a_row_shows_each_run_behind_it(opened):
    cells = "[...document.querySelectorAll('#runs td:first-child')].map(c => c.textContent)"
    shown = opened.find_element("id", "runs")
    wait(opened, lambda: "beta" in texts(opened, "times-2"))
    mark = opened.find_elements("css selector", "#times-2 .layer_1_marks path")[-1]
    centred = "arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})"
    opened.execute_script(centred, mark)
    mark.click()
    assert "boston, beta, cpu, regime matched" in shown.text
    assert ask(opened, cells) == ["0", "1", "2"]
    shown.find_element("css selector", "button").click()
    assert not shown.is_displayed()
    opened.execute_script("document.querySelector('.sortable td button').click()")
    assert "mnist, alpha, cpu, regime native" in shown.text and "0.9700" in shown.text


def test_ctrl_and_the_wheel_enlarge_a_chart_and_the_wheel_alone_does_not(opened):
    domain = (
        "document.getElementById('learning-1').drawn.view.scale('concat_0_concat_0_x').domain()"
    )
    turn = (
        "const chart = document.querySelector('#learning-1 svg');"
        "chart.scrollIntoView({behavior: 'instant', block: 'center'});"
        "const { x, y } = chart.getBoundingClientRect();"
        "const [clientX, clientY] = [x + 150, y + 150];"
        "document.elementFromPoint(clientX, clientY).dispatchEvent(new WheelEvent('wheel', "
        "{clientX, clientY, deltaY: -500, ctrlKey: arguments[0], bubbles: true, cancelable: true}))"
    )
    before = ask(opened, domain)
    opened.execute_script(turn, False)
    opened.execute_script("return new Promise(requestAnimationFrame)")
    assert ask(opened, domain) == before
    opened.execute_script(turn, True)
    wait(opened, lambda: ask(opened, domain) != before)
    least, most = ask(opened, domain)
    assert before[0] < least < most < before[1]
    assert opened.get_log("browser") == []


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
