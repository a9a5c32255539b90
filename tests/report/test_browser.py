"""The report in a real browser: it sorts, filters, keeps what is chosen and shows a run."""

from __future__ import annotations

from tests.report.browser import MARKS, ask, choose, columns, numbers, press, texts, wait

pytestmark = MARKS


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
